// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"io"
	"os"
)

// target is what the writer writes to.
type target interface {
	// Write is only called until it fails.
	io.Writer
	// close completes it.
	close() error
	// cut closes it after Write has failed; whole says how many of the bytes are whole records.
	cut(whole func([]byte) int) error
}

// stream is a writer of the user's.
type stream struct{ io.Writer }

func (stream) close() error { return nil }

func (stream) cut(func([]byte) int) error { return nil }

// plainFile is a file through the page cache.
type plainFile struct {
	file *os.File
	// begun is where the last Write began, last what it wrote.
	begun int64
	last  []byte
}

func (f *plainFile) Write(b []byte) (int, error) {
	f.begun += int64(len(f.last))
	n, err := f.file.Write(b)
	f.last = b[:n]
	return n, err
}

func (f *plainFile) close() error { return f.file.Close() }

func (f *plainFile) cut(whole func([]byte) int) error {
	if info, err := f.file.Stat(); whole != nil && err == nil && info.Mode().IsRegular() {
		if err := f.file.Truncate(f.begun + int64(whole(f.last))); err != nil {
			f.file.Close()
			return err
		}
	}
	return f.file.Close()
}
