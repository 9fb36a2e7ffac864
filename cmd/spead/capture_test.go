// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/pcap"
)

// captureBuilt runs the built command's capture on loopback, on a port of the system's choice, and
// gives where it listens.
func captureBuilt(t *testing.T, args ...string) (p *process, endpoint string) {
	t.Helper()
	p = newProcess(t, append([]string{"capture", "127.0.0.1:0"}, args...)...).begin()
	return p, p.remarks.await(t, `receiving on (127\.0\.0\.1:\d+)\n`)
}

// captureHeaps captures heaps that send sends, and the stop heap: so many datagrams.
func captureHeaps(t *testing.T, path, datagrams string) {
	t.Helper()
	p, endpoint := captureBuilt(t, "-w", path, "--count", datagrams, "--no-gro")
	runBuilt(t, "send", endpoint, "--heaps", "6", "--heap-size", "4000", "--verify", "--rate", "100Mbps").expect(t, exitOK, `^Sent`, `^$`)
	p.result().expect(t, exitOK, `^Captured `+datagrams+` datagrams, \d+ bytes in \d+\.\d{3} s, `, `^spead capture: receiving on \S+\n$`)
}

// TestACaptureReplayedAndCapturedAgainIsTheSame also has the heaps verified.
func TestACaptureReplayedAndCapturedAgainIsTheSame(t *testing.T) {
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first.pcapng"), filepath.Join(folder, "second.pcapng")
	captureHeaps(t, first, "19")
	runBuilt(t, "recv", first, "--verify", "--quiet").expect(t, exitOK, `Verified 6 heaps, 0 differ, 0 are missing`, `^$`)
	for _, how := range [][]string{nil, {"--speed", "2"}, {"--rate", "100Mbps"}, {"--fast"}} {
		p, endpoint := captureBuilt(t, "-w", second, "--count", "19", "--json")
		line := append([]string{"replay", first, endpoint, "--json"}, how...)
		runBuilt(t, line...).expect(t, exitOK, `^\{"datagrams":19,.*"failed":0,.*"late":\{"mean_ns":\d+,.*"p99_ns":\d+,.*"moments":\d+,"late_moments":\{"mean_ns":\d+`, `^$`)
		p.result().expect(t, exitOK, `^\{"stats":\{"seen":19,.*"datagrams":19,.*"kernel_drops":0,`, ``)
		runBuilt(t, "compare", first, second).expect(t, exitOK, `\n7 heaps are the same\n`, `^$`)
		if a, b := packetsOf(t, first), packetsOf(t, second); a != b {
			t.Errorf("%v: the datagrams are not the same to the bit", how)
		}
	}
}

// packetsOf gives the payloads of a capture, as one text.
func packetsOf(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	r, err := pcap.Open(path, pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		d, err := r.Next()
		if err != nil {
			return all.String()
		}
		fmt.Fprintf(&all, "%d bytes: %s\n", len(d.Payload), d.Payload)
	}
}

func TestComparingTellsWhatDiffers(t *testing.T) {
	packets := packetsSent(t, "--heaps", "6", "--heap-size", "4000", "--verify")
	whole := writeCapture(t, cloned(packets))
	other := cloned(packets)
	other[7][len(other[7])-1] ^= 1
	other = append(other[:9], other[12:]...) // of the fourth heap, nothing
	other = append(other[:13], other[14:]...)
	differing := writeCapture(t, other)
	r := runBuilt(t, "compare", whole, differing)
	r.expect(t, exitFail, `(?s)^heap 3 of stream 0: differs, [^\n]*: item 0x1000 1 bytes: \d+-\d+\nheap .*heap 4 of stream 0: missing in B`,
		`^spead compare: 4 heaps are the same, 3 are not\n$`)
	r = runBuilt(t, "compare", whole, differing, "--json", "--show", "1")
	r.expect(t, exitFail, `^\{"a":\{"heaps":7,`, `3 are not\n$`)
	var report struct {
		Same, Differing int
		MissingB        int `json:"missing_in_b"`
		Differences     []json.RawMessage
		Equal           bool
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Same != 4 || report.Differing != 1 || report.MissingB != 1 || len(report.Differences) != 1 || report.Equal {
		t.Errorf("%+v", report)
	}
	runBuilt(t, "compare", whole, whole).expect(t, exitOK, `\n7 heaps are the same\n`, `^$`)
}

func TestLoopsWithRewrittenItemsAreNewHeaps(t *testing.T) {
	path := writeCapture(t, packetsSent(t, "--heaps", "6", "--heap-size", "4000", "--verify"))
	receiver, endpoint := receiveBuilt(t, "--quiet", "--keep-stop", "--json", "--count", "21")
	runBuilt(t, "replay", path, endpoint, "--loop", "3", "--rewrite-item", "1", "--rate", "100Mbps").
		expect(t, exitOK, `^Sent 57 datagrams, .*\n(?s).*\n57 values rewritten\n$`, `^$`)
	receiver.result().expect(t, exitOK, `"heaps":21,.*"heaps_begun_again":0,`, ``)
}

func TestClosedPipesEndCommands(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	path := writeCapture(t, packetsSent(t, "--heaps", "1", "--heap-size", "1000"))
	for _, args := range [][]string{{"capture", "127.0.0.1:0", "-w", "-"}, {"compare", path, path}, {"replay", path, listen(t).LocalAddr().String(), "--fast"}} {
		p := newProcess(t, args...)
		p.cmd.Stdout = writer
		if code := p.begin().wait(); code == exitOK {
			t.Errorf("%v: what was printed is lost, and the exit code is 0", args)
		}
	}
}

func TestWhatCantBeWrittenOrReadIsAFailure(t *testing.T) {
	folder := t.TempDir()
	nowhere := filepath.Join(folder, "nowhere", "a.pcapng")
	endpoint := listen(t).LocalAddr().String()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, args := range [][]string{
		{"capture", "127.0.0.1:0", "-w", nowhere}, {"capture", "127.0.0.1:0", "-w", nowhere, "--trigger"},
		{"capture", "127.0.0.1:0", "-w", folder}, {"capture", endpoint}, {"capture", endpoint, "127.0.0.1:0"},
		{"replay", nowhere, endpoint}, {"compare", nowhere, nowhere}, {"compare", endpoint, "127.0.0.1:0"},
		{"capture", "127.0.0.1:0", "-w", filepath.Join(folder, "a"), "--trigger", "--trigger-listen", taken.Addr().String()},
	} {
		runBuilt(t, args...).expect(t, exitFail, `^$`, `^spead `+args[0]+`: [^\n]+\n$`)
	}
}

func TestWrongCommandLinesOfCaptures(t *testing.T) {
	vector := vector("strings.pcap")
	for _, c := range []wrongLine{
		{"capture", "ENDPOINT", `"none"`, "one or more"},
		{"capture 127.0.0.1:0 --file-size 1G", "--file-size", `"1G"`, "64KiB or 8MiB"},
		{"capture 127.0.0.1:0 --file-time 5", "--file-time", `"5"`, "with its unit"},
		{"capture 127.0.0.1:0 -w x --files 3", "--files", `3`, "with FileSize"},
		{"capture 127.0.0.1:0 --trigger", "--write", `""`, "a file"},
		{"capture 127.0.0.1:0 --trigger-listen 127.0.0.1:0", "--trigger-listen", `"127.0.0.1:0"`, "--trigger"},
		{"capture 127.0.0.1:0 -w x --trigger --trigger-listen 127.0.0.1:99999", "--trigger-listen", `"127.0.0.1:99999"`, "host:port"},
		{"capture 127.0.0.1:0 --packet-ring", "--interface", `""`, "the interface to capture from"},
		{"capture 239.1.2.3:0 --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"capture 127.0.0.1:0 --source-filter nobody", "--source-filter", `"nobody"`, "IP addresses"},
		{"capture 127.0.0.1:0 --filter nonsense", "--filter at byte 0", `"nonsense"`, "a primitive"},
		{"replay " + vector, "ENDPOINT", `"none"`, "--map"},
		{"replay " + vector + " 127.0.0.1", "ENDPOINT", `"127.0.0.1"`, "host:port"},
		{"replay " + vector + " 239.1.2.3+1:1", "ENDPOINT", `"239.1.2.3+1:1"`, "one host:port"},
		{"replay " + vector + " 127.0.0.1:1 --rate 5", "--rate", `"5"`, "a rate with its unit"},
		{"replay " + vector + " 127.0.0.1:1 --speed 2x", "--speed", `"2x"`, "a number"},
		{"replay " + vector + " 127.0.0.1:1 --speed 2 --fast", "--rate", `0`, "at most one of Speed, Rate and Fast"},
		{"replay " + vector + " 127.0.0.1:1 --loop 0", "--loop", `"0"`, "or forever"},
		{"replay " + vector + " 127.0.0.1:1 --rewrite-item 4", "--rewrite-item", `"4"`, "1 or an item id from 7 on"},
		{"replay " + vector + " --map 239.1.2.3=127.0.0.1:1", "--map", `"239.1.2.3=127.0.0.1:1"`, "with ports"},
		{"replay " + vector + " 239.1.2.3:1 --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"compare " + vector, "A B", `"` + vector + `"`, "two captures or endpoints"},
		{"compare " + vector + " eth0", "SOURCE", `"eth0"`, "port, :port, host:port"},
	} {
		c.check(t)
	}
}
