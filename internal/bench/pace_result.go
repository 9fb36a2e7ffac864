// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"slices"
)

// PaceResult is what the runs at one rate showed.
type PaceResult struct {
	// Asked is the rate in bytes per second.
	Asked      float64     `json:"asked_bytes_per_second"`
	PacketSize int         `json:"packet_size"`
	HeapSize   int64       `json:"heap_size"`
	Burst      int         `json:"burst_size"`
	Ratio      float64     `json:"burst_rate_ratio"`
	Heaps      int64       `json:"heaps"`
	Repeats    int         `json:"repeats"`
	Ours       PaceFigures `json:"ours"`
	// Peer is nil without one.
	Peer *PaceFigures `json:"peer,omitempty"`
}

// PaceFigures are medians over runs, unless the name says otherwise.
type PaceFigures struct {
	BytesPerSecond float64 `json:"bytes_per_second"`
	// Error is the median of how far rates are from what was asked for, whether above or below, as a part
	// of it; WorstError is the largest.
	Error      float64 `json:"error"`
	WorstError float64 `json:"error_max"`
	// Late are percentiles of how late bursts began, in seconds.
	Late50  float64 `json:"late_p50_seconds"`
	Late99  float64 `json:"late_p99_seconds"`
	LateMax float64 `json:"late_max_seconds"`
	// Excess is how many bytes more than the rate allows came within 100 µs.
	Excess    float64 `json:"excess_bytes_100us"`
	Processor float64 `json:"processors"`
	// Packets is how many arrived in all runs, Lost how many didn't.
	Packets int64 `json:"packets_all_runs"`
	Lost    int64 `json:"lost_all_runs"`
}

func (o *Pace) summarize(rate float64, ours, peers []Paced) PaceResult {
	r := PaceResult{
		Asked: rate, PacketSize: o.PacketSize, HeapSize: o.HeapSize, Burst: o.Burst, Ratio: o.Ratio,
		Heaps: o.Heaps(rate), Repeats: len(ours), Ours: newPaceFigures(rate, ours),
	}
	if len(peers) > 0 {
		f := newPaceFigures(rate, peers)
		r.Peer = &f
	}
	return r
}

func newPaceFigures(rate float64, runs []Paced) PaceFigures {
	of := func(figure func(Paced) float64) float64 {
		all := make([]float64, len(runs))
		for i, p := range runs {
			all[i] = figure(p)
		}
		slices.Sort(all)
		return median(all)
	}
	wrongBy := func(p Paced) float64 { return math.Abs(p.Rate/rate - 1) }
	f := PaceFigures{
		BytesPerSecond: of(func(p Paced) float64 { return p.Rate }),
		Error:          of(wrongBy),
		Late50:         of(func(p Paced) float64 { return p.Middle }),
		Late99:         of(func(p Paced) float64 { return p.Late }),
		LateMax:        of(func(p Paced) float64 { return p.Latest }),
		Excess:         of(func(p Paced) float64 { return p.Excess }),
		Processor:      of(func(p Paced) float64 { return p.Processor }),
	}
	for _, p := range runs {
		f.WorstError = max(f.WorstError, wrongBy(p))
		f.Packets += p.Packets
		f.Lost += p.Lost
	}
	return f
}
