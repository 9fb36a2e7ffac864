// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"
	"time"

	"github.com/gospead/spead/recv"
)

const (
	// recentPoints is how many intervals count as of late.
	recentPoints = 10
	// trendPoints is how many points a snapshot has.
	trendPoints = 120
	// quietLeast is for how long nothing has to come before a stream has stopped.
	quietLeast = 5 * time.Second
)

// reading is what was read of a stream at one time.
type reading struct {
	time  time.Time
	stats recv.Stats
	tally Tally
	// ended says that no more heaps come, and err why.
	ended bool
	err   error
}

// sampler turns the readings of one stream into its state. It asks no clock.
type sampler struct {
	name       string
	queueLimit int
	cntStep    uint64
	// slowed says that the consumer takes heaps no faster than at a rate.
	slowed bool

	before  reading
	total   losses
	recent  ring[losses]
	gaps    ring[Histogram]
	history *history
	// drops is the kind of the kernel's latest drops, and dropped how many intervals ago they were.
	drops   kind
	dropped int
	// active is when packets came last, and pause the longest time without any before.
	active time.Time
	pause  time.Duration
}

// ring holds what the latest intervals added.
type ring[T any] struct {
	values [recentPoints]T
	next   int
}

func (r *ring[T]) add(v T) {
	r.values[r.next] = v
	r.next = (r.next + 1) % recentPoints
}

// newSampler begins with a first reading.
func newSampler(w Watched, keep int, first reading) *sampler {
	return &sampler{name: w.Name, queueLimit: w.QueueLimit, cntStep: w.CntStep, slowed: w.ConsumerRate > 0,
		before: first, history: newHistory(keep)}
}

// observe takes the next reading.
func (s *sampler) observe(now reading) StreamState {
	elapsed := now.time.Sub(s.before.time).Seconds()
	lost := s.lostSince(&now)
	s.recent.add(lost)
	for k := range lost {
		s.total[k] += lost[k]
	}
	s.gaps.add(now.tally.Gaps.minus(&s.before.tally.Gaps))
	s.noteActivity(&now)
	point := Point{
		Time:    now.time.UnixMilli(),
		Bits:    8 * rate(now.stats.PayloadBytesAccepted-s.before.stats.PayloadBytesAccepted, elapsed),
		Packets: rate(now.stats.PacketsSeen-s.before.stats.PacketsSeen, elapsed),
		Heaps:   rate(now.stats.HeapsBegun-s.before.stats.HeapsBegun, elapsed),
		Lost:    lost.byWhere(),
		Queued:  now.stats.HeapsQueued,
		Live:    now.stats.HeapsLive,
	}
	s.history.add(point)
	recent := s.recentLosses()
	state := StreamState{
		Name:       s.name,
		Now:        point,
		Losses:     s.total.list(&recent),
		Notes:      s.notes(&now),
		QueueLimit: s.queueLimit,
		Longest:    Seconds(now.tally.LongestGap.Seconds()),
		Substreams: s.substreams(&now, elapsed),
		Sources:    s.traffic(now.stats.Sources, s.before.stats.Sources, span{now.time, elapsed}),
		Senders:    s.traffic(now.stats.Senders, s.before.stats.Senders, span{now.time, elapsed}),
		Tally:      now.tally,
		Stats:      now.stats,
		Trend:      s.history.last(trendPoints),
	}
	state.Stats.Sources, state.Stats.Senders = nil, nil // the rows say it
	if now.err != nil {
		state.Error = now.err.Error()
	}
	s.addGaps(&state)
	state.Health, state.Verdict = s.judge(&now, state.Losses)
	s.before = now
	return state
}

// rate is a number per second, 0 if no time has passed.
func rate(n int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

// lostSince is what was lost since the reading before. What is lost can turn out to be late: then there
// is less than before.
func (s *sampler) lostSince(now *reading) (lost losses) {
	n, b := &now.stats, &s.before.stats
	full := func(d recv.Discards) int64 { return d[recv.DiscardOldest] + d[recv.DiscardNewest] }
	part := func(r *reading) int64 {
		return r.tally.Incomplete + r.stats.HeapsDiscarded[recv.DiscardEvicted] + r.stats.HeapsDiscarded[recv.DiscardFlushed]
	}
	lost[queueFull] = full(n.HeapsDiscarded) - full(b.HeapsDiscarded)
	drops := socketFull
	// A queue is full for a moment whenever one read finishes many heaps; only a slow consumer is to blame.
	if s.slowed && (n.WorkerBlocked > b.WorkerBlocked || n.HeapsQueued >= int64(s.queueLimit)) {
		drops = socketBlocked
	}
	lost[drops] = n.KernelDrops - b.KernelDrops
	if s.dropped++; lost[drops] > 0 {
		s.drops, s.dropped = drops, 0
	}
	holed, never := s.consequences()
	lost[holed] = part(now) - part(&s.before)
	s.countUnseen(&lost, never, s.unseen(now))
	for reason, packets := range n.Refused.All() {
		lost[refusal(reason)] = packets - b.Refused[reason]
	}
	return lost
}

// dropsLast is for how many intervals after drops the heaps that they hit may come to light: incomplete
// heaps do when newer ones push them out.
const dropsLast = 3

// consequences gives the kinds of incomplete and unseen heaps: they follow from the kernel's drops, if
// there were any of late.
func (s *sampler) consequences() (holed, never kind) {
	switch {
	case s.dropped > dropsLast || s.drops == 0:
		return incomplete, unseen
	case s.drops == socketBlocked:
		return incompleteBlocked, unseenBlocked
	}
	return incompleteDropped, unseenDropped
}

// countUnseen counts the heaps that turn out never to have come as one kind. If there are fewer than
// before, some were only late.
func (s *sampler) countUnseen(lost *losses, never kind, now int64) {
	all := [...]kind{unseen, unseenDropped, unseenBlocked}
	more := now
	for _, k := range all {
		more -= s.total[k]
	}
	if more >= 0 {
		lost[never] += more
		return
	}
	for _, k := range all {
		late := min(-more, s.total[k])
		lost[k] -= late
		more += late
	}
}

// unseen is how many heaps never came, as far as can be told.
func (s *sampler) unseen(r *reading) int64 {
	if s.wrongStep(r) {
		return 0
	}
	return r.stats.HeapsUnseen
}

// wrongStep says that all cnts are farther apart than was expected, so that what is between them isn't
// missing.
func (s *sampler) wrongStep(r *reading) bool {
	step := r.tally.Step
	return s.cntStep > 0 && step > s.cntStep && step%s.cntStep == 0
}

func (s *sampler) recentLosses() (sum losses) {
	for i := range s.recent.values {
		for k, n := range s.recent.values[i] {
			sum[k] += n
		}
	}
	return sum
}

// noteActivity notes whether packets came.
func (s *sampler) noteActivity(now *reading) {
	if now.stats.PacketsSeen+now.stats.KernelDrops == s.before.stats.PacketsSeen+s.before.stats.KernelDrops {
		return
	}
	if !s.active.IsZero() {
		s.pause = max(s.pause, now.time.Sub(s.active))
	}
	s.active = now.time
}

// quiet is for how long nothing has come, if that is longer than is usual for the stream.
func (s *sampler) quiet(now time.Time) (time.Duration, bool) {
	d := now.Sub(s.active)
	return d, d >= quietLeast && d > 2*s.pause
}

// judge says how the stream fares.
func (s *sampler) judge(now *reading, lost []Loss) (Health, string) {
	worst, earlier := Loss{}, Loss{}
	for _, l := range lost {
		if l.Harmless {
			continue
		}
		if worst.Recent == 0 && l.Recent > 0 {
			worst = l
		}
		if earlier.Total == 0 {
			earlier = l
		}
	}
	quiet, isQuiet := s.quiet(now.time)
	switch {
	case worst.Recent > 0:
		return Losing, Counted(worst.Recent, worst.Says)
	case now.err != nil:
		return Stopped, "failed: " + now.err.Error()
	case now.ended:
		return Ended, "ended by its sources"
	case s.active.IsZero():
		return Silent, "nothing has come yet"
	case isQuiet:
		return Stopped, fmt.Sprintf("nothing comes any more, for %v", quiet.Round(time.Second))
	case earlier.Total > 0:
		return HasLost, "nothing lost of late; before: " + Counted(earlier.Total, earlier.Says)
	}
	return OK, "nothing lost"
}

func (s *sampler) addGaps(state *StreamState) {
	var sum Histogram
	for _, h := range s.gaps.values {
		for i, n := range h {
			sum[i] += n
		}
	}
	for i, n := range sum {
		class := GapClass{Count: n}
		if i < len(bounds) {
			class.Most = Seconds(bounds[i].Seconds())
		}
		state.Gaps = append(state.Gaps, class)
	}
	if sum.Total() > 0 {
		state.Median, state.P99 = Seconds(sum.Quantile(0.5).Seconds()), Seconds(sum.Quantile(0.99).Seconds())
	}
}
