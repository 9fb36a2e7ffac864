// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const addressBits = 40

// sent is a packet of a capture to be made.
type sent struct {
	to   string
	data []byte
}

// packet makes one of a heap's packets: payload of a heap that is an item 0x1000 of 64 bytes, cut at
// offset, and an immediate item 0x1600.
func packet(cnt, timestamp uint64, offset, size int) []byte {
	const heapBytes = 64
	values := make([]byte, heapBytes)
	for i := range values {
		values[i] = byte(cnt) + byte(i)
	}
	b := []byte{0x53, 4, 8 - addressBits/8, addressBits / 8, 0, 0, 0, 6}
	for _, p := range []wire.Pointer{
		wire.ImmediatePointer(addressBits, spead.HeapCntID, cnt),
		wire.ImmediatePointer(addressBits, spead.HeapLengthID, heapBytes),
		wire.ImmediatePointer(addressBits, spead.PayloadOffsetID, uint64(offset)),
		wire.ImmediatePointer(addressBits, spead.PayloadLengthID, uint64(size)),
		wire.ImmediatePointer(addressBits, 0x1600, timestamp),
		wire.AddressPointer(addressBits, 0x1000, 0),
	} {
		b = binary.BigEndian.AppendUint64(b, uint64(p))
	}
	return append(b, values[offset:offset+size]...)
}

// heaps makes packets of so many heaps, of two packets each.
func heaps(to string, from, until uint64) (list []sent) {
	for cnt := from; cnt < until; cnt++ {
		list = append(list, sent{to, packet(cnt, 100*cnt, 0, 32)}, sent{to, packet(cnt, 100*cnt, 32, 32)})
	}
	return list
}

// write makes a capture of packets that are a millisecond apart.
func write(t *testing.T, packets []sent) string {
	t.Helper()
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	for i, p := range packets {
		to := p.to
		if to == "" {
			to = "239.1.2.3:7148"
		}
		b = pcap.AppendDatagram(b, 0, &pcap.Datagram{
			Payload: p.data, Source: netip.MustParseAddrPort("10.0.0.1:1000"), Destination: netip.MustParseAddrPort(to),
			Time: time.Unix(1000, int64(i)*1e6),
		})
	}
	path := filepath.Join(t.TempDir(), "made.pcapng")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, cfg Config) (*Report, []Difference) {
	t.Helper()
	var found []Difference
	cfg.Found = func(d Difference) { found = append(found, d) }
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r, found
}

func TestWhatDiffersIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p []sent) []sent
		want   []string // of the lines, without times
		counts string   // same, differing, missing and incomplete in A and B, repacketised
	}{
		{"nothing", func(p []sent) []sent { return p }, nil, "6 0 0 0 0 0 0"},
		{"the order of packets", func(p []sent) []sent { slices.Reverse(p); return p }, nil, "6 0 0 0 0 0 0"},
		{"the division into packets", func(p []sent) []sent {
			return slices.Concat(p[:2], []sent{{"", packet(1, 100, 0, 64)}}, p[4:])
		}, nil, "6 0 0 0 0 0 1"},
		{"a byte", func(p []sent) []sent { p[3].data[60]++; return p },
			[]string{"heap 1 of stream 0: differs: item 0x1000 1 bytes: 36-36"}, "5 1 0 0 0 0 0"},
		{"bytes here and there", func(p []sent) []sent { p[2].data[56]++; p[2].data[57]++; p[3].data[60]++; return p },
			[]string{"heap 1 of stream 0: differs: item 0x1000 3 bytes: 0-1 36-36"}, "5 1 0 0 0 0 0"},
		{"an immediate value", func(p []sent) []sent {
			p[4] = sent{"", packet(2, 201, 0, 32)}
			p[5] = sent{"", packet(2, 201, 32, 32)}
			return p
		},
			[]string{"heap 2 of stream 0: differs: item 0x1600 0xc8, 0xc9"}, "5 1 0 0 0 0 0"},
		{"an item more", func(p []sent) []sent { p[5] = sent{"", packet(2, 201, 32, 32)}; return p },
			[]string{"heap 2 of stream 0: differs: item 0x1600 (1) absent, 0xc9"}, "5 1 0 0 0 0 0"},
		{"a heap is missing in B", func(p []sent) []sent { return slices.Delete(p, 2, 4) },
			[]string{"heap 1 of stream 0: missing in B"}, "5 0 0 1 0 0 0"},
		{"a heap is missing in A", func(p []sent) []sent { return append(p, heaps("", 77, 78)...) },
			[]string{"heap 77 of stream 0: missing in A"}, "6 0 1 0 0 0 0"},
		{"a packet is missing", func(p []sent) []sent { return slices.Delete(p, 3, 4) },
			[]string{"heap 1 of stream 0: incomplete in B: missing in B 32 bytes: 32-63"}, "5 0 0 0 0 1 0"},
		{"a heap came twice", func(p []sent) []sent { return append(p, p[2:4]...) },
			[]string{"heap 1 of stream 0: missing in A"}, "6 0 1 0 0 0 0"},
		{"packets that are none", func(p []sent) []sent { return append(p, sent{"", []byte("nonsense")}) }, nil, "6 0 0 0 0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := write(t, heaps("", 0, 6))
			b := write(t, c.change(heaps("", 0, 6)))
			r, found := run(t, Config{A: Input{Path: a}, B: Input{Path: b}})
			var lines []string
			for _, d := range found {
				d.Time = time.Time{}
				lines = append(lines, d.String())
			}
			if !slices.Equal(lines, c.want) {
				t.Errorf("found %q, expected %q", lines, c.want)
			}
			counts := fmt.Sprint(r.Same, r.Differing, r.MissingInA, r.MissingInB, r.IncompleteInA, r.IncompleteInB, r.Repacketised)
			if counts != c.counts || r.Equal() != (len(c.want) == 0) {
				t.Errorf("counted %s, expected %s; equal: %v", counts, c.counts, r.Equal())
			}
		})
	}
}

func TestTheSameIsIncomplete(t *testing.T) {
	p := write(t, heaps("", 0, 4)[1:])
	r, found := run(t, Config{A: Input{Path: p}, B: Input{Path: p}})
	if len(found) != 0 || r.Same != 4 || r.Incomplete != 1 {
		t.Errorf("found %v, report %+v", found, r)
	}
}

func TestBothSidesMayBeIncompleteDifferently(t *testing.T) {
	packets := heaps("", 0, 1)
	r, found := run(t, Config{A: Input{Path: write(t, packets[:1])}, B: Input{Path: write(t, packets[1:])}})
	if len(found) != 1 || r.IncompleteInA != 1 || len(found[0].Parts) != 2 {
		t.Errorf("found %v, report %+v", found, r)
	}
}

func TestStreamsBelongTogetherByDestination(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []string // where B's four streams went
		want string
	}{
		{"the same", []string{"239.0.0.1:1", "239.0.0.2:1", "239.0.0.3:1", "239.0.0.4:1"}, "12 0 0"},
		{"other ports", []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"}, "12 0 0"},
		{"one changed", []string{"239.0.0.1:1", "239.0.0.2:1", "127.0.0.1:1", "239.0.0.4:1"}, "12 0 0"},
		{"exchanged", []string{"239.0.0.2:1", "239.0.0.1:1", "239.0.0.3:1", "239.0.0.4:1"}, "6 6 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a, b []sent
			for i, to := range c.b {
				cnts := uint64(10 * i)
				a = append(a, heaps(fmt.Sprintf("239.0.0.%d:1", i+1), cnts, cnts+3)...)
				b = append(b, heaps(to, cnts, cnts+3)...)
			}
			r, _ := run(t, Config{A: Input{Path: write(t, a)}, B: Input{Path: write(t, b)}})
			if got := fmt.Sprint(r.Same, r.MissingInA, r.MissingInB); got != c.want || len(r.Streams) != 4 {
				t.Errorf("%s the same or missing, expected %s; streams %v", got, c.want, r.Streams)
			}
		})
	}
}

// TestTheWindowBoundsWhatWaits has one side lack everything that the other has.
func TestTooManyStreamsAreRefused(t *testing.T) {
	var packets []sent
	for i := range streamsMax + 1 {
		packets = append(packets, sent{fmt.Sprintf("10.1.2.3:%d", 1000+i), packet(1, 100, 0, 64)})
	}
	whole, most := write(t, packets), write(t, packets[:streamsMax])
	if r, _ := run(t, Config{A: Input{Path: most}, B: Input{Path: most}}); !r.Equal() || r.Same != streamsMax {
		t.Errorf("%+v", r)
	}
	c, err := Open(Config{A: Input{Path: whole}, B: Input{Path: whole}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Run(t.Context()); !errors.Is(err, ErrTooManyStreams) {
		t.Error(err)
	}
}

func TestTheWindowBoundsWhatWaits(t *testing.T) {
	a, b := write(t, heaps("", 0, 1000)), write(t, heaps("", 1000, 2000))
	for _, cfg := range []Config{{Window: 5}, {Memory: 4096}} {
		cfg.A.Path, cfg.B.Path = a, b
		most := int64(0)
		cfg.Found = nil
		c, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.cfg.Found = func(Difference) {
			most = max(most, int64(c.window.waiting[0].count+c.window.waiting[1].count))
		}
		r, err := c.Run(context.Background())
		c.Close()
		if err != nil || r.MissingInA != 1000 || r.MissingInB != 1000 || r.GivenUp == 0 {
			t.Errorf("%v, %+v", err, r)
		}
		if most > 40 {
			t.Errorf("%d heaps waited", most)
		}
	}
}

// TestComparingIsRightWhateverIsChanged compares the report with what was done to a capture.
func TestComparingIsRightWhateverIsChanged(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 0))
		const heapCount = 40
		a := heaps("", 0, heapCount)
		var b []sent
		missing, incomplete, differing := 0, 0, 0
		for i := 0; i < len(a); i += 2 {
			pair := []sent{{"", slices.Clone(a[i].data)}, {"", slices.Clone(a[i+1].data)}}
			switch r.IntN(6) {
			case 0:
				missing++
				continue
			case 1:
				incomplete++
				pair = pair[:1]
			case 2:
				differing++
				pair[1].data[56+r.IntN(32)] ^= 1 << r.IntN(8)
			}
			b = append(b, pair...)
		}
		report, _ := run(t, Config{A: Input{Path: write(t, a)}, B: Input{Path: write(t, b)}})
		got := fmt.Sprint(report.Same, report.MissingInB, report.IncompleteInB, report.Differing, report.MissingInA)
		want := fmt.Sprint(heapCount-missing-incomplete-differing, missing, incomplete, differing, 0)
		if got != want {
			t.Errorf("seed %d: %s, expected %s", seed, got, want)
		}
	}
}

func TestTimesAreCompared(t *testing.T) {
	var timing timing
	for i := range int64(1000) {
		a := 5e9 + i*1e9
		timing.add(a, a+100e9+i*20e3+i%2*1000) // 20 ppm slower, and uneven
	}
	timing.add(0, 1)
	r := timing.report()
	if r.Heaps != 1000 || r.Shift < 100*time.Second+9*time.Millisecond || r.Shift > 100*time.Second+11*time.Millisecond ||
		r.P50 < 4*time.Millisecond || r.P50 > 6*time.Millisecond || r.Max > 11*time.Millisecond || r.P99 > r.Max || r.Drift < 19.9 || r.Drift > 20.1 || r.Span != 999*time.Second {
		t.Errorf("%+v", r)
	}
}

func TestACorruptCaptureIsAnErrorAfterWhatIsGood(t *testing.T) {
	path := write(t, heaps("", 0, 4))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	corrupt := filepath.Join(t.TempDir(), "corrupt.pcapng")
	if err := os.WriteFile(corrupt, b[:len(b)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(Config{A: Input{Path: path}, B: Input{Path: corrupt}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "B: "+corrupt) || r.Same != 3 || r.IncompleteInB != 1 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestTheTextHasEverything(t *testing.T) {
	p := heaps("", 0, 3)
	r, _ := run(t, Config{A: Input{Path: write(t, p)}, B: Input{Path: write(t, append(p[:4:4], sent{"", []byte("x")}))}})
	const want = `stream 0: 239.1.2.3:7148 and 239.1.2.3:7148
A: 3 heaps, 6 packets, 192 bytes of payload
B: 2 heaps, 4 packets, 128 bytes of payload, 1 refused: short_header
2 heaps are the same, 1 missing in B
B began 0s after A; times differ by p50 0s, p99 0s, max 0s
`
	if got := r.String(); got != want {
		t.Errorf("got\n%sexpected\n%s", got, want)
	}
}

// TestAHeapThatWaitsForLongKeepsNoOthers has one heap never find its partner, while all others do.
func TestAHeapThatWaitsForLongKeepsNoOthers(t *testing.T) {
	q := queue{byKey: map[key][]*heap{}}
	q.put(&heap{Heap: &assembler.Heap{}, stream: 1})
	for i := range 10000 {
		q.put(&heap{Heap: &assembler.Heap{}})
		if q.take(key{}) == nil || len(q.order) > 2*tidyLeast {
			t.Fatalf("after %d heaps, %d are kept", i, len(q.order))
		}
	}
	if h := q.oldest(); h.stream != 1 || q.count != 0 || q.bytes != 0 {
		t.Errorf("the oldest is of stream %d, and %d are left", h.stream, q.count)
	}
}

// TestWhatCameBeforeTheEndIsReadFromAllSockets has the first socket be past the end.
func TestWhatCameBeforeTheEndIsReadFromAllSockets(t *testing.T) {
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	l, err := openLive(&Input{Endpoints: []netip.AddrPort{loopback, loopback}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	sender, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	send := func(to int) {
		if _, err := sender.WriteToUDPAddrPort([]byte("datagram"), l.addrs[to]); err != nil {
			t.Fatal(err)
		}
	}
	send(1)
	l.until = time.Now().UnixNano()
	for time.Now().UnixNano() == l.until {
		continue
	}
	send(0)
	taken := 0
	for {
		datagrams, err := l.read(t.Context())
		taken += len(datagrams)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if taken != 1 {
		t.Errorf("%d datagrams came before the end, want 1", taken)
	}
}
