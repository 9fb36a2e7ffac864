// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gospead/spead/internal/bench"
	"github.com/gospead/spead/send"
)

// benchSend is what the flags of spead bench send set.
type benchSend struct {
	bench.Send
	heapSizes []int64
	json      bool
}

func newBenchSend(c console) *cobra.Command {
	o := benchSend{
		heapSizes: []int64{8 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20},
		Send:      bench.Send{PacketSize: 9000, Total: 4 << 30, Repeats: 5, Layout: send.LayoutEqual},
	}
	cmd := &cobra.Command{
		Use:   "send [ENDPOINT]",
		Short: "Measure sending: batches of heaps that are filled while others are sent",
		Long: `Measure how fast heaps are sent over UDP, with the workload of the tutorial of spead2 on batching
heaps: each heap is a timestamp and an array of samples, which are all set to the heap's index; two
batches of about 512 KiB, but at least two heaps, are in turn filled and sent, so that one is filled
while the other is sent. Heaps and batches are made once.

Without an ENDPOINT, packets go to a sink: a loopback socket that drops all in the kernel. How many
bytes left is checked against what the heaps have to make on the wire. With --verify, a receiver in
this process takes the place of the sink, every sample that arrives is compared, and the sender
keeps to what the receiver's buffer holds.

--peer names a program that is measured in turn with ours, pair by pair. It is called as
"PEER -n HEAPS -H HEAP-SIZE -p PACKET-SIZE HOST PORT", as tut_11_send_batch_heaps of spead2, and has
to print its rate as a number before "MB/s". Its processor time is that of the whole process.

Medians over --repeats are printed; the ratio is the median of the ratios of the pairs.`,
		Example: `  spead bench send
  spead bench send --heap-sizes 1KiB,8KiB,16KiB --total 1GiB --layout standard
  spead bench send --verify --total 256MiB
  spead bench send --peer ./tut_11_send_batch_heaps --repeats 7 --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.finish(cmd.Context(), args); err != nil {
				return err
			}
			return byFlag(o.measure(cmd.Context(), c))
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *benchSend) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().SetNormalizeFunc(withPacketSize)
	flag[[]int64]{"heap-sizes", "sizes of the samples of a heap, with commas between them", &o.heapSizes,
		lists(sizes[int64](8, 4<<30))}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.PacketSize, sizes(56, 65507)}.add(cmd)
	flag[int64]{"total", "how much to send in each run", &o.Total, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int]{"repeats", "runs of each heap size", &o.Repeats, wholeNumbers(1, 10000)}.add(cmd)
	flag[send.Layout]{"layout", "how heaps are cut into packets", &o.Layout, layouts()}.add(cmd)
	addSwitch(cmd, &o.NoFill, "no-fill", "leave the samples as they are; a peer does fill them")
	addSwitch(cmd, &o.Unordered, "unordered", "let two threads share each batch, so that heaps leave in any order")
	addSwitch(cmd, &o.Verify, "verify", "send to a receiver in this process that checks every sample")
	flag[string]{"peer", "program to measure in turn with ours", &o.Peer, texts("PATH")}.add(cmd)
	addSwitch(cmd, &o.json, "json", "print the results as a JSON object")
}

// withPacketSize takes --packet, as tools of spead2 have it, for --packet-size.
func withPacketSize(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "packet" {
		name = "packet-size"
	}
	return pflag.NormalizedName(name)
}

// layouts are named as the library does.
func layouts() kind[send.Layout] {
	return kind[send.Layout]{
		name:    "LAYOUT",
		allowed: "auto, equal or standard",
		parse: func(s string) (send.Layout, bool) {
			for _, l := range []send.Layout{send.LayoutAuto, send.LayoutEqual, send.LayoutStandard} {
				if s == l.String() {
					return l, true
				}
			}
			return 0, false
		},
		print:  send.Layout.String,
		values: []string{send.LayoutAuto.String(), send.LayoutEqual.String(), send.LayoutStandard.String()},
	}
}

// lists are values of another kind with commas between them.
func lists[T any](one kind[T]) kind[[]T] {
	return kind[[]T]{
		name:    one.name + ",...",
		allowed: one.allowed + ", with commas between several",
		parse: func(s string) ([]T, bool) {
			var all []T
			for part := range strings.SplitSeq(s, ",") {
				v, ok := one.parse(part)
				if !ok {
					return nil, false
				}
				all = append(all, v)
			}
			return all, true
		},
		print: func(all []T) string {
			parts := make([]string, len(all))
			for i, v := range all {
				parts[i] = one.print(v)
			}
			return strings.Join(parts, ",")
		},
	}
}

func (o *benchSend) finish(ctx context.Context, args []string) error {
	if o.Unordered && o.Verify {
		return wrong("--unordered", "true", "no --verify beside it, which takes heaps in order")
	}
	if len(args) == 0 {
		return nil
	}
	if o.Verify {
		return wrong("--verify", args[0], "no ENDPOINT beside it: it brings its own receiver")
	}
	list, err := parseEndpoints(ctx, args[0], sending())
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return wrong("ENDPOINT", args[0], "one endpoint")
	}
	o.To = list[0]
	return nil
}

// measure runs everything and prints it.
func (o *benchSend) measure(ctx context.Context, c console) error {
	t := newBenchTable(c, o)
	for _, size := range o.heapSizes {
		run := 0
		o.Ran = func(r bench.Run) {
			run++
			if isTerminal(c.remarks) {
				c.remark("heaps of %s, run %d of %d: %.0f MB/s", formatSize(size), run, o.Repeats, r.Rate/1e6)
			}
		}
		r, err := o.Measure(ctx, size)
		if ctx.Err() != nil {
			c.remark("spead bench send: interrupted at heaps of %s", formatSize(size))
			break
		}
		if err != nil {
			return fmt.Errorf("heaps of %s: %w", formatSize(size), err)
		}
		t.add(r)
	}
	return t.end()
}
