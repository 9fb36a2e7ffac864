// SPDX-License-Identifier: Apache-2.0

package inproc

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newQueue(t *testing.T, capacity int) *Queue {
	t.Helper()
	q, err := NewQueue(capacity)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestPacketsComeOutWholeAndInOrder(t *testing.T) {
	q := newQueue(t, 8)
	var taken [][]byte
	for round := range 5 {
		for i := range 6 {
			part := fmt.Appendf(nil, "%d/%d", round, i)
			if err := q.AddParts([]byte("h"), [][]byte{part[:1], part[1:]}); err != nil {
				t.Fatal(err)
			}
			part[0] = 'x' // the queue has its own copy
		}
		if q.Len() != 6 {
			t.Fatalf("%d packets are queued, want 6", q.Len())
		}
		for i := 0; i < 6; {
			var err error
			if taken, err = q.Take(taken[:0], 4); err != nil {
				t.Fatal(err)
			}
			for _, p := range taken {
				if want := fmt.Sprintf("h%d/%d", round, i); string(p) != want {
					t.Fatalf("took %q, want %q", p, want)
				}
				i++
			}
			q.Recycle(taken)
		}
	}
}

func TestAFullQueueMakesTheWriterWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 1)
		added := 0
		go func() {
			for range 3 {
				if err := q.Add([]byte{1}); err != nil {
					t.Error(err)
				}
				added++
			}
			q.Stop()
		}()
		for want := 1; want <= 3; want++ {
			synctest.Wait()
			if added != want {
				t.Fatalf("%d packets were added to a queue of one, want %d", added, want)
			}
			if _, err := q.Take(nil, 8); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := q.Take(nil, 8); !errors.Is(err, ErrStopped) {
			t.Errorf("after the last packet, Take gave %v", err)
		}
	})
}

func TestAStoppedQueueGivesWhatItHas(t *testing.T) {
	q := newQueue(t, 0)
	if err := q.Add([]byte("last")); err != nil {
		t.Fatal(err)
	}
	q.Stop()
	q.Stop()
	if err := q.Add([]byte("late")); !errors.Is(err, ErrStopped) {
		t.Errorf("adding to a stopped queue gave %v", err)
	}
	if got, err := q.Take(nil, 8); err != nil || len(got) != 1 || string(got[0]) != "last" {
		t.Errorf("took %q, %v", got, err)
	}
	if _, err := q.Take(nil, 8); !errors.Is(err, ErrStopped) {
		t.Errorf("after the last packet, Take gave %v", err)
	}
}

func TestStopFreesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full, empty := newQueue(t, 1), newQueue(t, 1)
		if err := full.Add(nil); err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 2)
		go func() { results <- full.Add(nil) }()
		go func() {
			_, err := empty.Take(nil, 1)
			results <- err
		}()
		synctest.Wait()
		full.Stop()
		empty.Stop()
		for range 2 {
			if err := <-results; !errors.Is(err, ErrStopped) {
				t.Errorf("waiting ended with %v", err)
			}
		}
	})
}

func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	q := newQueue(t, 64)
	packet := make([]byte, 1472)
	var taken [][]byte
	allocs := testing.AllocsPerRun(100, func() {
		for range 32 {
			q.Add(packet)
		}
		taken, _ = q.Take(taken[:0], 64)
		q.Recycle(taken)
	})
	if allocs != 0 {
		t.Errorf("%v allocations per 32 packets", allocs)
	}
}

func TestACapacityBelowZeroIsRefused(t *testing.T) {
	if _, err := NewQueue(-1); err == nil {
		t.Error("a capacity of -1 was taken")
	}
}
