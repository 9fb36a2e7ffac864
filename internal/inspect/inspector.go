// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Datagram is what came from a sender.
type Datagram struct {
	// Source is the sender's address, Destination where it was sent to or is listened for.
	Source, Destination netip.AddrPort
	// Time is when it came; zero if nobody knows.
	Time time.Time
	// Payload is what it holds: a packet, supposedly. It is the caller's, and isn't kept.
	Payload []byte
	// Refusal is why the source couldn't give the payload, if so.
	Refusal spead.Refusal
}

// Counts is what a source says of itself, since it did so last.
type Counts struct {
	// KernelDrops counts datagrams that the kernel dropped at a socket, before they could be read.
	KernelDrops int64
	// QueueDrops counts datagrams that were read but not given to the Inspector, which was too slow.
	QueueDrops int64
	// Fragmented counts datagrams that came in IP fragments.
	Fragmented int64
	// Foreign counts frames of a capture that are no UDP datagrams, or that a filter left out.
	Foreign int64
	// Skipped counts bytes of connections that belong to no packet, Connections those connections, and
	// ConnectionsFailed those that ended by an error.
	Skipped, Connections, ConnectionsFailed int64
	// TooLong and Empty count datagrams that couldn't be handed over.
	TooLong, Empty int64
}

// Inspector looks at datagrams. One goroutine may use it at a time.
type Inspector struct {
	cfg     Config
	memory  memory
	seed    maphash.Seed
	streams map[streamKey]*stream
	order   []*stream
	latest  *stream // that the datagram before belonged to
	places  map[netip.AddrPort]*landing
	landed  []*landing
	others  strangers
	// untold counts datagrams of streams that there was no room for.
	untold Untold
	packet wire.Packet
	live   bool
	// captured is what the capture says of itself.
	captured CaptureLoss
	first    time.Time
	last     time.Time
}

// streamKey is what makes a stream.
type streamKey struct {
	source, destination netip.AddrPort
	addressBits         int
}

// landing is a place that datagrams are sent to.
type landing struct {
	address    netip.AddrPort
	bufferSize int
	packets    int64
	bytes      int64
	counts     Counts
}

// New returns an Inspector that has seen nothing. Errors: *spead.FieldError.
func New(cfg Config) (*Inspector, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Inspector{
		cfg: cfg, memory: memory{limit: cfg.MaxMemory}, seed: maphash.MakeSeed(),
		streams: map[streamKey]*stream{}, places: map[netip.AddrPort]*landing{},
		others: strangers{most: cfg.MaxStreams, bySender: map[senderKey]*stranger{}},
	}, nil
}

// Listening tells of a socket, with the size in bytes of its receive buffer, 0 if it isn't known. Its
// datagrams have its address as their destination.
func (in *Inspector) Listening(address netip.AddrPort, bufferSize int) {
	in.live = true
	in.landing(address).bufferSize = bufferSize
}

// Count takes what a source says of itself.
func (in *Inspector) Count(address netip.AddrPort, c Counts) {
	sum := &in.landing(address).counts
	sum.KernelDrops += c.KernelDrops
	sum.QueueDrops += c.QueueDrops
	sum.Fragmented += c.Fragmented
	sum.Foreign += c.Foreign
	sum.Skipped += c.Skipped
	sum.Connections += c.Connections
	sum.ConnectionsFailed += c.ConnectionsFailed
	sum.TooLong += c.TooLong
	sum.Empty += c.Empty
}

// Captured takes what the capture says of itself that is missing in it.
func (in *Inspector) Captured(lost CaptureLoss) { in.captured = lost }

// landing gives the place with an address; what there is no room for is one place without.
func (in *Inspector) landing(address netip.AddrPort) *landing {
	if l, ok := in.places[address]; ok {
		return l
	}
	if !in.live && len(in.places) >= in.cfg.MaxStreams {
		address = netip.AddrPort{}
		if l, ok := in.places[address]; ok {
			return l
		}
	}
	l := &landing{address: address}
	in.places[address] = l
	in.landed = append(in.landed, l)
	return l
}

// Add takes a datagram.
func (in *Inspector) Add(d Datagram) {
	at := in.landing(d.Destination)
	at.packets++
	at.bytes += int64(len(d.Payload))
	if in.first.IsZero() {
		in.first = d.Time
	}
	if d.Time.After(in.last) {
		in.last = d.Time
	}
	if d.Refusal != spead.Accepted {
		in.others.note(&d, d.Refusal)
		return
	}
	used, refusal := in.packet.DecodeTolerant(d.Payload, wire.ImpliedOffset|wire.ImpliedLength|wire.ShortHeapLength)
	bits := in.packet.AddressBits
	if refusal != spead.Accepted {
		bits = headerBits(d.Payload)
	}
	if bits == 0 {
		in.others.note(&d, refusal)
		return
	}
	s := in.stream(streamKey{d.Source, d.Destination, bits})
	switch {
	case s == nil:
		in.untold.Packets++
		in.untold.Bytes += int64(len(d.Payload))
	case refusal != spead.Accepted:
		s.refuse(&d, refusal)
	default:
		s.take(&in.packet, &d, used)
	}
}

// headerBits gives the heap address bits of a header that is one of SPEAD, 0 if it isn't.
func headerBits(b []byte) int {
	var p wire.Packet
	if _, refusal := p.Decode(b[:min(len(b), wire.HeaderSize)]); refusal == spead.RefusedShortPointers || refusal == spead.RefusedMissingItem {
		return int(b[3]) * 8
	}
	return 0
}

// stream gives a stream, new or known, or nil if there is no room for it.
func (in *Inspector) stream(key streamKey) *stream {
	if in.latest != nil && in.latest.key == key {
		return in.latest
	}
	s := in.streams[key]
	switch {
	case s != nil:
	case len(in.streams) >= in.cfg.MaxStreams:
		return nil
	default:
		s = newStream(key, in.cfg, &in.memory, in.seed)
		in.streams[key] = s
		in.order = append(in.order, s)
	}
	in.latest = s
	return s
}
