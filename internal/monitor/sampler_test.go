// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// script feeds a sampler with readings a second apart, each changed from the one before.
type script struct {
	*sampler
	now reading
}

func newScript(w Watched) *script {
	w.Name = "beam"
	start := reading{time: time.Unix(1000, 0), tally: Tally{Substreams: make([]Substream, 2)}}
	return &script{newSampler(w, 30, start), start}
}

func (s *script) step(change func(*reading)) StreamState {
	s.now.time = s.now.time.Add(time.Second)
	s.now.tally.Substreams = append([]Substream(nil), s.now.tally.Substreams...)
	change(&s.now)
	return s.observe(s.now)
}

// flow adds what a second brings without loss.
func flow(r *reading) {
	r.stats.PacketsSeen += 100
	r.stats.PacketsAccepted += 100
	r.stats.PayloadBytesAccepted += 100_000
	r.stats.HeapsBegun += 10
	r.tally.Substreams[1].Heaps += 10
	r.tally.Substreams[1].Bytes += 1000
}

func TestRatesAreOfTheTimeThatHasPassed(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4})
	addr := netip.MustParseAddrPort("127.0.0.1:7148")
	state := s.step(func(r *reading) {
		flow(r)
		r.time = r.time.Add(3 * time.Second) // the machine was busy
		r.stats.HeapsQueued, r.stats.HeapsLive = 3, 2
		r.stats.Sources = []recv.Traffic{{Addr: addr, Packets: 8, Bytes: 800, Last: r.time.Add(-time.Second)}, {}}
	})
	want := Point{Time: 1004_000, Bits: 200_000, Packets: 25, Heaps: 2.5, Queued: 3, Live: 2}
	if diff := cmp.Diff(want, state.Now); diff != "" {
		t.Error(diff)
	}
	if row := state.Substreams[1]; row.HeapRate != 2.5 || row.BitRate != 2000 {
		t.Errorf("%+v", row)
	}
	sources := []TrafficState{
		{Addr: "127.0.0.1:7148", PacketRate: 2, BitRate: 1600, Packets: 8, Bytes: 800, Silence: 1},
		{Addr: "other", Silence: -1},
	}
	if diff := cmp.Diff(sources, state.Sources); diff != "" {
		t.Error(diff)
	}
	s.now.time = s.now.time.Add(-time.Second) // no time passes
	if state = s.step(flow); state.Now.Packets != 0 {
		t.Errorf("%+v", state.Now)
	}
}

func TestLossIsNamedAndCounted(t *testing.T) {
	for _, c := range []struct {
		kind, unit string
		where      Where
		change     func(*reading)
	}{
		{"queue_full", "heaps", AtConsumer, func(r *reading) {
			r.stats.HeapsDiscarded[recv.DiscardOldest] += 3
			r.stats.HeapsDiscarded[recv.DiscardNewest] += 4
		}},
		{"socket_full", "packets", AtSocket, func(r *reading) { r.stats.KernelDrops += 7 }},
		{"socket_blocked", "packets", AtConsumer, func(r *reading) { r.stats.KernelDrops += 7; r.stats.WorkerBlocked++ }},
		{"socket_blocked", "packets", AtConsumer, func(r *reading) { r.stats.KernelDrops += 7; r.stats.HeapsQueued = 4 }},
		{"incomplete", "heaps", OnTheWay, func(r *reading) {
			r.tally.Incomplete += 4
			r.stats.HeapsDiscarded[recv.DiscardEvicted] += 2
			r.stats.HeapsDiscarded[recv.DiscardFlushed]++
		}},
		{"unseen", "heaps", OnTheWay, func(r *reading) { r.stats.HeapsUnseen += 7 }},
		{"refused.bad_magic", "packets", AtSender, func(r *reading) { r.stats.Refused[spead.RefusedBadMagic] += 7 }},
		{"refused.memory_limit", "packets", AtLimit, func(r *reading) { r.stats.Refused[spead.RefusedMemoryLimit] += 7 }},
		{"refused.late", "packets", InOrder, func(r *reading) { r.stats.Refused[spead.RefusedLate] += 7 }},
	} {
		s := newScript(Watched{QueueLimit: 4, CntStep: 1, ConsumerRate: 1})
		s.step(flow)
		state := s.step(func(r *reading) { flow(r); c.change(r) })
		if len(state.Losses) != 1 {
			t.Fatalf("%s: %+v", c.kind, state.Losses)
		}
		l := state.Losses[0]
		if l.Kind != c.kind || l.Unit != c.unit || l.Where != c.where || l.Total != 7 || l.Recent != 7 || l.Harmless {
			t.Errorf("%s: %+v", c.kind, l)
		}
		if state.Health != Losing || state.Verdict != "7 "+l.Says || state.Now.Lost[c.where] != 7 {
			t.Errorf("%s: %s, %q, %v", c.kind, state.Health, state.Verdict, state.Now.Lost)
		}
	}
}

func TestAFullQueueIsNotToBlameIfTheConsumerIsFast(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4})
	state := s.step(func(r *reading) { flow(r); r.stats.KernelDrops = 9; r.stats.WorkerBlocked, r.stats.HeapsQueued = 5, 4 })
	if state.Losses[0].Kind != "socket_full" {
		t.Errorf("%+v", state.Losses)
	}
}

// TestTheNearestPlaceIsBlamed: what the kernel drops leaves holes in heaps, which may show later.
func TestTheNearestPlaceIsBlamed(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4})
	state := s.step(func(r *reading) { flow(r); r.tally.Incomplete = 5; r.stats.KernelDrops = 9 })
	if !strings.HasPrefix(state.Verdict, "9 packets dropped at the socket") {
		t.Error(state.Verdict)
	}
	s.step(func(r *reading) { flow(r); r.tally.Incomplete++; r.stats.HeapsUnseen = 2 })
	for range dropsLast {
		state = s.step(flow)
	}
	state = s.step(func(r *reading) { flow(r); r.tally.Incomplete++; r.stats.HeapsUnseen = 1 })
	var got []string
	for _, l := range state.Losses {
		got = append(got, fmt.Sprintf("%s at %s: %d", l.Kind, l.Where, l.Total))
	}
	want := []string{"socket_full at socket: 9", "incomplete_dropped at socket: 6", "unseen_dropped at socket: 1", "incomplete at way: 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if sum := s.history.last(100); sum[0].Lost[AtSocket] != 9 || sum[1].Lost[AtSocket] != 0 {
		t.Errorf("packets and what became of them are added up: %v", sum)
	}
}

func TestRepeatedPacketsAreNoLoss(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4})
	state := s.step(func(r *reading) { flow(r); r.stats.Refused[spead.RefusedDuplicate] = 5 })
	if state.Health != OK || len(state.Losses) != 1 || !state.Losses[0].Harmless || state.Now.Lost != [whereCount]int64{} {
		t.Errorf("%s, %+v", state.Health, state)
	}
}

func TestHeapsThatComeLateWereNotLost(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4, CntStep: 1})
	s.step(func(r *reading) { flow(r); r.stats.HeapsUnseen = 9 })
	state := s.step(func(r *reading) { flow(r); r.stats.HeapsUnseen = 2 })
	if l := state.Losses[0]; l.Total != 2 || l.Recent != 2 {
		t.Errorf("%+v", l)
	}
	if state = s.step(func(r *reading) { flow(r); r.stats.HeapsUnseen = 0 }); state.Health != OK || len(state.Losses) != 0 {
		t.Errorf("%s, %+v", state.Health, state.Losses)
	}
}

func TestWhatLiesBetweenDistantCntsIsNotMissing(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4, CntStep: 2})
	state := s.step(func(r *reading) { flow(r); r.stats.HeapsUnseen = 30; r.tally.Step = 8 })
	if state.Health != OK || len(state.Notes) != 1 || !strings.Contains(state.Notes[0], "--cnt-step 8") {
		t.Errorf("%s, %q", state.Health, state.Notes)
	}
	if state = s.step(func(r *reading) { flow(r); r.tally.Step = 2 }); state.Health != Losing || len(state.Notes) != 0 {
		t.Errorf("%s, %q", state.Health, state.Notes)
	}
}

func TestHealthFollowsWhatHappens(t *testing.T) {
	s := newScript(Watched{QueueLimit: 4})
	nothing := func(*reading) {}
	expect := func(want Health, state StreamState) {
		t.Helper()
		if state.Health != want {
			t.Fatalf("%v: %s (%s), expected %s", s.now.time.Unix(), state.Health, state.Verdict, want)
		}
	}
	expect(Silent, s.step(nothing))
	expect(OK, s.step(flow))
	for range 3 {
		s.step(nothing)
	}
	expect(OK, s.step(flow)) // a pause of 4 s is usual from now on
	for range 8 {
		expect(OK, s.step(nothing))
	}
	expect(Stopped, s.step(nothing))
	expect(Losing, s.step(func(r *reading) { flow(r); r.stats.KernelDrops++ }))
	for range recentPoints - 1 {
		expect(Losing, s.step(flow))
	}
	expect(HasLost, s.step(flow))
	expect(Ended, s.step(func(r *reading) { r.ended = true }))
	expect(Stopped, s.step(func(r *reading) { r.err = errors.New("no such device") }))
	if n := len(s.history.last(1000)); n > 30 {
		t.Errorf("%d points are kept", n)
	}
}

func TestHistoryKeepsTheLatest(t *testing.T) {
	h := newHistory(4)
	for i := range 10 {
		h.add(Point{Time: int64(i)})
		var times []int64
		for _, p := range h.last(3) {
			times = append(times, p.Time)
		}
		var want []int64
		for j := max(0, i-2); j <= i; j++ {
			want = append(want, int64(j))
		}
		if diff := cmp.Diff(want, times); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestEveryKindHasItsMeaning(t *testing.T) {
	for k := range kindCount {
		m := k.meaning()
		if k == refusal(spead.Accepted) {
			continue
		}
		if m.name == "" || m.unit == "" || m.says == "" || m.helps == "" || len(m.says) > 60 {
			t.Errorf("%d: %+v", k, m)
		}
	}
}

// TestWhatIsCountedReadsAsASentence: what is said has a number before it, and is of what is counted.
func TestWhatIsCountedReadsAsASentence(t *testing.T) {
	nouns := map[string][]string{"packets": {"packets", "datagrams", "frames"}, "heaps": {"heaps"}}
	for k := range kindCount {
		m := k.meaning()
		if k == refusal(spead.Accepted) {
			continue
		}
		noun, _, _ := strings.Cut(m.says, " ")
		if !slices.Contains(nouns[m.unit], noun) {
			t.Errorf("%s counts %s: %q", m.name, m.unit, m.says)
		}
	}
	for _, c := range []struct {
		n          int64
		what, want string
	}{
		{0, "packets", "0 packets"}, {1, "packets", "1 packet"}, {2, "packets", "2 packets"},
		{1, ownMeanings[socketFull].says, "1 packet dropped at the socket: buffer full"},
		{1, refusalMeanings[spead.RefusedBadMagic].says, "1 packet that is not SPEAD"},
		{1, refusalMeanings[spead.RefusedTrailingBytes].says, "1 datagram that goes on after the packet"},
		{1, refusalMeanings[spead.RefusedNoHeap].says, "1 packet of heaps whose start is missing"},
		{1, ownMeanings[unseen].says, "1 heap of which nothing came: lost on the way"},
	} {
		if got := Counted(c.n, c.what); got != c.want {
			t.Errorf("%q, expected %q", got, c.want)
		}
	}
}

func TestTimesBetweenHeaps(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{0, time.Microsecond, 1001, 20 * time.Millisecond, time.Hour} {
		h.add(d)
	}
	if h[0] != 2 || h[1] != 1 || h[13] != 1 || h[len(h)-1] != 1 || h.Total() != 5 {
		t.Errorf("%v", h)
	}
	got := fmt.Sprint(h.Quantile(0), h.Quantile(0.5), h.Quantile(0.6), h.Quantile(0.99))
	if got != "1µs 2µs 20ms 10s" {
		t.Error(got)
	}
}

func TestStepIsWhatAllCntsShare(t *testing.T) {
	for _, c := range []struct {
		bits int
		cnts []spead.HeapCnt
		want uint64
	}{
		{48, []spead.HeapCnt{1, 9, 17, 41, 33}, 8},
		{48, []spead.HeapCnt{5, 5, 5}, 0},
		{8, []spead.HeapCnt{240, 248, 0, 8}, 8},
		{48, []spead.HeapCnt{12, 30, 60}, 6},
		{48, []spead.HeapCnt{0, 1 << 47, 3 << 20}, 1 << 20},
	} {
		tally := newTallier(1)
		for i := range stepsLeast {
			tally.note(heapSeen{cnt: c.cnts[i%len(c.cnts)], addressBits: c.bits}, time.Unix(int64(i), 0))
		}
		if step := tally.read().Step; step != c.want {
			t.Errorf("%v: %d, expected %d", c.cnts, step, c.want)
		}
	}
}

func TestSubstreamsAreToldApart(t *testing.T) {
	tally := newTallier(2)
	tally.note(heapSeen{cnt: 4, addressBits: 48, complete: true, received: 100}, time.Unix(0, 0))
	tally.note(heapSeen{cnt: 7, addressBits: 48, received: 60, missing: 40}, time.Unix(2, 0))
	got := tally.read()
	want := []Substream{{Heaps: 1, Bytes: 100, LastCnt: 4}, {Heaps: 1, Incomplete: 1, MissingBytes: 40, Bytes: 60, LastCnt: 7}}
	if diff := cmp.Diff(want, got.Substreams); diff != "" {
		t.Error(diff)
	}
	if got.Heaps != 2 || got.Incomplete != 1 || got.MissingBytes != 40 || got.LongestGap != 2*time.Second || got.Step != 0 {
		t.Errorf("%+v", got)
	}
}
