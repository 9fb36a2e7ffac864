// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// Report ends the inspection and says what was found.
func (in *Inspector) Report() *Report {
	r := &Report{
		Live: in.live, Streams: []Stream{}, Places: []Place{}, UntoldStreams: in.untold,
		Strangers: in.others.report(), UntoldStrangers: in.others.others,
	}
	if !in.first.IsZero() {
		r.Seconds = max(0, in.last.Sub(in.first).Seconds())
	}
	for _, s := range in.order {
		s.end()
		r.Streams = append(r.Streams, s.report())
	}
	for _, l := range in.landed {
		c := &l.counts
		r.Places = append(r.Places, Place{
			Address: l.address, Packets: l.packets, Bytes: l.bytes, Buffer: l.bufferSize,
			KernelDrops: c.KernelDrops, QueueDrops: c.QueueDrops, Fragmented: c.Fragmented, Foreign: c.Foreign,
			Skipped: c.Skipped, Connections: c.Connections, ConnectionsFailed: c.ConnectionsFailed,
			TooLong: c.TooLong, Empty: c.Empty,
		})
	}
	r.Loss = r.loss(in.captured)
	r.Conclusion = r.conclude()
	return r
}

// loss adds up what is missing and tells where it went, place by place: what a socket dropped can only
// be missing of the streams that come through it. What was lost by capturing isn't known by place; a
// device's losses may have been of others.
func (r *Report) loss(captured CaptureLoss) Loss {
	l := Loss{Exact: true, Causes: []Cause{}, Capture: captured}
	missing := map[netip.AddrPort]int64{}
	for i := range r.Streams {
		s := &r.Streams[i]
		l.Heaps += s.Cnts.Missing
		l.Incomplete += s.Heaps.Incomplete
		l.Packets += s.MissingPackets
		l.Exact = l.Exact && s.Exact
		missing[s.Destination] += s.MissingPackets
	}
	for _, p := range r.Places {
		l.KernelDrops += p.KernelDrops
		l.QueueDrops += p.QueueDrops
		missing[p.Address] -= p.KernelDrops + p.QueueDrops
	}
	for n := range maps.Values(missing) {
		l.Before += max(0, n)
	}
	l.Before = max(0, l.Before-captured.System)
	l.Before = max(0, l.Before-captured.Writer)
	for _, c := range []struct {
		cause Cause
		n     int64
	}{{SocketBuffer, l.KernelDrops}, {Queue, l.QueueDrops}, {Capturing, max(captured.System, captured.Writer)}, {BeforeArrival, l.Before}} {
		if c.n > 0 {
			l.Causes = append(l.Causes, c.cause)
		}
	}
	return l
}

// report gives what is known of a stream.
func (s *stream) report() Stream {
	f, _ := spead.NewFlavour(s.key.addressBits, 0) // the width comes from a good header
	r := Stream{
		Source: s.key.source, Destination: s.key.destination, Flavour: f.String(),
		Pace: s.pace.report(), PacketSizes: s.packetSizes.report(), PayloadSizes: s.payloads.report(),
		Heaps:           s.heaps.report(),
		PacketsAccepted: s.packets.accepted, PacketsDuplicate: s.packets.duplicates,
		PacketsOverlapping: s.packets.overlaps, PacketsLate: s.packets.late,
		PacketsOutOfOrder: s.packets.outOfOrder, OutOfOrderDistance: s.packets.distance,
		Refused: refusals(&s.refused), ItemsUntold: s.items.untold, Ctrl: s.items.ctrlReport(),
		Cnts: Cnts{First: s.first, Last: s.last},
	}
	r.Heaps.OutOfOrder, r.Heaps.Distance = s.order.late, s.order.latest
	if r.Pace.Packets > 0 {
		r.HeapsPerSecond = r.Pace.PacketsPerSecond * float64(r.Heaps.Complete) / float64(r.Pace.Packets)
	}
	for _, channel := range slices.Sorted(maps.Keys(s.sequences)) {
		s.sequences[channel].report(&r.Cnts)
	}
	r.Cnts.Odd += s.channelsUntold
	if s.hasChannels() {
		r.Cnts.Channels = len(s.sequences)
	}
	s.setDialect(&r)
	r.Items = s.items.report(r.Cnts.Step)
	r.MissingPackets = r.Heaps.MissingPackets
	r.Exact = true
	if n := r.Cnts.Missing; n > 0 {
		r.MissingPackets += n * max(1, r.Heaps.Packets.usual())
		r.Exact = len(r.Heaps.Packets.Told) == 1
	}
	r.Advice = r.advice()
	return r
}

// setDialect says what a receiver has to tolerate.
func (s *stream) setDialect(r *Stream) {
	var dialect recv.Dialect
	tolerated := recv.Tolerated{}
	copy(tolerated[:], s.tolerated[:])
	// A sender that begins anew has some heaps with cnts that were used before; with this dialect, nearly
	// all are.
	if s.repeated*2 > s.begun {
		tolerated[toleranceCount] = s.repeated
	}
	for d, n := range tolerated.All() {
		if n == 0 {
			continue
		}
		dialect |= d
		if r.Tolerated == nil {
			r.Tolerated = map[string]int64{}
		}
		r.Tolerated[strings.ReplaceAll(d.String(), "-", "_")] = n
	}
	if dialect != 0 && dialect&^recv.SKALow == 0 {
		dialect = recv.SKALow // some firmware needs less of it
	}
	r.Dialect = dialect.String()
}

func (h *heaps) report() Heaps {
	sizes, packets := &h.sizes, &h.packetsEach
	if sizes.count == 0 {
		sizes, packets = &h.bareSizes, &h.barePackets
	}
	return Heaps{
		Begun: h.begun, Complete: h.complete, Unsized: h.unsized, NotKept: h.unkept, SinglePacket: h.singles,
		Repeated: h.repeated, Sizes: sizes.report(), Packets: packets.report(),
		Incomplete: h.incomplete, MissingBytes: h.missingBytes, MissingPackets: h.missingPackets, Told: h.told,
		BegunBefore: h.before, CutOff: h.after, InProgress: h.inProgress,
	}
}

func (l *items) ctrlReport() map[string]int64 {
	var r map[string]int64
	for i, name := range []string{"start", "descriptor_reissue", "stop", "descriptor_update", "other"} {
		if l.ctrl[i] == 0 {
			continue
		}
		if r == nil {
			r = map[string]int64{}
		}
		r[name] = l.ctrl[i]
	}
	return r
}

// advice gives the flags for spead recv.
func (r *Stream) advice() []string {
	var flags []string
	if r.Dialect != "" {
		flags = append(flags, "--dialect "+r.Dialect)
	}
	if r.PacketsOutOfOrder > 0 {
		flags = append(flags, "--out-of-order")
	}
	const maxHeaps, packetSize = 4, 9200 // what spead recv does by default
	if n := r.Heaps.InProgress; n > maxHeaps {
		flags = append(flags, "--max-heaps "+strconv.FormatInt(n, 10))
	}
	if n := r.PacketSizes.Max; n > packetSize {
		flags = append(flags, "--packet-size "+strconv.FormatInt(n, 10))
	}
	if n := r.Heaps.Sizes.Max; n > 1<<30 {
		flags = append(flags, "--max-heap-length "+strconv.FormatInt(n, 10))
	}
	return flags
}
