// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// begin is when the first datagram of tests comes.
func begin() time.Time { return time.Unix(1_700_000_000, 0) }

const interval = time.Millisecond

func sender() netip.AddrPort { return netip.MustParseAddrPort("10.0.0.1:4000") }
func group() netip.AddrPort  { return netip.MustParseAddrPort("239.1.2.3:7148") }

func newInspector(t testing.TB, cfg Config) *Inspector {
	t.Helper()
	in, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// addAll gives an Inspector packets, at even times.
func addAll(in *Inspector, packets [][]byte) {
	for i, p := range packets {
		in.Add(Datagram{Source: sender(), Destination: group(), Time: begin().Add(time.Duration(i) * interval), Payload: p})
	}
}

// inspected is the report on packets, of which all is accounted for.
func inspected(t testing.TB, packets [][]byte) *Report {
	t.Helper()
	in := newInspector(t, Config{})
	addAll(in, packets)
	r := in.Report()
	checkAccounts(t, r, int64(len(packets)))
	return r
}

// only gives the only stream of a report.
func only(t testing.TB, r *Report) *Stream {
	t.Helper()
	if len(r.Streams) != 1 {
		t.Fatalf("%d streams: %+v", len(r.Streams), r)
	}
	return &r.Streams[0]
}

// checkAccounts checks that each datagram counts once, and that the report can be written.
func checkAccounts(t testing.TB, r *Report, datagrams int64) {
	t.Helper()
	seen := r.UntoldStreams.Packets + r.UntoldStrangers.Packets
	for _, s := range r.Strangers {
		seen += s.Packets
	}
	for i := range r.Streams {
		s := &r.Streams[i]
		seen += s.Pace.Packets
		sum := s.PacketsAccepted + s.PacketsDuplicate + s.PacketsOverlapping + s.PacketsLate
		for _, n := range s.Refused {
			sum += n
		}
		if sum != s.Pace.Packets {
			t.Errorf("stream %d: %d packets, of which %d are accounted for", i, s.Pace.Packets, sum)
		}
		h := &s.Heaps
		if ends := h.Complete + h.Incomplete + h.BegunBefore + h.CutOff; ends != h.Begun {
			t.Errorf("stream %d: %d heaps began, and %d ended", i, h.Begun, ends)
		}
	}
	if seen != datagrams {
		t.Errorf("%d datagrams, of which %d are accounted for", datagrams, seen)
	}
	if len(r.Conclusion) == 0 {
		t.Error("no conclusion")
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Error(err)
	}
	if strings.ContainsFunc(text.String(), func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f }) {
		t.Errorf("control characters in %q", text.String())
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// cutApart gives the packets that lie one after the other.
func cutApart(t testing.TB, b []byte) (packets [][]byte) {
	t.Helper()
	var p wire.Packet
	for len(b) > 0 {
		size, refusal := p.Decode(b)
		if refusal != spead.Accepted {
			t.Fatal(refusal)
		}
		packets = append(packets, b[:size:size])
		b = b[size:]
	}
	return packets
}

// packetsOf gives the packets of heaps as a sender makes them.
func packetsOf(t testing.TB, cfg send.Config, heaps ...*send.Heap) [][]byte {
	t.Helper()
	var memory bytes.Buffer
	s, err := send.NewWriter(cfg, &memory)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heaps {
		if _, err := s.Send(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return cutApart(t, memory.Bytes())
}

// raw is a packet as it stands on the wire.
type raw struct {
	flavour  spead.Flavour
	cnt      spead.HeapCnt
	length   int64
	offset   int64
	payload  []byte
	pointers []wire.Pointer
}

func (r raw) packet() []byte {
	b := wire.AppendHeader(nil, r.flavour, wire.SpecialCount+len(r.pointers))
	b = wire.AppendSpecials(b, r.flavour, wire.Specials{
		Cnt: r.cnt, HeapLength: r.length, PayloadOffset: r.offset, PayloadLength: int64(len(r.payload))})
	for _, p := range r.pointers {
		b = wire.AppendPointer(b, p)
	}
	return append(b, r.payload...)
}

const (
	eachHeap   = 3   // packets
	eachPacket = 100 // bytes
)

// plainHeaps gives the packets of heaps of three packets each, with an item that is the payload and one
// that counts.
func plainHeaps(heaps int, first, step spead.HeapCnt) (packets [][]byte) {
	f := spead.Flavour{}
	const length = eachHeap * eachPacket
	for i := range heaps {
		for j := range eachHeap {
			r := raw{cnt: first + spead.HeapCnt(i)*step, length: length, offset: int64(j * eachPacket), payload: make([]byte, eachPacket)}
			for k := range r.payload {
				r.payload[k] = byte(i*7 + j*3 + k)
			}
			if j == 0 {
				r.pointers = []wire.Pointer{
					wire.AddressPointer(f.HeapAddressBits(), 0x1000, 0),
					wire.ImmediatePointer(f.HeapAddressBits(), 0x1600, uint64(5000+i*250)),
				}
			}
			packets = append(packets, r.packet())
		}
	}
	return packets
}

// immediate is an item pointer of the default flavour.
func immediate(id spead.ItemID, value uint64) wire.Pointer {
	return wire.ImmediatePointer(spead.Flavour{}.HeapAddressBits(), id, value)
}

// spoofed gives one of many senders.
func spoofed(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5000)
}
