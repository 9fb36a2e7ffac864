// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
)

func newInprocQueue(t *testing.T, cfg inproc.Config) *inproc.Queue {
	t.Helper()
	q, err := inproc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func newInprocStream(t *testing.T, cfg Config, queues ...*inproc.Queue) *Stream {
	t.Helper()
	s, err := NewInproc(cfg, queues...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestQueuesThatAreNoneAreRefused(t *testing.T) {
	for _, queues := range [][]*inproc.Queue{{}, {nil}} {
		_, err := NewInproc(Config{}, queues...)
		var refused *spead.FieldError
		if !errors.As(err, &refused) || refused.Field != "send.NewInproc queues" {
			t.Errorf("%v", err)
		}
	}
}

func TestEachSubstreamHasItsQueue(t *testing.T) {
	a := newInprocQueue(t, inproc.Config{})
	b := newInprocQueue(t, inproc.Config{Packets: inproc.Unbounded, Bytes: inproc.Unbounded})
	s := newInprocStream(t, Config{}, a, b)
	defer s.Close()
	batch := manyHeaps(4, 3000)
	for i := range batch.Heaps {
		batch.Heaps[i].Substream = i % 2
	}
	if err := errors.Join(s.SendBatch(t.Context(), batch), batch.Wait(t.Context())); err != nil {
		t.Fatal(err)
	}
	for i, q := range []*inproc.Queue{a, b} {
		packets, err := q.Take(nil, 100)
		cnts := heapCntsOf(t, bytes.Join(packets, nil))
		if err != nil || len(cnts) != 6 || cnts[0] != spead.HeapCnt(i+1) || cnts[5] != spead.HeapCnt(i+3) {
			t.Errorf("queue %d has packets of heaps %v: %v", i, cnts, err)
		}
	}
	if st := s.Stats().Transport; st.Packets != 12 || st.Calls == 0 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestAStoppedQueueFailsWhatIsSentToIt(t *testing.T) {
	a, b := newInprocQueue(t, inproc.Config{}), newInprocQueue(t, inproc.Config{})
	s := newInprocStream(t, Config{}, a, b)
	defer s.Close()
	a.Stop()
	batch := manyHeaps(4, 3000)
	for i := range batch.Heaps {
		batch.Heaps[i].Substream = i % 2
	}
	if err := errors.Join(s.SendBatch(t.Context(), batch)); err != nil {
		t.Fatal(err)
	}
	if err := batch.Wait(t.Context()); !errors.Is(err, inproc.ErrStopped) {
		t.Errorf("the batch ended with %v", err)
	}
	for i, r := range batch.Results() {
		if stopped := i%2 == 0; errors.Is(r.Err, inproc.ErrStopped) != stopped || (r.Bytes == 0) != stopped {
			t.Errorf("heap %d: %+v", i, r)
		}
	}
}

func TestAHeapCanBeCancelledWhileItsQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newInprocQueue(t, inproc.Config{Packets: 3})
		s := newInprocStream(t, Config{}, q)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r, err := s.Send(ctx, heapOf(100_000))
			if !errors.Is(err, context.Canceled) || r.Bytes != 3*1472 {
				t.Errorf("%+v, %v", r, err)
			}
		}()
		synctest.Wait()
		cancel()
		<-done
		if packets, err := q.Take(nil, 100); err != nil || len(packets) != 3 {
			t.Errorf("%d packets are queued, %v", len(packets), err)
		}
		if r, err := s.Send(t.Context(), heapOf(1000)); err != nil || r.Bytes != 1048 {
			t.Errorf("the next heap: %+v, %v", r, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseGivesUpOnAQueueFromWhichNothingIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newInprocQueue(t, inproc.Config{Packets: 3})
		s := newInprocStream(t, Config{}, q)
		batch := manyHeaps(3, 3000) // of three packets each
		if err := s.SendBatch(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		time.AfterFunc(9*time.Second, func() {
			if _, err := q.Take(nil, 3); err != nil {
				t.Error(err)
			}
		})
		began := time.Now()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if waited := time.Since(began); waited != 19*time.Second {
			t.Errorf("Close returned after %v", waited)
		}
		batch.Wait(t.Context())
		r := batch.Results()
		if r[0].Err != nil || r[1].Err != nil || !errors.Is(r[2].Err, ErrClosed) || r[2].Bytes != 0 {
			t.Errorf("results: %+v", r)
		}
	})
}

func TestInprocAllocatesNothingInTheSteadyState(t *testing.T) {
	q := newInprocQueue(t, inproc.Config{})
	s := newInprocStream(t, Config{MaxHeaps: 64, MaxPacketSize: 9000}, q)
	defer s.Close()
	b := manyHeaps(16, 40_000)
	var taken [][]byte
	ctx := context.Background()
	if allocs := testing.AllocsPerRun(100, func() {
		if err := errors.Join(s.SendBatch(ctx, b), b.Wait(ctx)); err != nil {
			t.Fatal(err)
		}
		taken, _ = q.Take(taken[:0], 1000)
		q.Recycle(taken)
	}); allocs >= 1 {
		t.Errorf("%v allocations per batch", allocs)
	}
}
