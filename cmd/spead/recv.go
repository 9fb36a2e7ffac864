// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"math"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// recvOptions is what the flags of spead recv set.
type recvOptions struct {
	stream    recv.Config
	udp       recv.UDPConfig
	bind      string
	noGRO     bool
	bugCompat int
	pyspead   bool
	filter    string
	joint     bool
	count     int64
	every     int64
	tcp       recv.TCPConfig
	senders   string
	dialect   string

	quiet, descriptors, values, json, payloadRanges, verify bool
}

// defaultRecvOptions are those of a command line without flags.
func defaultRecvOptions() recvOptions {
	return recvOptions{
		stream: recv.Config{MaxHeaps: 4, Substreams: 1, QueueHeaps: 4, MaxHeapLength: 1 << 30, MaxMemory: 2 << 30, MaxPool: 256 << 20, MaxItems: 1 << 16},
		udp:    recv.UDPConfig{MaxPacketSize: 9200, Sockets: 1},
		tcp:    recv.TCPConfig{Connections: 1},
		every:  1,
	}
}

func newRecv(c console) *cobra.Command {
	o := defaultRecvOptions()
	cmd := &cobra.Command{
		Use:   "recv SOURCE...",
		Short: "Receive from endpoints or capture files, and print heaps",
		Long: `Receive heaps, from the network or from capture files, as spead2_recv does.

A source is an endpoint: port, :port, host:port, [v6]:port, or 239.1.2.3+7:7148 for eight consecutive
multicast groups, with commas between several; a port alone is that of all IPv4 interfaces, and with
port 0 the system chooses one. With tcp:// before it, connections are taken there instead: one, after
which the stream ends, or as many as --connections says. Or it is a file: pcap or pcapng, also compressed by gzip; a name of
digits needs ./ before it. Each source is a stream of its own, to which all its endpoints belong;
--joint makes all sources one stream. A stream ends at a heap with the stop item or with its file,
and the command with its last stream or by Ctrl-C.

Heaps are printed as text or, with --json, one JSON object per line: the form that package
internal/heapjson describes. Then come totals and every statistic that isn't zero or, with --json, a
line {"stats": ...} with all of them. Every packet that wasn't taken is counted there by its reason.

With --verify, the exit code is 1 if a heap's contents differ from what spead send --verify or
spead2_send --verify sends, or if heaps are missing between the first and the last. Each stream is
expected to get all heaps; if it gets those of one of a sender's 8 endpoints, say --every 8.`,
		Example: `  spead recv 7148
  spead recv 239.1.2.3+7:7148 --interface eth0 --quiet --verify
  spead recv night.pcapng --filter 'udp dst port 7148' --json | jq .items
  spead recv tcp://:7148 --connections 3
  spead recv 10.130.0.1:4660 --dialect ska-low --sockets 8
  spead recv 7148 --quiet --cnt-step 1 --when-full drop-oldest --queue-heaps 1000 --queue-bytes 1GiB
  spead recv 10.0.0.1:0 --descriptors --values --count 10`,
		Args: atLeastOne("SOURCE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"pcap", "pcapng", "cap", "gz"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.finish(cmd); err != nil {
				return err
			}
			return byFlag(receive(cmd.Context(), c, &o, args))
		},
	}
	cmd.Flags().SortFlags = false
	o.addOutputFlags(cmd)
	o.addStreamFlags(cmd)
	o.addMemoryFlags(cmd)
	o.addSocketFlags(cmd)
	return cmd
}

func (o *recvOptions) addOutputFlags(cmd *cobra.Command) {
	addSwitch(cmd, &o.json, "json", "print heaps and statistics as JSON, an object per line")
	addSwitch(cmd, &o.quiet, "quiet", "don't print heaps, only totals")
	addSwitch(cmd, &o.descriptors, "descriptors", "print descriptors")
	addSwitch(cmd, &o.values, "values", "print the values of items that have been described")
	addSwitch(cmd, &o.verify, "verify", "check contents and that nothing is missing")
	flag[int64]{"every", "with --verify: expect every N-th heap, as each of a sender's N endpoints gets",
		&o.every, wholeNumbers[int64](1, 1<<20)}.add(cmd)
	flag[int64]{"count", "number of heaps to end after; 0: all", &o.count, wholeNumbers[int64](0, math.MaxInt64)}.add(cmd)
	addSwitch(cmd, &o.joint, "joint", "treat all sources as one stream")
	flag[string]{"filter", "what to take from capture files, such as 'udp dst port 7148'", &o.filter, texts("EXPRESSION")}.add(cmd)
}

func (o *recvOptions) addStreamFlags(cmd *cobra.Command) {
	flag[int]{"max-heaps", "heaps in progress in each substream", &o.stream.MaxHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int]{"substreams", "divide heaps by their cnt modulo this number", &o.stream.Substreams, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int]{"bug-compat", "deviations of old senders, added up: 1 descriptor widths, 2 shape bit 1, 4 swap endian",
		&o.bugCompat, wholeNumbers(0, int(spead.BugPySPEAD))}.add(cmd)
	addSwitch(cmd, &o.pyspead, "pyspead", "all three deviations of PySPEAD 0.5.2; must agree with the sender")
	addSwitch(cmd, &o.stream.KeepStop, "keep-stop", "take a heap with the stop item like any other")
	addSwitch(cmd, &o.stream.RequireHeapLength, "require-heap-length", "refuse packets without a heap length")
	addSwitch(cmd, &o.stream.AllowOutOfOrder, "out-of-order", "take the packets of a heap in any order")
	addSwitch(cmd, &o.stream.Incomplete, "incomplete", "print heaps of which a part is missing, too")
	addSwitch(cmd, &o.payloadRanges, "payload-ranges", "print which parts of incomplete heaps were received")
	addSwitch(cmd, &o.stream.MergeOverlaps, "merge-overlaps", "with --out-of-order: take what is new in packets that overlap others")
	flag[uint64]{"cnt-step", "distance between the cnts of the sender's heaps, to count those never seen; 0: don't",
		&o.stream.CntStep, wholeNumbers[uint64](0, math.MaxInt64)}.add(cmd)
	flag[string]{"dialect", "what senders may deviate in: ska-low, gateware, or tolerances by name with commas between",
		&o.dialect, dialects()}.add(cmd)
	flag[int]{"queue-heaps", "finished heaps that may wait to be printed", &o.stream.QueueHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int64]{"queue-bytes", "payload that may wait to be printed; 0: no limit of its own", &o.stream.QueueBytes, sizes[int64](0, 1<<50)}.add(cmd)
	flag[recv.WhenFull]{"when-full", "when that is exceeded: block leaves packets in the socket, drop-oldest and drop-newest discard heaps",
		&o.stream.WhenFull, fullPolicies()}.add(cmd)
	addSwitch(cmd, &o.stream.CheckAccounts, "check-accounts", "check after each batch that everything is accounted for")
}

func (o *recvOptions) addMemoryFlags(cmd *cobra.Command) {
	flag[int64]{"max-heap-length", "refuse longer heaps", &o.stream.MaxHeapLength, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int64]{"max-memory", "payload memory for heaps that aren't printed yet", &o.stream.MaxMemory, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int]{"max-items", "refuse more items in a heap", &o.stream.MaxItems, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int64]{"max-pool", "payload memory to keep for reuse; 0: none", &o.stream.MaxPool, sizes[int64](0, 1<<50)}.add(cmd)
	flag[[]recv.Reserve]{"reserve", "payload memory to have ready, for so many heaps of a size, such as 64x8KiB or 8x4MiB,64x8KiB",
		&o.stream.Reserve, reserves()}.add(cmd)
	addSwitch(cmd, &o.stream.HugePages, "huge-pages", "ask for huge pages for heaps of 2MiB and more")
}

func (o *recvOptions) addSocketFlags(cmd *cobra.Command) {
	flag[int]{"packet-size", "largest packet", &o.udp.MaxPacketSize, sizes(1, 65535)}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer; 0: 64MiB with the privilege to exceed the system's limit, else 8MiB; TCP 4MiB",
		&o.udp.BufferSize, sizes(0, 1<<30-1)}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.udp.Interface, texts("INTERFACE")}.add(cmd)
	flag[string]{"bind", "as in spead2: --interface", &o.bind, texts("ADDRESS")}.add(cmd)
	flag[string]{"source-filter", "addresses of the senders to join multicast groups for, with commas between; otherwise all",
		&o.senders, texts("ADDRESSES")}.add(cmd)
	flag[int]{"sockets", "sockets that share each UDP port, a power of two: more room without privilege", &o.udp.Sockets, wholeNumbers(1, 64)}.add(cmd)
	flag[int]{"connections", "TCP connections to take at each endpoint; 0 for any number", &o.tcp.Connections, wholeNumbers(0, math.MaxInt32)}.add(cmd)
	addSwitch(cmd, &o.noGRO, "no-gro", "don't let the kernel join packets into large messages")
}

// finish turns what the command line says into what the library takes.
func (o *recvOptions) finish(cmd *cobra.Command) error {
	if o.pyspead {
		o.bugCompat = int(spead.BugPySPEAD)
	}
	o.stream.BugCompat = spead.BugCompat(o.bugCompat)
	if o.bind != "" {
		o.udp.Interface = o.bind
	}
	if o.noGRO {
		o.udp.GRO = recv.OffloadOff
	}
	if o.stream.MaxPool == 0 {
		o.stream.MaxPool = -1
	}
	// What wasn't given is the library's business: it depends on the kind of source.
	given := cmd.Flags().Changed
	if !given("substreams") {
		o.stream.Substreams = 0
	}
	if given("buffer") {
		o.tcp.BufferSize = o.udp.BufferSize
	}
	if given("packet-size") {
		o.tcp.MaxPacketSize = o.udp.MaxPacketSize
	}
	if o.tcp.Connections == 0 {
		o.tcp.Connections = -1
	}
	return o.finishTexts()
}

// finishTexts reads what flags hold as text.
func (o *recvOptions) finishTexts() (err error) {
	if o.stream.Dialect, err = recv.ParseDialect(o.dialect); err != nil {
		var field *spead.FieldError
		errors.As(err, &field)
		return wrong("--dialect", field.Value, field.Allowed)
	}
	if o.senders == "" {
		return nil
	}
	for text := range strings.SplitSeq(o.senders, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return wrong("--source-filter", o.senders, "IP addresses with commas between them")
		}
		o.udp.Senders = append(o.udp.Senders, a)
	}
	return nil
}
