// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/doctor"
)

// TestInterruptedCommandsEndWithTheirStatistics sends them what Ctrl-C sends, and what service
// managers send.
func TestInterruptedCommandsEndWithTheirStatistics(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			t.Run("recv", func(t *testing.T) { interruptRecv(t, signal) })
			t.Run("send", func(t *testing.T) { interruptSend(t, signal) })
			t.Run("demo", func(t *testing.T) { interruptDemo(t, signal) })
			t.Run("doctor", func(t *testing.T) { interruptDoctor(t, signal) })
			t.Run("bench loopback", func(t *testing.T) { interruptLoopback(t, signal) })
			t.Run("bench agent", func(t *testing.T) { interruptAgent(t, signal) })
			t.Run("bench mem", func(t *testing.T) { interruptMem(t, signal) })
		})
	}
}

func interruptRecv(t *testing.T, signal os.Signal) {
	receiver, endpoint := receiveBuilt(t, "--json", "--verify", "--keep-stop")
	runBuilt(t, "send", endpoint, "--heaps", "3", "--heap-size", "1000", "--verify").expect(t, exitOK, ``, `^$`)
	receiver.out.await(t, `"is_end":true.*\n`)
	interrupt(t, receiver, signal).expect(t, exitOK, `\{"stats":\{"heaps":4,.*"verify":\{"verified":3,"differing":0,"missing":0,.*\n$`, ``)
}

func interruptSend(t *testing.T, signal os.Signal) {
	socket := listen(t)
	sender := newProcess(t, "send", socket.LocalAddr().String(), "--rate", "1Mbps", "--heap-size", "1MB").begin()
	if _, err := socket.Read(make([]byte, 65536)); err != nil {
		t.Fatal(err)
	}
	interrupt(t, sender, signal).expect(t, exitOK, `^Sent [1-9]\d* bytes in \d+\.\d{6} seconds, `, `^$`)
}

func interruptDemo(t *testing.T, signal os.Signal) {
	p := newProcess(t, "demo", "--duration", "10m").begin()
	p.remarks.await(t, `sending heaps of .*\n`)
	interrupt(t, p, signal).expect(t, exitOK, `^\d+ heaps sent, \d+ received, all verified, `, `^sending heaps of [^\n]*\n$`)
}

func interruptDoctor(t *testing.T, signal os.Signal) {
	if !doctor.Supported() {
		return
	}
	p := newProcess(t, "doctor", "--watch", "10m", "--interface", "lo").begin()
	p.remarks.await(t, `watching for losses, 10m0s\n`)
	r := interrupt(t, p, signal)
	r.expect(t, r.code, `\d+ ok, \d+ unknown, `, `^spead doctor: watching [^\n]*\n`)
	if loses := strings.Contains("\n"+r.out, "\nloss "); loses != (r.code == exitFail) {
		t.Errorf("exit code %d", r.code)
	}
}

func interruptLoopback(t *testing.T, signal os.Signal) {
	p := newProcess(t, "bench", "loopback", "--heap-sizes", "4kB", "--rate", "10Mbps", "--duration", "10m").begin()
	p.out.await(t, `asked Gb/s.*\n`)
	interrupt(t, p, signal).expect(t, exitOK, `^heaps of 4000 in packets[^\n]*\n[^\n]*\n$`, `^spead bench[ a-z]*: interrupted at heaps of 4000\n$`)
}

func interruptAgent(t *testing.T, signal os.Signal) {
	p := newProcess(t, "bench", "agent", "127.0.0.1:0").begin()
	p.remarks.await(t, `listening on .*\n`)
	interrupt(t, p, signal).expect(t, exitOK, `^$`, `^spead bench agent: listening on [^\n]*\n$`)
}

func interruptMem(t *testing.T, signal os.Signal) {
	p := newProcess(t, "bench", "mem", "--total", "1TiB", "--heap-sizes", "8KiB").begin()
	p.out.await(t, `heap size .*\n`)
	interrupt(t, p, signal).expect(t, exitOK, `^ heap size [^\n]*\n$`, `^spead bench mem: interrupted at heaps of 8KiB\n$`)
}

// interrupt sends a signal and waits for the end.
func interrupt(t *testing.T, p *process, signal os.Signal) result {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return p.result()
}
