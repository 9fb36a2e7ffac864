// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
)

func nothing(*Batch) {}

func batchOf(heaps int) *Batch {
	return &Batch{Heaps: make([]Ref, heaps), load: load{heaps: heaps}}
}

func TestQueueKeepsOrderAndRefusesWhatDoesNotFit(t *testing.T) {
	q := newQueue(load{4, math.MaxInt64}, nothing)
	first, second := batchOf(1), batchOf(3)
	for _, b := range []*Batch{first, second} {
		if err := q.tryPush(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.tryPush(batchOf(1)); !errors.Is(err, ErrQueueFull) {
		t.Fatalf("pushing into a full queue gave %v", err)
	}
	if q.take(false) != first || q.take(false) != second || q.take(false) != nil {
		t.Fatal("batches don't come out in the order in which they went in")
	}
	if err := q.tryPush(batchOf(1)); !errors.Is(err, ErrQueueFull) {
		t.Fatalf("taking a batch made room before it was complete: %v", err)
	}
	q.release(batchOf(1))
	if err := q.tryPush(batchOf(1)); err != nil {
		t.Fatalf("no room although a batch has completed: %v", err)
	}
}

func TestQueueServesWaitingCallersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var queued []*Batch
		q := newQueue(load{2, math.MaxInt64}, func(b *Batch) { queued = append(queued, b) })
		batches := []*Batch{batchOf(2), batchOf(1), batchOf(1), batchOf(1)}
		for _, b := range batches {
			go func() {
				if err := q.push(t.Context(), b); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		if err := q.tryPush(batchOf(1)); !errors.Is(err, ErrQueueFull) {
			t.Fatalf("a caller that doesn't wait overtook those that do: %v", err)
		}
		q.release(batchOf(2))
		if len(queued) != 3 {
			t.Fatalf("%d batches were queued although there is room for three", len(queued))
		}
		q.release(batchOf(1))
		synctest.Wait()
		if !slices.Equal(queued, batches) {
			t.Fatal("callers were not served in the order in which they came")
		}
	})
}

func TestQueueWithdrawsACallerWhoseContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(load{1, math.MaxInt64}, nothing)
		if err := q.tryPush(batchOf(1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- q.push(ctx, batchOf(1)) }()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Fatalf("waiting ended with %v", err)
		}
		q.take(false)
		q.release(batchOf(1))
		if q.take(false) != nil || q.depth().heaps != 0 {
			t.Fatal("a withdrawn batch was queued")
		}
	})
}

func TestQueueCloseRefusesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(load{1, math.MaxInt64}, nothing)
		if err := q.tryPush(batchOf(1)); err != nil {
			t.Fatal(err)
		}
		result := make(chan error)
		go func() { result <- q.push(t.Context(), batchOf(1)) }()
		synctest.Wait()
		q.close()
		if err := <-result; !errors.Is(err, ErrClosed) {
			t.Fatalf("waiting ended with %v", err)
		}
		if q.take(false) == nil {
			t.Fatal("closing lost a batch that was queued")
		}
	})
}

func TestFlushWaitsOnlyForWhatWasQueuedBefore(t *testing.T) {
	q := newQueue(load{4, math.MaxInt64}, nothing)
	if err := q.tryPush(batchOf(1)); err != nil {
		t.Fatal(err)
	}
	done := q.whenCompleted()
	if err := q.tryPush(batchOf(1)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
		t.Fatal("a flush ended before what was queued had completed")
	default:
	}
	q.release(batchOf(1))
	select {
	case <-done:
	default:
		t.Fatal("a flush waits for what was queued after it began")
	}
}

func TestQueueReusesItsMemory(t *testing.T) {
	q := newQueue(load{2, math.MaxInt64}, nothing)
	a, b := batchOf(1), batchOf(1)
	if err := q.tryPush(a); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(1000, func() {
		q.tryPush(b)
		q.take(false)
		q.release(batchOf(1))
		a, b = b, a
	})
	if allocs != 0 {
		t.Errorf("%v allocations per batch", allocs)
	}
}
