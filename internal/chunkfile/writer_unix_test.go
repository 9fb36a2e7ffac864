// SPDX-License-Identifier: Apache-2.0

//go:build unix

package chunkfile

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func pipeIn(t *testing.T) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAPipeGetsWhatItsReaderTakes(t *testing.T) {
	name := pipeIn(t)
	got := make(chan int)
	go func() {
		r, err := os.Open(name)
		if err != nil {
			t.Error(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		r.Close()
		got <- len(b)
	}()
	w := New(name)
	for id := range int64(3) {
		if err := w.Write(t.Context(), id, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != 3<<20 {
		t.Errorf("%d bytes came", n)
	}
}

func TestAPipeWithoutAReaderHoldsNobodyUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(pipeIn(t)).Write(ctx, 0, []byte{1}); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("nobody reads, and the error is %v", err)
	}
}

// TestAReaderThatTakesNothingIsGivenUp has a reader that doesn't read, and a context that ends.
func TestAReaderThatTakesNothingIsGivenUp(t *testing.T) {
	name := pipeIn(t)
	r, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	w := New(name)
	if err := w.Write(ctx, 0, []byte{1}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Write(ctx, 1, make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nobody reads, and the error is %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestAReaderThatGoesAwayIsNoticed(t *testing.T) {
	name := pipeIn(t)
	r, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := New(name)
	if err := w.Write(t.Context(), 0, []byte{1}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := w.Write(t.Context(), 1, []byte{2}); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the reader has gone, and the error is %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// TestAFullDiskLeavesNothingThatLooksWhole writes to a device that is always full.
func TestAFullDiskLeavesNothingThatLooksWhole(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Logf("not tried: %v", err)
		return
	}
	if err := New(full).Write(t.Context(), 0, []byte{1}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the disk is full, and the error is %v", err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "chunk-{id}")
	if err := os.Symlink(full, filepath.Join(dir, "chunk-5.part")); err != nil {
		t.Fatal(err)
	}
	if err := New(name).Write(t.Context(), 5, []byte{1}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the disk is full, and the error is %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestWhereNothingCanBeWrittenIsNamed(t *testing.T) {
	for _, name := range []string{"none/file", "none/{id}"} {
		name = filepath.Join(t.TempDir(), name)
		err := New(name).Write(t.Context(), 0, []byte{1})
		var path *os.PathError
		if !errors.As(err, &path) || !errors.Is(err, os.ErrNotExist) || filepath.Dir(path.Path) != filepath.Dir(name) {
			t.Errorf("error %v", err)
		}
	}
}
