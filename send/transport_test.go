// SPDX-License-Identifier: Apache-2.0

package send

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// fakeTransport keeps what it is given. It fails the datagrams that fail says, counted from 0 over
// its life, and before each write it receives from gate, if there is one.
type fakeTransport struct {
	gate    chan struct{}
	fail    map[int]error
	count   int
	packets [][]byte
	from    []int // the substream of each packet
	closed  bool
}

func (f *fakeTransport) WriteBatch(d []wire.Datagram) (int, error) {
	if f.gate != nil {
		<-f.gate
	}
	for i := range d {
		f.count++
		if err := f.fail[f.count-1]; err != nil {
			return i, err
		}
		f.packets = append(f.packets, d[i].AppendTo(nil))
		f.from = append(f.from, d[i].Substream)
	}
	return len(d), nil
}

func (f *fakeTransport) Close() error {
	f.closed = true
	return nil
}

// cnts gives the heap cnt of each packet that was written.
func (f *fakeTransport) cnts(t *testing.T) []spead.HeapCnt {
	t.Helper()
	var cnts []spead.HeapCnt
	for _, b := range f.packets {
		var p wire.Packet
		if size, refusal := p.Decode(b); size != len(b) {
			t.Fatalf("a packet of %d bytes was refused: %v", len(b), refusal)
		}
		cnts = append(cnts, p.Cnt)
	}
	return cnts
}

// newTestStream returns a stream over f that is closed with the test.
func newTestStream(t *testing.T, cfg Config, f *fakeTransport) *Stream {
	t.Helper()
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(cfg, f, 4)
	t.Cleanup(func() { s.Close() })
	return s
}

// heapOf returns a heap with one item of n bytes in its payload.
func heapOf(n int) *Heap {
	h := NewHeap(spead.Flavour{})
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(i)
	}
	h.AddItem(0x1000, value)
	return h
}

// TestWhatTakesSomethingNowAndThenIsWaitedFor has something leave every now and then.
func TestWhatTakesSomethingNowAndThenIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := linger{most: 10 * time.Second}
		l.moved()
		if until, passed := l.deadline(); passed || !until.IsZero() {
			t.Errorf("before the stream is closed: %v, %v", until, passed)
		}
		l.hurry()
		for range 5 {
			<-time.After(6 * time.Second)
			l.moved()
		}
		<-time.After(6 * time.Second)
		if until, passed := l.deadline(); passed || time.Until(until) != 4*time.Second {
			t.Errorf("6 s after something left: %v, %v", time.Until(until), passed)
		}
		<-time.After(4 * time.Second)
		if _, passed := l.deadline(); !passed {
			t.Error("10 s after something left it is waited for")
		}
	})
}

// TestADeadlineOfClosingIsntOverwritten has the stream begin to be closed while the transport goes back
// to waiting without end.
func TestADeadlineOfClosingIsntOverwritten(t *testing.T) {
	l := linger{most: 10 * time.Second}
	var set time.Time
	calls := 0
	passed := l.renew(func(until time.Time) {
		if calls++; calls == 1 {
			set = l.hurry()
		}
		set = until
	})
	if passed || set.IsZero() {
		t.Errorf("passed: %t, the deadline is %v", passed, set)
	}
}
