// SPDX-License-Identifier: Apache-2.0

package chunkfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// idMark stands for the chunk's id in names.
	idMark = "{id}"
	// pieceBytes is how much is written at once; a pipe holds as much.
	pieceBytes = 64 << 10
	// patience is how long a reader may take for a piece when the context has ended already.
	patience = time.Second
	// openAgain is how long to wait between looks for a pipe's reader.
	openAgain = 20 * time.Millisecond
)

// Writer writes chunks. One goroutine may use it at a time.
type Writer struct {
	name string
	file *os.File // that all chunks go to, once there was one
}

// New returns a writer to the file or named pipe of that name or, if {id} is in it, to a file for each
// chunk, with the chunk's id in place of that. Files that exist are overwritten.
func New(name string) *Writer { return &Writer{name: name} }

// Write writes a chunk's data. To a pipe, it waits for the reader, until ctx ends; then the reader gets
// what it takes without delay. Errors are those of the system, with the name.
func (w *Writer) Write(ctx context.Context, id int64, data []byte) error {
	if strings.Contains(w.name, idMark) {
		return writeWhole(strings.ReplaceAll(w.name, idMark, strconv.FormatInt(id, 10)), data)
	}
	if w.file == nil {
		file, err := open(ctx, w.name)
		if err != nil {
			return err
		}
		w.file = file
	}
	return w.write(ctx, data)
}

// Close closes the file.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// writeWhole writes a file that has its name only when it is whole.
func writeWhole(name string, data []byte) error {
	part := name + ".part"
	err := os.WriteFile(part, data, 0o666)
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		_ = os.Remove(part) // if it is there at all
	}
	return err
}

// open opens a file or a named pipe, for which there has to be a reader.
func open(ctx context.Context, name string) (*os.File, error) {
	for {
		// Without O_NONBLOCK, nothing but a reader would end the wait for one.
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o666)
		if !errors.Is(err, syscall.ENXIO) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: nobody reads the pipe", err)
		case <-time.After(openAgain):
		}
	}
}

// write writes to the one file, piece by piece, so that a reader that takes nothing is told from one
// that is slow.
func (w *Writer) write(ctx context.Context, data []byte) error {
	// What waits already when the context ends is given a limit as well. Files other than pipes have
	// none, and don't wait.
	stop := context.AfterFunc(ctx, func() { _ = w.file.SetWriteDeadline(time.Now().Add(patience)) })
	defer stop()
	for len(data) > 0 {
		piece := data[:min(pieceBytes, len(data))]
		if ctx.Err() != nil {
			_ = w.file.SetWriteDeadline(time.Now().Add(patience))
		}
		if _, err := w.file.Write(piece); err != nil {
			return err
		}
		data = data[len(piece):]
	}
	return nil
}
