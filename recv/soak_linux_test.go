// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// The environment variables that configure TestSoak, and tell the processes that it starts their part.
const (
	soakTime = "SPEAD_SOAK"      // how long
	soakRate = "SPEAD_SOAK_RATE" // in Gb/s; default 4
	soakPart = "SPEAD_SOAK_PART"
	soakPort = "SPEAD_SOAK_PORT"
)

const (
	soakHeapBytes = 64 << 10
	soakBatch     = 8
	soakSamples   = 60
	// soakSlack is what memory may grow by, in KiB, without being a leak.
	soakSlack = 8 << 10
	soakStops = 1000
)

// soakSample is a line that a part of the soak prints: what it holds, and what it has done.
type soakSample struct {
	Part        string  `json:"part"`
	Seconds     float64 `json:"seconds"`
	RSS         int64   `json:"rss_kib"`
	GoBytes     uint64  `json:"go_heap_bytes"`
	Goroutines  int     `json:"goroutines"`
	Descriptors int     `json:"descriptors"`
	Collections uint32  `json:"collections"`
	Heaps       int64   `json:"heaps"`
	Packets     int64   `json:"packets"`
	Wrong       int64   `json:"wrong"`
	Unseen      int64   `json:"unseen"`
	Discarded   int64   `json:"discarded"`
	Drops       int64   `json:"kernel_drops"`
	Last        bool    `json:"last"`
	// Port is where the receiver listens, in its first line.
	Port string `json:"port,omitempty"`
}

// TestSoak sends and receives for long, in two processes, and prints what they hold and what was lost:
//
//	SPEAD_SOAK=10m go test -run TestSoak -v -timeout 0 ./recv
//
// Memory, goroutines and descriptors have to stay as they are after the first fifth of the time, and
// everything that was sent has to arrive or to be accounted for.
func TestSoak(t *testing.T) {
	text := os.Getenv(soakTime)
	if text == "" {
		t.Skipf("needs %s=10m or another time", soakTime)
	}
	long, err := time.ParseDuration(text)
	must(t, err)
	switch part := os.Getenv(soakPart); part {
	case "sender":
		soakSend(t, long)
	case "receiver":
		soakReceive(t, long)
	default:
		runSoak(t)
	}
}

// runSoak starts both processes and looks at what they print.
func runSoak(t *testing.T) {
	in := startSoak(t, soakPart+"=receiver")
	first := in.sample(t)
	out := startSoak(t, soakPart+"=sender", soakPort+"="+first.Port)
	sent, received := make(chan []soakSample), make(chan []soakSample)
	go func() { sent <- out.samples(t) }()
	go func() { received <- in.samples(t) }()
	a, b := <-sent, <-received
	checkFlat(t, a)
	checkFlat(t, b)
	s, r := a[len(a)-1], b[len(b)-1]
	if r.Heaps+r.Discarded+r.Unseen != s.Heaps || r.Packets+r.Drops != s.Packets || r.Wrong != 0 {
		t.Errorf("sent %+v, received %+v", s, r)
	}
}

// soakProcess is this test again, with a part of its own.
type soakProcess struct {
	lines *bufio.Scanner
	wait  func() error
}

func startSoak(t *testing.T, environment ...string) *soakProcess {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSoak$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), environment...)
	stdout, err := cmd.StdoutPipe()
	must(t, err, cmd.Start())
	return &soakProcess{bufio.NewScanner(stdout), cmd.Wait}
}

// sample gives the next line; what isn't a sample is a remark of package testing.
func (p *soakProcess) sample(t *testing.T) (s soakSample) {
	for p.lines.Scan() {
		if json.Unmarshal(p.lines.Bytes(), &s) == nil {
			t.Log(p.lines.Text())
			return s
		}
		if text := p.lines.Text(); text != "PASS" {
			t.Error(text)
		}
	}
	return s
}

func (p *soakProcess) samples(t *testing.T) (all []soakSample) {
	for {
		s := p.sample(t)
		if s.Part == "" {
			break
		}
		all = append(all, s)
	}
	if err := p.wait(); err != nil {
		t.Error(err)
	}
	return all
}

// checkFlat compares the last four fifths of the time with the first.
func checkFlat(t *testing.T, all []soakSample) {
	var early, late soakSample
	for i, s := range all {
		most := &late
		if i < len(all)/5 {
			most = &early
		}
		most.Part = s.Part
		most.RSS = max(most.RSS, s.RSS)
		most.Goroutines = max(most.Goroutines, s.Goroutines)
		most.Descriptors = max(most.Descriptors, s.Descriptors)
	}
	t.Logf("%s: at most %d KiB, %d goroutines, %d descriptors in the first fifth; then %d, %d, %d", early.Part,
		early.RSS, early.Goroutines, early.Descriptors, late.RSS, late.Goroutines, late.Descriptors)
	if late.RSS > early.RSS+soakSlack || late.Goroutines > early.Goroutines || late.Descriptors > early.Descriptors {
		t.Errorf("%s: not flat", early.Part)
	}
}

// print prints a sample with what this process holds.
func (s soakSample) print(t *testing.T, begun time.Time) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.Seconds = time.Since(begun).Seconds()
	s.GoBytes, s.Collections, s.Goroutines = memory.HeapAlloc, memory.NumGC, runtime.NumGoroutine()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	if _, after, found := strings.Cut(string(status), "VmRSS:"); found {
		s.RSS, err = strconv.ParseInt(strings.Fields(after)[0], 10, 64)
		must(t, err)
	}
	descriptors, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	s.Descriptors = len(descriptors)
	must(t, json.NewEncoder(os.Stdout).Encode(s))
}

// soakHeap is the payload of all heaps, but for the cnt at its beginning and its end.
func soakHeap() []byte {
	b := make([]byte, soakHeapBytes)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func stamp(b []byte, cnt spead.HeapCnt) {
	binary.BigEndian.PutUint64(b, uint64(cnt))
	binary.BigEndian.PutUint64(b[len(b)-8:], uint64(cnt))
}

func soakReceive(t *testing.T, long time.Duration) {
	s, err := recv.NewStream(recv.Config{QueueHeaps: 64, CntStep: 1, CheckAccounts: true})
	must(t, err)
	defer s.Close()
	must(t, s.AddUDP(recv.UDPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")}), s.Start())
	begun := time.Now()
	soakSample{Part: "receiver", Port: s.Addrs()[0].String()}.print(t, begun)
	ticker := time.NewTicker(long / soakSamples)
	defer ticker.Stop()
	want := soakHeap()
	sum := soakSample{Part: "receiver"}
	for h := range s.Heaps(t.Context()) {
		stamp(want, h.Cnt())
		if !h.Complete() || !bytes.Equal(h.Payload(), want) {
			sum.Wrong++
		}
		sum.Heaps++
		h.Release()
		select {
		case <-ticker.C:
			sum.note(s.Stats()).print(t, begun)
		default:
		}
	}
	must(t, s.Err())
	sum.Last = true
	sum.note(s.Stats()).print(t, begun)
}

// note adds what the statistics say. The stop heap isn't counted, nor are its repetitions.
func (s soakSample) note(st recv.Stats) soakSample {
	s.Unseen, s.Drops, s.Discarded = st.HeapsUnseen, st.KernelDrops, st.HeapsDiscarded.Total()-st.HeapsDiscarded[recv.DiscardStopHeap]
	s.Packets = st.PacketsSeen - st.HeapsDiscarded[recv.DiscardStopHeap] - st.Refused[spead.RefusedStopped]
	return s
}

func soakSend(t *testing.T, long time.Duration) {
	gigabits, err := strconv.ParseFloat(cmp.Or(os.Getenv(soakRate), "4"), 64)
	must(t, err)
	// Without offload, the kernel counts each packet that it drops.
	s, err := send.NewUDP(send.UDPConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort(os.Getenv(soakPort))},
		GSO: send.OffloadOff, Config: send.Config{MaxPacketSize: 9000, Rate: gigabits * 1e9 / 8, MaxHeaps: 4 * soakBatch}})
	must(t, err)
	defer s.Close()
	var batches [2]send.Batch
	var payload [2][soakBatch][]byte
	for i := range batches {
		for j := range soakBatch {
			payload[i][j] = soakHeap()
			h := send.NewHeap(spead.Flavour{})
			h.AddItem(0x1000, payload[i][j])
			batches[i].Heaps = append(batches[i].Heaps, send.Ref{Heap: h})
		}
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	ticker := time.NewTicker(long / soakSamples)
	defer ticker.Stop()
	sum := soakSample{Part: "sender"}
	for n := 0; ctx.Err() == nil; n++ {
		b := &batches[n%2]
		if n >= 2 {
			must(t, b.Wait(t.Context()))
		}
		for j := range soakBatch {
			sum.Heaps++
			stamp(payload[n%2][j], spead.HeapCnt(sum.Heaps))
		}
		must(t, s.SendBatch(t.Context(), b))
		select {
		case <-ticker.C:
			sum.Packets = s.Stats().Packets
			sum.print(t, begun)
		default:
		}
	}
	must(t, s.Flush(t.Context()))
	sum.Packets, sum.Last = s.Stats().Packets, true
	sum.print(t, begun)
	endSoak(t, s)
}

// endSoak sends the stop item, until nobody listens any more.
func endSoak(t *testing.T, s *send.Stream) {
	for range soakStops {
		h := send.NewHeap(spead.Flavour{})
		h.AddStop()
		if _, err := s.Send(t.Context(), h); err != nil {
			return
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
