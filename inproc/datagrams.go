// SPDX-License-Identifier: Apache-2.0

package inproc

import "github.com/gospead/spead/internal/wire"

// Lot is memory that AddDatagrams uses again and again. The zero value is ready for use.
type Lot struct {
	buffers [][]byte
}

// AddDatagrams copies packets into the queue as package send has them, in order, and returns how many
// it has taken. It waits for room for the first, and takes of the others what fits then: the caller
// comes back with the rest. Before it waits it asks keepWaiting, which is called with the queue locked
// and must not use it; Interrupt has it asked again. Errors: ErrStopped, or ErrInterrupted if
// keepWaiting said no.
//
// The packets are copied while the queue is free for others: first their room is reserved.
func (q *Queue) AddDatagrams(lot *Lot, d []wire.Datagram, keepWaiting func() bool) (int, error) {
	if len(d) == 0 {
		return 0, nil
	}
	if err := q.reserve(lot, d, keepWaiting); err != nil {
		return 0, err
	}
	for i := range lot.buffers {
		lot.buffers[i] = d[i].AppendTo(lot.buffers[i])
	}
	return q.commit(lot, d)
}

// reserve waits for room, and takes buffers for as many datagrams as there is room for.
func (q *Queue) reserve(lot *Lot, d []wire.Datagram, keepWaiting func() bool) error {
	lot.buffers = lot.buffers[:0]
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.stopped && !q.fits(d[0].Size) {
		if !keepWaiting() {
			return ErrInterrupted
		}
		q.writers++
		q.notFull.Wait()
		q.writers--
	}
	if q.stopped {
		return ErrStopped
	}
	for i := range d {
		if !q.fits(d[i].Size) {
			break
		}
		q.reserved++
		q.reservedBytes += d[i].Size
		lot.buffers = append(lot.buffers, q.buffer(d[i].Size))
	}
	return nil
}

// commit adds the buffers, which are full now.
func (q *Queue) commit(lot *Lot, d []wire.Datagram) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range lot.buffers {
		q.reserved--
		q.reservedBytes -= d[i].Size
	}
	if q.stopped {
		clear(lot.buffers)
		return 0, ErrStopped
	}
	for _, b := range lot.buffers {
		q.append(b)
	}
	clear(lot.buffers)
	q.wakeReaders()
	return len(lot.buffers), nil
}

// Interrupt has all that wait in AddDatagrams ask again whether to keep waiting.
func (q *Queue) Interrupt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notFull.Broadcast()
}
