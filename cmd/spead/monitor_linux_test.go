// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// signal sends the process a signal.
func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// TestASocketBufferThatIsTooSmallIsNamed has the receiver stand still while more is sent than its
// buffer holds.
func TestASocketBufferThatIsTooSmallIsNamed(t *testing.T) {
	m := monitorBuilt(t, "--buffer", "4KiB", "--no-gro")
	m.signal(syscall.SIGSTOP)
	packets := m.send(m.endpoint, "--heaps", "50", "--heap-size", "4000", "--packet-size", "1000", "--no-gso")
	m.signal(syscall.SIGCONT)
	m.await(func(s *shownStream) bool { return s.Stats.PacketsSeen+s.Stats.KernelDrops == packets })
	s := m.now()
	drops := packets - s.Stats.PacketsSeen
	want := fmt.Sprintf("socket_full at socket: %d packets", drops)
	if l := s.Losses[0]; fmt.Sprintf("%s at %s: %d %s", l.Kind, l.Where, l.Total, l.Unit) != want || drops < 100 {
		t.Errorf("%+v, expected %s", s.Losses, want)
	}
	if !strings.HasPrefix(s.Verdict, fmt.Sprintf("%d packets dropped at the socket: buffer full", drops)) {
		t.Error(s.Verdict)
	}
}

func TestAnInterruptedMonitorEndsWithItsTotals(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		m := monitorBuilt(t)
		m.send(m.endpoint, "--heaps", "3", "--heap-size", "1000")
		m.await(func(s *shownStream) bool { return s.Tally.Heaps == 4 })
		interrupt(t, m.process, s).expect(t, exitOK, `\n`+m.endpoint+`: received \d+ packets, 4 heaps, \d+ bytes of payload in \d+ s\n  nothing was lost\n$`, ``)
	}
}

func TestEachLineOfJSONIsASnapshot(t *testing.T) {
	m := monitorBuilt(t, "--json")
	m.send(m.endpoint, "--heaps", "3", "--heap-size", "1000")
	m.await(func(s *shownStream) bool { return s.Tally.Heaps == 4 })
	r := interrupt(t, m.process, os.Interrupt)
	var snap struct {
		Seq     int64
		Streams []shownStream
	}
	seq := int64(0)
	for line := range strings.Lines(r.out) {
		if err := json.Unmarshal([]byte(line), &snap); err != nil {
			t.Fatal(err)
		}
		if snap.Seq <= seq {
			t.Errorf("snapshot %d after %d", snap.Seq, seq)
		}
		seq = snap.Seq
	}
	if r.code != exitOK || snap.Streams[0].Tally.Heaps != 4 {
		t.Errorf("exit code %d, %+v", r.code, snap)
	}
}

// TestAnUnreadSocketIsTheConsumersLoss has the queue full, so that the socket isn't read and overflows.
func TestAnUnreadSocketIsTheConsumersLoss(t *testing.T) {
	m := monitorBuilt(t, "--consumer-rate", "8bps", "--queue-heaps", "1", "--buffer", "4KiB", "--no-gro")
	m.send(m.endpoint, "--heaps", "0")
	m.await(func(s *shownStream) bool { return s.Tally.Heaps == 1 }) // busy for a minute
	m.send(m.endpoint, "--heaps", "2", "--heap-size", "400")
	m.await(func(s *shownStream) bool { return s.Stats.HeapsQueued == 1 }) // full
	packets := m.send(m.endpoint, "--heaps", "2000", "--heap-size", "400", "--no-gso")
	m.await(func(s *shownStream) bool { return s.Stats.KernelDrops > packets/2 })
	s := m.now()
	if l := s.Losses[0]; l.Kind != "socket_blocked" || l.Where != "consumer" || l.Total != s.Stats.KernelDrops || s.Tally.Incomplete != 0 {
		t.Errorf("%+v", s)
	}
}
