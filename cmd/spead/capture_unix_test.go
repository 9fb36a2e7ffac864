// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTriggersSaveWhatIsInMemory(t *testing.T) {
	folder := t.TempDir()
	p := newProcess(t, "capture", "127.0.0.1:0", "-w", filepath.Join(folder, "event.pcapng"), "--trigger", "--trigger-listen", "127.0.0.1:0", "--json").begin()
	url := p.remarks.await(t, `triggered by POST to (\S+)\n`)
	endpoint := p.remarks.await(t, `receiving on (\S+)\n`)
	first, second := filepath.Join(folder, "event-00001.pcapng"), filepath.Join(folder, "event-00002.pcapng")
	send := func() {
		runBuilt(t, "send", endpoint, "--heaps", "6", "--heap-size", "4000", "--verify").expect(t, exitOK, ``, ``)
	}
	send()
	response, err := http.Post(url, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Error(response.Status)
	}
	awaitFile(t, first)
	send()
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	awaitFile(t, second)
	interrupt(t, p, os.Interrupt).expect(t, exitOK, `"datagrams":38,.*"files":2,`, ``)
	http.DefaultClient.CloseIdleConnections()
	for _, path := range []string{first, second} {
		runBuilt(t, "recv", path, "--verify", "--quiet").expect(t, exitOK, `Verified 6 heaps, 0 differ, 0 are missing`, ``)
	}
}

// awaitFile waits for a file to be there.
func awaitFile(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
}

func TestAFullDeviceFailsACapture(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Log("there is no /dev/full")
		return
	}
	for _, args := range [][]string{{"-w", "/dev/full"}, {"-w", "-"}} {
		p := newProcess(t, append([]string{"capture", "127.0.0.1:0"}, args...)...)
		if args[1] == "-" {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			p.cmd.Stdout = full
		}
		p.begin().result().expect(t, exitFail, `^(Captured 0 .*\n)?$`, `spead capture: [^\n]*no space left on device\n$`)
	}
}

func TestInterruptedCapturesEndWithTheirStatistics(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			t.Run("capture", func(t *testing.T) { interruptCapture(t, signal) })
			t.Run("replay", func(t *testing.T) { interruptReplay(t, signal) })
		})
	}
}

func interruptCapture(t *testing.T, signal os.Signal) {
	path := filepath.Join(t.TempDir(), "a.pcapng")
	p, endpoint := captureBuilt(t, "-w", path)
	runBuilt(t, "send", endpoint, "--heaps", "3", "--heap-size", "1000", "--verify").expect(t, exitOK, ``, `^$`)
	interrupt(t, p, signal).expect(t, exitOK, `^Captured 4 datagrams, `, ``)
	runBuilt(t, "recv", path, "--verify", "--quiet").expect(t, exitOK, `Verified 3 heaps, 0 differ, 0 are missing`, `^$`)
}

func interruptReplay(t *testing.T, signal os.Signal) {
	socket := listen(t)
	path := writeCapture(t, packetsSent(t, "--heaps", "3", "--heap-size", "1000"))
	p := newProcess(t, "replay", path, socket.LocalAddr().String(), "--loop", "forever", "--rate", "1Mbps").begin()
	if _, err := socket.Read(make([]byte, 65536)); err != nil {
		t.Fatal(err)
	}
	interrupt(t, p, signal).expect(t, exitOK, `^Sent [1-9]\d* datagrams, \d+ bytes in .*\nlate: mean `, `^$`)
}

func TestLiveStreamsAreCompared(t *testing.T) {
	p := newProcess(t, "compare", "127.0.0.1:0", "127.0.0.1:0").begin()
	a := p.remarks.await(t, `A: receiving on (\S+)\n`)
	b := p.remarks.await(t, `B: receiving on (\S+)\n`)
	for _, endpoint := range []string{a, b} {
		runBuilt(t, "send", endpoint, "--heaps", "5", "--heap-size", "4000", "--verify").expect(t, exitOK, `^Sent`, `^$`)
	}
	interrupt(t, p, os.Interrupt).expect(t, exitOK, `\n6 heaps are the same\n`, `^spead compare: A: [^\n]*\nspead compare: B: [^\n]*\n$`)
}

func TestCapturingOnlyCounts(t *testing.T) {
	p, endpoint := captureBuilt(t, "--json", "--filter", "greater 500")
	runBuilt(t, "send", endpoint, "--heaps", "0").expect(t, exitOK, ``, ``)
	runBuilt(t, "send", endpoint, "--heaps", "1", "--heap-size", "1000").expect(t, exitOK, ``, ``)
	interrupt(t, p, os.Interrupt).expect(t, exitOK, `"seen":[1-9]\d*,"filtered":2,"datagrams":[1-9]`, ``)
}

func TestACaptureGoesThroughAPipe(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	receiver := newProcess(t, "recv", "/dev/stdin", "--quiet", "--verify")
	receiver.cmd.Stdin = reader
	receiver.begin()
	p := newProcess(t, "capture", "127.0.0.1:0", "-w", "-", "--count", "19")
	p.cmd.Stdout = writer
	p.begin()
	endpoint := p.remarks.await(t, `receiving on (\S+)\n`)
	runBuilt(t, "send", endpoint, "--heaps", "6", "--heap-size", "4000", "--verify").expect(t, exitOK, ``, ``)
	code := p.wait()
	writer.Close()
	if code != exitOK || !strings.Contains(p.remarks.String(), "Captured 19 datagrams") {
		t.Errorf("exit code %d, %q", code, p.remarks)
	}
	receiver.result().expect(t, exitOK, `Verified 6 heaps`, ``)
}
