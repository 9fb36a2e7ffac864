// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// receiveBuilt runs the built command's receiver on loopback, on a port of the system's choice, and
// gives where it listens.
func receiveBuilt(t *testing.T, args ...string) (receiver *process, endpoint string) {
	t.Helper()
	p := newProcess(t, append([]string{"recv", "127.0.0.1:0"}, args...)...).begin()
	return p, p.remarks.await(t, `receiving on (127\.0\.0\.1:\d+)\n`)
}

// TestHeapsGoFromSendToRecv sends less than a socket's buffer holds on any system, so that nothing is
// lost.
func TestHeapsGoFromSendToRecv(t *testing.T) {
	for _, c := range []struct{ name, send, recv string }{
		{"by default", "--heap-size 20kB", ""},
		{"one word in each item", "--heap-size 40 --items 10", ""},
		{"the smallest packets", "--heap-size 400 --packet-size 56", ""},
		{"jumbo packets", "--heap-size 20kB --packet-size 8972", ""},
		{"the largest packets", "--heap-size 10kB --packet-size 65507", "--packet-size 65507"},
		{"without offloads", "--heap-size 20kB --no-gso", "--no-gro"},
		{"64-24", "--heap-size 4000 --flavour 64-24", ""},
		{"64-48", "--heap-size 4000 --flavour 64-48", ""},
		{"PySPEAD's deviations", "--heap-size 4000 --pyspead", "--pyspead"},
		{"paced", "--heap-size 4000 --rate 1Gbps --burst 1KiB", ""},
		{"unpaced with one heap in flight", "--heap-size 4000 --max-heaps 1", "--max-heaps 1 --queue-heaps 1"},
		{"out of order allowed", "--heap-size 20kB", "--out-of-order --incomplete --substreams 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			receiver, endpoint := receiveBuilt(t, append(strings.Fields(c.recv), "--verify", "--values")...)
			runBuilt(t, append([]string{"send", endpoint, "--heaps", "4", "--verify"}, strings.Fields(c.send)...)...).
				expect(t, exitOK, `^Sent \d+ bytes in \d+\.\d{6} seconds, \d+\.\d{6} Gb/s\n$`, `^$`)
			receiver.result().
				expect(t, exitOK, `Verified 4 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `^spead recv: receiving on \S+\n$`)
		})
	}
}

func TestHeapsGoFromSendToRecvByTCP(t *testing.T) {
	p := newProcess(t, "recv", "tcp://127.0.0.1:0", "--verify", "--values").begin()
	endpoint := p.remarks.await(t, `receiving on (\S+)\n`)
	runBuilt(t, "send", "tcp://"+strings.TrimPrefix(endpoint, "tcp://"), "--heaps", "4", "--heap-size", "20kB", "--verify").
		expect(t, exitOK, `^Sent \d+ bytes`, `^$`)
	p.result().expect(t, exitOK, `(?s)\nconnections: 1\n.*Verified 4 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, ``)
}

func TestHeapsGoToEndpointsInTurn(t *testing.T) {
	receiver := newProcess(t, "recv", "127.0.0.1:0,127.0.0.1:0", "127.0.0.1:0", "--joint", "--json", "--keep-stop", "--count", "9").begin()
	endpoints := strings.Fields(receiver.remarks.await(t, `receiving on (.*)\n`))
	if len(endpoints) != 3 {
		t.Fatalf("receiving on %q", endpoints)
	}
	r := runBuilt(t, "send", strings.Join(endpoints[:2], ","), endpoints[2], "--heaps", "6", "--heap-size", "1000", "--json")
	r.expect(t, exitOK, `^\{"heaps":6,"packets":9,.*"failed_heaps":0\}\n$`, `^$`)
	code := receiver.wait()
	heaps, _ := readResult(t, receiver.out.String())
	if code != exitOK || len(heaps) != 9 {
		t.Fatalf("exit code %d, %d heaps", code, len(heaps))
	}
	var cnts, stops, described []int
	for _, text := range heaps {
		var h struct {
			Cnt         int
			Stop        bool `json:"is_end"`
			Descriptors []any
		}
		if err := json.Unmarshal(text, &h); err != nil {
			t.Fatal(err)
		}
		cnts = append(cnts, h.Cnt)
		if h.Stop {
			stops = append(stops, h.Cnt)
		}
		if len(h.Descriptors) > 0 {
			described = append(described, h.Cnt)
		}
	}
	for _, list := range [][]int{cnts, stops, described} {
		slices.Sort(list)
	}
	if got := fmt.Sprint(cnts, stops, described); got != "[1 2 3 4 5 6 7 8 9] [7 8 9] [1 2 3]" {
		t.Errorf("heaps, stop heaps, heaps with descriptors: %s", got)
	}
}

func TestOneOfSeveralEndpointsGetsEveryOther(t *testing.T) {
	receiver, endpoint := receiveBuilt(t, "--verify", "--every", "2", "--quiet")
	other := listen(t)
	runBuilt(t, "send", other.LocalAddr().String(), endpoint, "--heaps", "8", "--heap-size", "1000", "--verify").
		expect(t, exitOK, `^Sent`, `^$`)
	receiver.result().
		expect(t, exitOK, `Verified 4 heaps, 0 differ, 0 are missing`, ``)
}

func TestNoHeapsAreJustTheStop(t *testing.T) {
	receiver, endpoint := receiveBuilt(t)
	runBuilt(t, "send", endpoint, "--heaps", "0").expect(t, exitOK, `^Sent 57 bytes`, `^$`)
	receiver.result().
		expect(t, exitOK, `(?s)^Received 0 heaps.*heaps_discarded\.stop_heap: 1\n`, ``)
}

func TestAPortInUseIsAFailure(t *testing.T) {
	address := listen(t).LocalAddr().String()
	runBuilt(t, "recv", address).expect(t, exitFail, `^$`, `^spead recv: listen on `+address+`: [^\n]+\n$`)
}

// TestAClosedPipeEndsTheCommand is what happens under `spead recv ... | head`.
func TestAClosedPipeEndsTheCommand(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	for _, source := range []string{vector("large_item_1472.pcap"), "127.0.0.1:0"} {
		p := newProcess(t, "recv", source, "--json")
		p.cmd.Stdout = writer
		p.begin()
		if source == "127.0.0.1:0" {
			endpoint := p.remarks.await(t, `receiving on (.*)\n`)
			runBuilt(t, "send", endpoint, "--heaps", "1", "--heap-size", "1000").expect(t, exitOK, ``, `^$`)
		}
		if code := p.wait(); code == exitOK {
			t.Error("what was printed is lost, and the exit code is 0")
		}
	}
	writer.Close()
}
