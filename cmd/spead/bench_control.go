// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/bench/remote"
	"github.com/gospead/spead/internal/bench/search"
	"github.com/gospead/spead/send"
)

// benchControl is what the flags of spead bench control and loopback set.
type benchControl struct {
	remote.Controller
	search    search.Config
	heapSizes []int64
	rate      float64
	// name is that of the command.
	name string
	json bool
}

func newBenchControlOptions(name string) *benchControl {
	return &benchControl{
		name: name,
		Controller: remote.Controller{
			Version:  readBuild().identity(),
			Duration: time.Second,
			Setup:    remote.Setup{Items: 1, PacketSize: 9000, Sockets: 1, MaxHeaps: 4, QueueHeaps: 4},
			Sender:   remote.Sender{Layout: send.LayoutAuto, Burst: 65536, Ratio: 1.05, Buffer: 512 << 10},
		},
		heapSizes: []int64{8 << 10, 64 << 10, 4 << 20},
		search:    search.Config{Lowest: 10e6 / 8, Runs: 5, Resolution: 0.05},
	}
}

const searchHelp = `The search tries --highest first, by default as fast as the sender can, and then bisects between what
was sustained and what wasn't until they are within --resolution. A rate is sustained if --runs runs of
--duration each, one after the other, lose no heap; one that loses a heap, once, is not. Every run is
shown, and what was lost in it by reason, as both ends have counted it. With --rate there is no search,
but --runs runs of that rate, and the exit code is 1 if any of them lost something.

Rates are of packets, headers included. The rate that is given at the end is the lowest that the runs
reached, which may be lower than asked for.`

func newBenchControl(c console) *cobra.Command {
	o := newBenchControlOptions("control")
	cmd := &cobra.Command{
		Use:   "control AGENT",
		Short: "Search for the highest rate at which an agent loses nothing",
		Long: `Search for the highest rate that a "spead bench agent" at the other end of a link receives without
losing a heap. AGENT is its host:port; heaps go to the same host over UDP. Both ends have to be the same
version, and the agent has to be able to do what is asked of it; otherwise nothing starts, and what
differs is said.

` + searchHelp,
		Example: `  spead bench control 10.1.2.3:7148
  spead bench control 10.1.2.3:7148 --heap-sizes 8KiB --runs 10 --highest 40Gbps
  spead bench control 10.1.2.3:7148 --rate 10Gbps --receive-buffer 64MiB --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong("AGENT", fmt.Sprintf("%d arguments", len(args)), "one host:port; see --help")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			s := sending()
			s.argument, s.allowed = "AGENT", "host:port or [v6]:port"
			list, err := parseEndpoints(cmd.Context(), args[0], s)
			if err == nil && len(list) != 1 {
				err = wrong("AGENT", args[0], s.allowed)
			}
			if err != nil {
				return err
			}
			return byFlag(o.measure(cmd.Context(), c, list[0].String()))
		},
	}
	o.addFlags(cmd)
	return cmd
}

func newBenchLoopback(c console) *cobra.Command {
	o := newBenchControlOptions("loopback")
	cmd := &cobra.Command{
		Use:   "loopback",
		Short: "Search for the highest rate without loss between two processes of this machine",
		Long: `Search for the highest rate at which nothing is lost between two processes over loopback: this one
sends, and another one, started for it, is the agent ("spead bench agent").

` + searchHelp,
		Example: `  spead bench loopback
  spead bench loopback --heap-sizes 64KiB --packet-size 1472 --verify
  spead bench loopback --rate 1Gbps --runs 3 --duration 500ms --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			program, err := os.Executable()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			agent, wait, err := remote.StartAgent(ctx, program, "bench", "agent", "127.0.0.1:0", "--once")
			if err != nil {
				return err
			}
			err = byFlag(o.measure(ctx, c, agent))
			cancel()
			wait()
			return err
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *benchControl) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().SetNormalizeFunc(withPacketSize)
	flag[[]int64]{"heap-sizes", "sizes of the data of a heap, with commas between them", &o.heapSizes,
		lists(sizes[int64](8, 256<<20))}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.Setup.PacketSize, sizes(56, 65507)}.add(cmd)
	flag[int]{"items", "number of items in each heap", &o.Setup.Items, wholeNumbers(1, 4096)}.add(cmd)
	addSwitch(cmd, &o.Setup.Verify, "verify", "have the agent compare all contents, which takes time at both ends")
	flag[send.Layout]{"layout", "how heaps are cut into packets", &o.Sender.Layout, layouts()}.add(cmd)
	flag[float64]{"rate", "rate to make all runs at, instead of a search; 0: search", &o.rate, rates()}.add(cmd)
	flag[float64]{"lowest", "lowest rate of the search", &o.search.Lowest, limitedRates()}.add(cmd)
	flag[float64]{"highest", "highest rate of the search; 0: as fast as the sender can", &o.search.Highest, rates()}.add(cmd)
	flag[int]{"runs", "runs in a row that have to lose nothing", &o.search.Runs, wholeNumbers(1, 10000)}.add(cmd)
	flag[time.Duration]{"duration", "how long each run takes", &o.Duration, durations()}.add(cmd)
	flag[float64]{"resolution", "how near to the truth to search, as a part of the rate", &o.search.Resolution, fractions()}.add(cmd)
	flag[int]{"burst", "bytes that may leave back to back", &o.Sender.Burst, sizes(1, 1<<30)}.add(cmd)
	flag[float64]{"burst-rate-ratio", "how much faster than the rate to catch up", &o.Sender.Ratio, ratios()}.add(cmd)
	flag[int]{"buffer", "size of the sender's socket buffer", &o.Sender.Buffer, sizes(1, 1<<30-1)}.add(cmd)
	flag[int]{"receive-buffer", "size of each of the agent's socket buffers, which has to be granted; 0: as large as is granted",
		&o.Setup.ReceiveBuffer, sizes(0, 1<<30-1)}.add(cmd)
	flag[int]{"sockets", "sockets that share the agent's UDP port, a power of two", &o.Setup.Sockets, wholeNumbers(1, 64)}.add(cmd)
	flag[int]{"max-heaps", "heaps in progress at the agent", &o.Setup.MaxHeaps, wholeNumbers(1, 1<<16)}.add(cmd)
	flag[int]{"queue-heaps", "finished heaps that may wait at the agent", &o.Setup.QueueHeaps, wholeNumbers(1, 1<<16)}.add(cmd)
	addSwitch(cmd, &o.json, "json", "print the results as a JSON object")
}

// measure measures all heap sizes with an agent.
func (o *benchControl) measure(ctx context.Context, c console, agent string) error {
	if o.search.Highest > 0 && o.search.Highest < o.search.Lowest {
		return wrong("--highest", formatRate(o.search.Highest), "0, or at least --lowest")
	}
	if err := o.Connect(ctx, agent); err != nil {
		return err
	}
	defer o.Close()
	t := newControlTable(c, o)
	var failed error
	for _, size := range o.heapSizes {
		o.Setup.HeapSize = size
		t.begin(size)
		o.Ran = t.step
		err := o.Configure()
		var found search.Result
		switch {
		case err != nil:
		case o.rate > 0:
			err = o.Repeat(ctx, o.rate, o.search.Runs)
		default:
			found, err = o.Search(ctx, o.search)
		}
		if ctx.Err() != nil {
			c.remark("%s: interrupted at heaps of %s", t.command, formatSize(size))
			failed = nil // what was interrupted hasn't failed
			if found.Found {
				failed = t.end(found)
			}
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("heaps of %s: %w", formatSize(size), err), t.finish())
		}
		failed = errors.Join(failed, t.end(found))
	}
	return errors.Join(failed, t.finish())
}

// fractions are numbers between 0 and 1.
func fractions() kind[float64] {
	k := ratios()
	k.name, k.allowed = "FRACTION", "a number above 0 and below 1, such as 0.05"
	k.parse = func(s string) (float64, bool) {
		v, ok := parseUnits(s, []unit{{"", 1}, {"%", 0.01}})
		return v, ok && v > 0 && v < 1
	}
	return k
}
