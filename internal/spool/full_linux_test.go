// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// wholeRecords says how many bytes are whole records of put.
func wholeRecords(b []byte) int { return bytes.LastIndexByte(b, '\n') + 1 }

// TestAFullDiskKeepsWhatIsWhole writes to a small file system, which takes root.
func TestAFullDiskKeepsWhatIsWhole(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=256k"); err != nil {
		t.Log("no file system to fill:", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(folder, "full")
	s := open(t, Config{Path: path, Whole: wholeRecords, BlockBytes: 1000, Blocks: 8})
	s.Begin(nil)
	for i := range 30000 {
		for !put(s, i) {
		}
	}
	s.End(nil)
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	got := content(t, path)
	if len(got) < 250<<10 || got != records(0, len(got)/10) {
		t.Errorf("%d bytes are left, or others than were written", len(got))
	}
}

func TestAFullDeviceIsAnError(t *testing.T) {
	s := open(t, Config{Path: "/dev/full", Whole: wholeRecords})
	s.Begin([]byte("head\n"))
	s.End(nil)
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}
