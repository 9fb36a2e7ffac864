// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a stream that is watched in a bubble, and its sender.
type rig struct {
	t      *testing.T
	sender *send.Stream
	stream *recv.Stream
	watch  *Monitor
	failed chan error
	end    context.CancelFunc
}

func newRig(t *testing.T, cfg recv.Config, rate float64) *rig {
	t.Helper()
	queue, err := inproc.NewQueue(1000)
	if err != nil {
		t.Fatal(err)
	}
	cfg.QueueHeaps, cfg.CntStep = 2, 1
	stream, err := recv.NewStream(cfg)
	sender, failed := send.NewInproc(send.Config{}, queue)
	if err := errors.Join(err, failed, stream.AddInproc(queue), stream.Start()); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	r := &rig{t, sender, stream, New(time.Second, []Watched{
		{Name: "beam", Stream: stream, Substreams: 2, QueueLimit: 2, CntStep: 1, ConsumerRate: rate},
	}), make(chan error, 1), end}
	go func() { r.failed <- r.watch.Run(ctx) }()
	return r
}

// send sends heaps of 1000 bytes.
func (r *rig) send(n int) {
	r.t.Helper()
	for range n {
		h := send.NewHeap(spead.Flavour{})
		h.AddItem(0x1000, make([]byte, 1000))
		if _, err := r.sender.Send(r.t.Context(), h); err != nil {
			r.t.Fatal(err)
		}
	}
}

// close ends everything and gives the last snapshot.
func (r *rig) close() *Snapshot {
	r.t.Helper()
	r.end()
	err := <-r.failed
	if err := errors.Join(err, r.sender.Close(), r.stream.Close()); err != nil {
		r.t.Error(err)
	}
	return r.watch.Latest()
}

func TestEachIntervalHasItsSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, recv.Config{}, 0)
		for seq := int64(1); seq <= 5; seq++ {
			r.send(10)
			snap := r.watch.Next(t.Context(), seq-1)
			st := snap.Streams[0]
			if snap.Seq != seq || snap.Time.Sub(snap.Started) != time.Duration(seq)*time.Second {
				t.Errorf("snapshot %d after %v", snap.Seq, snap.Time.Sub(snap.Started))
			}
			if st.Now.Heaps != 10 || st.Now.Packets != 10 || st.Tally.Heaps != 10*seq || st.Health != OK {
				t.Errorf("%+v", st)
			}
			if len(r.watch.History()[0]) != int(seq) || len(st.Trend) != int(seq) {
				t.Errorf("%d points after %d seconds", len(st.Trend), seq)
			}
		}
		snap := r.close()
		if snap.Seq != 6 || r.watch.Next(t.Context(), 5) != snap || r.watch.Next(t.Context(), 6) != nil {
			t.Errorf("the last snapshot is number %d", snap.Seq)
		}
	})
}

func TestASlowConsumerIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, recv.Config{WhenFull: recv.DropNewest}, 100) // a heap every 10 s
		r.send(1)
		synctest.Wait()
		r.send(10)
		synctest.Wait()
		st := r.watch.Next(t.Context(), 0).Streams[0]
		if len(st.Losses) != 1 || st.Losses[0].Kind != "queue_full" || st.Losses[0].Total != 8 || st.Health != Losing {
			t.Errorf("%+v", st.Losses)
		}
		for range 25 {
			st = r.watch.Next(t.Context(), r.watch.Latest().Seq).Streams[0]
		}
		if st.Tally.Heaps != 3 || st.Tally.LongestGap != 10*time.Second || st.Losses[0].Total != 8 {
			t.Errorf("%+v", st.Tally)
		}
		r.close()
	})
}

func TestStreamsThatEndAreStillShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, recv.Config{}, 0)
		r.send(3)
		if err := r.stream.Stop(); err != nil {
			t.Error(err)
		}
		snap := r.watch.Next(t.Context(), 0)
		if st := snap.Streams[0]; st.Health != Ended || st.Tally.Heaps != 3 || snap.Verdict != "beam: ended by its sources" {
			t.Errorf("%s: %+v", snap.Verdict, st)
		}
		r.close()
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, recv.Config{}, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if snap := r.watch.Next(ctx, 0); snap != nil {
			t.Errorf("snapshot %d came at once", snap.Seq)
		}
		r.close()
	})
}
