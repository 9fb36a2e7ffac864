// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"net/netip"

	"github.com/gospead/spead"
)

// Source is where a stream's datagrams come from. A source that isn't a Poller is read by a goroutine
// of its own.
type Source interface {
	// ReadBatch waits for datagrams and adds them to b, which is empty. io.EOF, alone or with the last
	// datagrams, is the end of the source; other errors end it too, and Stream.Err returns them.
	ReadBatch(b *Batch) error
	// Close frees what the source holds and makes a waiting ReadBatch return. It is called once, from
	// any goroutine, and may come before the source has ended.
	Close() error
}

// Poller is a Source that can be read without waiting, so that whoever needs a heap reads it himself.
// Its ReadBatch isn't used.
type Poller interface {
	Source
	// TryReadBatch is ReadBatch without waiting: it may add nothing. It isn't called by two goroutines
	// at a time, but by different ones.
	TryReadBatch(b *Batch) error
	// Wait waits until TryReadBatch may have something to add or to tell. It is called by another
	// goroutine than TryReadBatch, possibly at the same time; Close makes it return.
	Wait() error
}

// Batch is what a source has read at once.
type Batch struct {
	// Datagrams holds one packet each. They belong to the source and are valid until the next
	// ReadBatch.
	Datagrams [][]byte
	// Origins says where the datagrams came from, in their order. What it doesn't cover came from
	// nowhere in particular.
	Origins []Origin
	// Refused counts packets that the source could not hand over, by reason.
	Refused Refusals
	// Foreign counts what the source saw and left alone because it isn't for this stream: frames of
	// other protocols in a capture.
	Foreign int64
	// Skipped counts bytes of a stream of bytes that belong to no packet handed over: junk, packets that
	// are too long, and what is missing its end.
	Skipped int64
	// Connections counts connections that were opened, and ConnectionsFailed those that ended by an
	// error.
	Connections, ConnectionsFailed int64
	// KernelDrops counts packets that the kernel reported as dropped before they could be read.
	KernelDrops int64
	// Fragmented counts datagrams that came in IP fragments.
	Fragmented int64

	// row holds packets one after the other, instead of Datagrams. The first that can't be decoded ends
	// it, as nothing tells where the next begins.
	row []byte
}

// Origin says where consecutive datagrams of a batch came from.
type Origin struct {
	// Addr is the sender's address.
	Addr netip.AddrPort
	// Datagrams is their number.
	Datagrams int
	// Bytes is their length in total.
	Bytes int64
}

// Add adds a datagram.
func (b *Batch) Add(datagram []byte) { b.Datagrams = append(b.Datagrams, datagram) }

// Refuse counts a packet that the source could not hand over.
func (b *Batch) Refuse(reason spead.Refusal) { b.Refused[reason]++ }

// reset empties the batch; it keeps the memory of the lists.
func (b *Batch) reset() {
	*b = Batch{Datagrams: b.Datagrams[:0], Origins: b.Origins[:0]}
}

// empty says whether there is nothing to count either.
func (b *Batch) empty() bool {
	if b.Skipped != 0 || b.Connections != 0 || b.ConnectionsFailed != 0 {
		return false
	}
	return len(b.Datagrams) == 0 && len(b.row) == 0 && b.Foreign == 0 && b.KernelDrops == 0 && b.Refused.Total() == 0
}

// intake is a source with what was read from it last.
type intake struct {
	source Source
	poller Poller // the source, if it is one
	batch  Batch
	next   int // index of the first datagram of batch that wasn't taken
	row    int // packets taken of batch.row
	ended  bool
	guard  guard
	// port is what the source shares with others; drained says that nothing more is read from it, as a
	// stop item came, and left how many bytes may be until then.
	port    *port
	drained bool
	left    int
	origin  originCursor // in a ChunkStream
	// traffic is that of the source, and senders those of batch.Origins.
	traffic Traffic
	senders []*sender
}

// pending says whether there is a datagram that wasn't taken.
func (in *intake) pending() bool { return in.next < len(in.batch.Datagrams) || len(in.batch.row) > 0 }
