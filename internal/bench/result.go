// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"slices"
	"time"
)

// Run is what one run showed.
type Run struct {
	// Rate is bytes of samples per second.
	Rate float64
	// Processor is processor seconds per GB of samples, user and system; 0 where it can't be told.
	Processor float64
}

func newRun(bytes int64, took, used time.Duration) Run {
	return Run{
		Rate:      float64(bytes) / took.Seconds(),
		Processor: used.Seconds() / (float64(bytes) / 1e9),
	}
}

// pair is a run of ours and one of the peer's, if there is one.
type pair struct {
	ours, peer Run
}

// Result is what the runs of one heap size showed: medians, unless the name says otherwise.
type Result struct {
	HeapSize       int64   `json:"heap_size"`
	PacketSize     int     `json:"packet_size"`
	Layout         string  `json:"layout"`
	Heaps          int64   `json:"heaps"`
	Repeats        int     `json:"repeats"`
	BytesPerSecond float64 `json:"bytes_per_second"`
	Lowest         float64 `json:"bytes_per_second_min"`
	Highest        float64 `json:"bytes_per_second_max"`
	Processor      float64 `json:"cpu_seconds_per_gb"`
	// Verified says that a receiver compared every sample.
	Verified           bool    `json:"verified"`
	PeerBytesPerSecond float64 `json:"peer_bytes_per_second,omitempty"`
	PeerProcessor      float64 `json:"peer_cpu_seconds_per_gb,omitempty"`
	// Ratio is the median over the pairs of our rate over the peer's, ProcessorRatio that of the
	// processor time.
	Ratio          float64 `json:"ratio,omitempty"`
	RatioLowest    float64 `json:"ratio_min,omitempty"`
	RatioHighest   float64 `json:"ratio_max,omitempty"`
	ProcessorRatio float64 `json:"cpu_ratio,omitempty"`
}

func (o *Send) summarize(size int64, pairs []pair) Result {
	of := func(figure func(pair) float64) []float64 {
		all := make([]float64, len(pairs))
		for i, p := range pairs {
			all[i] = figure(p)
		}
		slices.Sort(all)
		return all
	}
	rates := of(func(p pair) float64 { return p.ours.Rate })
	r := Result{
		HeapSize: size, PacketSize: o.PacketSize, Layout: o.Layout.String(), Heaps: o.Heaps(size),
		Repeats: len(pairs), Verified: o.Verify,
		BytesPerSecond: median(rates), Lowest: rates[0], Highest: rates[len(rates)-1],
		Processor: median(of(func(p pair) float64 { return p.ours.Processor })),
	}
	if o.Peer == "" {
		return r
	}
	r.PeerBytesPerSecond = median(of(func(p pair) float64 { return p.peer.Rate }))
	r.PeerProcessor = median(of(func(p pair) float64 { return p.peer.Processor }))
	ratios := of(func(p pair) float64 { return p.ours.Rate / p.peer.Rate })
	r.Ratio, r.RatioLowest, r.RatioHighest = median(ratios), ratios[0], ratios[len(ratios)-1]
	if r.PeerProcessor > 0 {
		r.ProcessorRatio = median(of(func(p pair) float64 { return p.ours.Processor / p.peer.Processor }))
	}
	return r
}

// median is of sorted figures.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
