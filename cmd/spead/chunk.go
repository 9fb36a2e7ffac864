// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gospead/spead/internal/chunkfile"
	"github.com/gospead/spead/internal/dump"
	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// chunkOptions is what the flags of spead chunk set.
type chunkOptions struct {
	recvOptions
	chunks, window            int
	memory                    int64 // bytes
	group, lossless, presence bool
	output                    string
}

func newChunk(c console) *cobra.Command {
	o := chunkOptions{recvOptions: recvOptions{
		stream: recv.Config{MaxHeaps: 4, Substreams: 1},
		udp:    recv.UDPConfig{MaxPacketSize: 9200, Sockets: 1},
		tcp:    recv.TCPConfig{Connections: 1},
	}, chunks: 8, window: 2, memory: 8 << 30}
	cmd := &cobra.Command{
		Use:   "chunk PLACEMENT SOURCE...",
		Short: "Put heaps into chunks as a description says, and print a line for each chunk",
		Long: `Put heaps into chunks as a description says, and print a line for each chunk.

PLACEMENT is a file, JSON or YAML, that says which items of a heap tell its place; package placement
describes it, and has examples for streams of katgpucbf, mkrecv and SKA-Low. A source is an endpoint or
a capture file, as in spead recv. All sources are one stream; with --group, each is a stream of its own
on its own processor, and they fill the same chunks. Stream ids count the sources from 0.

The line of a chunk says how many places are present of how many, how many heaps came late, after
their chunk was handed over, or to a place that was filled already, when the first and the last came,
and from how many senders. With --json, it is an object that also lists the senders; statistics follow.

--output writes the chunks' data: to standard output if it is -, to a file for each chunk if it has {id}
in it, and otherwise to one file or named pipe. Where nothing came, there are zeros. The file of a chunk
has its name when it is whole; before, .part is at its end.`,
		Example: `  spead chunk fengine.yaml 239.10.10.0+7:7148 --interface eth0
  spead chunk digitiser.json 239.1.2.3:7148 239.1.2.4:7148 --group --json | jq .missing
  spead chunk digitiser.json night.pcapng --presence --count 3
  spead chunk beam.yaml 7148 --output chunk-{id}.bin`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return wrong("PLACEMENT SOURCE", strings.Join(args, " "), "a description and one or more sources; see --help")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return []string{"pcap", "pcapng", "cap", "gz"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.finish(cmd); err != nil {
				return err
			}
			return byFlag(o.run(cmd.Context(), c, args[0], args[1:]))
		},
	}
	cmd.Flags().SortFlags = false
	o.addFlags(cmd)
	return cmd
}

func (o *chunkOptions) addFlags(cmd *cobra.Command) {
	addSwitch(cmd, &o.json, "json", "print chunks and statistics as JSON, an object per line")
	addSwitch(cmd, &o.presence, "presence", "print which places are present, 1 or 0 for each")
	flag[int64]{"count", "number of chunks to end after; 0: all", &o.count, wholeNumbers[int64](0, math.MaxInt64)}.add(cmd)
	flag[string]{"output", "where to write the chunks' data: -, a file, a pipe, or a name with {id}", &o.output, texts("FILE")}.add(cmd)
	flag[int]{"chunks", "chunks in memory, at least as many as are under construction", &o.chunks, wholeNumbers(1, 1<<16)}.add(cmd)
	flag[int64]{"max-memory", "what the chunks may take up together", &o.memory, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int]{"window", "chunks under construction, unless the description says", &o.window, wholeNumbers(1, 1<<16)}.add(cmd)
	addSwitch(cmd, &o.group, "group", "make each source a stream of its own that fills the same chunks")
	addSwitch(cmd, &o.lossless, "lossless", "with --group: wait for streams that are behind instead of giving up their heaps")
	flag[string]{"filter", "what to take from capture files, such as 'udp dst port 7148'", &o.filter, texts("EXPRESSION")}.add(cmd)
	flag[int]{"max-heaps", "heaps in progress in each substream", &o.stream.MaxHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int]{"substreams", "divide heaps by their cnt modulo this number", &o.stream.Substreams, wholeNumbers(1, 1<<20)}.add(cmd)
	addSwitch(cmd, &o.stream.KeepStop, "keep-stop", "go on after a heap with the stop item")
	addSwitch(cmd, &o.stream.AllowOutOfOrder, "out-of-order", "take the packets of a heap in any order")
	flag[string]{"dialect", "what senders may deviate in: ska-low, gateware, or tolerances by name with commas between",
		&o.dialect, dialects()}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.udp.MaxPacketSize, sizes(1, 65535)}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer; 0: 64MiB with the privilege to exceed the system's limit, else 8MiB",
		&o.udp.BufferSize, sizes(0, 1<<30-1)}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.udp.Interface, texts("INTERFACE")}.add(cmd)
	flag[int]{"connections", "TCP connections to take at each endpoint; 0 for any number", &o.tcp.Connections, wholeNumbers(0, math.MaxInt32)}.add(cmd)
	flag[int]{"sockets", "sockets that share each UDP port, a power of two: more room without privilege", &o.udp.Sockets, wholeNumbers(1, 64)}.add(cmd)
}

// readPlacement reads a description, JSON or YAML, and compiles it.
func readPlacement(path string) (*placement.Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		var tree any
		if err := yaml.Unmarshal(text, &tree); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if text, err = json.Marshal(tree); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	spec, err := placement.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	plan, err := spec.Compile()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan, nil
}

// open gives a group with the sources as its streams: one stream for all of them without --group.
func (o *chunkOptions) open(ctx context.Context, c console, plan *placement.Plan, sources []string) (*recv.ChunkGroup, error) {
	o.stream.Logger = c.logger()
	cfg := recv.ChunkConfig{Config: o.stream, Window: o.window}
	plan.Configure(&cfg)
	count := max(o.chunks, cfg.Window)
	if each := uint64(plan.ChunkBytes()) + uint64(plan.Places()) + uint64(plan.ExtraBytes()); each > uint64(o.memory)/uint64(count) {
		return nil, fmt.Errorf("%d chunks of %d bytes are more than --max-memory %d", count, each, o.memory)
	}
	groupConfig := recv.ChunkGroupConfig{Window: cfg.Window, Chunks: plan.NewChunks(count)}
	if o.lossless {
		groupConfig.Eviction = recv.Lossless
	}
	g, err := recv.NewChunkGroup(groupConfig)
	if err != nil {
		return nil, err
	}
	perStream := [][]string{sources}
	if o.group {
		perStream = nil
		for _, source := range sources {
			perStream = append(perStream, []string{source})
		}
	}
	for i, sources := range perStream {
		cfg.StreamID = i
		if err := o.addStream(ctx, g, cfg, sources); err != nil {
			g.Close()
			return nil, err
		}
	}
	for _, s := range g.Streams() {
		if addrs := s.Addrs(); len(addrs) > 0 {
			c.remark("spead chunk: receiving on %s", strings.Trim(fmt.Sprint(addrs), "[]"))
		}
	}
	return g, nil
}

func (o *chunkOptions) addStream(ctx context.Context, g *recv.ChunkGroup, cfg recv.ChunkConfig, sources []string) error {
	s, err := g.Add(cfg)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := o.addSource(ctx, s, source); err != nil {
			return err
		}
	}
	return nil
}

// run receives until the sources have ended, enough chunks have come, or ctx ends.
func (o *chunkOptions) run(ctx context.Context, c console, path string, sources []string) (err error) {
	plan, err := readPlacement(path)
	if err != nil {
		return err
	}
	lines := c.out
	if o.output == "-" {
		lines = c.remarks
	}
	w := chunkfile.New(o.output)
	defer func() { err = errors.Join(err, w.Close()) }()
	g, err := o.open(ctx, c, plan, sources)
	if err != nil {
		return err
	}
	defer g.Close()
	if err := g.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { g.Stop() })
	defer stop()
	var count int64
	for chunk := range g.Chunks(context.WithoutCancel(ctx)) {
		err := o.print(lines, chunk)
		if err == nil && o.output == "-" {
			_, err = c.out.Write(chunk.Data)
		} else if err == nil && o.output != "" {
			err = w.Write(ctx, chunk.ID, chunk.Data)
		}
		if o.output != "" {
			clear(chunk.Data) // so that there are zeros where nothing comes
		}
		if err := errors.Join(err, g.Recycle(chunk)); err != nil {
			return err
		}
		if count++; count == o.count {
			break
		}
	}
	return errors.Join(g.Close(), g.Err(), o.printStats(lines, plan, g))
}

// chunkLine is a chunk as it is printed.
type chunkLine struct {
	Chunk      int64     `json:"chunk"`
	Present    int       `json:"present"`
	Missing    int       `json:"missing"`
	Heaps      int       `json:"heaps"`
	Incomplete int       `json:"incomplete_heaps"`
	Late       int       `json:"late_heaps"`
	TooOld     int       `json:"too_old_heaps"`
	Repeated   int       `json:"repeated_places"`
	Bytes      int64     `json:"bytes"`
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	Sources    []string  `json:"sources"`
	Presence   string    `json:"presence,omitempty"`
}

func (o *chunkOptions) print(out io.Writer, c *recv.Chunk) error {
	line := chunkLine{
		Chunk: c.ID, Present: c.PresentPlaces, Missing: c.MissingPlaces, Heaps: c.Heaps, Incomplete: c.IncompleteHeaps,
		Late: c.LateHeaps, TooOld: c.TooOldHeaps, Repeated: c.RepeatedPlaces, Bytes: c.Bytes, First: c.First, Last: c.Last, Sources: []string{},
	}
	for _, source := range c.Sources {
		line.Sources = append(line.Sources, source.String())
	}
	if o.presence {
		line.Presence = strings.Map(func(r rune) rune { return '0' + r }, string(c.Present))
	}
	if o.json {
		return json.NewEncoder(out).Encode(line)
	}
	_, err := io.WriteString(out, line.text())
	return err
}

// text gives the line for people; what is zero and should be is left out.
func (l *chunkLine) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "chunk %d: %d of %d present, %d bytes in %.3f s", l.Chunk, l.Present, l.Present+l.Missing, l.Bytes, l.Last.Sub(l.First).Seconds())
	if len(l.Sources) > 0 {
		fmt.Fprintf(&b, " from %d senders", len(l.Sources))
	}
	for _, figure := range []struct {
		count int
		what  string
	}{
		{l.Incomplete, "heaps incomplete"}, {l.Late, "heaps late"}, {l.TooOld, "heaps too old"}, {l.Repeated, "places repeated"},
	} {
		if figure.count > 0 {
			fmt.Fprintf(&b, ", %d %s", figure.count, figure.what)
		}
	}
	if l.Presence != "" {
		b.WriteString("\n  " + l.Presence)
	}
	b.WriteByte('\n')
	return b.String()
}

// chunkStats is what --json prints at the end.
type chunkStats struct {
	Stats *recv.Stats `json:"stats"`
	// Rejected says why heaps were rejected, by the plan's reasons.
	Rejected map[string]int64 `json:"rejected"`
}

func (o *chunkOptions) printStats(out io.Writer, plan *placement.Plan, g *recv.ChunkGroup) error {
	var sum recv.Stats
	reasons := plan.Reasons()
	rejected := make(map[string]int64, len(reasons))
	for _, s := range g.Streams() {
		stats := s.Stats()
		addStats(&sum, &stats)
		for i, count := range stats.Custom {
			rejected[reasons[i]] += count
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(chunkStats{&sum, rejected})
	}
	for _, reason := range reasons {
		if rejected[reason] > 0 {
			fmt.Fprintf(out, "  rejected for its %s: %d\n", reason, rejected[reason])
		}
	}
	return dump.EachCount(&sum, func(name, value string) {
		if value != "0" {
			fmt.Fprintf(out, "  %s: %s\n", name, value)
		}
	})
}
