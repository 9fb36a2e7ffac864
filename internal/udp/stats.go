// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"os"
	"sync/atomic"

	"github.com/gospead/spead/internal/errno"
)

// GSOState says how segmentation offload to a destination fares; the package comment draws the states.
type GSOState uint8

// The states.
const (
	// GSOInactive: may be used, but no message of several datagrams has left yet.
	GSOInactive GSOState = iota
	// GSOActive: in use.
	GSOActive
	// GSOProbing: such a message has just failed, and its datagrams are tried singly.
	GSOProbing
	// GSODisabled: not used any more: configured so, unknown to the system, or found not to work there.
	GSODisabled
)

var gsoStateNames = [...]string{"inactive", "active", "probing", "disabled"}

// String gives the state's name as it stands in statistics, such as "active".
func (s GSOState) String() string {
	if int(s) < len(gsoStateNames) {
		return gsoStateNames[s]
	}
	return "unknown"
}

// SenderStats is what a Sender has done so far.
type SenderStats struct {
	// Calls counts system calls, those included that found the socket's buffer full.
	Calls int64
	// Messages counts messages that left, of one or more datagrams; Datagrams counts the latter.
	Messages, Datagrams int64
	// Waits counts calls that found the socket's buffer full, so that the sender waited.
	Waits int64
	// Retries counts calls that failed for a reason that was expected to pass, or not to concern each
	// single datagram, so that the same was tried again.
	Retries int64
	// Errors counts failed calls by their error, those included that were tried again.
	Errors []errno.Count
	// Paths tells of each destination, in the order of the endpoints.
	Paths []PathStats
}

// PathStats is how a destination fares.
type PathStats struct {
	// GSO is the state of segmentation offload.
	GSO GSOState
	// GSOError says why the system disabled segmentation offload; nil if it didn't.
	GSOError error
}

// senderCounters is SenderStats in the making: written by the sending goroutine, read by any.
type senderCounters struct {
	calls, messages, datagrams, waits, retries atomic.Int64
	errnos                                     errno.Table
	paths                                      []pathCounters
}

type pathCounters struct {
	gso      atomic.Uint32
	gsoError atomic.Pointer[os.SyscallError]
}

func (c *senderCounters) snapshot() SenderStats {
	s := SenderStats{
		Calls:     c.calls.Load(),
		Messages:  c.messages.Load(),
		Datagrams: c.datagrams.Load(),
		Waits:     c.waits.Load(),
		Retries:   c.retries.Load(),
		Errors:    c.errnos.Counts(),
		Paths:     make([]PathStats, len(c.paths)),
	}
	for i := range c.paths {
		s.Paths[i].GSO = GSOState(c.paths[i].gso.Load())
		if cause := c.paths[i].gsoError.Load(); cause != nil {
			s.Paths[i].GSOError = cause
		}
	}
	return s
}

// ReceiverCounters is what a Receiver has done so far besides handing over datagrams.
type ReceiverCounters struct {
	// TooLong counts datagrams that were dropped because they were longer than MaxPacketSize.
	TooLong int64
	// Empty counts datagrams without a byte, which were dropped.
	Empty int64
	// KernelDrops counts datagrams that the kernel dropped before they could be read, mostly because
	// the socket's buffer was full, as the kernel reported with the datagrams that were read: drops
	// after the last of those aren't in it yet. With receive offload the kernel may count several
	// datagrams as one. Always 0 where the kernel doesn't report it; Linux does.
	KernelDrops int64
	// Fragmented counts messages that the kernel put together from IP fragments; those of which a
	// fragment was lost never come. Always 0 where the kernel doesn't report it; Linux does.
	Fragmented int64
	// Calls counts system calls, those included that found nothing.
	Calls int64
	// Messages counts messages that were read, of one or more datagrams.
	Messages int64
}

// accept adds a datagram to dst, or counts why not.
func (c *ReceiverCounters) accept(dst [][]byte, datagram []byte, packetMax int) [][]byte {
	switch {
	case len(datagram) == 0:
		c.Empty++
		return dst
	case len(datagram) > packetMax:
		c.TooLong++
		return dst
	}
	return append(dst, datagram[:len(datagram):len(datagram)])
}
