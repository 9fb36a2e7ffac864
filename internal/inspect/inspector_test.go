// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// figures are what a test expects of a stream, next to none of everything else.
type figures struct {
	complete, missing, incomplete, packets   int64
	duplicates, late, outOfOrder, distance   int64
	heapsOut, heapsDistance                  int64
	before, cutOff, restarts, odd, jumps     int64
	overlapping, refused, repeated, progress int64
}

func figuresOf(s *Stream) figures {
	f := figures{
		complete: s.Heaps.Complete, missing: s.Cnts.Missing, incomplete: s.Heaps.Incomplete, packets: s.MissingPackets,
		duplicates: s.PacketsDuplicate, late: s.PacketsLate, outOfOrder: s.PacketsOutOfOrder, distance: s.OutOfOrderDistance,
		heapsOut: s.Heaps.OutOfOrder, heapsDistance: s.Heaps.Distance, before: s.Heaps.BegunBefore, cutOff: s.Heaps.CutOff,
		restarts: s.Cnts.Restarts, odd: s.Cnts.Odd, overlapping: s.PacketsOverlapping, repeated: s.Heaps.Repeated,
		progress: s.Heaps.InProgress,
	}
	for _, n := range s.Refused {
		f.refused += n
	}
	for i := range s.Items {
		f.jumps += s.Items[i].Behaviour.JumpCount
	}
	return f
}

// arrival is what becomes of packets on the way.
type arrival struct {
	name   string
	change func(p [][]byte) [][]byte
	want   func(f *figures)
	says   string
}

// losses are arrivals in which something is missing.
func losses() []arrival {
	return []arrival{
		{"nothing", func(p [][]byte) [][]byte { return p }, func(*figures) {},
			"1 stream of SPEAD-64-40, 300-byte heaps in 3 packets each, 1.16 Mb/s, nothing missing."},
		{"three heaps never came", func(p [][]byte) [][]byte { return slices.Delete(p, 51, 60) },
			func(f *figures) { f.complete, f.missing, f.packets = 37, 3, 9 }, "3 heaps missing (cnt 151-157)."},
		{"heaps never came here and there",
			func(p [][]byte) [][]byte { return slices.Delete(slices.Delete(p, 63, 66), 51, 57) },
			func(f *figures) { f.complete, f.missing, f.packets = 37, 3, 9 }, "3 heaps missing (cnt 151-154, 163)."},
		{"the middle of a heap never came", func(p [][]byte) [][]byte { return slices.Delete(p, 16, 17) },
			func(f *figures) { f.complete, f.incomplete, f.packets = 39, 1, 1 }, "1 heap incomplete (1 packet missing)."},
		{"the beginning of a heap never came", func(p [][]byte) [][]byte { return slices.Delete(p, 15, 17) },
			func(f *figures) { f.complete, f.incomplete, f.packets = 39, 1, 2 }, "1 heap incomplete (2 packets missing)."},
		{"the end of a heap never came", func(p [][]byte) [][]byte { return slices.Delete(p, 17, 18) },
			func(f *figures) { f.complete, f.incomplete, f.packets = 39, 1, 1 }, ""},
		{"the end of the last heap but one never came", func(p [][]byte) [][]byte { return slices.Delete(p, 116, 117) },
			func(f *figures) { f.complete, f.incomplete, f.packets = 39, 1, 1 }, ""},
		{"it begins within a heap", func(p [][]byte) [][]byte { return p[2:] },
			func(f *figures) { f.complete, f.before = 39, 1 }, "nothing missing."},
		{"it ends within a heap", func(p [][]byte) [][]byte { return p[:118] },
			func(f *figures) { f.complete, f.cutOff = 39, 1 }, "nothing missing."},
		{"it ends within a heap of which something is missing", func(p [][]byte) [][]byte { return append(p[:117], p[118]) },
			func(f *figures) { f.complete, f.incomplete, f.packets = 39, 1, 1 }, ""},
	}
}

// disorders are arrivals in which something is otherwise.
func disorders() []arrival {
	return []arrival{
		{"a packet comes twice at once", func(p [][]byte) [][]byte { return slices.Insert(p, 17, p[16]) },
			func(f *figures) { f.duplicates = 1 }, "1 duplicate packet."},
		{"the first packet of a heap comes twice", func(p [][]byte) [][]byte { return slices.Insert(p, 17, p[15]) },
			func(f *figures) { f.duplicates = 1 }, "1 duplicate packet."},
		{"a heap comes again", func(p [][]byte) [][]byte { return slices.Insert(p, 60, p[30:33]...) },
			func(f *figures) { f.duplicates = 3 }, "3 duplicate packets."},
		{"a heap comes backwards", func(p [][]byte) [][]byte { slices.Reverse(p[30:33]); return p },
			func(f *figures) { f.outOfOrder, f.distance = 2, 2 }, "2 packets out of order within heaps (by up to 2)."},
		{"a heap comes late by two", func(p [][]byte) [][]byte {
			heap := slices.Clone(p[30:33])
			return slices.Insert(slices.Delete(p, 30, 33), 36, heap...)
		}, func(f *figures) { f.heapsOut, f.heapsDistance = 1, 2 }, "1 heap out of order (by up to 2)."},
		{"a packet comes when two heaps have begun", func(p [][]byte) [][]byte {
			packet := p[32]
			return slices.Insert(slices.Delete(p, 32, 33), 38, packet)
		}, func(f *figures) { f.progress = 3 }, "nothing missing."},
		{"a packet comes when its heap is given up", func(p [][]byte) [][]byte {
			packet := p[32]
			return slices.Insert(slices.Delete(p, 32, 33), 90, packet)
		}, func(f *figures) { f.complete, f.incomplete, f.packets, f.late = 39, 1, 1, 1 }, "1 packet too late for their heaps."},
		{"the counter jumps", func(p [][]byte) [][]byte {
			for _, heap := range p[60:] {
				heap[8+5*8+7]++ // the last byte of the sixth pointer, where there is one
			}
			for i := 61; i < len(p); i++ {
				if i%3 != 0 {
					p[i][8+5*8+7]--
				}
			}
			return p
		}, func(f *figures) { f.jumps = 1 }, "1 jump of 0x1600."},
		{"the sender begins anew", func(p [][]byte) [][]byte { return append(p, plainHeaps(40, 1<<30, 3)...) },
			func(f *figures) { f.complete, f.restarts = 80, 1 }, "1 time the cnts began anew"},
		{"a heap has another cnt", func(p [][]byte) [][]byte { return slices.Insert(p, 30, plainHeaps(1, 128, 1)...) },
			func(f *figures) { f.complete, f.odd, f.jumps = 41, 1, 2 }, "1 heap with a cnt outside the sequence"},
		{"a packet is cut short", func(p [][]byte) [][]byte { p[16] = p[16][:len(p[16])-1]; return p },
			func(f *figures) { f.complete, f.incomplete, f.packets, f.refused = 39, 1, 1, 1 }, "1 packet refused as short_payload"},
	}
}

// TestWhatHappensToPacketsIsToldExactly changes what 40 heaps of 3 packets each, with cnts from 100 in
// steps of 3, arrive as.
func TestWhatHappensToPacketsIsToldExactly(t *testing.T) {
	whole := figures{complete: 40, progress: 1}
	for _, c := range slices.Concat(losses(), disorders()) {
		t.Run(c.name, func(t *testing.T) {
			want := whole
			c.want(&want)
			r := inspected(t, c.change(plainHeaps(40, 100, 3)))
			s := only(t, r)
			got := figuresOf(s)
			if c.name == "the sender begins anew" {
				got.jumps = 0 // begins with it
			}
			if got != want {
				t.Errorf("%+v\nexpected %+v", got, want)
			}
			if s.Cnts.Step != 3 {
				t.Errorf("step %d", s.Cnts.Step)
			}
			if !strings.Contains(strings.Join(r.Conclusion, "\n"), c.says) {
				t.Errorf("%q doesn't say %q", r.Conclusion, c.says)
			}
			if r.Loss.Packets != want.packets || r.Loss.Before != want.packets || !r.Loss.Exact {
				t.Errorf("loss: %+v", r.Loss)
			}
		})
	}
}

// TestLossHasItsCause takes what places say of themselves off what is missing.
func TestLossHasItsCause(t *testing.T) {
	for _, c := range []struct {
		name           string
		kernel, queue  int64
		kernelElse     int64
		before         int64
		causes         []Cause
		conclusion     string
		conclusionElse string
	}{
		{"all before arrival", 0, 0, 0, 10, []Cause{BeforeArrival}, "Lost before arrival: 10 packets never reached", ""},
		{"all at the socket", 10, 0, 0, 0, []Cause{SocketBuffer},
			"Lost here: the kernel dropped 10 packets at 239.1.2.3:7148, as the socket's receive buffer (8 MiB) was full.", ""},
		{"all in the queue", 0, 10, 0, 0, []Cause{Queue}, "Lost here: 10 packets were read at 239.1.2.3:7148 but left out", ""},
		{"some of each", 5, 3, 0, 2, []Cause{SocketBuffer, Queue, BeforeArrival}, "the kernel dropped 5", "Lost before arrival: 2"},
		{"more at the socket than is known to be missing", 12, 0, 0, 0, []Cause{SocketBuffer}, "the kernel dropped 12", ""},
		{"some at another socket", 0, 0, 10, 10, []Cause{SocketBuffer, BeforeArrival}, "Lost before arrival: 10", "the kernel dropped 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newInspector(t, Config{})
			in.Listening(group(), 8<<20)
			packets := slices.Delete(slices.Delete(plainHeaps(40, 1, 1), 51, 60), 16, 17) // 10 packets
			addAll(in, packets)
			in.Count(group(), Counts{KernelDrops: c.kernel, QueueDrops: c.queue})
			in.Count(netip.MustParseAddrPort("239.1.2.4:7148"), Counts{KernelDrops: c.kernelElse})
			r := in.Report()
			checkAccounts(t, r, int64(len(packets)))
			if r.Loss.Before != c.before || !slices.Equal(r.Loss.Causes, c.causes) || r.Loss.Packets != 10 {
				t.Errorf("%+v", r.Loss)
			}
			text := strings.Join(r.Conclusion, "\n")
			if !strings.Contains(text, c.conclusion) || !strings.Contains(text, c.conclusionElse) {
				t.Errorf("%q", r.Conclusion)
			}
		})
	}
}

func TestACaptureSaysWhatItLost(t *testing.T) {
	for _, c := range []struct {
		lost       CaptureLoss
		before     int64
		causes     []Cause
		conclusion string
	}{
		{CaptureLoss{}, 10, []Cause{BeforeArrival}, "Lost before the capture: 10 packets"},
		{CaptureLoss{System: 10}, 0, []Cause{Capturing}, "Lost by capturing: the system dropped 10 packets"},
		{CaptureLoss{Writer: 10}, 0, []Cause{Capturing}, "Lost by capturing: the capture was written too slowly for 10 packets"},
		{CaptureLoss{System: 4, Writer: 3}, 3, []Cause{Capturing, BeforeArrival}, "Lost besides: 3 packets"},
		{CaptureLoss{Device: 4}, 10, []Cause{BeforeArrival}, "The network device lost 4 packets"},
		{CaptureLoss{System: math.MaxInt64, Writer: math.MaxInt64}, 0, []Cause{Capturing}, "Lost by capturing"},
	} {
		in := newInspector(t, Config{})
		packets := slices.Delete(slices.Delete(plainHeaps(40, 1, 1), 51, 60), 16, 17) // 10 packets
		addAll(in, packets)
		in.Captured(c.lost)
		r := in.Report()
		text := strings.Join(r.Conclusion, "\n")
		if r.Loss.Before != c.before || !slices.Equal(r.Loss.Causes, c.causes) || r.Loss.Packets != 10 || r.Loss.Capture != c.lost || !strings.Contains(text, c.conclusion) {
			t.Errorf("%+v: %+v, %q", c.lost, r.Loss, r.Conclusion)
		}
	}
}

func TestStreamsAreToldApart(t *testing.T) {
	in := newInspector(t, Config{MaxStreams: 3})
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(sender().Addr(), port) }
	wide, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	packet := raw{cnt: 1, length: 8, payload: make([]byte, 8)}
	add := func(source, destination netip.AddrPort, b []byte) {
		in.Add(Datagram{Source: source, Destination: destination, Time: begin(), Payload: b})
	}
	add(at(1), group(), packet.packet())
	add(at(2), group(), packet.packet())
	packet.flavour = wide
	add(at(2), group(), packet.packet())
	add(at(3), group(), packet.packet()) // there is no room for it
	add(at(1), group(), []byte("no SPEAD"))
	add(at(2), group(), []byte("S"))
	add(at(3), group(), nil)
	add(at(4), group(), []byte("no room"))
	in.Add(Datagram{Source: at(1), Destination: group(), Refusal: spead.RefusedCaptureTruncated})
	r := in.Report()
	checkAccounts(t, r, 9)
	var got []string
	for i := range r.Streams {
		got = append(got, fmt.Sprint(r.Streams[i].Source, " ", r.Streams[i].Flavour))
	}
	want := []string{"10.0.0.1:1 SPEAD-64-40", "10.0.0.1:2 SPEAD-64-40", "10.0.0.1:2 SPEAD-64-48"}
	if !slices.Equal(got, want) || r.UntoldStreams.Packets != 1 || r.UntoldStrangers.Packets != 1 {
		t.Errorf("%q, %+v", got, r)
	}
	if len(r.Strangers) != 3 || r.Strangers[0].Refused["bad_magic"] != 1 || r.Strangers[0].Refused["capture_truncated"] != 1 ||
		r.Strangers[0].Sample != "6e6f205350454144" {
		t.Errorf("%+v", r.Strangers)
	}
}

func TestNothingIsNoStream(t *testing.T) {
	live := newInspector(t, Config{})
	live.Listening(group(), 0)
	full := newInspector(t, Config{})
	full.Count(group(), Counts{KernelDrops: 5})
	other := newInspector(t, Config{})
	other.Add(Datagram{Source: sender(), Destination: group(), Payload: []byte("\x80\x60RTP")})
	for _, c := range []struct {
		in   *Inspector
		says string
	}{
		{newInspector(t, Config{}), "There is no UDP datagram in it"},
		{live, "Nothing came"},
		{full, "5 packets were dropped here"},
		{other, "No SPEAD stream: 1 other datagram came, such as from 10.0.0.1:4000 to 239.1.2.3:7148 beginning 8060525450 (1 short_header)."},
	} {
		if got := c.in.Report().Conclusion; len(got) != 1 || !strings.Contains(got[0], c.says) {
			t.Errorf("%q, expected %q", got, c.says)
		}
	}
}

// TestAClockThatGoesBackIsTold has the third datagram come before the second, and a long pause.
func TestAClockThatGoesBackIsTold(t *testing.T) {
	in := newInspector(t, Config{})
	for i, at := range []time.Duration{0, 20 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 3 * time.Second} {
		in.Add(Datagram{Source: sender(), Destination: group(), Time: begin().Add(at),
			Payload: raw{cnt: spead.HeapCnt(i), length: 8, payload: make([]byte, 8)}.packet()})
	}
	p := only(t, in.Report()).Pace
	if p.StepsBack != 1 || p.LongestStepBack != 0.015 || !p.LongestStepBackAt.Equal(begin().Add(5*time.Millisecond)) ||
		p.LongestPause != 2.99 || p.Seconds != 3 {
		t.Errorf("%+v", p)
	}
}

func TestRatesAreThoseOfTheTimeThatPassed(t *testing.T) {
	packets := plainHeaps(400, 1, 1)
	s := only(t, inspected(t, packets))
	var bytes int
	for _, p := range packets[1:] {
		bytes += len(p)
	}
	seconds := (time.Duration(len(packets)-1) * interval).Seconds()
	for _, v := range []struct{ got, want float64 }{
		{s.Pace.PacketsPerSecond, 1000}, {s.Pace.BitsPerSecond, 8 * float64(bytes) / seconds}, {s.HeapsPerSecond, 1000. / 3},
		{s.Items[1].Behaviour.PerSecond, 250 / (3 * interval.Seconds())},
	} {
		if v.got < v.want*0.999 || v.got > v.want*1.001 {
			t.Errorf("%v, expected %v", v.got, v.want)
		}
	}
	if s.Pace.PeakBitsPerSecond < s.Pace.BitsPerSecond {
		t.Errorf("the peak is lower: %+v", s.Pace)
	}
}

// TestDialectsAreRecognized sends what SKA-Low stations and simple gateware send.
func TestDialectsAreRecognized(t *testing.T) {
	low := func(channel, number int, payload []byte) []byte {
		f, _ := spead.NewFlavour(48, 0)
		bits := f.HeapAddressBits()
		b := wire.AppendHeader(nil, f, 4)
		b = wire.AppendPointer(b, wire.ImmediatePointer(bits, spead.HeapCntID, uint64(channel)<<32|uint64(number)))
		b = wire.AppendPointer(b, wire.ImmediatePointer(bits, spead.PayloadLengthID, 0))
		b = wire.AppendPointer(b, wire.ImmediatePointer(bits, 0x3000, uint64(channel)))
		b = wire.AppendPointer(b, wire.AddressPointer(bits, 0x3300, 0))
		return append(b, payload...)
	}
	var station, counterless, short [][]byte
	for i := range 50 {
		payload := fmt.Appendf(nil, "%08d", i)
		for channel := range 3 {
			if i != 20 || channel != 1 {
				station = append(station, low(channel+5, i+1, payload))
			}
		}
		counterless = append(counterless, raw{cnt: 7, length: 8, payload: payload}.packet())
		short = append(short, raw{cnt: spead.HeapCnt(i), length: 4, payload: payload}.packet())
	}
	for _, c := range []struct {
		name, dialect string
		packets       [][]byte
		complete      int64
		missing       int64
	}{
		{"a station", "ska-low", station, 149, 1},
		{"always the same cnt", "repeated-cnt", counterless, 50, 0},
		{"heap lengths that aren't", "short-heap-length", short, 50, 0},
		{"the standard", "", plainHeaps(5, 1, 1), 5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := only(t, inspected(t, c.packets))
			if s.Dialect != c.dialect || s.Heaps.Complete != c.complete || s.Cnts.Missing != c.missing {
				t.Errorf("dialect %q, %+v, %+v", s.Dialect, s.Heaps, s.Cnts)
			}
			if c.missing > 0 && (len(s.Cnts.Gaps) != 1 || s.Cnts.Gaps[0] != Gap{21, 21, 1, 6}) {
				t.Errorf("%+v", s.Cnts.Gaps)
			}
		})
	}
}

func TestConfigurationsAreChecked(t *testing.T) {
	for _, c := range []Config{{MaxStreams: -1}, {MaxItems: 1 << 17}, {MaxHeaps: -1}, {MaxMemory: -1}, {BugCompat: 8}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
