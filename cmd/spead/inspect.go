// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/inspect"
	"github.com/gospead/spead/internal/inspect/feed"
)

// inspectOptions is what the flags of spead inspect set.
type inspectOptions struct {
	limits   inspect.Config
	live     feed.Config
	duration time.Duration
	filter   string
	senders  string
	pyspead  bool
	json     bool
}

func newInspect(c console) *cobra.Command {
	o := inspectOptions{
		limits:   inspect.Config{MaxStreams: 64, MaxItems: 256, MaxHeaps: 16, MaxMemory: 256 << 20},
		duration: 5 * time.Second,
	}
	cmd := &cobra.Command{
		Use:   "inspect SOURCE...",
		Short: "Say what streams there are at endpoints or in captures, and what is wrong with them",
		Long: `Look at what comes, for five seconds or until Ctrl-C, or at all of some capture files, and say what it
is: which streams, in which flavour, with which heaps, items and rates; and what is missing of them,
and where that was lost.

A source is written as for spead recv: port, :port, host:port, [v6]:port, 239.1.2.3+7:7148 for eight
consecutive multicast groups, with commas between several, tcp:// before those that take connections;
or it is a file, pcap or pcapng, also compressed by gzip. Captures are taken for one that goes on.
Nothing has to be known of a stream: heaps are taken in any order, and dialects are recognized.

What the conclusion calls "lost here" was dropped by the kernel because the socket's buffer was full,
or by this command because it didn't keep up; "lost before arrival" never reached the socket. Where
packets of whole heaps are missing, their number follows from the other heaps: if those aren't all
alike, it is said to be about that many. With --json, the report is one JSON object, which package
internal/inspect describes as type Report. The exit code is 1 if there is no stream at all.`,
		Example: `  spead inspect 239.1.2.3:7148 --interface eth0
  spead inspect :7148,:7149 --duration 1m --json | jq .loss
  spead inspect night.pcapng --filter 'udp dst port 7148'
  spead inspect tcp://:7148`,
		Args: atLeastOne("SOURCE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"pcap", "pcapng", "cap", "gz"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return byFlag(o.run(cmd.Context(), c, args))
		},
	}
	cmd.Flags().SortFlags = false
	o.addFlags(cmd)
	return cmd
}

func (o *inspectOptions) addFlags(cmd *cobra.Command) {
	addSwitch(cmd, &o.json, "json", "print the report as JSON")
	flag[time.Duration]{"duration", "how long to look at endpoints", &o.duration, durations()}.add(cmd)
	flag[string]{"filter", "what to take from capture files, such as 'udp dst port 7148'", &o.filter, texts("EXPRESSION")}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.live.Interface, texts("INTERFACE")}.add(cmd)
	flag[string]{"source-filter", "addresses of the senders to join multicast groups for, with commas between; otherwise all",
		&o.senders, texts("ADDRESSES")}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer; 0: as large as allowed, up to 64MiB", &o.live.BufferSize, sizes(0, 1<<30-1)}.add(cmd)
	addSwitch(cmd, &o.pyspead, "pyspead", "descriptors are those of PySPEAD 0.5.2")
	flag[int]{"max-streams", "streams to tell apart; others are counted", &o.limits.MaxStreams, wholeNumbers(1, 1<<16)}.add(cmd)
	flag[int]{"max-items", "items to look at in each stream", &o.limits.MaxItems, wholeNumbers(1, 1<<16)}.add(cmd)
	flag[int]{"max-heaps", "heaps in progress in each stream, before the oldest is given up", &o.limits.MaxHeaps, wholeNumbers(1, 1<<16)}.add(cmd)
	flag[int64]{"max-memory", "payload memory for heaps in progress", &o.limits.MaxMemory, sizes[int64](1, 1<<50)}.add(cmd)
}

// run looks at all sources and prints what was found, also of sources that fail on the way.
func (o *inspectOptions) run(ctx context.Context, c console, sources []string) error {
	if o.pyspead {
		o.limits.BugCompat = spead.BugPySPEAD
	}
	in, err := inspect.New(o.limits)
	if err != nil {
		return err
	}
	files, err := o.sort(ctx, sources)
	if err != nil {
		return err
	}
	for _, path := range files {
		err = errors.Join(err, o.file(ctx, in, path))
	}
	if len(o.live.UDP)+len(o.live.TCP) > 0 {
		err = errors.Join(err, o.listen(ctx, c, in))
	}
	var field *spead.FieldError
	if errors.As(err, &field) && len(files) == 0 || errors.As(err, new(usageError)) {
		return err
	}
	report := in.Report()
	if err == nil && len(report.Streams) == 0 {
		err = errors.New("no SPEAD stream found")
	}
	if len(report.Streams) == 0 && len(report.Places) == 0 {
		return err // there is nothing to tell of a file that can't be read
	}
	return errors.Join(o.print(c, report), err)
}

func (o *inspectOptions) print(c console, report *inspect.Report) error {
	if !o.json {
		return report.WriteText(c.out)
	}
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	_, err = c.out.Write(append(text, '\n'))
	return err
}

// sort puts each source where it belongs: endpoints into o, and files into the result.
func (o *inspectOptions) sort(ctx context.Context, sources []string) (files []string, err error) {
	for _, source := range sources {
		if isCapture(source) {
			files = append(files, source)
			continue
		}
		text, isTCP := strings.CutPrefix(source, tcpScheme)
		endpoints, err := parseEndpoints(ctx, text, receiving())
		if err != nil {
			return nil, err
		}
		if isTCP {
			o.live.TCP = append(o.live.TCP, endpoints...)
		} else {
			o.live.UDP = append(o.live.UDP, endpoints...)
		}
	}
	if o.filter != "" && len(files) < len(sources) {
		return nil, wrong("--filter", o.filter, "nothing, unless all sources are capture files")
	}
	if o.senders == "" {
		return files, nil
	}
	for text := range strings.SplitSeq(o.senders, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return nil, wrong("--source-filter", o.senders, "IP addresses with commas between them")
		}
		o.live.Senders = append(o.live.Senders, a)
	}
	return files, nil
}

func (o *inspectOptions) file(ctx context.Context, in *inspect.Inspector, path string) error {
	err := feed.Capture(ctx, in, path, o.filter)
	var field *spead.FieldError
	if errors.As(err, &field) && strings.HasPrefix(field.Field, "filter") {
		return wrong("--"+field.Field, field.Value, field.Allowed)
	}
	return err
}

func (o *inspectOptions) listen(ctx context.Context, c console, in *inspect.Inspector) error {
	live, err := feed.Listen(o.live)
	if err != nil {
		return err
	}
	c.remark("spead inspect: listening on %s for %v; Ctrl-C ends it earlier", strings.Trim(fmt.Sprint(live.Addrs()), "[]"), o.duration)
	ctx, cancel := context.WithTimeout(ctx, o.duration)
	defer cancel()
	m := newMeter()
	endProgress := showProgress(c.remarks, func() string {
		packets, bytes := live.Read()
		seconds, rate := m.read(bytes)
		return fmt.Sprintf("%.0f s: %d datagrams, %.3f Gb/s", seconds, packets, rate)
	})
	defer endProgress()
	return live.Run(ctx, in)
}
