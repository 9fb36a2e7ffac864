// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// checkResults expects heaps that left whole, then one that may have left in part, then none, and
// returns all the bytes.
func checkResults(t *testing.T, b *Batch, heapBytes int64, want error) (sum int64) {
	t.Helper()
	failed := false
	for i, r := range b.Results() {
		sum += r.Bytes
		switch {
		case !failed && r.Err == nil:
			if r.Bytes != heapBytes {
				t.Errorf("heap %d: %d bytes without an error", i, r.Bytes)
			}
		case r.Err == nil:
			t.Errorf("heap %d left after one that failed", i)
		case !errors.Is(r.Err, want):
			t.Errorf("heap %d: %v", i, r.Err)
		case failed && r.Bytes != 0 || r.Bytes >= heapBytes:
			t.Errorf("heap %d failed with %d bytes", i, r.Bytes)
		default:
			failed = true
		}
	}
	if !failed {
		t.Error("all heaps left")
	}
	return sum
}

const blockedHeapBytes = 1<<20 + 17*40 + 8 // in packets of 65504 bytes: headers, and the item's pointer

func TestAPeersResetFailsTheHeapAtThatPointAndAllLater(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}})
	b := manyHeaps(64, 1<<20)
	if err := p.stream.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p, make([]byte, 5*blockedHeapBytes)); err != nil {
		t.Fatal(err)
	}
	p.SetLinger(0) // Close resets the connection
	p.Close()
	err := b.Wait(t.Context())
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the batch ended with %v", err)
	}
	if sum := checkResults(t, b, blockedHeapBytes, err); sum < 5*blockedHeapBytes || b.Results()[4].Err != nil {
		t.Errorf("%d bytes left", sum)
	}
	r, err := p.stream.Send(t.Context(), heapOf(100))
	if err == nil || r.Bytes != 0 {
		t.Errorf("afterwards: %+v", r)
	}
	if st := p.stream.Stats(); len(st.Transport.Errors) != 1 || st.Transport.Errors[0].Count != 1 {
		t.Errorf("statistics: %+v", st.Transport)
	}
}

func TestCloseGivesUpOnAPeerThatTakesNothing(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}, Linger: 10 * time.Millisecond})
	b := manyHeaps(64, 1<<20)
	if err := errors.Join(p.stream.SendBatch(t.Context(), b), p.stream.Close()); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("the batch ended with %v", err)
	}
	sum := checkResults(t, b, blockedHeapBytes, ErrClosed)
	if got := <-p.readAll(); int64(len(got)) != sum {
		t.Errorf("%d bytes came, %d are in the results", len(got), sum)
	}
}

func TestClosingWaitsForAPeerThatTakesSomething(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}, Linger: time.Minute})
	b := manyHeaps(8, 1<<20)
	if err := p.stream.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- p.stream.Close() }()
	all := p.readAll()
	if err := errors.Join(<-closed, b.Wait(t.Context())); err != nil {
		t.Error(err)
	}
	if got := heapCntsOf(t, <-all); len(got) != 8*17 {
		t.Errorf("%d packets came", len(got))
	}
}

func TestACancelledHeapLeavesWholePacketsBehind(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan Result)
	go func() {
		r, err := p.stream.Send(ctx, heapOf(64<<20))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the heap ended with %v", err)
		}
		result <- r
	}()
	first := make([]byte, 100_000) // the sender waits now, or will soon
	if _, err := io.ReadFull(p, first); err != nil {
		t.Fatal(err)
	}
	cancel()
	cut := <-result
	all := p.readAll()
	next, err := p.stream.Send(t.Context(), heapOf(100_000))
	if err != nil {
		t.Errorf("the next heap: %+v, %v", next, err)
	}
	p.stream.Close()
	content := append(first, <-all...)
	cnts := heapCntsOf(t, content)
	if int64(len(content)) != cut.Bytes+next.Bytes || cnts[len(cnts)-1] != 2 {
		t.Errorf("%d bytes came, %d of the heap that was cancelled", len(content), cut.Bytes)
	}
}

func TestACancelledHeapsLastPacketIsFinishedByClose(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan Result)
	go func() {
		r, _ := p.stream.Send(ctx, heapOf(64<<20))
		cancelled <- r
	}()
	first := make([]byte, 100_000)
	if _, err := io.ReadFull(p, first); err != nil {
		t.Fatal(err)
	}
	cancel()
	cut := <-cancelled
	all := p.readAll()
	p.stream.Close()
	content := append(first, <-all...)
	heapCntsOf(t, content)
	if int64(len(content)) != cut.Bytes {
		t.Errorf("%d bytes came, %d are in the result", len(content), cut.Bytes)
	}
}
