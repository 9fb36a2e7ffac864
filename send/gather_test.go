// SPDX-License-Identifier: Apache-2.0

package send

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoHasCallersThatAreBackAtOnce(t *testing.T) {
	var g gathering
	for range backOften - 1 {
		g.cameAfter(0)
	}
	if g.streak.Load() >= backOften {
		t.Error("too few returns made a streak")
	}
	g.cameAfter(backAtOnce)
	if g.streak.Load() < backOften {
		t.Error("as many returns as it takes made no streak")
	}
	g.cameAfter(backAtOnce + 1)
	if g.streak.Load() != 0 {
		t.Error("a caller that was away left the streak as it was")
	}
}

func TestWhichBatchesWaitForCompany(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cfg   Config
		bytes int64
		away  time.Duration
		want  bool
	}{
		{name: "a small one of a busy caller", bytes: companyBytes - 1, want: true},
		{name: "one worth a system call of its own", bytes: companyBytes},
		{name: "one of a caller that does something in between", bytes: 1, away: backAtOnce + 1},
		{name: "one at a rate", cfg: Config{Rate: 1e9}, bytes: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newPromptStream(t, tc.cfg, newPromptTransport(false))
			for range backOften {
				s.cameAfter(tc.away)
			}
			if got := s.gathers(tc.bytes); got != tc.want {
				t.Errorf("waits: %t, want %t", got, tc.want)
			}
		})
	}
}

// queueSmall queues batches of one small heap each, as fast as it can.
func queueSmall(t *testing.T, s *Stream, batches int) []*Batch {
	t.Helper()
	made := make([]*Batch, batches)
	for i := range made {
		made[i] = &Batch{Heaps: []Ref{{Heap: heapOf(100)}}}
		if err := s.SendBatch(t.Context(), made[i]); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

func TestBatchesThatWaitForCompanyLeaveAlthoughNobodyCares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where no time passes between calls
		tr := newPromptTransport(false)
		s := newPromptStream(t, Config{MaxHeaps: 64}, tr)
		made := queueSmall(t, s, backOften+gatherMost/2)
		synctest.Wait()
		for i, b := range made {
			if !b.isDone() {
				t.Errorf("batch %d hasn't left", i)
			}
		}
		if s.left.Load() == 0 {
			t.Error("none waited for company")
		}
		checkSequence(t, tr.cnts, len(made))
		s.Close()
	})
}

func TestWhoFindsNoRoomSendsWhatWaitsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(false)
		s := newPromptStream(t, Config{MaxHeaps: 4}, tr)
		queueSmall(t, s, 200)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.left.Load() == 0 {
			t.Error("none waited for company")
		}
		checkSequence(t, tr.cnts, 200)
		s.Close()
	})
}

func TestTryingMakesRoomOfWhatWaitsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(false)
		s := newPromptStream(t, Config{MaxHeaps: 4}, tr)
		full := 0
		for range 200 {
			b := &Batch{Heaps: []Ref{{Heap: heapOf(100)}}}
			for s.TrySendBatch(b) == ErrQueueFull {
				full++ // the worker has the baton at the moment
				synctest.Wait()
			}
		}
		s.Close()
		checkSequence(t, tr.cnts, 200)
		if full > 100 { // without making room, nearly all would
			t.Errorf("%d of 200 found the queue full", full)
		}
	})
}

func TestCloseSendsWhatWaitsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(false)
		s := newPromptStream(t, Config{MaxHeaps: 64}, tr)
		made := queueSmall(t, s, 2*backOften)
		s.Close()
		for i, b := range made {
			if err := b.Wait(t.Context()); err != nil || b.Results()[0].Bytes == 0 {
				t.Errorf("batch %d: %v, %+v", i, err, b.Results())
			}
		}
		checkSequence(t, tr.cnts, len(made))
	})
}
