// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/wire"
)

var (
	capturedTo = netip.MustParseAddrPort("239.1.2.3:7148")
	otherTo    = netip.MustParseAddrPort("239.1.2.4:7148")
)

// item is a packet with a heap cnt and an immediate item 0x1600.
func item(cnt, value uint64) []byte {
	const bits = 40
	b := []byte{0x53, 4, 3, 5, 0, 0, 0, 4}
	for _, p := range []wire.Pointer{
		wire.ImmediatePointer(bits, spead.HeapCntID, cnt), wire.ImmediatePointer(bits, spead.PayloadOffsetID, 0),
		wire.ImmediatePointer(bits, spead.PayloadLengthID, 0), wire.ImmediatePointer(bits, 0x1600, value),
	} {
		b = binary.BigEndian.AppendUint64(b, uint64(p))
	}
	return b
}

// writeItems makes a capture of four packets a millisecond apart, of which the last goes elsewhere.
func writeItems(t *testing.T) string {
	t.Helper()
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	for i := range uint64(4) {
		d := pcap.Datagram{Payload: item(i+1, 1000+10*i), Source: capturedTo, Destination: capturedTo, Time: time.Unix(1e9, int64(i)*1e6)}
		if i == 3 {
			d.Destination = otherTo
		}
		b = pcap.AppendDatagram(b, 0, &d)
	}
	return writeFile(t, b)
}

func writeFile(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.pcapng")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func socket(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// replay replays to the end and gives the statistics.
func replay(t *testing.T, cfg ReplayConfig) ReplayStats {
	t.Helper()
	r, err := NewReplayer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r.Stats()
}

// receive checks that these datagrams have come, in this order, and no other.
func receive(t *testing.T, conn *net.UDPConn, want ...[]byte) {
	t.Helper()
	buffer := make([]byte, 65536)
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		n, err := conn.Read(buffer)
		if err != nil || !bytes.Equal(buffer[:n], w) {
			t.Fatalf("datagram %d is % x, expected % x; %v", i, buffer[:n], w, err)
		}
	}
	if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(buffer); err == nil {
		t.Fatalf("there is one more: % x", buffer[:n])
	}
}

func TestDatagramsAreReplayedAsTheyWere(t *testing.T) {
	path := writeItems(t)
	all := [][]byte{item(1, 1000), item(2, 1010), item(3, 1020), item(4, 1030)}
	for _, cfg := range []ReplayConfig{{}, {Speed: 10}, {Rate: 1e6}, {Fast: true}, {NoGSO: true}} {
		conn, endpoint := socket(t)
		cfg.Path, cfg.Endpoint = path, endpoint
		stats := replay(t, cfg)
		receive(t, conn, all...)
		if stats.Datagrams != 4 || stats.Bytes != 160 || stats.Loops != 1 || stats.Failed != 0 {
			t.Errorf("%+v", stats)
		}
		if cfg.Fast != (stats.Late.Max == 0) {
			t.Errorf("late by %+v", stats.Late)
		}
		least := map[bool]time.Duration{true: 3 * time.Millisecond}[cfg.Speed == 0 && cfg.Rate == 0 && !cfg.Fast]
		if stats.Elapsed < least {
			t.Errorf("all left in %v", stats.Elapsed)
		}
	}
}

func TestLoopsMoveForward(t *testing.T) {
	path := writeItems(t)
	for _, c := range []struct {
		rewrite []RewriteItem
		cnt     uint64 // what each loop adds to the heap cnt, and to the item
		value   uint64
	}{
		{nil, 0, 0},
		{[]RewriteItem{{ID: 0x1600}}, 0, 40},
		{[]RewriteItem{{ID: 0x1600}, {ID: spead.HeapCntID}}, 4, 40},
		{[]RewriteItem{{ID: 0x1600, Span: 1 << 39}}, 0, 1 << 39},
		{[]RewriteItem{{ID: 0x1700, Span: 1}}, 0, 0},
	} {
		conn, endpoint := socket(t)
		stats := replay(t, ReplayConfig{Path: path, Endpoint: endpoint, Loops: 3, Rewrite: c.rewrite, Rate: 1e7})
		var want [][]byte
		for loop := range uint64(3) {
			for i := range uint64(4) {
				want = append(want, item(i+1+loop*c.cnt, (1000+10*i+loop*c.value)&(1<<40-1)))
			}
		}
		receive(t, conn, want...)
		if stats.Loops != 3 || stats.Datagrams != 12 {
			t.Errorf("%+v", stats)
		}
	}
}

func TestDestinationsAreMapped(t *testing.T) {
	path := writeItems(t)
	conn, endpoint := socket(t)
	other, otherEndpoint := socket(t)
	stats := replay(t, ReplayConfig{Path: path, Endpoint: endpoint, Map: map[netip.AddrPort]netip.AddrPort{otherTo: otherEndpoint}, Fast: true})
	receive(t, conn, item(1, 1000), item(2, 1010), item(3, 1020))
	receive(t, other, item(4, 1030))
	if stats.Unmapped != 0 {
		t.Errorf("%+v", stats)
	}
	stats = replay(t, ReplayConfig{Path: path, Map: map[netip.AddrPort]netip.AddrPort{otherTo: endpoint}, Fast: true})
	receive(t, conn, item(4, 1030))
	if stats.Unmapped != 3 || stats.Datagrams != 1 {
		t.Errorf("%+v", stats)
	}
	stats = replay(t, ReplayConfig{Path: path, Endpoint: endpoint, Filter: "dst host 239.1.2.4", Fast: true})
	receive(t, conn, item(4, 1030))
	if stats.Foreign != 3 {
		t.Errorf("%+v", stats)
	}
}

func TestMomentsAreWhatDatagramsShare(t *testing.T) {
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	for i := range uint64(2 * replayBatch) {
		at := time.Unix(1e9, int64(i/32)*1e6)
		b = pcap.AppendDatagram(b, 0, &pcap.Datagram{Payload: item(i+1, i), Source: capturedTo, Destination: capturedTo, Time: at})
	}
	path := writeFile(t, b)
	for _, c := range []struct {
		cfg     ReplayConfig
		moments int64
	}{{ReplayConfig{}, 4}, {ReplayConfig{Speed: 3}, 4}, {ReplayConfig{Loops: 2}, 8}, {ReplayConfig{Rate: 1e7}, 2 * replayBatch}, {ReplayConfig{Fast: true}, 0}} {
		_, c.cfg.Endpoint = socket(t)
		c.cfg.Path = path
		s := replay(t, c.cfg)
		if s.Moments != c.moments || s.LateMoments.Max > s.Late.Max {
			t.Errorf("%+v: %d moments, expected %d; begun at most %v late, and sent %v", c.cfg, s.Moments, c.moments, s.LateMoments.Max, s.Late.Max)
		}
	}
}

func TestTimesThatGoBackDontHoldUp(t *testing.T) {
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	for _, seconds := range []int64{1000, 5, 1000} {
		b = pcap.AppendDatagram(b, 0, &pcap.Datagram{Payload: item(1, 1), Source: capturedTo, Destination: capturedTo, Time: time.Unix(seconds, 0)})
	}
	conn, endpoint := socket(t)
	if stats := replay(t, ReplayConfig{Path: writeFile(t, b), Endpoint: endpoint}); stats.Backwards != 1 {
		t.Errorf("%+v", stats)
	}
	receive(t, conn, item(1, 1), item(1, 1), item(1, 1))
}

func TestAReplayEndsWithItsContext(t *testing.T) {
	path := writeItems(t)
	for _, cfg := range []ReplayConfig{{Loops: -1}, {Loops: -1, Fast: true}, {Speed: 1e-6}, {Loops: -1, Rate: 1e5}} {
		conn, endpoint := socket(t)
		cfg.Path, cfg.Endpoint = path, endpoint
		r, err := NewReplayer(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		if _, err := conn.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if r.Stats().Datagrams == 0 {
			t.Error("nothing was sent")
		}
	}
}

func TestWhatCantBeSentIsCountedAndToldAtTheEnd(t *testing.T) {
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	six := netip.MustParseAddrPort("[::1]:1")
	for _, size := range []int{10, 65520, 20} { // the second fits into no IPv4 packet
		b = pcap.AppendDatagram(b, 0, &pcap.Datagram{Payload: make([]byte, size), Source: six, Destination: six, Time: time.Unix(1, 0)})
	}
	conn, endpoint := socket(t)
	r, err := NewReplayer(ReplayConfig{Path: writeFile(t, b), Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(context.Background()); err == nil {
		t.Error("no error")
	}
	if stats := r.Stats(); stats.Failed != 1 || stats.Datagrams != 2 {
		t.Errorf("%+v", stats)
	}
	receive(t, conn, make([]byte, 10), make([]byte, 20))
}

func TestACorruptCaptureIsReplayedAsFarAsItGoes(t *testing.T) {
	b, err := os.ReadFile(writeItems(t))
	if err != nil {
		t.Fatal(err)
	}
	conn, endpoint := socket(t)
	r, err := NewReplayer(ReplayConfig{Path: writeFile(t, b[:len(b)-3]), Endpoint: endpoint, Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(context.Background()); err == nil {
		t.Error("no error")
	}
	receive(t, conn, item(1, 1000), item(2, 1010), item(3, 1020))
}

func TestWrongReplaysAreRefusedByField(t *testing.T) {
	path := writeItems(t)
	_, endpoint := socket(t)
	for field, cfg := range map[string]ReplayConfig{
		"Path":      {Endpoint: endpoint},
		"Endpoint":  {Path: path},
		"Rate":      {Path: path, Endpoint: endpoint, Speed: 2, Rate: 1},
		"Speed":     {Path: path, Endpoint: endpoint, Speed: -1},
		"Rewrite":   {Path: path, Endpoint: endpoint, Rewrite: []RewriteItem{{ID: spead.PayloadLengthID}}},
		"Source":    {Path: path, Endpoint: endpoint, Source: netip.IPv6Loopback()},
		"Interface": {Path: path, Endpoint: endpoint, Interface: "lo"},
		"TTL":       {Path: path, Endpoint: endpoint, TTL: 3},
	} {
		r, err := NewReplayer(cfg)
		var wrong *spead.FieldError
		if !errors.As(err, &wrong) || wrong.Field != "capture.ReplayConfig."+field {
			t.Errorf("%s: %v", field, err)
		}
		if r != nil {
			r.Close()
		}
	}
	_, err := NewReplayer(ReplayConfig{Path: path, Endpoint: endpoint, Loops: 2, Rewrite: []RewriteItem{{ID: 0x1700}}})
	if err == nil {
		t.Error("an item that isn't there has no span")
	}
	if _, err := NewReplayer(ReplayConfig{Path: path + "x", Endpoint: endpoint}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestACaptureWithoutTimesTakesARate(t *testing.T) {
	b := pcap.AppendInterface(pcap.AppendSection(nil, ""), pcap.Interface{})
	block := pcap.AppendDatagram(nil, 0, &pcap.Datagram{Payload: item(1, 1), Source: capturedTo, Destination: capturedTo, Time: time.Unix(1, 0)})
	frame := pcap.FrameOf(block)
	padded := append(bytes.Clone(frame), 0, 0)[:(len(frame)+3)/4*4]
	b = binary.LittleEndian.AppendUint32(b, 3) // a simple packet block
	b = binary.LittleEndian.AppendUint32(b, uint32(16+len(padded)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
	b = append(b, padded...)
	b = binary.LittleEndian.AppendUint32(b, uint32(16+len(padded)))
	conn, endpoint := socket(t)
	path := writeFile(t, b)
	replay(t, ReplayConfig{Path: path, Endpoint: endpoint, Rate: 1e6})
	receive(t, conn, item(1, 1))
	r, err := NewReplayer(ReplayConfig{Path: path, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(context.Background()); !errors.Is(err, ErrNoTime) {
		t.Error(err)
	}
}
