// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gospead/spead"
)

var (
	allLinks = []uint16{linkNull, linkEthernet, linkRawBSD, linkRawOpenBSD, linkRaw, linkLoop, linkSLL, linkIPv4, linkIPv6, linkSLL2}
	orders   = []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}
)

// everyFrame makes every kind of frame that the link type has, and what is to be read from them.
func everyFrame(t testing.TB, link uint16) (frames [][]byte, want []packet) {
	for _, p := range []packet{packet4, packet6} {
		if is4 := p.source.Addr().Is4(); link == linkIPv4 && !is4 || link == linkIPv6 && is4 {
			continue
		}
		tags := [][]uint16{nil}
		if link == linkEthernet || link == linkSLL || link == linkSLL2 {
			tags = append(tags, []uint16{5}, []uint16{100, 5})
		}
		for _, ids := range tags {
			frame := p.frame(t, link, ids...)
			frames = append(frames, frame, append(bytes.Clone(frame), "trailer"...))
			want = append(want, p, p)
		}
	}
	return frames, want
}

func checkDatagrams(t *testing.T, got []Datagram, want []packet, resolution time.Duration) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d datagrams, want %d", len(got), len(want))
	}
	for i, p := range want {
		wanted := Datagram{
			Payload:     p.payload,
			Source:      p.source,
			Destination: p.destination,
			Time:        testTime.Truncate(resolution),
		}
		if diff := cmp.Diff(wanted, got[i], compareAddresses); diff != "" {
			t.Errorf("datagram %d (-want +got):\n%s", i, diff)
		}
	}
}

var compareAddresses = cmpopts.EquateComparable(netip.AddrPort{})

func TestClassicCapturesOfEveryKindAreRead(t *testing.T) {
	for _, link := range allLinks {
		for _, order := range orders {
			for _, nanoseconds := range []bool{false, true} {
				t.Run(fmt.Sprintf("link %d, %v, nanoseconds %v", link, order, nanoseconds), func(t *testing.T) {
					frames, want := everyFrame(t, link)
					file := classicFile{order: order, nanoseconds: nanoseconds, link: link}
					file.start()
					for _, f := range frames {
						file.add(f, len(f))
					}
					got, foreign, err := readAll(file.bytes, Options{})
					if err != nil || foreign.Total() != 0 {
						t.Fatalf("err = %v, foreign = %+v", err, foreign)
					}
					resolution := time.Microsecond
					if nanoseconds {
						resolution = time.Nanosecond
					}
					checkDatagrams(t, got, want, resolution)
				})
			}
		}
	}
}

func TestNgCapturesOfEveryKindAreRead(t *testing.T) {
	resolutions := []struct {
		name       string
		option     []byte
		ticks      uint64
		resolution time.Duration
	}{
		{"default", nil, uint64(testTime.UnixMicro()), time.Microsecond},
		{"milliseconds", []byte{3}, uint64(testTime.UnixMilli()), time.Millisecond},
		{"nanoseconds", []byte{9}, uint64(testTime.UnixNano()), time.Nanosecond},
		{"seconds", []byte{0}, uint64(testTime.Unix()), time.Second},
		{"binary seconds", []byte{0x80}, uint64(testTime.Unix()), time.Second},
	}
	for _, link := range allLinks {
		for _, order := range orders {
			for _, r := range resolutions {
				t.Run(fmt.Sprintf("link %d, %v, %s", link, order, r.name), func(t *testing.T) {
					frames, want := everyFrame(t, link)
					file := ngFile{order: order}
					file.section()
					if r.option == nil {
						file.iface(link)
					} else {
						file.iface(link, file.option(2, 'e', 't', 'h'), file.option(9, r.option...), file.option(0))
					}
					for _, f := range frames {
						file.enhanced(0, r.ticks, f, len(f))
					}
					got, foreign, err := readAll(file.bytes, Options{})
					if err != nil || foreign.Total() != 0 {
						t.Fatalf("err = %v, foreign = %+v", err, foreign)
					}
					checkDatagrams(t, got, want, r.resolution)
				})
			}
		}
	}
}

func TestTimestampsOfFineResolutionsAreConverted(t *testing.T) {
	for _, c := range []struct {
		name string
		d    ngDescription
		in   uint64
		want time.Time
	}{
		{"2^-63 s", ngDescription{ticksPerSecond: 1 << 63}, 1<<63 + 1<<62, time.Unix(1, 5e8)},
		{"10^-19 s", ngDescription{ticksPerSecond: 1e19}, 9999999999999999999, time.Unix(0, 999999999)},
		{"an offset", ngDescription{ticksPerSecond: 1e6, timeOffset: -10}, 12_500_000, time.Unix(2, 5e8)},
	} {
		if got := c.d.time(c.in); !got.Equal(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNgSectionsBlocksAndInterfacesMayBeMixed(t *testing.T) {
	file := ngFile{order: binary.BigEndian}
	ethernet, sll := packet4.frame(t, linkEthernet), packet4.frame(t, linkSLL)
	file.section()
	file.block(10, []byte("secrets of no use"))
	file.iface(linkEthernet)
	file.iface(147, file.option(0)) // Private use.
	file.iface(linkSLL)
	micros := uint64(testTime.UnixMicro())
	file.enhanced(2, micros, sll, len(sll))
	file.enhanced(1, micros, ethernet, len(ethernet))
	file.block(0x80000bad, make([]byte, 1000))
	file.enhanced(0, micros, ethernet, len(ethernet))
	file.order = binary.LittleEndian
	file.section()
	file.iface(linkSLL)
	index := file.order.AppendUint16(nil, 0)
	file.block(ngObsoletePacket, index, []byte{0xff, 0xff}, file.u32(uint32(micros>>32), uint32(micros), uint32(len(sll)), uint32(len(sll))), sll)
	got, foreign, err := readAll(file.bytes, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDatagrams(t, got, []packet{packet4, packet4, packet4}, time.Microsecond)
	if want := (Foreign{LinkType: 1}); foreign != want {
		t.Errorf("foreign = %+v, want %+v", foreign, want)
	}
}

func TestSimplePacketBlocksAreCutToTheSnapLength(t *testing.T) {
	frame := packet4.frame(t, linkEthernet)
	file := ngFile{order: binary.LittleEndian}
	file.section()
	file.iface(linkEthernet)
	file.block(ngSimplePacket, file.u32(uint32(len(frame))), frame)
	file.section()
	file.block(ngInterface, file.u32(linkEthernet, 50))
	file.block(ngSimplePacket, file.u32(uint32(len(frame))), frame[:50])
	got, _, err := readAll(file.bytes, Options{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d datagrams, err = %v", len(got), err)
	}
	if !bytes.Equal(got[0].Payload, packet4.payload) || !got[0].Time.IsZero() {
		t.Errorf("whole: %+v", got[0])
	}
	if got[1].Refusal != spead.RefusedCaptureTruncated || got[1].Payload != nil || got[1].Destination != packet4.destination {
		t.Errorf("cut: %+v", got[1])
	}
}

func compress(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOpenReadsCompressedFilesAndClosesThem(t *testing.T) {
	file := classicFile{order: binary.LittleEndian, link: linkEthernet}
	file.start()
	frame := packet4.frame(t, linkEthernet)
	file.add(frame, len(frame))
	path := filepath.Join(t.TempDir(), "a capture")
	if err := os.WriteFile(path, compress(t, file.bytes), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := r.Next(); err != nil || !bytes.Equal(d.Payload, packet4.payload) {
		t.Errorf("got %q, %v", d.Payload, err)
	}
	for range 2 {
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := Open(path+" that isn't there", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing: %v", err)
	}
	if _, err := Open(path, Options{Filter: "nonsense"}); err == nil {
		t.Error("Open with a bad filter succeeded")
	}
}

func TestReadingAllocatesNothingPerFrame(t *testing.T) {
	for name, capture := range benchmarkCaptures(t, 1472, 4<<20) {
		r, err := NewReader(bytes.NewReader(capture), Options{Filter: "udp dst port 8888 and udp[8:2] = 0x5304 and net 10.0.0.0/8"})
		if err != nil {
			t.Fatal(err)
		}
		// pcapgo makes its buffer for the first frame.
		if _, err = r.Next(); err != nil {
			t.Fatal(err)
		}
		allocs := testing.AllocsPerRun(1000, func() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations per frame", name, allocs)
		}
	}
}
