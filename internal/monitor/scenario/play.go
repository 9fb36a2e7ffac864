// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/gospead/spead/internal/monitor"
	"github.com/gospead/spead/recv"
)

// length is how long it takes, and trouble when it begins.
const (
	length  = 120 * time.Second
	trouble = 112 * time.Second
)

// Recorded is what a monitor knew at the end. It stands in for the monitor.
type Recorded struct {
	snapshot *monitor.Snapshot
	history  [][]monitor.Point
}

// Latest gives the last snapshot.
func (r *Recorded) Latest() *monitor.Snapshot { return r.snapshot }

// Next gives the last snapshot to who hasn't got it, and has all others wait.
func (r *Recorded) Next(ctx context.Context, after int64) *monitor.Snapshot {
	if after < r.snapshot.Seq {
		return r.snapshot
	}
	<-ctx.Done()
	return nil
}

// History gives all points.
func (r *Recorded) History() [][]monitor.Point { return r.history }

// Well is a night without trouble.
func Well() (*Recorded, error) {
	return play([]script{
		{name: "239.2.1.10:7148", sender: netip.MustParseAddrPort("10.17.4.1:8001"), heaps: 6, wave: 2},
		{name: "239.2.1.11:7148", sender: netip.MustParseAddrPort("10.17.4.2:8001"), heaps: 7, wave: 3},
	})
}

// Trouble is a night with it: one stream loses packets at its socket at the end, one lost some on the
// way before, one has stopped, and one never began.
func Trouble() (*Recorded, error) {
	return play([]script{
		{name: "239.2.1.10:7148", sender: netip.MustParseAddrPort("10.17.4.1:8001"), heaps: 6, wave: 2},
		{
			name: "239.2.1.11:7148", sender: netip.MustParseAddrPort("10.17.4.2:8001"), heaps: 7, wave: 3,
			mishaps: []mishap{
				{from: 52 * time.Second, until: 54 * time.Second, every: 20, packets: packetsPerHeap},
				{from: trouble, until: length, every: 5, packets: 2, dropped: true},
			},
			junk: 80 * time.Second,
		},
		{
			name: "10.17.4.30:7148", sender: netip.MustParseAddrPort("10.17.4.3:8001"), heaps: 5, wave: 1,
			mishaps: []mishap{{from: 61 * time.Second, until: 64 * time.Second, every: 11, packets: 1}},
		},
		{name: "10.17.4.30:7149", sender: netip.MustParseAddrPort("10.17.4.3:8002"), heaps: 4, stops: 103 * time.Second},
		{name: "10.17.4.30:7150"},
	})
}

func play(scripts []script) (*Recorded, error) {
	var watched []monitor.Watched
	for _, s := range scripts {
		stream, err := recv.NewStream(recv.Config{
			AllowOutOfOrder: true, Incomplete: true, KeepStop: true, Substreams: 2, CntStep: 1, QueueHeaps: 64,
		})
		if err != nil {
			return nil, err
		}
		defer stream.Close()
		if err := errors.Join(stream.AddSource(newSource(s)), stream.Start()); err != nil {
			return nil, err
		}
		watched = append(watched, monitor.Watched{Name: s.name, Stream: stream, Substreams: 2, QueueLimit: 64, CntStep: 1})
	}
	m := monitor.New(time.Second, watched)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	seconds := int64(length / time.Second)
	snapshot := m.Next(ctx, seconds-1)
	for snapshot.Seq < seconds {
		snapshot = m.Next(ctx, snapshot.Seq)
	}
	history := m.History()
	cancel()
	err := <-ended
	for i := range snapshot.Streams {
		for j := range snapshot.Streams[i].Sources {
			snapshot.Streams[i].Sources[j].Addr = scripts[i].name // where a socket would listen
		}
	}
	return &Recorded{snapshot, history}, err
}
