// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// datagrams of both IP versions, of sizes that take every padding, at times to the nanosecond.
func writtenDatagrams() (list []Datagram) {
	at := time.Date(2026, 11, 25, 1, 2, 3, 456789012, time.UTC)
	for _, size := range []int{0, 1, 2, 3, 4, 5, 1471, 1472, 8972, 65507} {
		payload := bytes.Repeat([]byte{byte(size), 0xfe, 3}, size/3+1)[:size]
		for _, ends := range [][2]string{
			{"10.1.2.3:4000", "239.4.5.6:8888"}, {"127.0.0.1:1", "127.0.0.1:65535"},
			{"[fe80::1]:4000", "[ff02::5]:8888"}, {"[::1]:1", "[::1]:2"},
		} {
			at = at.Add(time.Nanosecond)
			list = append(list, Datagram{
				Payload: payload, Source: netip.MustParseAddrPort(ends[0]), Destination: netip.MustParseAddrPort(ends[1]), Time: at,
			})
		}
	}
	return list
}

func writeDatagrams(list []Datagram) []byte {
	b := AppendInterface(AppendSection(nil, "a test"), Interface{Name: "eth0", Description: "udp 239.4.5.6:8888"})
	for i := range list {
		before := len(b)
		b = AppendDatagram(b, 0, &list[i])
		if size := len(b) - before; size > DatagramBytes(len(list[i].Payload)) {
			panic("DatagramBytes is too small")
		}
	}
	return b
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	want := writtenDatagrams()
	got, foreign, err := readAll(writeDatagrams(want), Options{})
	if err != nil || foreign.Total() != 0 || len(got) != len(want) {
		t.Fatalf("%d datagrams, foreign %+v, %v", len(got), foreign, err)
	}
	for i := range want {
		if len(want[i].Payload) == 0 {
			want[i].Payload, got[i].Payload = nil, nil
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("datagram %d: %+v, expected %+v", i, got[i], want[i])
		}
	}
}

// TestOthersReadWhatIsWritten has pcapgo read a file, with its statistics, and gopacket check the
// headers' checksums.
func TestOthersReadWhatIsWritten(t *testing.T) {
	want := writtenDatagrams()
	b := writeDatagrams(want)
	start := time.Unix(1000, 5).UTC()
	end := time.Unix(2000, 7).UTC()
	b = AppendStatistics(b, 0, Statistics{
		Start: start, End: end, Received: 1 << 40, InterfaceDrops: 2, SystemDrops: 3, Accepted: 5, Delivered: 4, Comment: "four were written",
	})
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.SectionInfo().Application; got != "a test" {
		t.Errorf("application %q", got)
	}
	for i := range want {
		data, info, err := r.ReadPacketData()
		if err != nil || !info.Timestamp.Equal(want[i].Time) {
			t.Fatalf("packet %d at %v: %v", i, info.Timestamp, err)
		}
		checkFrame(t, data, &want[i])
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Fatal(err)
	}
	i, err := r.Interface(0)
	if err != nil {
		t.Fatal(err)
	}
	s := i.Statistics
	if i.Name != "eth0" || i.Description != "udp 239.4.5.6:8888" || i.LinkType != layers.LinkTypeEthernet ||
		s.PacketsReceived != 1<<40 || s.PacketsDropped != 2 || !s.StartTime.Equal(start) || !s.EndTime.Equal(end) || s.Comment != "four were written" {
		t.Errorf("interface %+v", i)
	}
}

// checkFrame checks the headers that were made.
func checkFrame(t *testing.T, data []byte, d *Datagram) {
	t.Helper()
	ip := data[ethernetHeaderBytes:]
	if d.Destination.Addr().Is4() {
		if sum := checksumFold(checksumAdd(0, ip[:ipv4HeaderBytes])); sum != 0xffff {
			t.Errorf("the IP header's checksum is wrong: %#x", sum)
		}
		return
	}
	p := packet{d.Source, d.Destination, d.Payload}
	if !bytes.Equal(ip[ipv6HeaderBytes:], p.udp()) {
		t.Errorf("the UDP header is % x, expected % x", ip[ipv6HeaderBytes:][:8], p.udp()[:8])
	}
}

func TestMulticastHasItsHardwareAddress(t *testing.T) {
	for to, want := range map[string]string{
		"239.129.2.3:1": "\x01\x00\x5e\x01\x02\x03", "[ff02::1:2]:1": "\x33\x33\x00\x01\x00\x02", "10.0.0.1:1": "\x00\x00\x00\x00\x00\x00",
	} {
		destination := netip.MustParseAddrPort(to)
		b := AppendDatagram(nil, 0, &Datagram{Source: destination, Destination: destination, Time: time.Unix(1, 0)})
		if got := string(FrameOf(b)[:6]); got != want {
			t.Errorf("%s: % x", to, got)
		}
	}
}

// TestACutFileKeepsWhatIsWhole cuts a file at every byte.
func TestACutFileKeepsWhatIsWhole(t *testing.T) {
	list := writtenDatagrams()[:12]
	b := writeDatagrams(list)
	last := 0
	for n := range len(b) + 1 {
		whole := WholeBlocks(b[:n])
		if whole > n || whole < last {
			t.Fatalf("%d bytes hold %d, %d before", n, whole, last)
		}
		last = whole
		if _, _, err := readAll(b[:whole], Options{}); err != nil && whole > 0 {
			t.Fatalf("%d of %d bytes: %v", whole, n, err)
		}
	}
	if last != len(b) {
		t.Errorf("%d of %d bytes are whole", last, len(b))
	}
}

func TestTheMatcherSeesWhatTheReaderSees(t *testing.T) {
	for _, filter := range []string{"", "ip", "ip6", "dst port 8888", "src host 127.0.0.1", "greater 2000"} {
		m, err := NewMatcher(filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range writtenDatagrams() {
			b := AppendDatagram(nil, 3, &d)
			one := AppendInterface(AppendSection(nil, ""), Interface{})
			got, _, err := readAll(AppendDatagram(one, 0, &d), Options{Filter: filter})
			if err != nil || m.Match(FrameOf(b)) != (len(got) == 1) {
				t.Errorf("%q: %v to %v, %d bytes: the reader has %d, %v", filter, d.Source, d.Destination, len(d.Payload), len(got), err)
			}
		}
	}
	if m, _ := NewMatcher(""); m.Match([]byte("no frame")) {
		t.Error("what is no frame matches")
	}
	if _, err := NewMatcher("nonsense"); err == nil || !strings.Contains(err.Error(), "filter") {
		t.Error(err)
	}
}

func TestWritingAllocatesNothing(t *testing.T) {
	b := make([]byte, 0, 1<<16)
	d := Datagram{
		Payload: make([]byte, 8972), Time: time.Unix(1, 0),
		Source: netip.MustParseAddrPort("[::1]:1"), Destination: netip.MustParseAddrPort("[::1]:2"),
	}
	if n := testing.AllocsPerRun(100, func() { b = AppendDatagram(b[:0], 0, &d) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendDatagram(b *testing.B) {
	for _, ends := range [][2]string{{"10.1.2.3:4000", "239.4.5.6:8888"}, {"[fe80::1]:4000", "[ff02::5]:8888"}} {
		d := Datagram{
			Payload: make([]byte, 8972), Time: time.Unix(1, 0),
			Source: netip.MustParseAddrPort(ends[0]), Destination: netip.MustParseAddrPort(ends[1]),
		}
		b.Run(ends[1], func(b *testing.B) {
			block := make([]byte, 0, 1<<16)
			b.SetBytes(int64(len(d.Payload)))
			b.ReportAllocs()
			for b.Loop() {
				block = AppendDatagram(block[:0], 0, &d)
			}
			if len(block) < len(d.Payload) {
				b.Fatal(len(block))
			}
		})
	}
}
