// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gospead/spead/internal/netns"
)

// newFullStream gives a stream over a device that lets next to nothing pass, so that the socket is
// full soon and stays so; where there is none, the test is skipped.
func newFullStream(t *testing.T, endpoints int) *Stream {
	t.Helper()
	n := netns.ForTest(t)
	if err := n.IP("link add out type veth peer name in", "addr add 10.7.1.1/24 dev out", "link set out up", "link set in up",
		"neigh add 10.7.1.2 lladdr 02:00:00:00:00:01 dev out"); err != nil {
		t.Fatal(err)
	}
	if err := n.TC("qdisc add dev out root tbf rate 8bit burst 9kb limit 100mb"); err != nil {
		t.Skipf("needs tc to hold packets up: %v", err)
	}
	return newStreamIn(t, n, UDPConfig{
		Config:     Config{MaxHeaps: 64},
		Endpoints:  slices.Repeat([]netip.AddrPort{netip.MustParseAddrPort("10.7.1.2:7148")}, endpoints),
		BufferSize: 16 << 10,
	})
}

// untilFull waits until the socket was found full so many times: by a caller that doesn't wait for it, and
// then by who does.
func untilFull(t *testing.T, s *Stream, times int64) {
	t.Helper()
	for s.Stats().Transport.Waits < times && t.Context().Err() == nil {
		runtime.Gosched()
	}
}

func TestAHeapIsWithdrawnFromAFullSocket(t *testing.T) {
	s := newFullStream(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		untilFull(t, s, 2)
		cancel()
	}()
	r, err := s.Send(ctx, heapOf(1_000_000))
	if !errors.Is(err, context.Canceled) || r.Bytes == 0 || r.Bytes >= 1_000_000 {
		t.Errorf("%+v, %v", r, err)
	}
	// The stream is as good as before: still full, and to be withdrawn from.
	ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if r, err := s.Send(ctx, heapOf(1_000_000)); err == nil || r.Err == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestABatchSharedByTwoIsCancelledInAFullSocket(t *testing.T) {
	s := newFullStream(t, 2)
	b := manyHeaps(64, 100_000)
	b.Order = Unordered
	if err := s.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	untilFull(t, s, 2)
	b.Cancel()
	if err := b.Wait(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("the batch ended with %v", err)
	}
	var sum int64
	for _, r := range b.Results() {
		sum += r.Bytes
	}
	if st := s.Stats(); st.Bytes != sum || st.Heaps+st.FailedHeaps != 64 {
		t.Errorf("%d bytes in the results; %+v", sum, st)
	}
}

func TestCloseGivesUpOnASocketThatTakesNothing(t *testing.T) {
	s := newFullStream(t, 1)
	s.sender.transport.(*udpTransport).linger.most = 20 * time.Millisecond
	b := manyHeaps(64, 100_000)
	if err := errors.Join(s.SendBatch(t.Context(), b), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("the batch ended with %v", err)
	}
	var sum int64
	for i, r := range b.Results() {
		sum += r.Bytes
		if i > 0 && (!errors.Is(r.Err, ErrClosed) || r.Bytes != 0) && b.Results()[i-1].Err != nil {
			t.Errorf("heap %d: %+v", i, r)
		}
	}
	if st := s.Stats(); st.Bytes != sum || st.Heaps+st.FailedHeaps != 64 || sum == 0 {
		t.Errorf("%d bytes in the results; %+v", sum, st)
	}
}
