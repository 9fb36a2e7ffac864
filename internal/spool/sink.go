// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"sync/atomic"
)

// orderKind is what there is to do.
type orderKind uint8

const (
	write orderKind = iota
	begin           // a file, with head
	end             // the file, after head
)

// order is something for the writer's goroutine to do.
type order struct {
	kind  orderKind
	block *block // to be written and given back
	head  []byte
}

// sink is the writer's goroutine.
type sink struct {
	cfg    *Config
	pool   *pool
	names  names
	orders chan order
	target target // nil if none is open, or writing has failed

	files, bytes atomic.Int64
	// failed is closed when err is set. done is closed at the end; err may be read then.
	failed, done chan struct{}
	err          error
}

func newSink(cfg *Config, p *pool) (*sink, error) {
	s := &sink{
		cfg: cfg, pool: p, failed: make(chan struct{}), done: make(chan struct{}),
		// A block each, and what begins and ends a file of one block: the caller never waits.
		orders: make(chan order, 3*cfg.Blocks+4),
	}
	if cfg.Output == nil {
		var err error
		if s.names, err = newNames(cfg); err != nil {
			return nil, err
		}
		if err := s.tryFirst(); err != nil {
			return nil, err
		}
	}
	go s.run()
	return s, nil
}

// tryFirst opens the first file, so that a wrong path is known at once. With a ring it is removed
// again: there may never be anything to write.
func (s *sink) tryFirst() (err error) {
	if !s.cfg.Ring {
		if s.target, err = s.create(); err != nil && s.target != nil {
			err = errors.Join(err, s.target.close())
		}
		return err
	}
	return s.names.try()
}

func (s *sink) run() {
	defer close(s.done)
	for o := range s.orders {
		if s.err == nil {
			if err := s.carryOut(o); err != nil {
				s.fail(err)
			}
		}
		if o.block != nil {
			s.pool.give(o.block)
		}
	}
	if s.target != nil && s.err == nil {
		s.err = s.target.close()
	}
}

func (s *sink) carryOut(o order) (err error) {
	switch o.kind {
	case write:
		return s.write(o.block.data)
	case begin:
		s.files.Add(1)
		if s.target == nil {
			if s.target, err = s.create(); err != nil {
				return err
			}
		}
		return s.write(o.head)
	}
	if err := s.write(o.head); err != nil {
		return err
	}
	t := s.target
	s.target = nil
	return t.close()
}

func (s *sink) create() (target, error) {
	if s.cfg.Output != nil {
		return stream{s.cfg.Output}, nil
	}
	return s.names.create(s.cfg.Direct)
}

func (s *sink) write(b []byte) error {
	n, err := s.target.Write(b)
	s.bytes.Add(int64(n))
	return err
}

// fail ends writing: what was written is kept as far as its records are whole.
func (s *sink) fail(err error) {
	s.err = err
	if s.target != nil {
		s.err = errors.Join(err, s.target.cut(s.cfg.Whole))
		s.target = nil
	}
	close(s.failed)
}
