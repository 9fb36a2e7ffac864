// SPDX-License-Identifier: Apache-2.0

package spool

import "io"

// Config configures New.
type Config struct {
	// Path is the file to write; it is overwritten. Default (empty): Output is written.
	Path string
	// Output is written instead of files, and isn't closed. Default (nil): Path is written.
	Output io.Writer
	// Numbered puts a number into the names of files, before their ending; numbers go on where those of
	// existing files end. Default false: there is one file only.
	Numbered bool
	// Files is how many numbered files are kept; the oldest are removed. Default (0): all.
	Files int
	// Direct writes past the system's page cache (O_DIRECT). Default false.
	Direct bool
	// BlockBytes is the size of a block of memory, Blocks how many there are at most. Both are at least 1
	// and have no default.
	BlockBytes, Blocks int
	// Ring keeps blocks in memory until Save. Default false: they are written when they are full.
	Ring bool
	// Whole says how many of the bytes are whole records; a file that can't be written any further is cut
	// there. Default (nil): it isn't cut.
	Whole func(b []byte) int
}

// Spool is the caller's side. One goroutine may use it at a time, but for Progress and Failed.
type Spool struct {
	cfg     Config
	pool    pool
	sink    *sink
	current *block
	ring    []*block
	// open says that a file was begun, and direct that blocks go to it.
	open bool
	// fileBytes is how much was given to the present file.
	fileBytes int64
}

// New opens the first file, or with Config.Ring makes sure that it could. Errors are the system's.
func New(cfg Config) (*Spool, error) {
	s := &Spool{cfg: cfg, pool: pool{size: cfg.BlockBytes, left: cfg.Blocks}}
	sink, err := newSink(&s.cfg, &s.pool)
	if err != nil {
		return nil, err
	}
	s.sink = sink
	return s, nil
}

// Room gives the memory to which the next size bytes are to be appended, and handed back with Keep; nil
// if there is none. Preconditions: size is at most Config.BlockBytes.
func (s *Spool) Room(size int) []byte {
	if s.current != nil && cap(s.current.data)-len(s.current.data) < size {
		s.Flush()
	}
	if s.current == nil {
		s.current = s.pool.take()
	}
	if s.current == nil && len(s.ring) > 0 {
		s.current = s.ring[0]
		s.ring = append(s.ring[:0], s.ring[1:]...)
		s.current.data = s.current.data[:0]
	}
	if s.current == nil {
		return nil
	}
	return s.current.data
}

// Keep takes what Room gave, with what was appended.
func (s *Spool) Keep(b []byte) {
	s.fileBytes += int64(len(b) - len(s.current.data))
	s.current.data = b
}

// Flush lets go of the current block: it is written as it is, or goes to the ring.
func (s *Spool) Flush() {
	b := s.current
	if b == nil || len(b.data) == 0 {
		return
	}
	s.current = nil
	if s.cfg.Ring && !s.open {
		s.ring = append(s.ring, b)
		return
	}
	s.sink.orders <- order{kind: write, block: b}
}

// Idle says whether the writer has nothing to do, so that a block that isn't full may as well be
// written.
func (s *Spool) Idle() bool { return len(s.sink.orders) == 0 && (s.open || !s.cfg.Ring) }

// Begin begins the next file with these bytes. Preconditions: none is begun. With Config.Ring, what is
// in the ring follows, oldest first.
func (s *Spool) Begin(head []byte) {
	s.sink.orders <- order{kind: begin, head: head}
	s.fileBytes = int64(len(head))
	if s.cfg.Ring {
		s.Flush()
	}
	s.open = true
	for _, b := range s.ring {
		s.fileBytes += int64(len(b.data))
		s.sink.orders <- order{kind: write, block: b}
	}
	s.ring = s.ring[:0]
}

// End writes the rest and then these bytes, and ends the file.
func (s *Spool) End(tail []byte) {
	s.Flush()
	s.sink.orders <- order{kind: end, head: tail}
	s.open = false
}

// IsOpen says whether a file was begun and not ended.
func (s *Spool) IsOpen() bool { return s.open }

// FileBytes is how much was given to the present file, or is in memory for the next.
func (s *Spool) FileBytes() int64 { return s.fileBytes }

// Failed is closed when files can't be written any further; Close tells why.
func (s *Spool) Failed() <-chan struct{} { return s.sink.failed }

// Progress tells how many files were begun, how many bytes were written, and how many blocks wait. Any
// goroutine may call it.
func (s *Spool) Progress() (files, bytes int64, waiting int) {
	return s.sink.files.Load(), s.sink.bytes.Load(), len(s.sink.orders)
}

// Close waits until all is written. It gives the error with which writing ended.
func (s *Spool) Close() error {
	close(s.sink.orders)
	<-s.sink.done
	return s.sink.err
}
