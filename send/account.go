// SPDX-License-Identifier: Apache-2.0

package send

import "context"

// credit counts the datagrams from first up to end as sent. The statistics have them before a batch
// that they complete is given back.
func (s *sender) credit(first, end int) {
	var bytes int64
	for i := first; i < end; i++ {
		o, size := &s.owners[i], int64(s.datagrams[i].Size)
		bytes += size
		o.batch.results[o.heap].Bytes += size
	}
	s.stats.packets.Add(int64(end - first))
	s.stats.bytes.Add(bytes)
	for i := first; i < end; i++ {
		if s.owners[i].last {
			s.finish(s.owners[i].batch)
		}
	}
}

// fail counts datagram i as not sent, for the reason err.
func (s *sender) fail(i int, err error) {
	o := &s.owners[i]
	r := &o.batch.results[o.heap]
	bytes, err := takenBytes(err)
	r.Bytes += int64(bytes)
	s.stats.bytes.Add(int64(bytes))
	if r.Err == nil {
		r.Err = err
	}
	s.stats.failedPackets.Add(1)
	s.failures.add(err)
	if o.last {
		s.finish(o.batch)
	}
}

// finish is told that a batch or, if it is unordered, one of its heaps has been tried to the end.
func (s *sender) finish(b *Batch) {
	if b.Order != Unordered || b.open.Add(-1) == 0 {
		s.complete(b)
	}
}

// complete gives a batch back, all of whose packets have been tried. Room is made before the caller
// is woken, so that it may queue the batch again at once.
func (s *sender) complete(b *Batch) {
	failed := 0
	for i := range b.results {
		if b.results[i].Err != nil {
			failed++
		}
	}
	heaps := len(b.Heaps)
	s.stats.batches.Add(1)
	s.stats.heaps.Add(int64(heaps - failed))
	s.stats.failedHeaps.Add(int64(failed))
	s.queue.release(b)
	b.complete()
}

// hopeless says why datagram i needn't be tried.
func (s *sender) hopeless(i int) error {
	switch {
	case s.owners[i].batch.cancelled.Load():
		return context.Canceled
	case i >= s.sound:
		return ErrHeapChanged
	default:
		return nil
	}
}
