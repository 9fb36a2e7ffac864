// SPDX-License-Identifier: Apache-2.0

package inproc

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
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

func TestLimitsBelowZeroAreRefused(t *testing.T) {
	for field, cfg := range map[string]Config{"inproc.Config.Packets": {Packets: -2}, "inproc.Config.Bytes": {Bytes: -2}} {
		_, err := New(cfg)
		var refused *spead.FieldError
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestBytesAreLimitedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := New(Config{Bytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		sizes := []int{400, 600, 1, 5000, 1000}
		added := 0
		go func() {
			for _, size := range sizes {
				if err := q.Add(make([]byte, size)); err != nil {
					t.Error(err)
				}
				added++
			}
		}()
		for i, want := range []int{2, 2, 3, 4, 5} {
			synctest.Wait()
			if added != want {
				t.Fatalf("after %d packets were taken, %d have been added, want %d", i, added, want)
			}
			if got, err := q.Take(nil, 1); err != nil || len(got[0]) != sizes[i] {
				t.Fatalf("took %d bytes, %v", len(got[0]), err)
			}
		}
	})
}

func TestAnUnboundedQueueTakesEverything(t *testing.T) {
	q, err := New(Config{Packets: Unbounded, Bytes: Unbounded})
	if err != nil {
		t.Fatal(err)
	}
	const packets = 3 * defaultPackets
	for i := range packets {
		if err := q.Add(fmt.Appendf(make([]byte, 0, 2000), "%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < packets; {
		taken, err := q.Take(nil, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range taken {
			if string(p) != strconv.Itoa(i) {
				t.Fatalf("packet %d is %q", i, p)
			}
			i++
		}
	}
}

// TestEachWritersPacketsKeepTheirOrder has writers of both kinds and a reader work at once.
func TestEachWritersPacketsKeepTheirOrder(t *testing.T) {
	const writers, packets = 4, 2000
	q, err := New(Config{Packets: 50, Bytes: 700})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() { addNumbered(t, q, w, packets) })
	}
	go func() {
		running.Wait()
		q.Stop()
	}()
	var next [writers]int
	var taken [][]byte
	for {
		if taken, err = q.Take(taken[:0], 7); err != nil {
			break
		}
		for _, p := range taken {
			var w, number int
			if _, err := fmt.Sscanf(string(p), "%d:%d", &w, &number); err != nil || number != next[w] {
				t.Fatalf("took %q, %v; want number %d", p, err, next[w])
			}
			next[w]++
		}
		q.Recycle(taken)
	}
	if next != [writers]int{packets, packets, packets, packets} {
		t.Errorf("took %v packets", next)
	}
}

// addNumbered adds packets that name their writer and their number, in lots if the writer is even.
func addNumbered(t *testing.T, q *Queue, w, packets int) {
	var lot Lot
	var d []wire.Datagram
	for number := range packets {
		p := fmt.Appendf(nil, "%d:%d", w, number)
		d = append(d, wire.Datagram{Header: p[:1], Payload: [][]byte{p[1:]}, Size: len(p)})
		if w%2 == 0 && len(d) < 30 && number < packets-1 {
			continue
		}
		for len(d) > 0 {
			n, err := q.AddDatagrams(&lot, d, func() bool { return true })
			if err != nil {
				t.Error(err)
				return
			}
			d = d[n:]
		}
	}
}

func TestWaitingForRoomCanBeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 1)
		keep := true
		result := make(chan error)
		go func() {
			d := []wire.Datagram{{Header: []byte("a"), Size: 1}, {Header: []byte("b"), Size: 1}}
			n, err := q.AddDatagrams(&Lot{}, d, func() bool { return keep })
			if n != 1 || err != nil {
				t.Errorf("added %d, %v", n, err)
			}
			_, err = q.AddDatagrams(&Lot{}, d[n:], func() bool { return keep })
			result <- err
		}()
		synctest.Wait()
		q.Interrupt() // the writer asks, and waits on
		synctest.Wait()
		keep = false
		q.Interrupt()
		if err := <-result; !errors.Is(err, ErrInterrupted) {
			t.Errorf("waiting ended with %v", err)
		}
	})
}

func TestLotsAllocateNothingInTheSteadyState(t *testing.T) {
	q := newQueue(t, 0)
	d := make([]wire.Datagram, 64)
	for i := range d {
		d[i] = wire.Datagram{Header: make([]byte, 72), Payload: [][]byte{make([]byte, 8928)}, Size: 9000}
	}
	var lot Lot
	var taken [][]byte
	keep := func() bool { return true }
	allocs := testing.AllocsPerRun(100, func() {
		for range 5 {
			if n, err := q.AddDatagrams(&lot, d, keep); n != len(d) || err != nil {
				t.Fatal(n, err)
			}
		}
		taken, _ = q.Take(taken[:0], 1000)
		q.Recycle(taken)
	})
	if allocs != 0 {
		t.Errorf("%v allocations per %d packets", allocs, 5*len(d))
	}
}
