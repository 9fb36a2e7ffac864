// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/bench"
)

// benchMem is what the flags of spead bench mem set.
type benchMem struct {
	bench.Memory
	heapSizes []int64
	json      bool
}

func newBenchMem(c console) *cobra.Command {
	o := benchMem{
		heapSizes: []int64{1 << 10, 8 << 10, 64 << 10, 1 << 20, 4 << 20, 16 << 20},
		Memory:    bench.Memory{PacketSize: 9000, Items: 1, Total: 4 << 30, Block: 256 << 20, Repeats: 5},
	}
	cmd := &cobra.Command{
		Use:   "mem",
		Short: "Measure decoding packets and assembling heaps in memory",
		Long: `Measure how fast packets that lie in memory are decoded and assembled to heaps: what receiving costs
without a network, like spead2_bench mem. Packets are made once, all with different contents, lie one
after the other in 256 MiB and are received again and again, each time by a new stream. Before the
runs, every byte of each heap is compared with what was sent; in the runs, that each heap comes whole
and in order.

Rates are in MB/s of heaps' data: of a consumer that waits for heaps in Next, and of one that is called
with them (OnHeap). Medians over --repeats are printed.`,
		Example: `  spead bench mem
  spead bench mem --heap-sizes 8KiB,64KiB --packet-size 1472 --items 4
  spead bench mem --total 1GiB --repeats 3 --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return byFlag(o.measure(cmd.Context(), c)) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *benchMem) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().SetNormalizeFunc(withPacketSize)
	flag[[]int64]{"heap-sizes", "sizes of the data of a heap, with commas between them", &o.heapSizes,
		lists(sizes[int64](8, 1<<30))}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.PacketSize, sizes(56, 65507)}.add(cmd)
	flag[int]{"items", "number of items in each heap", &o.Items, wholeNumbers(1, 4096)}.add(cmd)
	flag[int64]{"total", "how much to receive in each run", &o.Total, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int]{"repeats", "runs of each heap size", &o.Repeats, wholeNumbers(1, 10000)}.add(cmd)
	addSwitch(cmd, &o.json, "json", "print the results as a JSON object")
}

// measure runs everything and prints it.
func (o *benchMem) measure(ctx context.Context, c console) error {
	if !o.json {
		fmt.Fprintf(c.out, "%10s %10s %19s %9s %11s %19s %9s\n", "heap size", "Next MB/s", "min - max", "CPU s/GB",
			"OnHeap MB/s", "min - max", "CPU s/GB")
	}
	var results []bench.MemoryResult
	for _, size := range o.heapSizes {
		o.Ran = func(way string, r bench.Run) {
			if isTerminal(c.remarks) {
				c.remark("heaps of %s, %s: %.0f MB/s", formatSize(size), way, r.Rate/1e6)
			}
		}
		r, err := o.Measure(ctx, size)
		if ctx.Err() != nil {
			c.remark("spead bench mem: interrupted at heaps of %s", formatSize(size))
			break
		}
		if err != nil {
			return fmt.Errorf("heaps of %s: %w", formatSize(size), err)
		}
		results = append(results, r)
		if !o.json {
			printMemory(c, r)
		}
	}
	if o.json {
		return json.NewEncoder(c.out).Encode(map[string]any{"results": results})
	}
	return nil
}

func printMemory(c console, r bench.MemoryResult) {
	figures := func(f bench.MemoryFigures, width int) string {
		return fmt.Sprintf("%*.0f %9.0f-%9.0f %9.3f", width, f.BytesPerSecond/1e6, f.Lowest/1e6, f.Highest/1e6, f.Processor)
	}
	fmt.Fprintf(c.out, "%10s %s %s\n", formatSize(r.HeapSize), figures(r.Next, 10), figures(r.OnHeap, 11))
}
