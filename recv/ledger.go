// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"sync"

	"github.com/gospead/spead"
)

// ledger holds the figures that others may look at while the readers work on. Readers write it once
// per batch, consumers once per heap.
type ledger struct {
	// mu guards everything below.
	mu    sync.Mutex
	stats Stats
	// liveBytes is the payload received of heaps in progress, as of the last batch; queuedBytes that of
	// finished heaps which the consumer hasn't taken.
	liveBytes, queuedBytes int64
}

// publish makes the readers' figures visible. What only consumers count is kept. queued and bytes
// are heaps that were finished since the last time and are on their way to the consumer.
func (l *ledger) publish(work *Stats, liveBytes int64, queued int, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delivered, deliveredBytes := l.stats.HeapsDelivered, l.stats.PayloadBytesDelivered
	waiting, blocked := l.stats.HeapsQueued, l.stats.WorkerBlocked
	l.stats = *work
	l.stats.HeapsDelivered, l.stats.PayloadBytesDelivered = delivered, deliveredBytes
	l.stats.HeapsQueued, l.stats.WorkerBlocked = waiting+int64(queued), blocked
	l.liveBytes = liveBytes
	l.queuedBytes += bytes
}

// deliver counts a heap that the consumer has taken.
func (l *ledger) deliver(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.HeapsQueued--
	l.stats.HeapsDelivered++
	l.queuedBytes -= bytes
	l.stats.PayloadBytesDelivered += bytes
}

// withdraw counts heaps out that were on their way to the consumer. The caller publishes them as
// discarded with the same lock held: see Stream.discardQueued.
func (l *ledger) withdraw(work *Stats, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	work.HeapsDiscarded[DiscardClosed]++
	work.PayloadBytesDiscarded[DiscardClosed] += bytes
	l.stats.HeapsDiscarded, l.stats.PayloadBytesDiscarded = work.HeapsDiscarded, work.PayloadBytesDiscarded
	l.stats.HeapsQueued--
	l.queuedBytes -= bytes
}

// blocked counts that reading stopped because the consumer's queue is full.
func (l *ledger) blocked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.WorkerBlocked++
}

// snapshot returns the figures.
func (l *ledger) snapshot() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.PayloadBytesInFlight = l.liveBytes + l.queuedBytes
	s.Refused[spead.Accepted] = 0
	return s
}
