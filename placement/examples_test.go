// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// traffic makes the packets of a telescope's stream, chunk for chunk.
type traffic struct {
	// heaps gives the items of all heaps of a chunk in the order of its places, as the sender makes them.
	heaps func(chunk int64) []map[spead.ItemID]int64
	// dialect is what the packets need; without PAYLOAD_OFFSET and HEAP_LENGTH if it isn't 0.
	dialect recv.Dialect
	// streams is over how many streams of a group the heaps of a chunk are divided: that many parts, one
	// after the other. 0 is 1.
	streams int
}

// examples says for each example file how its telescope sends.
func examples() map[string]traffic {
	fengine := func(antennas, channels []int64, count int64) traffic {
		return traffic{heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for t := range count {
				for _, a := range antennas {
					for _, c := range channels {
						heaps = append(heaps, map[spead.ItemID]int64{0x1600: (chunk*count + t) * 2097152, 0x4101: a, 0x4103: c})
					}
				}
			}
			return heaps
		}}
	}
	all := make([]int64, 64)
	for i := range all {
		all[i] = int64(i)
	}
	return map[string]traffic{
		"katgpucbf_fengine": fengine(all, []int64{128}, 16),
		"mkrecv_fengine":    fengine([]int64{7, 9, 10, 21}, []int64{0, 256, 512, 768}, 4),
		"katgpucbf_digitiser": {heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for pol := range int64(2) {
				for t := range int64(1024) {
					heaps = append(heaps, map[spead.ItemID]int64{0x1600: (chunk*1024 + t) * 4096, 0x3101: 0x42<<1 | pol, 0x3102: (t & 0xfff) << 32})
				}
			}
			return heaps
		}},
		"katgpucbf_beams": {streams: 2, heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for range 2 {
				for i := range int64(2 * 64) {
					heaps = append(heaps, map[spead.ItemID]int64{0x1600: (chunk*2 + i/64) * 16777216, 0x4103: i % 64 * 512, 0x5004: 60})
				}
			}
			return heaps
		}},
		"mkrecv_edd": {heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for i := range int64(2048 * 2) {
				heaps = append(heaps, map[spead.ItemID]int64{0x1600: (chunk*2048+i/2)*16384 + 4096, 0x3101: 0x10 | i&1, 0x3102: i})
			}
			return heaps
		}},
		"mkrecv_backend": {heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for i := range int64(8 * 4) {
				heaps = append(heaps, map[spead.ItemID]int64{0x1600: (chunk*8 + i/4) * 1048576, 0x1602: i % 4 * 8})
			}
			return heaps
		}},
		"ska_low_station_v3": {dialect: recv.SKALow, heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for _, station := range []int64{345, 350} {
				for i := range int64(8 * 64) {
					channel, packet := i/64, chunk*64+i%64
					heaps = append(heaps, map[spead.ItemID]int64{spead.HeapCntID: packet,
						0x3000: channel<<32 | 3<<16 | (200 + channel), 0x3001: 1<<40 | station<<16 | 256, 0x3010: 77})
				}
			}
			return heaps
		}},
		"ska_low_station": {dialect: recv.SKALow, heaps: func(chunk int64) (heaps []map[spead.ItemID]int64) {
			for _, station := range []int64{345, 350} {
				for i := range int64(8 * 64) {
					channel, packet := i/64, chunk*64+i%64
					heaps = append(heaps, map[spead.ItemID]int64{spead.HeapCntID: channel<<32 | packet,
						0x3000: 3<<16 | (200 + channel), 0x3001: 1<<40 | station<<16 | 256, 0x1600: packet * 2211840})
				}
			}
			return heaps
		}},
	}
}

// packet makes a heap of one packet. Its payload tells which heap it is.
func (tr *traffic) packet(number int64, items map[spead.ItemID]int64, heapBytes int64) []byte {
	f, _ := spead.NewFlavour(48, 0)
	pointer := func(id spead.ItemID, value int64) wire.Pointer { return wire.ImmediatePointer(48, id, uint64(value)) }
	cnt, given := items[spead.HeapCntID]
	if !given {
		cnt = number + 1
	}
	pointers := []wire.Pointer{pointer(spead.HeapCntID, cnt)}
	if tr.dialect == 0 {
		pointers = append(pointers, pointer(spead.HeapLengthID, heapBytes), pointer(spead.PayloadOffsetID, 0))
	}
	pointers = append(pointers, pointer(spead.PayloadLengthID, heapBytes))
	for id, value := range items {
		if id != spead.HeapCntID {
			pointers = append(pointers, pointer(id, value))
		}
	}
	b := wire.AppendHeader(nil, f, len(pointers)+1)
	for _, p := range pointers {
		b = wire.AppendPointer(b, p)
	}
	b = wire.AppendPointer(b, wire.AddressPointer(48, 0x3300, 0))
	return append(b, payload(number, heapBytes)...)
}

func payload(number, heapBytes int64) []byte {
	b := bytes.Repeat(binary.BigEndian.AppendUint64(nil, uint64(number)*0x9e3779b97f4a7c15), int(heapBytes+7)/8)
	return b[:heapBytes]
}

// packets is a source of packets.
type packets struct{ list [][]byte }

func (p *packets) ReadBatch(b *recv.Batch) error {
	n := min(64, len(p.list))
	for _, packet := range p.list[:n] {
		b.Add(packet)
	}
	if p.list = p.list[n:]; len(p.list) == 0 {
		return io.EOF
	}
	return nil
}

func (p *packets) Close() error { return nil }

// lost is the place of each chunk whose heap is not sent.
const lost = 5

// TestExamplesPlaceTheirTelescopesStreams sends two chunks of each example's traffic, but for one heap,
// and looks at every byte, and at what is kept beside it.
func TestExamplesPlaceTheirTelescopesStreams(t *testing.T) {
	files, err := os.ReadDir("examples")
	if err != nil {
		t.Fatal(err)
	}
	known := examples()
	if len(files) != len(known) {
		t.Errorf("%d example files, %d are tried", len(files), len(known))
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		t.Run(name, func(t *testing.T) { tryExample(t, name, known[name]) })
	}
}

func tryExample(t *testing.T, name string, tr traffic) {
	spec, plan := load(t, name)
	streams := max(tr.streams, 1)
	sent := make([][][]byte, streams)
	var perChunk int64
	for chunk := range int64(2) {
		heaps := tr.heaps(chunk)
		perChunk = int64(len(heaps))
		for i, items := range heaps {
			if i != lost {
				stream := i * streams / len(heaps)
				sent[stream] = append(sent[stream], tr.packet(chunk*perChunk+int64(i), items, spec.HeapBytes))
			}
		}
	}
	g, err := recv.NewChunkGroup(recv.ChunkGroupConfig{Eviction: recv.Lossless, Window: 3, Chunks: plan.NewChunks(3)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for i := range streams {
		cfg := recv.ChunkConfig{Config: recv.Config{Dialect: tr.dialect, CheckAccounts: true}, StreamID: i}
		plan.Configure(&cfg)
		s, err := g.Add(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AddSource(&packets{sent[i]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for c := range g.Chunks(t.Context()) {
		if c.ID != next || c.MissingPlaces != 1 || c.Present[lost] != 0 {
			t.Fatalf("chunk %d, want %d; %d places are missing", c.ID, next, c.MissingPlaces)
		}
		expectHeaps(t, spec, c, tr.heaps(c.ID))
		next++
		if err := g.Recycle(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Err(); err != nil || next != 2 {
		t.Errorf("%d chunks: %v", next, err)
	}
}

func expectHeaps(t *testing.T, spec *placement.Spec, c *recv.Chunk, heaps []map[spead.ItemID]int64) {
	t.Helper()
	record := len(c.Extra) / len(heaps)
	for i, items := range heaps {
		if i == lost {
			continue
		}
		got := c.Data[int64(i)*spec.HeapBytes:][:spec.HeapBytes]
		if want := payload(c.ID*int64(len(heaps))+int64(i), spec.HeapBytes); !bytes.Equal(got, want) {
			t.Fatalf("chunk %d, place %d: % x..., want % x...", c.ID, i, got[:8], want[:8])
		}
		at := i * record
		for _, side := range spec.Side {
			size := side.Bytes
			if size == 0 {
				size = 8
			}
			var value [8]byte
			copy(value[:], c.Extra[at:at+size])
			want := uint64(items[side.Item]) >> side.Shift << (64 - 8*size) >> (64 - 8*size)
			at += size
			if got := binary.LittleEndian.Uint64(value[:]); got != want {
				t.Fatalf("chunk %d, place %d, %s: %d, want %d", c.ID, i, side.Name, got, want)
			}
		}
	}
}
