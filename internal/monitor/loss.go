// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"
	"strings"

	"github.com/gospead/spead"
)

// Where is a place at which data is lost, as seen from the receiver.
type Where uint8

// The places, the nearest to the data's user first: what is lost at one of them often shows at those
// behind it as well, as heaps that have holes.
const (
	// AtConsumer: the consumer takes heaps too slowly.
	AtConsumer Where = iota
	// AtSocket: the receiver reads its socket too slowly, or the socket's buffer is too small.
	AtSocket
	// AtLimit: a limit of the receiver's configuration.
	AtLimit
	// AtSender: what came isn't what the sender should send, or isn't the sender's.
	AtSender
	// InOrder: packets come in another order than the receiver is configured to take.
	InOrder
	// OnTheWay: it never reached this machine's socket: the network, its card, or the sender.
	OnTheWay

	whereCount
)

var whereNames = [whereCount]string{
	AtConsumer: "consumer",
	AtSocket:   "socket",
	AtLimit:    "limit",
	AtSender:   "sender",
	InOrder:    "order",
	OnTheWay:   "way",
}

// String gives the place's name as it stands in JSON.
func (w Where) String() string { return whereNames[w] }

// MarshalText gives the name.
func (w Where) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// kind is an index of kinds of loss: these, and the reasons to refuse packets after them.
type kind int

const (
	queueFull kind = iota
	socketBlocked
	incompleteBlocked
	unseenBlocked
	socketFull
	incompleteDropped
	unseenDropped
	incomplete
	unseen
	ownKinds

	kindCount = ownKinds + kind(spead.RefusalCount)
)

func refusal(r spead.Refusal) kind { return ownKinds + kind(r) }

// losses counts by kind.
type losses [kindCount]int64

// meaning is what is known of a kind of loss.
type meaning struct {
	name string
	// unit is what is counted.
	unit  string
	where Where
	// harmless says that nothing is missing for it.
	harmless bool
	// follows says that it is what became of packets which are counted as another kind.
	follows bool
	// says is what happened, in a few words, and helps what to do.
	says, helps string
}

var ownMeanings = [ownKinds]meaning{
	queueFull: {name: "queue_full", unit: "heaps", where: AtConsumer,
		says:  "heaps dropped: the queue was full",
		helps: "the consumer is too slow: make it faster, or the queue longer"},
	socketBlocked: {name: "socket_blocked", unit: "packets", where: AtConsumer,
		says:  "packets dropped at the socket: queue full",
		helps: "the consumer is too slow: make it faster, or the queue longer"},
	incompleteBlocked: {name: "incomplete_blocked", unit: "heaps", where: AtConsumer, follows: true,
		says: "heaps with a part missing, as the queue was full", helps: "see the packets dropped"},
	unseenBlocked: {name: "unseen_blocked", unit: "heaps", where: AtConsumer, follows: true,
		says: "heaps of which nothing came, as the queue was full", helps: "see the packets dropped"},
	socketFull: {name: "socket_full", unit: "packets", where: AtSocket,
		says:  "packets dropped at the socket: buffer full",
		helps: "raise --buffer (net.core.rmem_max), add --sockets, or free the CPU"},
	incompleteDropped: {name: "incomplete_dropped", unit: "heaps", where: AtSocket, follows: true,
		says: "heaps with a part missing, as the kernel dropped", helps: "see the packets dropped"},
	unseenDropped: {name: "unseen_dropped", unit: "heaps", where: AtSocket, follows: true,
		says: "heaps of which nothing came, as the kernel dropped", helps: "see the packets dropped"},
	incomplete: {name: "incomplete", unit: "heaps", where: OnTheWay,
		says:  "heaps with a part missing: lost on the way",
		helps: "not at this socket: look at switches, NIC (ethtool -S) and sender"},
	unseen: {name: "unseen", unit: "heaps", where: OnTheWay,
		says:  "heaps of which nothing came: lost on the way",
		helps: "not at this socket: look at switches, NIC (ethtool -S) and sender"},
}

var refusalMeanings = map[spead.Refusal]meaning{
	spead.RefusedEmpty:            {where: AtSender, harmless: true, says: "datagrams that are empty", helps: "something else sends here"},
	spead.RefusedTooLong:          {where: AtLimit, says: "packets longer than --packet-size", helps: "raise --packet-size"},
	spead.RefusedCaptureTruncated: {where: AtSender, says: "frames cut short in the capture", helps: "capture whole frames"},
	spead.RefusedCaptureMalformed: {where: AtSender, says: "frames with contradictory headers", helps: "look at what wrote the capture"},
	spead.RefusedShortHeader:      {where: AtSender, says: "packets too short for a header", helps: "something else sends here, or the sender is broken"},
	spead.RefusedBadMagic:         {where: AtSender, says: "packets that are not SPEAD", helps: "something else sends here: see the senders"},
	spead.RefusedBadFlavour:       {where: AtSender, says: "packets with impossible widths", helps: "look at the sender"},
	spead.RefusedShortPointers:    {where: AtSender, says: "packets that end in their item pointers", helps: "look at the sender"},
	spead.RefusedMissingItem:      {where: AtSender, says: "packets without a required item", helps: "look at the sender; perhaps it needs --dialect"},
	spead.RefusedShortPayload:     {where: AtSender, says: "packets that end in their payload", helps: "look at the sender"},
	spead.RefusedPastHeap:         {where: AtSender, says: "packets with payload beyond the heap's length", helps: "look at the sender; perhaps it needs --dialect"},
	spead.RefusedTrailingBytes:    {where: AtSender, says: "datagrams that go on after the packet", helps: "look at the sender"},
	spead.RefusedStopped:          {where: AtSender, harmless: true, says: "packets after the stop", helps: "nothing to do"},
	spead.RefusedUnsized:          {where: AtSender, says: "packets without a heap length", helps: "look at the sender"},
	spead.RefusedNoHeap:           {where: InOrder, says: "packets of heaps whose start is missing", helps: "the start was lost or late"},
	spead.RefusedLate:             {where: InOrder, says: "packets of heaps given up before", helps: "raise --max-heaps"},
	spead.RefusedHeapLimit:        {where: AtLimit, says: "packets of heaps longer than --max-heap-length", helps: "raise --max-heap-length"},
	spead.RefusedMemoryLimit:      {where: AtLimit, says: "packets that payload memory had no room for", helps: "raise --max-memory, or lower --max-heaps"},
	spead.RefusedItemLimit:        {where: AtLimit, says: "packets of heaps with too many items", helps: "look at the sender"},
	spead.RefusedLengthMismatch:   {where: AtSender, says: "packets with another heap length than the heap's", helps: "two senders with the same heap cnts?"},
	spead.RefusedLengthTooSmall:   {where: AtSender, says: "packets with too small a heap length", helps: "two senders with the same heap cnts?"},
	spead.RefusedFlavourMismatch:  {where: AtSender, says: "packets of another flavour than the heap's", helps: "two senders with the same heap cnts?"},
	spead.RefusedBehind:           {where: InOrder, says: "packets that came late or twice", helps: "the network reorders or repeats"},
	spead.RefusedGap:              {where: InOrder, says: "packets behind a hole", helps: "one before them was lost or late"},
	spead.RefusedDuplicate:        {where: InOrder, harmless: true, says: "packets that came again", helps: "harmless; the network or the sender repeats them"},
	spead.RefusedOverlap:          {where: AtSender, says: "packets that overlap others", helps: "two senders with the same heap cnts?"},
}

// meaning says what a kind of loss means.
func (k kind) meaning() meaning {
	if k < ownKinds {
		return ownMeanings[k]
	}
	r := spead.Refusal(k - ownKinds)
	m := refusalMeanings[r]
	m.name, m.unit = "refused."+r.String(), "packets"
	return m
}

// byWhere adds up by place what isn't harmless, and isn't counted by another kind already.
func (l *losses) byWhere() (sums [whereCount]int64) {
	for k, n := range l {
		if m := kind(k).meaning(); n > 0 && !m.harmless && !m.follows {
			sums[m.where] += n
		}
	}
	return sums
}

// Loss is what was lost of one kind.
type Loss struct {
	// Kind is its name: queue_full, socket_full, incomplete, unseen and others, or refused. and the
	// reason's name.
	Kind string `json:"kind"`
	// Unit is what is counted: packets or heaps.
	Unit string `json:"unit"`
	// Where is where it was lost.
	Where Where `json:"where"`
	// Harmless says that nothing is missing for it.
	Harmless bool `json:"harmless,omitempty"`
	// Follows says that it is what became of packets that are counted at the same place.
	Follows bool `json:"follows,omitempty"`
	// Total is how many there have been, and Recent how many of late (Snapshot.Recent).
	Total  int64 `json:"total"`
	Recent int64 `json:"recent"`
	// Says is what happened, in the plural (Counted), and Helps what to do about it.
	Says  string `json:"says"`
	Helps string `json:"helps"`
}

// list gives what there has been, the places nearest to the user first.
func (l *losses) list(recent *losses) []Loss {
	found := []Loss{}
	for w := range whereCount {
		for k, n := range l {
			if m := kind(k).meaning(); n > 0 && m.where == w {
				found = append(found, Loss{m.name, m.unit, w, m.harmless, m.follows, n, max(0, recent[k]), m.says, m.helps})
			}
		}
	}
	return found
}

// Counted puts a number before what there are so many of, which begins with a noun in the plural.
func Counted(n int64, what string) string {
	if n == 1 {
		noun, rest, more := strings.Cut(what, " ")
		what = strings.TrimSuffix(noun, "s")
		if more {
			what += " " + singular(rest)
		}
	}
	return fmt.Sprintf("%d %s", n, what)
}

// singular changes the verbs that are about the noun before.
func singular(text string) string {
	for plural, one := range map[string]string{"that are ": "that is ", "that end ": "that ends ", "that go ": "that goes ",
		"that overlap ": "that overlaps "} {
		if rest, found := strings.CutPrefix(text, plural); found {
			return one + rest
		}
	}
	return text
}
