// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/udp/route"
	"github.com/gospead/spead/internal/wire"
)

// machineStep is a message that left (errno 0) or failed, and what follows.
type machineStep struct {
	datagrams int
	errno     syscall.Errno
	reaction  reaction // of a failure
	state     GSOState
}

var machineCases = []struct {
	name  string
	start GSOState
	steps []machineStep
}{
	{"single datagrams prove nothing", GSOInactive, []machineStep{{1, 0, 0, GSOInactive}, {1, 0, 0, GSOInactive}}},
	{"the first message of several makes it active", GSOInactive, []machineStep{{64, 0, 0, GSOActive}, {1, 0, 0, GSOActive}}},
	{"what works singly disables it for good", GSOActive, []machineStep{
		{7, unix.EIO, split, GSOProbing}, {1, 0, 0, GSODisabled}, {1, unix.EIO, report, GSODisabled}, {1, 0, 0, GSODisabled}}},
	{"it may fail the first time", GSOInactive, []machineStep{{7, unix.EINVAL, split, GSOProbing}, {1, 0, 0, GSODisabled}}},
	{"what fails singly too is not its fault", GSOActive, []machineStep{
		{7, unix.EMSGSIZE, split, GSOProbing}, {1, unix.EMSGSIZE, report, GSOInactive}, {7, 0, 0, GSOActive}}},
	{"the errors may differ", GSOActive, []machineStep{
		{7, unix.EINVAL, split, GSOProbing}, {1, unix.ENETUNREACH, report, GSOInactive}}},
	{"other errors are not its fault", GSOActive, []machineStep{
		{7, unix.ENETUNREACH, report, GSOActive}, {7, unix.EHOSTUNREACH, report, GSOActive}}},
	{"a shortage is waited for", GSOActive, []machineStep{{7, unix.ENOBUFS, wait, GSOActive}, {7, unix.ENOMEM, wait, GSOActive},
		{7, 0, 0, GSOActive}, {7, unix.ENOBUFS, wait, GSOActive}}},
	{"a single datagram's error is not its fault", GSOActive, []machineStep{{1, unix.EMSGSIZE, report, GSOActive}}},
	{"disabled by configuration", GSODisabled, []machineStep{{1, unix.EIO, report, GSODisabled}, {1, 0, 0, GSODisabled}}},
	{"a passing error is repeated once", GSOInactive, []machineStep{
		{7, unix.EPERM, repeat, GSOInactive}, {7, 0, 0, GSOActive}, {7, unix.EPERM, repeat, GSOActive}, {7, 0, 0, GSOActive}}},
	{"one that doesn't pass is reported", GSOActive, []machineStep{
		{1, unix.EPERM, repeat, GSOActive}, {1, unix.EPERM, report, GSOActive},
		{1, unix.ECONNREFUSED, repeat, GSOActive}, {1, unix.EPERM, report, GSOActive}}},
	{"a passing error, then a lasting one", GSOActive, []machineStep{
		{7, unix.EPERM, repeat, GSOActive}, {7, unix.EIO, split, GSOProbing},
		{1, unix.EPERM, repeat, GSOProbing}, {1, 0, 0, GSODisabled}}},
}

func TestSegmentationOffloadIsGivenUpOnlyIfItIsToBlame(t *testing.T) {
	for _, c := range machineCases {
		t.Run(c.name, func(t *testing.T) {
			m := gsoMachine{state: c.start}
			for i, step := range c.steps {
				var got reaction
				if step.errno == 0 {
					m.left(step.datagrams)
				} else {
					got = m.failed(step.errno, step.datagrams)
				}
				if got != step.reaction || m.state != step.state {
					t.Fatalf("step %d: reaction %d, state %v; expected %d, %v", i, got, m.state, step.reaction, step.state)
				}
			}
		})
	}
}

var runCases = []struct {
	name string
	d    []wire.Datagram
	want int
}{
	{"one", sized(100), 1},
	{"equal ones", sized(100, 100, 100), 3},
	{"a shorter one ends it", sized(100, 100, 50, 100), 3},
	{"nor do two shorter ones fit", sized(100, 50, 50), 2},
	{"a longer one begins the next", sized(100, 101), 1},
	{"an empty one stands alone", sized(0, 0), 1},
	{"an empty one doesn't end it", sized(100, 0), 1},
	{"no more segments than the kernel takes", sized(slices.Repeat([]int{1}, 70)...), 64},
	{"as many bytes as the kernel takes", sized(32754, 32753, 1), 2},
	{"no more bytes than that", sized(32754, 32754), 1},
	{"beyond the limit on its own", sized(70000, 70000), 1},
	{"another destination", []wire.Datagram{{Size: 9}, {Size: 9}, {Size: 9, Substream: 1}}, 2},
	{"no more pieces than the kernel takes", []wire.Datagram{
		{Size: 999, Payload: make([][]byte, 600)}, {Size: 999, Payload: make([][]byte, 600)}}, 1},
}

func sized(sizes ...int) []wire.Datagram {
	d := make([]wire.Datagram, len(sizes))
	for i, size := range sizes {
		d[i].Size = size
	}
	return d
}

func TestARunIsWhatOneMessageCanHold(t *testing.T) {
	for _, c := range runCases {
		if got := runLength(c.d, route.DatagramMax4); got != c.want {
			t.Errorf("%s: %d datagrams, expected %d", c.name, got, c.want)
		}
	}
}

// TestRunsAreLegalAndAsLongAsCanBe compares runLength with the kernel's rules, written down plainly.
func TestRunsAreLegalAndAsLongAsCanBe(t *testing.T) {
	rnd := newRandom(t)
	for range 2000 {
		d := make([]wire.Datagram, 1+rnd.IntN(100))
		for i := range d {
			d[i] = wire.Datagram{Size: 700 + 100*rnd.IntN(2), Substream: rnd.IntN(20) / 19}
			if rnd.IntN(10) > 0 && i > 0 {
				d[i] = d[i-1]
			}
		}
		n := runLength(d, route.DatagramMax4)
		if !isLegalRun(d[:n]) || n < len(d) && isLegalRun(d[:n+1]) {
			t.Fatalf("%d of %+v", n, d)
		}
	}
}

func isLegalRun(d []wire.Datagram) bool {
	bytes := 0
	for i := range d {
		bytes += d[i].Size
		last := i == len(d)-1
		if d[i].Size != d[0].Size && (!last || d[i].Size > d[0].Size) || d[i].Substream != d[0].Substream {
			return false
		}
	}
	return len(d) <= segmentsMax && bytes <= route.DatagramMax4
}
