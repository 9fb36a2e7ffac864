// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/bench"
)

// benchPace is what the flags of spead bench pace set.
type benchPace struct {
	bench.Pace
	rates []float64
	json  bool
}

func newBenchPace(c console) *cobra.Command {
	o := benchPace{
		rates: []float64{1e9 / 8, 5e9 / 8, 10e9 / 8, 20e9 / 8},
		Pace: bench.Pace{PacketSize: 9000, HeapSize: 64 << 10, Duration: time.Second, Burst: 65536,
			Ratio: 1.05, Repeats: 5},
	}
	cmd := &cobra.Command{
		Use:   "pace",
		Short: "Measure how well a rate is kept to, from outside",
		Long: `Measure how well a rate is kept to. Heaps are sent over UDP to a loopback socket in this process,
where the kernel notes when packets arrive; what it hands on as one message arrives at once. Linux
only.

The rate is that from the beginning of the first burst to that of the last, its error is in percent
of what was asked for. A burst is late by the time from when its first byte had to arrive, if all that
went before took as long as the rate says, to when it did; the most timely burst counts as in time.
Excess is how much more than the rate allows came within any 100 µs; a perfect sender reaches about
--burst. Processor is that of the sender alone.

--peer names a program that is measured in turn with ours. It is called as "PEER HOST:PORT --packet
PACKET-SIZE --heap-size HEAP-SIZE --rate GIGABITS --burst BURST --burst-rate-ratio RATIO --heaps
HEAPS", as spead2_send.

Figures are medians over --repeats, the largest error and lost packets those of all runs.`,
		Example: `  spead bench pace
  spead bench pace --rates 100Mbps,40Gbps --packet-size 1472 --duration 500ms
  spead bench pace --peer ./spead2_send --repeats 7 --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return byFlag(o.measure(cmd.Context(), c)) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *benchPace) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().SetNormalizeFunc(withPacketSize)
	flag[[]float64]{"rates", "rates to keep to, with commas between them", &o.rates, lists(limitedRates())}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.PacketSize, sizes(56, 65507)}.add(cmd)
	flag[int64]{"heap-size", "size of the samples of a heap", &o.HeapSize, sizes[int64](8, 64<<20)}.add(cmd)
	flag[time.Duration]{"duration", "about how long each run takes", &o.Duration, durations()}.add(cmd)
	flag[int]{"burst", "how much goes out back to back", &o.Burst, sizes(1, 1<<30)}.add(cmd)
	flag[float64]{"burst-rate-ratio", "how much faster than the rate to catch up", &o.Ratio, ratios()}.add(cmd)
	flag[int]{"repeats", "runs of each rate", &o.Repeats, wholeNumbers(1, 10000)}.add(cmd)
	flag[string]{"peer", "program to measure in turn with ours", &o.Peer, texts("PATH")}.add(cmd)
	addSwitch(cmd, &o.json, "json", "print the results as a JSON object")
}

// limitedRates are rates but for 0.
func limitedRates() kind[float64] {
	k := rates()
	k.allowed = "a rate above 0 with its unit, such as 5Gbps, 2.5Mbps or 625MB/s"
	k.parse = func(s string) (float64, bool) {
		v, ok := parseRate(s)
		return v, ok && v > 0
	}
	return k
}

// measure runs everything and prints it.
func (o *benchPace) measure(ctx context.Context, c console) error {
	if !o.json {
		fmt.Fprintf(c.out, "%10s %6s %9s %9s %9s %9s %9s %9s %10s %9s %6s\n", "asked Gb/s", "", "Gb/s", "error %",
			"worst %", "late µs", "p99 µs", "max µs", "excess KiB", "processor", "lost")
	}
	var results []bench.PaceResult
	for _, rate := range o.rates {
		run := 0
		o.Ran = func(p bench.Paced) {
			run++
			if isTerminal(c.remarks) {
				c.remark("%.6g Gb/s, run %d of %d: %.4f Gb/s", rate*8e-9, run, o.Repeats, p.Rate*8e-9)
			}
		}
		r, err := o.Measure(ctx, rate)
		if ctx.Err() != nil {
			c.remark("spead bench pace: interrupted at %.6g Gb/s", rate*8e-9)
			break
		}
		if err != nil {
			return fmt.Errorf("%.6g Gb/s: %w", rate*8e-9, err)
		}
		results = append(results, r)
		if !o.json {
			printPace(c, r)
		}
	}
	if o.json {
		return json.NewEncoder(c.out).Encode(map[string]any{"results": results})
	}
	return nil
}

func printPace(c console, r bench.PaceResult) {
	row := func(who string, f *bench.PaceFigures) {
		fmt.Fprintf(c.out, "%10.6g %6s %9.4f %9.4f %9.4f %9.1f %9.1f %9.0f %10.1f %9.2f %6d\n", r.Asked*8e-9, who,
			f.BytesPerSecond*8e-9, f.Error*100, f.WorstError*100, f.Late50*1e6, f.Late99*1e6, f.LateMax*1e6,
			f.Excess/1024, f.Processor, f.Lost)
	}
	row("ours", &r.Ours)
	if r.Peer != nil {
		row("peer", r.Peer)
	}
}
