// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/gospead/spead/capture"
)

// TestDropsAreTheSameWhereverTheyAreTold has the kernel drop what captures don't read for a while.
func TestDropsAreTheSameWhereverTheyAreTold(t *testing.T) {
	anywhere, small := "127.0.0.1:0", []string{"--buffer", "8KiB"}
	for _, c := range []struct {
		name    string
		sources []string
		flags   []string
		heaps   int // that overflow the buffer
		ring    bool
	}{
		{"one address", []string{anywhere}, small, 300, false},
		{"several addresses", []string{anywhere, anywhere, anywhere}, small, 300, false},
		{"rotation", []string{anywhere, anywhere}, append([]string{"--file-size", "128KiB"}, small...), 300, false},
		{"packet ring", []string{listen(t).LocalAddr().String()}, []string{"--packet-ring", "--interface", "lo", "--buffer", "1MiB"}, 4000, true},
		{"packet ring with rotation", []string{listen(t).LocalAddr().String()},
			[]string{"--packet-ring", "--interface", "lo", "--buffer", "1MiB", "--file-size", "256KiB"}, 4000, true},
	} {
		for _, form := range []string{"--json", "text"} {
			t.Run(c.name+" "+form, func(t *testing.T) {
				if c.ring && !isPrivileged() {
					t.Skip("needs the privilege CAP_NET_RAW, for packet rings")
				}
				folder := t.TempDir()
				line := append([]string{"capture", "-w", filepath.Join(folder, "a.pcapng"), "--no-gro"}, c.flags...)
				if form != "text" {
					line = append(line, form)
				}
				p := newProcess(t, append(line, c.sources...)...).begin()
				sent := sendWhileStopped(t, p, len(c.sources), c.heaps)
				r := interrupt(t, p, os.Interrupt)
				r.expect(t, exitOK, ``, `receiving on`)
				kept, dropped := capturedIn(t, r.out, form == "text")
				if dropped == 0 || kept+dropped != sent {
					t.Errorf("%d datagrams and %d drops, of %d sent", kept, dropped, sent)
				}
				checkToldDrops(t, folder, kept, dropped)
			})
		}
	}
}

// isPrivileged says whether this process may open packet sockets.
func isPrivileged() bool {
	s, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		return false
	}
	return syscall.Close(s) == nil
}

// sendWhileStopped sends some datagrams to a capture's addresses before it is stopped, and many while it
// is; it gives how many in all.
func sendWhileStopped(t *testing.T, p *process, addresses, heaps int) (sent int64) {
	t.Helper()
	list := p.remarks.await(t, `receiving on ([^\n]+)\n`)
	endpoints := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(list, -1)
	if len(endpoints) != addresses {
		t.Fatalf("%q, expected %d addresses", list, addresses)
	}
	send := func(heaps int) {
		for _, e := range endpoints {
			r := runBuilt(t, "send", e, "--heaps", strconv.Itoa(heaps), "--heap-size", "1000", "--no-gso", "--json")
			var result sendResult
			if err := json.Unmarshal([]byte(r.out), &result); err != nil {
				t.Fatalf("%v: %q", err, r.out)
			}
			sent += result.Packets
		}
	}
	send(1)
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	send(heaps)
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return sent
}

// capturedIn reads a capture's report.
func capturedIn(t *testing.T, out string, isText bool) (kept, dropped int64) {
	t.Helper()
	if isText {
		figures := regexp.MustCompile(`^Captured (\d+) datagrams, .* (\d+) dropped by the kernel`).FindStringSubmatch(out)
		if figures == nil {
			t.Fatalf("%q", out)
		}
		kept, errKept := strconv.ParseInt(figures[1], 10, 64)
		dropped, errDropped := strconv.ParseInt(figures[2], 10, 64)
		if err := errors.Join(errKept, errDropped); err != nil {
			t.Fatal(err)
		}
		return kept, dropped
	}
	var report struct{ Stats capture.RecorderStats }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	var sum int64
	for _, e := range report.Stats.Endpoints {
		sum += e.KernelDrops
	}
	if sum != report.Stats.KernelDrops {
		t.Errorf("the endpoints' drops are %d, the sum is %d", sum, report.Stats.KernelDrops)
	}
	return report.Stats.Datagrams, report.Stats.KernelDrops
}

// checkToldDrops has a folder's captures inspected and received.
func checkToldDrops(t *testing.T, folder string, kept, dropped int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.pcapng"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var packets, told, received int64
	for _, path := range files {
		report := reportIn(t, runBuilt(t, "inspect", path, "--json").out)
		told += report.Loss.Capture.System
		for _, place := range report.Places {
			packets += place.Packets
		}
		if len(files) == 1 && report.Loss.Before != 0 {
			t.Errorf("%d packets are said to be lost before the capture", report.Loss.Before)
		}
		received += droppedIn(t, path)
	}
	if packets != kept || told != dropped || received != dropped {
		t.Errorf("%d files have %d of %d datagrams, and tell inspect of %d and recv of %d of %d drops", len(files), packets, kept, told, received, dropped)
	}
}

// droppedIn is how many drops spead recv finds in a capture.
func droppedIn(t *testing.T, path string) int64 {
	t.Helper()
	out := runBuilt(t, "recv", path, "--quiet", "--json", "--keep-stop").out
	figure := regexp.MustCompile(`"kernel_drops":(\d+)`).FindStringSubmatch(out)
	if figure == nil {
		t.Fatalf("%q", out)
	}
	var n int64
	if _, err := fmt.Sscan(figure[1], &n); err != nil {
		t.Fatal(err)
	}
	return n
}
