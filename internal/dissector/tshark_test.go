// SPDX-License-Identifier: Apache-2.0

package dissector

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/internal/wire"
)

// at says which heap a packet belongs to, how long that is, and where in it the payload begins.
func at(cnt spead.HeapCnt, heapLength, offset int64) wire.Specials {
	return wire.Specials{Cnt: cnt, HeapLength: heapLength, PayloadOffset: offset}
}

// packetOf makes a packet of SPEAD-64-40.
func packetOf(s wire.Specials, payload []byte, pointers ...wire.Pointer) []byte {
	f := spead.Flavour{}
	s.PayloadLength = int64(len(payload))
	b := wire.AppendHeader(nil, f, wire.SpecialCount+len(pointers))
	b = wire.AppendSpecials(b, f, s)
	for _, pointer := range pointers {
		b = wire.AppendPointer(b, pointer)
	}
	return append(b, payload...)
}

// descriptorHeap makes the packet of a heap that describes an item of three numbers.
func descriptorHeap(t *testing.T, cnt spead.HeapCnt, name string) []byte {
	t.Helper()
	raw := spead.RawDescriptor{ID: 0x1000, Name: []byte(name), Shape: spead.Shape{3}, Format: spead.Format{{Code: 'u', Bits: 8}}}
	b, err := wire.AppendDescriptor(nil, spead.Flavour{}, &raw)
	if err != nil {
		t.Fatal(err)
	}
	return packetOf(at(cnt, int64(len(b)), 0), b, wire.AddressPointer(40, spead.DescriptorID, 0))
}

func value(address uint64) wire.Pointer { return wire.AddressPointer(40, 0x1000, address) }

func TestPacketsAreLinkedAndWhatIsWrongIsNoted(t *testing.T) {
	t.Parallel()
	r := newRecording()
	r.udp(0, packetOf(at(1, 30, 0), make([]byte, 10), value(0)))
	r.udp(0, packetOf(at(1, 30, 20), make([]byte, 10))) // after a gap
	r.udp(0, packetOf(at(1, 30, 20), make([]byte, 10))) // twice
	r.udp(0, packetOf(at(1, 30, 5), make([]byte, 10)))  // starts within the first
	r.udp(0, packetOf(at(1, 30, 15), make([]byte, 10))) // runs into the second
	r.udp(0, packetOf(at(1, 40, 10), make([]byte, 10))) // of another length
	r.udp(0, packetOf(at(1, 30, 10), make([]byte, 10))) // completes it
	r.udp(0, packetOf(at(1, 30, 10), make([]byte, 10))) // comes too late
	r.udp(0, packetOf(at(2, 99, 0), make([]byte, 9)))   // and no more
	r.udp(0, packetOf(at(1, 30, 0), make([]byte, 10), value(0)))
	r.udp(0, packetOf(at(3, 0, 0), nil, wire.ImmediatePointer(40, spead.StreamCtrlID, uint64(spead.CtrlStop))))
	for _, args := range [][]string{nil, {"-2"}} {
		frames := tshark(t, r, args...)
		for i, want := range []string{
			"", "gap", "duplicate", "duplicate", "overlap", "length_mismatch", "behind complete", "late", "", "repeated_cnt", "stop complete",
		} {
			for note := range strings.FieldsSeq(want) {
				if len(frames[i].all("spead."+note)) == 0 {
					t.Errorf("frame %d has no %s: %s", i+1, note, frames[i].Protos[len(frames[i].Protos)-1].Line)
				}
			}
		}
		checkLinks(t, frames)
		if incomplete := len(frames[8].all("spead.incomplete")); incomplete != len(args) {
			t.Errorf("with %v, the heap of which no more comes is noted %d times", args, incomplete)
		}
	}
}

func checkLinks(t *testing.T, frames []dissected) {
	t.Helper()
	last := &frames[6]
	for name, want := range map[string]string{
		"spead.heap.first_frame": "1", "spead.heap.previous_frame": "6", "spead.heap.complete_in": "7",
		"spead.heap.received": "30", "spead.heap.packets": "7", "spead.heap.frame": "1 2 3 4 5 6 7",
	} {
		if got := strings.Join(last.shown(name), " "); got != want {
			t.Errorf("%s is %q, expected %q", name, got, want)
		}
	}
}

// TestDescriptorsNameWhatComesAfterThem has an item change its name, and another stream that hears
// nothing of it.
func TestDescriptorsNameWhatComesAfterThem(t *testing.T) {
	t.Parallel()
	r := newRecording()
	data := func(cnt spead.HeapCnt) []byte { return packetOf(at(cnt, 3, 0), []byte{7, 8, 9}, value(0)) }
	r.udp(0, data(1))
	r.udp(0, descriptorHeap(t, 2, "gain"))
	r.udp(0, data(3))
	r.udp(0, descriptorHeap(t, 4, "phase"))
	r.udp(0, data(5))
	r.udp(1, data(6))
	for _, args := range [][]string{nil, {"-2"}} {
		frames := tshark(t, r, args...)
		early := map[bool]string{true: "gain"}[len(args) > 0] // the second time, what comes later is known
		for i, want := range map[int]string{0: early, 2: "gain", 4: "phase", 5: ""} {
			got := frames[i].all("spead.value")[0]
			text := ""
			if want != "" {
				text = "7, 8, 9"
			}
			if got.first("spead.value.name") != want || got.first("spead.value.text") != text {
				t.Errorf("with %v, frame %d: %s, expected %q", args, i+1, got.Line, want)
			}
		}
		if line := frames[3].all("spead.descriptor")[0].Line; line != "Descriptor of 0x1000 phase: u8 (3)" {
			t.Error(line)
		}
	}
}

// TestStationsOfSKALowAreUnderstood has a packet without HEAP_LENGTH and PAYLOAD_OFFSET, in the order
// of the interface's document.
func TestStationsOfSKALowAreUnderstood(t *testing.T) {
	t.Parallel()
	header, err := hex.DecodeString(strings.Join(strings.Fields(`5304 0206 0000 0006
		8001 0005 0000 1234  8004 0000 0000 0020  b010 0000 0000 0042
		b000 0000 0003 00cc  b001 0102 0159 0000  3300 0000 0000 0000`), ""))
	if err != nil {
		t.Fatal(err)
	}
	r := newRecording()
	r.udp(0, append(header, make([]byte, 32)...))
	frames := tshark(t, r)
	d := &frames[0]
	for name, want := range map[string]string{
		"spead.tolerance": "implied_offset", "spead.refusal": "", "spead.ska_low.logical_channel": "5",
		"spead.ska_low.packet": "4660", "spead.ska_low.beam": "3", "spead.ska_low.frequency_channel": "204",
		"spead.ska_low.substation": "1", "spead.ska_low.subarray": "2", "spead.ska_low.station": "345",
		"spead.heap.complete": "1",
	} {
		if got := d.first(name); got != want {
			t.Errorf("%s is %q, expected %q", name, got, want)
		}
	}
	if !strings.Contains(d.Protos[len(d.Protos)-1].Line, "0x3010 scan_id=66") {
		t.Error(d.Protos[len(d.Protos)-1].Line)
	}
	frames = tshark(t, r, "-o", "spead.tolerant:FALSE", "-o", fmt.Sprintf("spead.port:%d", port))
	if refusal := frames[0].first("spead.refusal"); refusal != "missing_item" {
		t.Errorf("without tolerance it is refused as %q", refusal)
	}
}

// TestStreamsOfBytesAreCutIntoPackets sends packets over TCP, in pieces that have nothing to do with
// them, after junk.
func TestStreamsOfBytesAreCutIntoPackets(t *testing.T) {
	t.Parallel()
	r := newRecording()
	stream := make([]byte, 16) // junk
	for cnt := range spead.HeapCnt(3) {
		stream = append(stream, packetOf(at(cnt+1, 100, 0), make([]byte, 100), value(0))...)
	}
	for piece := range slices.Chunk(stream, 7) {
		r.segment(0, piece)
	}
	frames := tshark(t, r, "-o", fmt.Sprintf("spead.port:%d", port))
	var cnts, refusals []string
	for _, frame := range frames {
		cnts = append(cnts, frame.shown("spead.heap_cnt")...)
		refusals = append(refusals, frame.shown("spead.refusal")...)
	}
	if got := fmt.Sprint(cnts, refusals); got != "[1 2 3] [bad_magic bad_magic]" {
		t.Error(got)
	}
}

func TestPacketsCutShortByTheCaptureAreSaidToBe(t *testing.T) {
	t.Parallel()
	r := newRecording()
	packet := packetOf(at(1, 100, 0), make([]byte, 100), value(0))
	for kept := 29; kept < 28+len(packet); kept++ {
		r.frame(0, 17, datagram(packet), kept)
	}
	frames := tshark(t, r, "-o", fmt.Sprintf("spead.port:%d", port))
	for i := range frames {
		if refusal := frames[i].first("spead.refusal"); refusal != "capture_truncated" {
			t.Fatalf("frame %d is refused as %q", i+1, refusal)
		}
	}
}

// TestOnlySPEADIsTakenForIt sends what looks a little like it to a port that isn't set.
func TestOnlySPEADIsTakenForIt(t *testing.T) {
	t.Parallel()
	r := newRecording()
	good := packetOf(at(1, 3, 0), []byte{7, 8, 9}, value(0))
	for i := range 4 {
		bad := bytes.Clone(good)
		bad[i]++
		r.udp(0, bad)
	}
	r.udp(0, append(bytes.Clone(good[:8]), make([]byte, 100)...)) // no heap cnt
	r.udp(0, good)
	bad := bytes.Clone(good)
	bad[0]++
	r.udp(0, bad) // after a good one, it is SPEAD that is broken
	frames := tshark(t, r)
	for i := range frames {
		if found := len(frames[i].all("spead")) > 0; found != (i >= 5) {
			t.Errorf("frame %d is taken for SPEAD: %v", i+1, found)
		}
	}
	for _, settings := range [][]string{{"-d", fmt.Sprintf("udp.port==%d,spead", port)}, {"-o", fmt.Sprintf("spead.port:%d", port)}} {
		for i, frame := range tshark(t, r, settings...) {
			if len(frame.all("spead")) == 0 {
				t.Errorf("with %v, frame %d isn't taken for SPEAD", settings, i+1)
			}
		}
	}
}

// TestNothingThatComesIsAnErrorInLua dissects packets of all vectors in which anything may be changed,
// once and once more as people do who click on them. The function tshark looks for the errors.
func TestNothingThatComesIsAnErrorInLua(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	r := newRecording()
	for i, v := range vectors.All(t, vectors.Stream) {
		for _, payload := range datagrams(t, v) {
			if len(payload) > 2000 {
				continue
			}
			r.udp(i, changed(random, payload))
		}
	}
	for size := range 64 {
		r.udp(1000, bytes.Repeat([]byte{0xff}, size+1))
		r.udp(1001, append([]byte{0x53, 4, 3, 5, 0, 0, 0xff, 0xff}, make([]byte, size)...))
	}
	for i, header := range []string{"{'descr': '<f5000'}", "{'descr': '<i999999999999', 'shape': (9999999,)}", "{'descr': '|S0', 'shape': (7,)}", "'descr': '<c3', 'shape': (1,"} {
		raw := spead.RawDescriptor{ID: 0x1000, NumpyHeader: []byte(header)}
		b, err := wire.AppendDescriptor(nil, spead.Flavour{}, &raw)
		if err != nil {
			t.Fatal(err)
		}
		r.udp(2000+i, packetOf(at(1, int64(len(b)), 0), b, wire.AddressPointer(40, spead.DescriptorID, 0)))
		r.udp(2000+i, packetOf(at(2, 20000, 0), make([]byte, 20000), value(0)))
	}
	settings := []string{"-o", fmt.Sprintf("spead.port:%d", port), "-o", "spead.total_max:100000"}
	tshark(t, r, append(settings, "-2")...)
	tshark(t, r, append(settings, "-o", "spead.heap_max:50", "-o", "spead.bug_widths:TRUE")...)
}

// changed gives a packet with some of its bits, bytes or numbers changed, or cut short. The header
// often stays good, so that what comes behind it is looked at.
func changed(random *rand.Rand, packet []byte) []byte {
	b := bytes.Clone(packet)
	for range random.IntN(6) {
		switch i := random.IntN(len(b)); random.IntN(5) {
		case 0:
			b[i] ^= 1 << random.IntN(8)
		case 1:
			b[i] = byte(random.Uint32())
		case 2:
			b[i] = []byte{0, 0x7f, 0x80, 0xff}[random.IntN(4)]
		case 3:
			if word := i &^ 7; word+8 <= len(b) {
				binary.BigEndian.PutUint64(b[word:], random.Uint64()>>random.IntN(64))
			}
		case 4:
			if random.IntN(4) == 0 {
				b = b[:max(1, i)]
			}
		}
	}
	return b
}
