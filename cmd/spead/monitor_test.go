// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/monitor"
	"github.com/gospead/spead/internal/wire"
)

// monitored is a running monitor with its web page.
type monitored struct {
	*process
	t             *testing.T
	endpoint, url string
	events        *bufio.Reader
}

// monitorBuilt runs the built command on loopback and listens to its events.
func monitorBuilt(t *testing.T, args ...string) *monitored {
	t.Helper()
	p := newProcess(t, append([]string{"monitor", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--interval", "20ms"}, args...)...).begin()
	m := &monitored{process: p, t: t}
	m.endpoint = p.remarks.await(t, `receiving on (127\.0\.0\.1:\d+)\n`)
	m.url = p.remarks.await(t, `web page at (http://127\.0\.0\.1:[1-9]\d*)\n`)
	answer := m.get("/api/events")
	t.Cleanup(func() { answer.Body.Close() })
	m.events = bufio.NewReader(answer.Body)
	return m
}

func (m *monitored) get(path string) *http.Response {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+path, http.NoBody)
	if err != nil {
		m.t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		m.t.Fatal(err)
	}
	return answer
}

// read gives what is at a path.
func (m *monitored) read(path string) string {
	m.t.Helper()
	answer := m.get(path)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		m.t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return string(text)
}

// shown is what the tests look at.
type shownStream struct {
	Health, Verdict string
	Losses          []struct {
		Kind, Unit, Where string
		Total             int64
	}
	Tally struct {
		Heaps, Incomplete int64
		MissingBytes      int64 `json:"missing_bytes"`
	}
	Stats struct {
		PacketsSeen    int64 `json:"packets_seen"`
		KernelDrops    int64 `json:"kernel_drops"`
		HeapsDelivered int64 `json:"heaps_delivered"`
		HeapsQueued    int64 `json:"heaps_queued"`
		HeapsBegun     int64 `json:"heaps_begun"`
	}
}

type shownReport struct {
	Snapshot struct{ Streams []shownStream }
	History  [][]monitor.Point
}

// await waits for an event that is as expected.
func (m *monitored) await(expected func(*shownStream) bool) {
	m.t.Helper()
	for {
		line, err := m.events.ReadString('\n')
		if err != nil {
			m.t.Fatalf("%v; the command said %q", err, m.remarks)
		}
		text, isData := strings.CutPrefix(line, "data: ")
		if !isData {
			continue
		}
		var snap struct{ Streams []shownStream }
		if err := json.Unmarshal([]byte(text), &snap); err != nil {
			m.t.Fatal(err)
		}
		if expected(&snap.Streams[0]) {
			return
		}
	}
}

// now asks /api.
func (m *monitored) now() *shownStream {
	m.t.Helper()
	var report shownReport
	if err := json.Unmarshal([]byte(m.read("/api")), &report); err != nil {
		m.t.Fatal(err)
	}
	if len(report.History) != 1 || len(report.History[0]) == 0 {
		m.t.Errorf("history %v", report.History)
	}
	return &report.Snapshot.Streams[0]
}

// expectLosses checks what /api says was lost: kind, place, count and unit.
func (m *monitored) expectLosses(want ...string) *shownStream {
	m.t.Helper()
	s := m.now()
	var got []string
	for _, l := range s.Losses {
		got = append(got, fmt.Sprintf("%s at %s: %d %s", l.Kind, l.Where, l.Total, l.Unit))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Error(diff)
	}
	return s
}

// send sends heaps from the built command and gives the number of packets.
func (m *monitored) send(args ...string) int64 {
	m.t.Helper()
	r := runBuilt(m.t, append([]string{"send", "--json"}, args...)...)
	r.expect(m.t, exitOK, `"failed_heaps":0`, `^$`)
	var sent struct{ Packets int64 }
	if err := json.Unmarshal([]byte(r.out), &sent); err != nil {
		m.t.Fatal(err)
	}
	return sent.Packets
}

func TestNothingIsLostThatCame(t *testing.T) {
	m := monitorBuilt(t)
	packets := m.send(m.endpoint, "--heaps", "20", "--heap-size", "4000")
	m.await(func(s *shownStream) bool { return s.Tally.Heaps == 21 })
	s := m.expectLosses()
	if s.Stats.PacketsSeen != packets || s.Health != "ok" || s.Verdict != "nothing lost" {
		t.Errorf("%d packets sent, %+v", packets, s)
	}
	sample := fmt.Sprintf("\nspead_recv_packets_total{stream=%q} %d\n", m.endpoint, packets)
	if text := m.read("/metrics"); !strings.Contains(text, sample) {
		t.Errorf("%q isn't among the metrics: %s", sample, text)
	}
	if text := m.read("/"); !strings.Contains(text, "<title>spead monitor</title>") {
		t.Errorf("the page is %q", text)
	}
}

func TestASlowConsumerIsTheConsumersLoss(t *testing.T) {
	m := monitorBuilt(t, "--consumer-rate", "8bps", "--queue-heaps", "2", "--when-full", "drop-newest")
	m.send(m.endpoint, "--heaps", "0")
	m.await(func(s *shownStream) bool { return s.Tally.Heaps == 1 }) // busy for a minute
	m.send(m.endpoint, "--heaps", "9", "--heap-size", "1000")
	m.await(func(s *shownStream) bool { return s.Stats.HeapsBegun == 11 })
	m.await(func(s *shownStream) bool { return s.Stats.HeapsQueued == 2 })
	s := m.expectLosses("queue_full at consumer: 8 heaps")
	if s.Health != "losing" || s.Stats.KernelDrops != 0 {
		t.Errorf("%+v", s)
	}
}

// TestWhatIsLostOnTheWayIsNamed sends through a relay that drops a packet of one heap, and all of
// another.
func TestWhatIsLostOnTheWayIsNamed(t *testing.T) {
	m := monitorBuilt(t)
	relay := listen(t)
	onward, err := net.Dial("udp", m.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer onward.Close()
	missing := make(chan int64)
	go func() { missing <- relayWithLoss(t, relay, onward) }()
	m.send(relay.LocalAddr().String(), "--heaps", "12", "--heap-size", "4000", "--packet-size", "1000", "--no-gso")
	bytes := <-missing
	m.await(func(s *shownStream) bool { return s.Tally.Heaps == 12 })
	s := m.expectLosses("incomplete at way: 1 heaps", "unseen at way: 1 heaps")
	if bytes == 0 || s.Tally.MissingBytes != bytes || s.Stats.KernelDrops != 0 {
		t.Errorf("%d bytes dropped of heap 3, %+v", bytes, s)
	}
}

// relayWithLoss hands packets on up to the stop, without the second of heap 3 and all of heap 5. It gives
// the payload in bytes of the former.
func relayWithLoss(t *testing.T, from io.Reader, to io.Writer) (dropped int64) {
	buffer := make([]byte, 65536)
	var p wire.Packet
	for stop := false; !stop; {
		n, err := from.Read(buffer)
		if err != nil {
			t.Error(err)
			return 0
		}
		if _, reason := p.Decode(buffer[:n]); reason != spead.Accepted {
			t.Errorf("refused: %v", reason)
			return 0
		}
		stop = p.Cnt == 13
		switch {
		case p.Cnt == 5:
		case p.Cnt == 3 && p.PayloadOffset > 0 && dropped == 0:
			dropped = int64(len(p.Payload))
		default:
			if _, err := to.Write(buffer[:n]); err != nil {
				t.Error(err)
			}
		}
	}
	return dropped
}

func TestWrongMonitorCommandLines(t *testing.T) {
	for line, remark := range map[string]string{
		"":                                   `SOURCE: "none" is not allowed: expected one or more`,
		vector("strings.pcap"):               `SOURCE: ".*strings.pcap" is not allowed: expected an endpoint`,
		"127.0.0.1:0 --listen 8080":          `--listen: "8080" is not allowed: expected host:port`,
		"127.0.0.1:0 --interval 1":           `--interval: "1" is not allowed: expected a time .* with its unit`,
		"127.0.0.1:0 --interval 1ms":         `--interval: 1ms is not allowed: expected 10ms or more`,
		"127.0.0.1:0 --consumer-rate 5":      `--consumer-rate: "5" is not allowed: expected a rate with its unit`,
		"127.0.0.1:0 --buffer 1G":            `--buffer: "1G" is not allowed: expected a size .*64KiB or 8MiB`,
		"127.0.0.1:0 --when-full wait":       `--when-full: "wait" is not allowed: expected block, drop-oldest or drop-newest`,
		"239.1.2.3:0 --interface nonsuch0":   `--interface: "nonsuch0" is not allowed: expected .*name, an address or the index`,
		"127.0.0.1:0 --source-filter nobody": `--source-filter: "nobody" is not allowed: expected IP addresses`,
	} {
		runHere(append([]string{"monitor"}, strings.Fields(line)...)...).expect(t, exitUsage, `^$`, `^spead monitor: `+remark+`[^\n]*\n$`)
	}
}

func TestPortsInUseAreFailuresOfTheMonitor(t *testing.T) {
	address := listen(t).LocalAddr().String()
	runBuilt(t, "monitor", address).expect(t, exitFail, `^$`, `^spead monitor: listen on `+address+`: [^\n]+\n$`)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	runBuilt(t, "monitor", "127.0.0.1:0", "--listen", taken.Addr().String()).
		expect(t, exitFail, `^$`, `\nspead monitor: listen tcp `+taken.Addr().String()+`: [^\n]+\n$`)
}

func TestAClosedPipeEndsTheMonitor(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	p := newProcess(t, "monitor", "127.0.0.1:0", "--interval", "10ms")
	p.cmd.Stdout = writer
	if code := p.begin().wait(); code == exitOK {
		t.Error("what was printed is lost, and the exit code is 0")
	}
}

func TestTheMonitorEndsWhenTheTimeIsOver(t *testing.T) {
	runBuilt(t, "monitor", "127.0.0.1:0", "127.0.0.1:0", "--duration", "30ms", "--interval", "10ms").
		expect(t, exitOK, `: silent; 0 b/s, 0 packets/s, 0 heaps/s; nothing has come yet\n(?s:.*): received 0 packets, 0 heaps, 0 bytes of payload in 0 s\n  nothing came\n$`, `receiving on`)
}

// TestTheLastFiguresArePrintedOnce: they are there before or after the loop that prints looks for them.
func TestTheLastFiguresArePrintedOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := monitor.New(time.Second, nil)
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := console{&out, io.Discard}
	var o monitorOptions
	o.json = true
	if err := errors.Join(o.printSnapshots(ctx, c, m), o.printEnd(c, m.Latest())); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `"seq":1,`); n != 1 {
		t.Errorf("printed %d times:\n%s", n, &out)
	}
}
