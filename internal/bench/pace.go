// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"time"

	"github.com/gospead/spead/internal/udp/arrivals"
	"github.com/gospead/spead/send"
)

// Pace is what to measure of sending at a rate. It has no useful zero value but for the fields that
// say so.
type Pace struct {
	// PacketSize is the largest packet, HeapSize what the samples of a heap take, both in bytes.
	PacketSize int
	HeapSize   int64
	// Duration is about how long each run takes.
	Duration time.Duration
	// Burst is how many bytes go out back to back.
	Burst int
	// Ratio is how much faster than the rate a delay may be caught up.
	Ratio float64
	// Repeats is how often each rate is measured.
	Repeats int
	// Peer is a program to measure in turn with ours; empty: none. It is called with "host:port --packet
	// packet-size --heap-size heap-size --rate gigabits --burst burst --burst-rate-ratio ratio --heaps
	// heaps", as spead2_send.
	Peer string
	// Ran, if not nil, is told of each run of ours.
	Ran func(Paced)
}

// Heaps is how many heaps a run at a rate in bytes per second sends.
func (o *Pace) Heaps(rate float64) int64 {
	return max(int64(rate*o.Duration.Seconds())/o.HeapSize, 2)
}

// Measure measures one rate in bytes per second, ours and the peer's in turn. It ends early, with an
// error, when ctx does.
func (o *Pace) Measure(ctx context.Context, rate float64) (PaceResult, error) {
	var ours, peers []Paced
	for range o.Repeats {
		p, err := o.record(rate, func(to netip.AddrPort) (sent, error) { return o.runOurs(ctx, to, rate) })
		if err != nil {
			return PaceResult{}, err
		}
		ours = append(ours, p)
		if o.Ran != nil {
			o.Ran(p)
		}
		if o.Peer == "" {
			continue
		}
		p, err = o.record(rate, func(to netip.AddrPort) (sent, error) { return o.runPeer(ctx, to, rate) })
		if err != nil {
			return PaceResult{}, err
		}
		peers = append(peers, p)
	}
	return o.summarize(rate, ours, peers), nil
}

// sent is what a sender says that it did.
type sent struct {
	// missing tells from what arrived how many packets didn't.
	missing func(Paced) int64
	used    time.Duration
	// shared says that used includes what the receiver used.
	shared bool
}

// record notes what arrives while f sends.
func (o *Pace) record(rate float64, f func(netip.AddrPort) (sent, error)) (Paced, error) {
	m, err := arrivals.New()
	if err != nil {
		return Paced{}, err
	}
	defer m.Close()
	m.Arrivals = make([]arrivals.Arrival, 0, 2*o.Heaps(rate)*(1+o.HeapSize/65507))
	done, recorded := make(chan struct{}), make(chan error, 1)
	go func() { recorded <- m.Record(done) }()
	began := time.Now()
	s, err := f(m.Addr())
	took := time.Since(began)
	close(done)
	if err := errors.Join(err, <-recorded); err != nil {
		return Paced{}, err
	}
	p := newPaced(m.Arrivals, rate, o.Burst)
	if p.Bytes == 0 {
		return p, errors.New("nothing arrived")
	}
	p.Lost = s.missing(p)
	if s.shared {
		s.used -= m.Processor
	}
	p.Processor = s.used.Seconds() / took.Seconds()
	return p, nil
}

// runOurs sends with this library: heaps of the seed's kind, in batches, two of them in flight.
func (o *Pace) runOurs(ctx context.Context, to netip.AddrPort, rate float64) (sent, error) {
	perBatch := int(max(2, seedBatchBytes/o.HeapSize))
	stream, err := send.NewUDP(send.UDPConfig{
		Config: send.Config{MaxPacketSize: o.PacketSize, MaxHeaps: seedBatches * perBatch,
			Layout: send.LayoutStandard, Rate: rate, BurstSize: o.Burst,
			BurstRateRatio: o.Ratio},
		Endpoints: []netip.AddrPort{to},
	})
	if err != nil {
		return sent{}, err
	}
	defer stream.Close()
	s, err := newSeed(stream, o.HeapSize, perBatch)
	if err != nil {
		return sent{}, err
	}
	s.noFill = true
	used := ProcessorTime()
	if err := s.run(ctx, o.Heaps(rate), nil); err != nil {
		return sent{}, err
	}
	st := stream.Stats()
	if st.FailedPackets != 0 || st.Heaps != o.Heaps(rate) {
		return sent{}, fmt.Errorf("%d of %d heaps left", st.Heaps, o.Heaps(rate))
	}
	missing := func(p Paced) int64 {
		if p.Bytes == st.Bytes {
			return 0
		}
		return max(st.Packets-p.Packets, 1)
	}
	return sent{missing: missing, used: ProcessorTime() - used, shared: true}, nil
}

// runPeer is one run of the peer, whose processor time is that of the whole process.
func (o *Pace) runPeer(ctx context.Context, to netip.AddrPort, rate float64) (sent, error) {
	heaps := o.Heaps(rate)
	cmd := exec.CommandContext(ctx, o.Peer, to.String(), "--packet", fmt.Sprint(o.PacketSize),
		"--heap-size", fmt.Sprint(o.HeapSize), "--rate", fmt.Sprint(rate*8e-9),
		"--burst", fmt.Sprint(o.Burst), "--burst-rate-ratio", fmt.Sprint(o.Ratio), "--heaps", fmt.Sprint(heaps))
	if output, err := cmd.CombinedOutput(); err != nil {
		return sent{}, fmt.Errorf("run %s: %w: %.200q", o.Peer, err, output)
	}
	missing := func(p Paced) int64 {
		short := heaps*o.HeapSize - leastPayload(p, heaps)
		if short <= 0 {
			return 0
		}
		perPacket := int64(o.PacketSize - leastHeader)
		return (short + perPacket - 1) / perPacket
	}
	return sent{missing: missing, used: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// leastHeader is what each packet begins with: the header, and the pointers for heap cnt, heap
// size, offset and payload size.
const leastHeader = 8 + 4*8

// leastPayload is how much payload arrived of heaps with one item each, but for the descriptors.
func leastPayload(p Paced, heaps int64) int64 {
	return p.Bytes - p.Packets*leastHeader - heaps*8
}
