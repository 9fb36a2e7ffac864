// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"net/netip"

	"github.com/gospead/spead/internal/udp/sink"
	"github.com/gospead/spead/send"
)

// Send is what to measure. It has no useful zero value but for the fields that say so.
type Send struct {
	// PacketSize is the largest packet in bytes.
	PacketSize int
	// Total is about how many bytes of samples each run sends; at least one heap is.
	Total int64
	// Repeats is how often each heap size is measured.
	Repeats int
	// Layout is how heaps are cut into packets.
	Layout send.Layout
	// NoFill leaves the samples as they are. A peer does fill them.
	NoFill bool
	// Unordered has two threads share each batch.
	Unordered bool
	// Verify sends to a receiver in this process that compares every sample.
	Verify bool
	// Peer is a program to measure in turn with ours; empty: none. It is called with
	// "-n heaps -H heap-size -p packet-size host port" and has to print its rate before "MB/s".
	Peer string
	// To is where to send to; zero: a sink.
	To netip.AddrPort
	// Ran, if not nil, is told of each run of ours.
	Ran func(Run)
}

// Heaps is how many heaps of a size a run sends.
func (o *Send) Heaps(size int64) int64 { return max(o.Total/size, 1) }

// Measure measures one heap size, ours and the peer's in turn. It ends early, with an error, when
// ctx does.
func (o *Send) Measure(ctx context.Context, size int64) (Result, error) {
	var pairs []pair
	for range o.Repeats {
		p, err := o.measurePair(ctx, size)
		if err != nil {
			return Result{}, err
		}
		pairs = append(pairs, p)
		if o.Ran != nil {
			o.Ran(p.ours)
		}
	}
	return o.summarize(size, pairs), nil
}

func (o *Send) measurePair(ctx context.Context, size int64) (p pair, err error) {
	if p.ours, err = o.measureOurs(ctx, size); err != nil || o.Peer == "" {
		return p, err
	}
	p.peer, err = o.measurePeer(ctx, size)
	return p, err
}

func (o *Send) measureOurs(ctx context.Context, size int64) (r Run, err error) {
	if o.Verify {
		return o.measureVerified(ctx, size)
	}
	err = o.withDestination(func(to netip.AddrPort) (err error) {
		r, err = o.runSeed(ctx, to, size, nil)
		return err
	})
	return r, err
}

// withDestination calls f with where to send to.
func (o *Send) withDestination(f func(netip.AddrPort) error) error {
	if o.To.IsValid() {
		return f(o.To)
	}
	s, err := sink.New()
	if err != nil {
		return err
	}
	defer s.Close()
	return f(s.Addr())
}
