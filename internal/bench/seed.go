// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

const (
	// The items of the tutorial's heaps.
	timestampItem spead.ItemID = 0x1600
	samplesItem   spead.ItemID = 0x3300
	// seedBatchBytes is about how much a batch holds.
	seedBatchBytes = 512 << 10
	seedBatches    = 2
)

// seed is the workload of spead2's tutorial page "Batching heaps". All memory is made once.
type seed struct {
	stream  *send.Stream
	size    int64
	batches [seedBatches]*seedBatch
	// described is the first batch's heaps, the first of them with the descriptors.
	described []send.Ref
	noFill    bool
	// bytes is what left, headers included.
	bytes int64
}

// seedBatch is a batch with memory of its own.
type seedBatch struct {
	batch      send.Batch
	refs       []send.Ref
	samples    []byte // of all its heaps
	timestamps []byte // 8 bytes each
}

func newSeed(stream *send.Stream, size int64, heaps int) (*seed, error) {
	s := &seed{stream: stream, size: size}
	for i := range s.batches {
		s.batches[i] = newSeedBatch(size, heaps)
	}
	first := s.batches[0]
	s.described = append(s.described, first.refs...)
	h := send.NewHeap(spead.Flavour{})
	s.described[0].Heap = h
	dtype, err := spead.ParseDType("i1")
	if err != nil {
		return nil, err
	}
	for _, d := range []spead.Descriptor{
		{ID: timestampItem, Name: "timestamp", Description: "Index of the first sample",
			Format: spead.Format{{Code: spead.CodeUint, Bits: int64(spead.Flavour{}.HeapAddressBits())}}},
		{ID: samplesItem, Name: "adc_samples", Description: "ADC converter output", Shape: spead.Shape{size}, DType: dtype},
	} {
		if err := h.AddDescriptor(d); err != nil {
			return nil, err
		}
	}
	first.addItems(h, 0, size)
	return s, nil
}

func newSeedBatch(size int64, heaps int) *seedBatch {
	b := &seedBatch{samples: make([]byte, size*int64(heaps)), timestamps: make([]byte, 8*heaps)}
	fillBytes(b.samples, 0) // so that no run pays for page faults, as no peer's does
	for i := range heaps {
		h := send.NewHeap(spead.Flavour{})
		b.addItems(h, i, size)
		b.refs = append(b.refs, send.Ref{Heap: h})
	}
	return b
}

// addItems adds heap i's timestamp, which the item pointer holds, and samples.
func (b *seedBatch) addItems(h *send.Heap, i int, size int64) {
	h.AddCompact(timestampItem, b.timestamps[8*i+3:8*i+8])
	h.AddCompact(samplesItem, b.samples[int64(i)*size:][:size])
}

// run sends heaps; admit, if there is one, is asked before each batch with the number of heaps that
// will have been sent after it.
func (s *seed) run(ctx context.Context, heaps int64, admit func(heaps int64) error) error {
	perBatch := int64(len(s.batches[0].refs))
	for i := int64(0); i < heaps; i += perBatch {
		b := s.batches[i/perBatch%seedBatches]
		if err := errors.Join(ctx.Err(), s.collect(ctx, b)); err != nil {
			return err
		}
		n := min(perBatch, heaps-i)
		if admit != nil {
			if err := admit(i + n); err != nil {
				return err
			}
		}
		b.batch.Heaps = b.refs[:n]
		if i == 0 {
			b.batch.Heaps = s.described[:n]
		}
		s.fill(b, i, n)
		if err := s.stream.SendBatch(ctx, &b.batch); err != nil {
			return err
		}
	}
	for _, b := range s.batches {
		if err := s.collect(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *seed) fill(b *seedBatch, first, n int64) {
	for j := range n {
		binary.BigEndian.PutUint64(b.timestamps[8*j:], uint64((first+j)*s.size))
		if !s.noFill {
			fillBytes(b.samples[j*s.size:][:s.size], byte(first+j))
		}
	}
}

// collect waits for a batch and counts what left.
func (s *seed) collect(ctx context.Context, b *seedBatch) error {
	if err := b.batch.Wait(ctx); err != nil {
		return err
	}
	for i := range b.batch.Results() {
		s.bytes += b.batch.Results()[i].Bytes
	}
	return nil
}

// runSeed sends a run's heaps to an address and measures it.
func (o *Send) runSeed(ctx context.Context, to netip.AddrPort, size int64, admit func(int64) error) (Run, error) {
	perBatch := int(max(2, seedBatchBytes/size))
	stream, err := send.NewUDP(send.UDPConfig{
		Config:    send.Config{MaxPacketSize: o.PacketSize, MaxHeaps: seedBatches * perBatch, Layout: o.Layout},
		Endpoints: []netip.AddrPort{to},
	})
	if err != nil {
		return Run{}, err
	}
	defer stream.Close()
	s, err := newSeed(stream, size, perBatch)
	if err != nil {
		return Run{}, err
	}
	s.noFill = o.NoFill
	if o.Unordered {
		for _, b := range s.batches {
			b.batch.Order = send.Unordered
		}
	}
	heaps := o.Heaps(size)
	began, used := time.Now(), ProcessorTime()
	if err := s.run(ctx, heaps, admit); err != nil {
		return Run{}, err
	}
	r := newRun(heaps*size, time.Since(began), ProcessorTime()-used)
	st := stream.Stats()
	if st.Heaps != heaps || st.FailedPackets != 0 || st.Bytes != s.bytes || s.bytes < heaps*size {
		return r, fmt.Errorf("%d of %d heaps left, in %d bytes", st.Heaps, heaps, s.bytes)
	}
	stop := send.NewHeap(spead.Flavour{})
	stop.AddStop()
	_, err = stream.Send(ctx, stop)
	return r, err
}
