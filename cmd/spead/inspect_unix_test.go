// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/inspect"
)

// inspectBuilt runs the built command's inspection of a port on loopback.
func inspectBuilt(t *testing.T, source string, args ...string) (p *process, endpoint string) {
	t.Helper()
	p = newProcess(t, append([]string{"inspect", source, "--duration", "10m"}, args...)...).begin()
	return p, p.remarks.await(t, `listening on (127\.0\.0\.1:\d+) for 10m0s`)
}

// TestInspectSaysWhatComes ends it as Ctrl-C does: all that was sent before is in the report.
func TestInspectSaysWhatComes(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p, endpoint := inspectBuilt(t, "127.0.0.1:0")
		runBuilt(t, "send", endpoint, "--heaps", "20", "--heap-size", "4096", "--packet-size", "8972", "--flavour", "64-48").
			expect(t, exitOK, `^Sent`, `^$`)
		interrupt(t, p, signal).expect(t, exitOK,
			`(?s)^1 stream of SPEAD-64-48, 4 KiB heaps in single packets, ([^\n]*, )?nothing missing\.\n\nstream 1: 127\.0\.0\.1:\d+ to `+endpoint+
				`, SPEAD-64-48\n.*  cnt       1 to 21 in steps of 1; none missing\n.*0x1000  Test item 0 .*>u4 \(1024,\), 4096 bytes`, ``)
	}
}

// TestInspectJoinsGroups has nothing but two groups' addresses; what is sent to one stays on loopback.
func TestInspectJoinsGroups(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // loopback has another name there
	}
	p := newProcess(t, "inspect", "239.255.77.1+1:0", "--interface", "lo", "--duration", "10m", "--json").begin()
	endpoint := p.remarks.await(t, `listening on (239\.255\.77\.1:\d+) 239\.255\.77\.2:\d+ for`)
	runBuilt(t, "send", endpoint, "--interface", "lo", "--heaps", "5", "--heap-size", "4096").expect(t, exitOK, `^Sent`, `^$`)
	report := reportIn(t, interrupt(t, p, os.Interrupt).out)
	if len(report.Streams) != 1 || report.Streams[0].Destination.String() != endpoint || report.Streams[0].Heaps.Complete != 6 || len(report.Places) != 2 {
		t.Errorf("%+v", report)
	}
}

// TestInspectTakesConnections sends more than fits between the two, so that the most of it has been read
// when all is sent.
func TestInspectTakesConnections(t *testing.T) {
	p, endpoint := inspectBuilt(t, "tcp://127.0.0.1:0", "--json")
	runBuilt(t, "send", "tcp://"+endpoint, "--heaps", "8", "--heap-size", "4MiB").expect(t, exitOK, `^Sent`, `^$`)
	report := reportIn(t, interrupt(t, p, os.Interrupt).out)
	if len(report.Streams) != 1 || report.Streams[0].Heaps.Complete == 0 || report.Places[0].Connections != 1 || report.Loss.Packets != 0 {
		t.Errorf("%+v", report)
	}
}

// TestInspectNamesTheSocketWhereItLoses sends to a small buffer that isn't read for a while.
func TestInspectNamesTheSocketWhereItLoses(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // others don't tell
	}
	p, endpoint := inspectBuilt(t, "127.0.0.1:0", "--json", "--buffer", "8KiB")
	for _, step := range []struct {
		signal os.Signal
		heaps  string
	}{{syscall.SIGSTOP, "300"}, {syscall.SIGCONT, ""}} {
		if err := p.cmd.Process.Signal(step.signal); err != nil {
			t.Fatal(err)
		}
		if step.heaps == "" {
			continue
		}
		r := runBuilt(t, "send", endpoint, "--heaps", step.heaps, "--heap-size", "1000", "--json")
		var sent sendResult
		if err := json.Unmarshal([]byte(r.out), &sent); err != nil || sent.Packets != 301 {
			t.Fatalf("%v: %q", err, r.out)
		}
	}
	report := reportIn(t, interrupt(t, p, os.Interrupt).out)
	place := report.Places[0]
	if place.KernelDrops == 0 || place.KernelDrops+place.Packets != 301 || report.Loss.Before != 0 ||
		!slices.Equal(report.Loss.Causes, []inspect.Cause{inspect.SocketBuffer}) {
		t.Errorf("%+v, %+v, %q", place, report.Loss, report.Conclusion)
	}
}

// TestInspectFailsWhereNothingCanBePrinted has the disk full, and nobody read a pipe.
func TestInspectFailsWhereNothingCanBePrinted(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	outs := []*os.File{writer}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		defer full.Close()
		outs = append(outs, full)
	}
	for _, out := range outs {
		p := newProcess(t, "inspect", vector("strings.pcap"))
		p.cmd.Stdout = out
		if code := p.begin().wait(); code == exitOK {
			t.Errorf("what was printed is lost, and the exit code is 0: %s", p.remarks)
		}
	}
}
