// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// benchLines are bench commands that take little time.
var benchLines = []string{
	"bench mem --heap-sizes 8 --total 80 --repeats 1",
	"bench send --heap-sizes 4kB --total 8kB --repeats 1",
	"bench loopback --heap-sizes 4kB --rate 20Mbps --duration 1ms --runs 1 --json",
}

func TestAFullDiskIsAFailureOfEveryCommand(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	socket := listen(t)
	for _, line := range append([]string{"version", "version --json", "demo --duration 1ms",
		"send " + socket.LocalAddr().String() + " --heaps 0", "recv " + vector("strings.pcap"), "completion bash"}, benchLines...) {
		p := newProcess(t, strings.Fields(line)...)
		p.cmd.Stdout = full
		p.begin().result().expect(t, exitFail, `^$`, `(?s)^(sending [^\n]*\n)?spead[a-z ]*: [^\n]*no space left on device\n$`)
		if t.Failed() {
			t.Fatal(line)
		}
	}
}

func TestAClosedPipeEndsEveryBenchQuietly(t *testing.T) {
	for _, line := range benchLines {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		p := newProcess(t, strings.Fields(line)...)
		p.cmd.Stdout = writer
		r := p.begin().result()
		writer.Close()
		status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || status.Signal() != syscall.SIGPIPE || r.remarks != "" {
			t.Errorf("%s: ended by %v, remarked %q", line, status, r.remarks)
		}
	}
}

func TestWhatCantBeWrittenToIsNamed(t *testing.T) {
	capture := writeCapture(t, packetsSent(t, "--heaps", "6", "--heap-size", "4000"))
	missing := filepath.Join(t.TempDir(), "none", "chunks.bin")
	description := writeText(t, "cnt.yaml", byCnt)
	runHere("chunk", description, capture, "--output", missing).
		expect(t, exitFail, `.*`, `^spead chunk: open `+missing+`: no such file or directory\n$`)
	runHere("chunk", description, capture, "--output", "/dev/full").
		expect(t, exitFail, `.*`, `^spead chunk: write /dev/full: no space left on device\n$`)
}
