// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
)

// recorded is what a capture says of a datagram, but for its time.
type recorded struct {
	payload string
	to      netip.AddrPort
}

// readBack reads captures, in order.
func readBack(t *testing.T, paths []string) (list []recorded) {
	t.Helper()
	for _, path := range paths {
		r, err := pcap.NewReader(bytes.NewReader(readFile(t, path)), pcap.Options{})
		if err != nil {
			t.Fatal(err)
		}
		last := int64(0)
		for d, err := r.Next(); err == nil; d, err = r.Next() {
			if now := d.Time.UnixNano(); d.Refusal != spead.Accepted || now < last {
				t.Fatalf("%s: %v, %d ns after the one before", path, d.Refusal, now-last)
			} else {
				last = now
			}
			list = append(list, recorded{string(d.Payload), d.Destination})
		}
	}
	return list
}

// roundTrip is a recorder of random configuration, running.
type roundTrip struct {
	recorder *Recorder
	path     string
	stop     context.CancelFunc
	ended    chan error
}

func startRoundTrip(t *testing.T, rng *rand.Rand, six bool) *roundTrip {
	t.Helper()
	address := "127.0.0.1:0"
	if six {
		address = "[::1]:0"
	}
	cfg := RecorderConfig{
		Endpoints: []netip.AddrPort{netip.MustParseAddrPort(address)}, Memory: 8 << 20,
		NoGRO: rng.IntN(2) == 0, Path: filepath.Join(t.TempDir(), "a.pcapng"),
	}
	if rng.IntN(2) == 0 {
		cfg.FileSize = fileSizeMin
	}
	if rng.IntN(2) == 0 {
		cfg.Filter = "udp"
	}
	r, err := NewRecorder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	rt := &roundTrip{recorder: r, path: cfg.Path, stop: stop, ended: make(chan error, 1)}
	go func() { rt.ended <- r.Run(ctx) }()
	return rt
}

// end ends it, and gives what was captured once so many datagrams have come.
func (rt *roundTrip) end(t *testing.T, datagrams int) []recorded {
	t.Helper()
	for rt.recorder.Stats().Seen < int64(datagrams) {
		runtime.Gosched()
	}
	rt.stop()
	if err := <-rt.ended; err != nil {
		t.Fatal(err)
	}
	if s := rt.recorder.Stats(); s.Datagrams != int64(datagrams) || s.Lost() != 0 {
		t.Errorf("%+v", s)
	}
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(rt.path), "*.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return readBack(t, paths)
}

// TestWhatIsRecordedAndReplayedIsTheSame sends datagrams of random sizes to a recorder, replays what it
// wrote to another one, and compares all three. Seeds differ in sizes, IP version, rotation and offload.
func TestWhatIsRecordedAndReplayedIsTheSame(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 0))
		six := rng.IntN(2) == 0
		first := startRoundTrip(t, rng, six)
		to := first.recorder.Addrs()[0]
		sender, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range 1 + rng.IntN(60) {
			payload := make([]byte, []int{0, 1 + rng.IntN(8), 1 + rng.IntN(2000), 1 + rng.IntN(60000)}[rng.IntN(4)])
			for at := range payload {
				payload[at] = byte(rng.Uint32())
			}
			if _, err := sender.Write(payload); err != nil {
				t.Fatal(err)
			}
			want = append(want, string(payload))
			for first.recorder.Stats().Seen < int64(i-8) { // so that the socket's buffer holds them
				runtime.Gosched()
			}
		}
		sender.Close()
		captured := first.end(t, len(want))
		if !isAll(t, captured, want, to) {
			t.Fatalf("seed %d, recorded", seed)
		}

		second := startRoundTrip(t, rng, six)
		again := second.recorder.Addrs()[0]
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(first.path), "*.pcapng"))
		slices.Sort(files)
		for _, path := range files {
			stats := replay(t, ReplayConfig{Path: path, Endpoint: again, Speed: 0.5})
			if stats.Failed+stats.Refused+stats.Unmapped+stats.Backwards != 0 {
				t.Errorf("seed %d: %+v", seed, stats)
			}
		}
		if !isAll(t, second.end(t, len(want)), want, again) {
			t.Fatalf("seed %d, replayed", seed)
		}
	}
}

// isAll says whether a capture has all payloads, in order, on the way to one address.
func isAll(t *testing.T, got []recorded, want []string, to netip.AddrPort) bool {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d datagrams of %d", len(got), len(want))
		return false
	}
	for i, d := range got {
		if d.payload != want[i] || d.to != to {
			t.Errorf("datagram %d has %d bytes to %v, not %d to %v", i, len(d.payload), d.to, len(want[i]), to)
			return false
		}
	}
	return true
}
