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

// smallDisk gives a folder with little room.
func smallDisk(t *testing.T, size string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("needs the privilege to mount a file system that can be filled:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// TestAFullDiskKeepsWhatIsWholeOfDirectWrites fills it while blocks are written, and with what is left
// at the end.
func TestAFullDiskKeepsWhatIsWholeOfDirectWrites(t *testing.T) {
	for name, count := range map[string]int{"a block": 600_000, "the rest": 314_580} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(smallDisk(t, "3m"), "full")
			s, err := New(Config{Path: path, Direct: true, Whole: wholeRecords, BlockBytes: 1000, Blocks: 8})
			if err != nil {
				t.Skip("needs a file system that can be written to directly:", err)
			}
			s.Begin(nil)
			for i := range count {
				for !put(s, i) {
				}
			}
			s.End(nil)
			if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
				t.Error(err)
			}
			got := content(t, path)
			if len(got) < 2<<20-2000 || got != records(0, len(got)/10) {
				t.Errorf("%d bytes are left, or others than were written", len(got))
			}
		})
	}
}

func TestAFullDiskKeepsWhatIsWhole(t *testing.T) {
	path := filepath.Join(smallDisk(t, "256k"), "full")
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
