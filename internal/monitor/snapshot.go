// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"time"

	"github.com/gospead/spead/recv"
)

// Health says in a word how a stream fares.
type Health string

// The states, the most alarming first.
const (
	// Losing: something was lost of late.
	Losing Health = "losing"
	// Stopped: data came, and doesn't any more.
	Stopped Health = "stopped"
	// Silent: nothing has come yet.
	Silent Health = "silent"
	// Ended: the stream's sources have ended.
	Ended Health = "ended"
	// HasLost: data comes whole, but something was lost before.
	HasLost Health = "has lost"
	// OK: data comes, and nothing was lost.
	OK Health = "ok"
)

// alarm orders the states.
var alarm = map[Health]int{Losing: 0, Stopped: 1, Silent: 2, Ended: 3, HasLost: 4, OK: 5}

// Alarm is a state's rank, 0 being the most alarming.
func (h Health) Alarm() int { return alarm[h] }

// Snapshot is what is known of all streams at one time. It isn't changed any more.
type Snapshot struct {
	// Seq numbers snapshots from 1 on.
	Seq int64 `json:"seq"`
	// Time is when it was made, and Started when watching began.
	Time    time.Time `json:"time"`
	Started time.Time `json:"started"`
	// Interval is how often there is one, and Recent what Loss.Recent refers to.
	Interval Seconds `json:"interval"`
	Recent   Seconds `json:"recent"`
	// Health is that of the stream that is worst off, and Verdict says it in a sentence.
	Health  Health `json:"health"`
	Verdict string `json:"verdict"`
	// Streams has every stream, in the order in which they were given.
	Streams []StreamState `json:"streams"`
}

// Seconds is a duration that is a number of seconds in JSON.
type Seconds float64

// StreamState is what is known of one stream.
type StreamState struct {
	Name    string `json:"name"`
	Health  Health `json:"health"`
	Verdict string `json:"verdict"`
	// Error is how the stream ended, if it didn't end in order.
	Error string `json:"error,omitempty"`
	// Now is the latest interval.
	Now Point `json:"now"`
	// Losses says what was lost, the place nearest to the user first; Notes are other things worth
	// knowing.
	Losses []Loss   `json:"losses"`
	Notes  []string `json:"notes"`
	// QueueLimit is how many heaps may be queued.
	QueueLimit int `json:"queue_limit"`
	// Gaps counts the times between heaps of late: counts that go with Bounds, the last beyond them all.
	Gaps []GapClass `json:"gaps"`
	// Median, P99 and Longest are of the same times, in seconds; Longest since watching began.
	Median  Seconds `json:"gap_median"`
	P99     Seconds `json:"gap_p99"`
	Longest Seconds `json:"gap_longest"`
	// Substreams, Sources and Senders divide what came.
	Substreams []SubstreamState `json:"substreams"`
	Sources    []TrafficState   `json:"sources"`
	Senders    []TrafficState   `json:"senders"`
	// Tally and Stats are the totals.
	Tally Tally      `json:"tally"`
	Stats recv.Stats `json:"stats"`

	// Trend is the last minutes, the oldest first. It isn't in JSON: the history is asked for by itself.
	Trend []Point `json:"-"`
}

// GapClass is how many times between heaps were no longer than Most, in seconds, and longer than the
// class before allows; Most is 0 for the last, which has no limit.
type GapClass struct {
	Most  Seconds `json:"most"`
	Count int64   `json:"count"`
}

// SubstreamState is a substream with its rates.
type SubstreamState struct {
	Substream
	// HeapRate and BitRate are heaps and bits of payload per second.
	HeapRate float64 `json:"heaps_per_second"`
	BitRate  float64 `json:"bits_per_second"`
}

// TrafficState is a source or a sender with its rates.
type TrafficState struct {
	// Addr is the address, or "other".
	Addr string `json:"addr"`
	// PacketRate and BitRate are packets and bits of UDP payload per second.
	PacketRate float64 `json:"packets_per_second"`
	BitRate    float64 `json:"bits_per_second"`
	// Packets, Bytes, Refused and KernelDrops are as in recv.Traffic.
	Packets     int64 `json:"packets"`
	Bytes       int64 `json:"bytes"`
	Refused     int64 `json:"refused"`
	KernelDrops int64 `json:"kernel_drops"`
	// Silence is how long ago the latest packet came, in seconds; negative if none has.
	Silence Seconds `json:"silence"`
}
