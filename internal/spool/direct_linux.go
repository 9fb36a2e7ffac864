// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gospead/spead/internal/mem"
)

const (
	// directBytes is how much is written at once past the page cache; it is also how such memory is
	// aligned, as huge pages are, which is more than any file system asks for.
	directBytes = 2 << 20
	// directUnit is what every write has to be a multiple of but the last, which isn't direct.
	directUnit = 4096
)

// directFile is a file past the page cache.
type directFile struct {
	file    *os.File
	staged  []byte
	written int64
	// starts are where records begin, of each Write that isn't all in the file; given is where the next
	// Write begins.
	starts []int64
	given  int64
}

func openDirect(name string, flags int) (target, error) {
	file, err := os.OpenFile(name, flags|syscall.O_DIRECT, 0o666)
	if errors.Is(err, syscall.EINVAL) {
		return nil, fmt.Errorf("%w: its file system can't be written to directly", err)
	}
	if err != nil {
		return nil, err
	}
	return &directFile{file: file, staged: mem.Alloc(directBytes, mem.Options{Huge: true})[:0]}, nil
}

func (f *directFile) Write(b []byte) (n int, err error) {
	f.starts = append(f.starts, f.given)
	f.given += int64(len(b))
	for len(b) > 0 {
		part := copy(f.staged[len(f.staged):cap(f.staged)], b)
		f.staged = f.staged[:len(f.staged)+part]
		b = b[part:]
		n += part
		if len(f.staged) < cap(f.staged) {
			break
		}
		if err := f.flush(len(f.staged)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// flush writes the first bytes of what is staged. Preconditions: a multiple of directUnit.
func (f *directFile) flush(size int) error {
	n, err := f.file.Write(f.staged[:size])
	f.written += int64(n)
	if err != nil {
		return err
	}
	f.staged = f.staged[:copy(f.staged, f.staged[size:])]
	for len(f.starts) > 1 && f.starts[1] <= f.written {
		f.starts = f.starts[1:]
	}
	return nil
}

// close writes what is left: whole units directly, and the rest as usual.
func (f *directFile) close() error {
	if err := f.flush(len(f.staged) / directUnit * directUnit); err != nil {
		return errors.Join(err, f.cut(nil))
	}
	if len(f.staged) == 0 {
		return f.file.Close()
	}
	last, err := os.OpenFile(f.file.Name(), os.O_WRONLY, 0)
	if err != nil {
		return errors.Join(err, f.file.Close())
	}
	_, err = last.WriteAt(f.staged, f.written)
	if err = errors.Join(err, last.Close()); err != nil {
		return errors.Join(err, f.cut(nil))
	}
	return f.file.Close()
}

// cut keeps the Writes that are in the file as a whole.
func (f *directFile) cut(func([]byte) int) error {
	var whole int64
	for _, start := range f.starts {
		if start <= f.written {
			whole = start
		}
	}
	return errors.Join(f.file.Truncate(whole), f.file.Close())
}
