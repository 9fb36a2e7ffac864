// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// flagCase is a flag as it may be given, and what it changes of the defaults.
type flagCase[O any] struct {
	arg string
	set func(*O)
}

func TestEveryFlagOfSendHasItsEffect(t *testing.T) {
	options := func(args ...string) (*cobra.Command, *sendOptions, error) {
		o := defaultSendOptions()
		cmd := &cobra.Command{}
		o.addFlags(cmd)
		if err := cmd.ParseFlags(args); err != nil {
			return cmd, &o, err
		}
		return cmd, &o, o.finish(t.Context(), []string{"10.0.0.1:7148"})
	}
	checkFlags(t, options, []flagCase[sendOptions]{
		{"--heap-size=64KiB", func(o *sendOptions) { o.heapBytes = 65536 }},
		{"--items=3", func(o *sendOptions) { o.items = 3 }},
		{"--heaps=10", func(o *sendOptions) { o.heaps = 10 }},
		{"--verify", func(o *sendOptions) { o.verify = true }},
		{"--flavour=64-48", func(o *sendOptions) { o.flavour = flavour(t, 48, 0) }},
		{"--bug-compat=5", func(o *sendOptions) { o.bugCompat, o.flavour = 5, flavour(t, 40, 5) }},
		{"--pyspead", func(o *sendOptions) { o.pyspead, o.bugCompat, o.flavour = true, 7, flavour(t, 40, 7) }},
		{"--rate=8Gbps", func(o *sendOptions) { o.udp.Rate = 1e9 }},
		{"--burst=1MiB", func(o *sendOptions) { o.udp.BurstSize = 1 << 20 }},
		{"--burst-rate-ratio=1.5", func(o *sendOptions) { o.udp.BurstRateRatio = 1.5 }},
		{"--pacing=kernel", func(o *sendOptions) { o.udp.Pacing = send.PacingKernel }},
		{"--packet-size=8972", func(o *sendOptions) { o.udp.MaxPacketSize = 8972 }},
		{"--layout=standard", func(o *sendOptions) { o.udp.Layout = send.LayoutStandard }},
		{"--max-heaps=64", func(o *sendOptions) { o.udp.MaxHeaps = 64 }},
		{"--buffer=8MiB", func(o *sendOptions) { o.udp.BufferSize = 8 << 20 }},
		{"--source=10.0.0.9", func(o *sendOptions) { o.udp.Source = netip.MustParseAddr("10.0.0.9") }},
		{"--interface=eth0", func(o *sendOptions) { o.udp.Interface = "eth0" }},
		{"--bind=10.0.0.9", func(o *sendOptions) {
			o.bind = netip.MustParseAddr("10.0.0.9")
			o.udp.Source = o.bind
		}},
		{"--ttl=8", func(o *sendOptions) { o.udp.TTL = 0 }}, // to a unicast address: as the system does
		{"--no-gso", func(o *sendOptions) { o.noGSO, o.udp.GSO = true, send.OffloadOff }},
		{"--json", func(o *sendOptions) { o.json = true }},
	})
}

func TestMulticastHasItsFlags(t *testing.T) {
	o := defaultSendOptions()
	o.bind, o.udp.TTL = netip.MustParseAddr("10.0.0.9"), 8
	if err := o.finish(t.Context(), []string{"239.1.2.3:7148"}); err != nil {
		t.Fatal(err)
	}
	if o.udp.Interface != "10.0.0.9" || o.udp.Source.IsValid() || o.udp.TTL != 8 {
		t.Errorf("interface %q, source %v, TTL %d", o.udp.Interface, o.udp.Source, o.udp.TTL)
	}
}

func TestEveryFlagOfRecvHasItsEffect(t *testing.T) {
	options := func(args ...string) (*cobra.Command, *recvOptions, error) {
		o := defaultRecvOptions()
		cmd := &cobra.Command{}
		o.addOutputFlags(cmd)
		o.addStreamFlags(cmd)
		o.addMemoryFlags(cmd)
		o.addSocketFlags(cmd)
		if err := cmd.ParseFlags(args); err != nil {
			return cmd, &o, err
		}
		return cmd, &o, o.finish(cmd)
	}
	checkFlags(t, options, []flagCase[recvOptions]{
		{"--json", func(o *recvOptions) { o.json = true }},
		{"--quiet", func(o *recvOptions) { o.quiet = true }},
		{"--descriptors", func(o *recvOptions) { o.descriptors = true }},
		{"--values", func(o *recvOptions) { o.values = true }},
		{"--verify", func(o *recvOptions) { o.verify = true }},
		{"--count=10", func(o *recvOptions) { o.count = 10 }},
		{"--every=8", func(o *recvOptions) { o.every = 8 }},
		{"--joint", func(o *recvOptions) { o.joint = true }},
		{"--filter=udp dst port 7148", func(o *recvOptions) { o.filter = "udp dst port 7148" }},
		{"--max-heaps=64", func(o *recvOptions) { o.stream.MaxHeaps = 64 }},
		{"--sockets=4", func(o *recvOptions) { o.udp.Sockets = 4 }},
		{"--connections=3", func(o *recvOptions) { o.tcp.Connections = 3 }},
		{"--source-filter=10.0.0.1,10.0.0.2", func(o *recvOptions) {
			o.senders = "10.0.0.1,10.0.0.2"
			o.udp.Senders = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
		}},
		{"--dialect=ska-low", func(o *recvOptions) { o.dialect, o.stream.Dialect = "ska-low", recv.SKALow }},
		{"--substreams=8", func(o *recvOptions) { o.stream.Substreams = 8 }},
		{"--bug-compat=5", func(o *recvOptions) { o.bugCompat, o.stream.BugCompat = 5, 5 }},
		{"--pyspead", func(o *recvOptions) { o.pyspead, o.bugCompat, o.stream.BugCompat = true, 7, 7 }},
		{"--keep-stop", func(o *recvOptions) { o.stream.KeepStop = true }},
		{"--require-heap-length", func(o *recvOptions) { o.stream.RequireHeapLength = true }},
		{"--out-of-order", func(o *recvOptions) { o.stream.AllowOutOfOrder = true }},
		{"--incomplete", func(o *recvOptions) { o.stream.Incomplete = true }},
		{"--payload-ranges", func(o *recvOptions) { o.payloadRanges = true }},
		{"--merge-overlaps", func(o *recvOptions) { o.stream.MergeOverlaps = true }},
		{"--cnt-step=16", func(o *recvOptions) { o.stream.CntStep = 16 }},
		{"--queue-bytes=1GiB", func(o *recvOptions) { o.stream.QueueBytes = 1 << 30 }},
		{"--when-full=drop-newest", func(o *recvOptions) { o.stream.WhenFull = recv.DropNewest }},
		{"--when-full=drop-oldest", func(o *recvOptions) { o.stream.WhenFull = recv.DropOldest }},
		{"--check-accounts", func(o *recvOptions) { o.stream.CheckAccounts = true }},
		{"--max-items=100", func(o *recvOptions) { o.stream.MaxItems = 100 }},
		{"--max-pool=1GiB", func(o *recvOptions) { o.stream.MaxPool = 1 << 30 }},
		{"--max-pool=0", func(o *recvOptions) { o.stream.MaxPool = -1 }},
		{"--reserve=8x4MiB,64x8KiB", func(o *recvOptions) {
			o.stream.Reserve = []recv.Reserve{{HeapBytes: 4 << 20, Heaps: 8}, {HeapBytes: 8192, Heaps: 64}}
		}},
		{"--huge-pages", func(o *recvOptions) { o.stream.HugePages = true }},
		{"--queue-heaps=9", func(o *recvOptions) { o.stream.QueueHeaps = 9 }},
		{"--max-heap-length=1GB", func(o *recvOptions) { o.stream.MaxHeapLength = 1e9 }},
		{"--max-memory=8GiB", func(o *recvOptions) { o.stream.MaxMemory = 8 << 30 }},
		{"--packet-size=65507", func(o *recvOptions) { o.udp.MaxPacketSize, o.tcp.MaxPacketSize = 65507, 65507 }},
		{"--buffer=64MiB", func(o *recvOptions) { o.udp.BufferSize, o.tcp.BufferSize = 64<<20, 64<<20 }},
		{"--interface=eth0", func(o *recvOptions) { o.udp.Interface = "eth0" }},
		{"--bind=10.0.0.9", func(o *recvOptions) { o.bind, o.udp.Interface = "10.0.0.9", "10.0.0.9" }},
		{"--no-gro", func(o *recvOptions) { o.noGRO, o.udp.GRO = true, recv.OffloadOff }},
	})
}

func flavour(t *testing.T, heapAddressBits int, bug spead.BugCompat) spead.Flavour {
	t.Helper()
	f, err := spead.NewFlavour(heapAddressBits, bug)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// checkFlags checks that each flag does what its case says and nothing else, that none is without a
// case, and that the default, as the help prints it, is one that may be given.
func checkFlags[O any](t *testing.T, parse func(...string) (*cobra.Command, *O, error), cases []flagCase[O]) {
	t.Helper()
	tested := map[string]bool{}
	for _, c := range cases {
		cmd, got, err := parse(c.arg)
		if err != nil {
			t.Errorf("%s: %v", c.arg, err)
			continue
		}
		_, want, err := parse()
		if err != nil {
			t.Fatal(err)
		}
		c.set(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, expected %+v", c.arg, *got, *want)
		}
		for _, name := range flagNames(cmd) {
			tested[name] = tested[name] || cmd.Flags().Changed(name)
		}
	}
	cmd, _, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range flagNames(cmd) {
		if !tested[name] {
			t.Errorf("--%s has no case", name)
		}
		f := cmd.Flags().Lookup(name)
		if f.DefValue != "" && f.Value.Set(f.DefValue) != nil {
			t.Errorf("--%s: the default %q can't be given", name, f.DefValue)
		}
	}
}

func TestHelpShowsEveryFlag(t *testing.T) {
	for _, cmd := range ownCommands(newRoot(console{io.Discard, io.Discard})) {
		path := cmd.CommandPath()
		r := runHere(append(strings.Fields(path)[1:], "--help")...)
		r.expect(t, exitOK, `(?s)Usage:.*Examples:\n  `+path, `^$`)
		for _, name := range flagNames(cmd) {
			r.expect(t, exitOK, `\n +(-., )?--`+name+"[ \n]", `^$`)
		}
	}
}

// ownCommands gives the commands that do something, other than cobra's own.
func ownCommands(parent *cobra.Command) (commands []*cobra.Command) {
	for _, cmd := range parent.Commands() {
		switch {
		case cmd.Name() == "help" || cmd.Name() == "completion":
		case cmd.HasSubCommands():
			commands = append(commands, ownCommands(cmd)...)
		default:
			commands = append(commands, cmd)
		}
	}
	return commands
}

// flagNames gives the flags of a command, as the help lists them.
func flagNames(cmd *cobra.Command) (names []string) {
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-., )?--([a-z-]+)`).FindAllStringSubmatch(cmd.Flags().FlagUsages(), -1) {
		names = append(names, found[1])
	}
	return names
}
