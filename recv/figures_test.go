// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gospead/spead/inproc"
)

// addressed is a source whose datagrams come from several senders.
type addressed struct {
	listSource
	from []string
}

func (a *addressed) ReadBatch(b *Batch) error {
	for _, from := range a.from {
		b.Add(a.datagrams[0])
		b.Origins = append(b.Origins, Origin{netip.MustParseAddrPort(from), 1, int64(len(a.datagrams[0]))})
		a.datagrams = a.datagrams[1:]
	}
	return io.EOF
}

func TestTrafficIsToldApartBySender(t *testing.T) {
	packets := tenHeaps(t)
	packets[2] = []byte("no packet at all")
	src := &addressed{listSource{datagrams: packets}, []string{"10.0.0.1:5", "10.0.0.2:5", "10.0.0.2:5", "10.0.0.3:5", "10.0.0.1:5"}}
	s := newTestStream(t, Config{MaxSenders: 2}, src)
	for h := range s.Heaps(t.Context()) {
		h.Release()
	}
	st := s.Stats()
	if len(st.Senders) != 3 || len(st.Sources) != 1 {
		t.Fatalf("senders %+v, sources %+v", st.Senders, st.Sources)
	}
	for i, want := range []Traffic{{Packets: 2}, {Packets: 2, Refused: 1}, {Packets: 1}} {
		got := st.Senders[i]
		if got.Packets != want.Packets || got.Refused != want.Refused || got.Bytes == 0 || got.First.IsZero() || got.Last.Before(got.First) {
			t.Errorf("sender %d: %+v", i, got)
		}
	}
	if st.Senders[1].Addr != netip.MustParseAddrPort("10.0.0.2:5") || st.Senders[2].Addr.IsValid() {
		t.Errorf("senders %+v", st.Senders)
	}
	if got := st.Sources[0]; got.Packets != 5 || got.Refused != 1 {
		t.Errorf("source %+v", got)
	}
}

func TestTheUsersOwnFigures(t *testing.T) {
	var s *Stream
	cfg := Config{Statistics: []Statistic{{Name: "bytes"}, {Name: "longest", Mode: StatisticMax}}, OnHeap: func(h *Heap) {
		s.Count(0, h.Received())
		s.Count(1, h.Received())
		h.Release()
	}}
	q, err := inproc.NewQueue(0)
	if err != nil {
		t.Fatal(err)
	}
	s = newTestStream(t, cfg, &inprocSource{queue: q})
	for _, n := range []int{10, 30, 20} {
		must(t, q.Add(packetsOf(t, 1472, heapOf(n, 1))))
	}
	q.Stop()
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if st := s.Stats(); len(st.Custom) != 2 || st.Custom[0] != 60 || st.Custom[1] != 30 {
		t.Errorf("figures: %v", st.Custom)
	}
	for _, list := range [][]Statistic{{{Name: ""}}, {{Name: "a"}, {Name: "a"}}, {{Name: "a", Mode: 9}}} {
		if _, err := NewStream(Config{Statistics: list}); err == nil {
			t.Errorf("%+v was accepted", list)
		}
	}
}

func TestLogsAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, nil))
		q, err := inproc.NewQueue(0)
		if err != nil {
			t.Fatal(err)
		}
		s := newTestStream(t, Config{Logger: logger, LogInterval: time.Second}, &inprocSource{queue: q})
		for range 3 {
			for range 1000 {
				must(t, q.Add([]byte("this is no packet")))
			}
			<-time.After(time.Second)
		}
		must(t, s.Close())
		lines := strings.Split(strings.TrimSpace(text.String()), "\n")
		if len(lines) < 2 || len(lines) > 4 || !strings.Contains(lines[len(lines)-1], "total=3000") || !strings.Contains(lines[0], "reason=bad_magic") {
			t.Errorf("logged:\n%s", text.String())
		}
	})
}

func TestFiguresThatDontAddUpAreNoticed(t *testing.T) {
	s, err := NewStream(Config{CheckAccounts: true})
	if err != nil {
		t.Fatal(err)
	}
	s.checkAccounts()
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	s.work.HeapsDelivered++
	s.checkAccounts()
	if err := s.Err(); !errors.Is(err, ErrAccounts) {
		t.Errorf("a heap from nowhere gave %v", err)
	}
	must(t, s.Close())
}
