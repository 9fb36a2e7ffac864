// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"io"

	"github.com/gospead/spead"
)

// Source is where a stream's datagrams come from. Each source is read by one goroutine.
type Source interface {
	// ReadBatch waits for datagrams and adds them to b, which is empty. io.EOF, alone or with the last
	// datagrams, is the end of the source; other errors end it too, and Stream.Err returns them.
	ReadBatch(b *Batch) error
	// Close frees what the source holds and makes a waiting ReadBatch return. It is called once, from
	// any goroutine, and may come before the source has ended.
	Close() error
}

// Batch is what a source has read at once.
type Batch struct {
	// Datagrams holds one packet each. They belong to the source and are valid until the next
	// ReadBatch.
	Datagrams [][]byte
	// Refused counts packets that the source could not hand over, by reason.
	Refused Refusals
	// Foreign counts what the source saw and left alone because it isn't for this stream: frames of
	// other protocols in a capture.
	Foreign int64
	// KernelDrops counts packets that the kernel reported as dropped before they could be read.
	KernelDrops int64
}

// Add adds a datagram.
func (b *Batch) Add(datagram []byte) { b.Datagrams = append(b.Datagrams, datagram) }

// Refuse counts a packet that the source could not hand over.
func (b *Batch) Refuse(reason spead.Refusal) { b.Refused[reason]++ }

// reset empties the batch; it keeps the memory of the list.
func (b *Batch) reset() {
	*b = Batch{Datagrams: b.Datagrams[:0]}
}

// empty says whether there is nothing to count either.
func (b *Batch) empty() bool {
	return len(b.Datagrams) == 0 && b.Foreign == 0 && b.KernelDrops == 0 && b.Refused.Total() == 0
}

// endedSource stands for a source that returned its last datagrams together with its end.
type endedSource struct{}

func (endedSource) ReadBatch(*Batch) error { return io.EOF }

func (endedSource) Close() error { return nil }
