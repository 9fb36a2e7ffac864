// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// outcome is what became of a stream of bytes.
type outcome struct {
	packets [][]byte
	reasons []spead.Refusal
	skipped int64
}

// cut feeds a stream in pieces: sizes gives their lengths, over and over.
func cut(t testing.TB, stream []byte, packetMax int, sizes []byte) outcome {
	t.Helper()
	// The least that is possible, so that bytes have to move.
	c := &Cutter{buffer: make([]byte, 2*packetMax), packetMax: packetMax}
	var o outcome
	total := int64(0)
	for i, rest := 0, stream; len(rest) > 0; i++ {
		n := len(rest)
		if len(sizes) > 0 {
			n = 1 + int(sizes[i%len(sizes)])
		}
		n = copy(c.Room(), rest[:min(n, len(rest))])
		c.Filled(n)
		rest = rest[n:]
		for {
			packet, refusal, ok := c.Next()
			if !ok {
				break
			}
			if (packet == nil) != (refusal != spead.Accepted) {
				t.Fatalf("a packet of %d bytes and refusal %v at once", len(packet), refusal)
			}
			if packet == nil {
				o.reasons = append(o.reasons, refusal)
				continue
			}
			o.packets = append(o.packets, bytes.Clone(packet))
			total += int64(len(packet))
		}
	}
	if refusal, ok := c.End(); ok {
		o.reasons = append(o.reasons, refusal)
	}
	o.skipped = c.Skipped()
	if total+o.skipped != int64(len(stream)) {
		t.Fatalf("%d bytes in packets and %d skipped, of %d", total, o.skipped, len(stream))
	}
	return o
}

// packet makes a packet with n bytes of payload and more item pointers than the special ones.
func packet(f spead.Flavour, cnt spead.HeapCnt, n, more int) []byte {
	b := wire.AppendHeader(nil, f, wire.SpecialCount+more)
	b = wire.AppendSpecials(b, f, wire.Specials{Cnt: cnt, HeapLength: int64(n), PayloadLength: int64(n)})
	for range more {
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	for i := range n {
		b = append(b, byte(cnt)+byte(i))
	}
	return b
}

func TestPacketsAreFoundBetweenWhatIsNone(t *testing.T) {
	f48, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b, long := packet(spead.Flavour{}, 1, 100, 0), packet(f48, 2, 13, 3), packet(spead.Flavour{}, 3, 3000, 0)
	bare := wire.AppendHeader(nil, spead.Flavour{}, 2)
	bare = append(bare, make([]byte, 16)...)
	wide := []byte{0x53, 0x04, 3, 5, 0, 0, 0xff, 0xff}
	for _, tc := range []struct {
		name    string
		stream  [][]byte
		packets [][]byte
		reasons []spead.Refusal
		skipped int64
	}{
		{"packets one after the other", [][]byte{a, b, a}, [][]byte{a, b, a}, nil, 0},
		{"8 bytes of junk before", [][]byte{make([]byte, 8), a, b}, [][]byte{a, b}, []spead.Refusal{spead.RefusedBadMagic}, 8},
		{"junk of any length", [][]byte{a, []byte("hello\x53world"), b}, [][]byte{a, b}, []spead.Refusal{spead.RefusedBadMagic}, 11},
		{"junk twice", [][]byte{{1}, a, {2, 3}, b}, [][]byte{a, b}, []spead.Refusal{spead.RefusedBadMagic, spead.RefusedBadMagic}, 3},
		{"widths that don't add up", [][]byte{{0x53, 4, 3, 4, 0, 0, 0, 1}, a}, [][]byte{a}, []spead.Refusal{spead.RefusedBadFlavour}, 8},
		{"a width of 0", [][]byte{{0x53, 4, 0, 8, 0, 0, 0, 1}, a}, [][]byte{a}, []spead.Refusal{spead.RefusedBadFlavour}, 8},
		{"a header that is one of too many pointers", [][]byte{wide, a}, [][]byte{a}, []spead.Refusal{spead.RefusedTooLong}, 8},
		{"no payload length", [][]byte{bare, a}, [][]byte{a}, []spead.Refusal{spead.RefusedMissingItem}, 24},
		{"a packet that is too long", [][]byte{a, long, b}, [][]byte{a, b}, []spead.Refusal{spead.RefusedTooLong}, int64(len(long))},
		{"two that are too long", [][]byte{long, long, b}, [][]byte{b}, []spead.Refusal{spead.RefusedTooLong, spead.RefusedTooLong}, 2 * int64(len(long))},
		{"the end within a payload", [][]byte{a, b[:len(b)-1]}, [][]byte{a}, []spead.Refusal{spead.RefusedShortPayload}, int64(len(b) - 1)},
		{"the end within pointers", [][]byte{a, b[:20]}, [][]byte{a}, []spead.Refusal{spead.RefusedShortPointers}, 20},
		{"the end within a header", [][]byte{a, b[:7]}, [][]byte{a}, []spead.Refusal{spead.RefusedShortHeader}, 7},
		{"the end within a packet that is too long", [][]byte{long[:500]}, nil, []spead.Refusal{spead.RefusedTooLong}, 500},
		{"nothing but junk", [][]byte{make([]byte, 1000), {0x53}}, nil, []spead.Refusal{spead.RefusedBadMagic}, 1001},
		{"junk that begins like a packet", [][]byte{{0x53, 0x53, 0x04, 0x53}, a}, [][]byte{a}, []spead.Refusal{spead.RefusedBadMagic}, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stream := slices.Concat(tc.stream...)
			for size := range 40 {
				got := cut(t, stream, 2000, []byte{byte(size)})
				if !slices.EqualFunc(got.packets, tc.packets, bytes.Equal) {
					t.Errorf("pieces of %d: %d packets, want %d", size+1, len(got.packets), len(tc.packets))
				}
				if !slices.Equal(got.reasons, tc.reasons) || got.skipped != tc.skipped {
					t.Errorf("pieces of %d: refused %v, skipped %d; want %v and %d", size+1, got.reasons, got.skipped, tc.reasons, tc.skipped)
				}
			}
		})
	}
}

func TestALongStreamPassesThroughTheBuffer(t *testing.T) {
	c := NewCutter(65536)
	want := packet(spead.Flavour{}, 5, 9001, 0)
	stream := bytes.NewReader(bytes.Repeat(want, 1000))
	n := 0
	for {
		_, err := c.ReadOnce(stream)
		if err != nil {
			break
		}
		for {
			got, refusal, ok := c.Next()
			if !ok {
				break
			}
			if refusal != spead.Accepted || !bytes.Equal(got, want) {
				t.Fatalf("packet %d: refusal %v, %d bytes", n, refusal, len(got))
			}
			n++
		}
	}
	if _, ok := c.End(); n != 1000 || ok {
		t.Errorf("%d packets came; something left: %v", n, ok)
	}
}

func TestCuttingAllocatesNothing(t *testing.T) {
	c := NewCutter(65536)
	stream := bytes.Repeat(packet(spead.Flavour{}, 5, 1000, 0), 50)
	r := bytes.NewReader(stream)
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(stream)
		if _, err := c.ReadOnce(r); err != nil {
			t.Fatal(err)
		}
		for ok := true; ok; _, _, ok = c.Next() {
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 50 packets", allocs)
	}
}
