// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/recv"
)

// monitorOptions is what the flags of spead monitor set.
type monitorOptions struct {
	recvOptions
	cntStep      int64
	consumerRate float64
	interval     time.Duration
	duration     time.Duration
	listen       string
	inOrder      bool
}

// defaultMonitorOptions are those of a command line without flags.
func defaultMonitorOptions() monitorOptions {
	o := monitorOptions{recvOptions: defaultRecvOptions(), cntStep: 1, interval: time.Second}
	o.stream.QueueHeaps = 64
	o.tcp.Connections = 0
	return o
}

func newMonitor(c console) *cobra.Command {
	o := defaultMonitorOptions()
	cmd := &cobra.Command{
		Use:   "monitor SOURCE...",
		Short: "Watch endpoints: rates, what is lost and where; in the terminal, a browser and Prometheus",
		Long: `Receive from endpoints, throw the heaps away, and show how fast data comes, what is lost, and where:
at the sender, on the way, at this machine's socket, by a limit, or because the consumer is too slow.

A source is an endpoint, or several with commas between them, as for spead recv; each is a stream of
its own. On a terminal there is a live view: q quits, s changes the order, p pauses, the arrows select
a stream, tab shows another page. Elsewhere there is a line for each stream at each interval or, with
--json, everything that is known as an object per line. What was lost stands at the end.

With --listen there is a web page with the same and its last 15 minutes, /api (all of it as JSON),
/api/events (each interval's), and /metrics for Prometheus. It is for whoever reaches that address:
there is no password.

The monitor takes heaps as fast as they come. To see what a slower consumer would lose, give its
speed as --consumer-rate, with --queue-heaps and --when-full.`,
		Example: `  spead monitor 239.1.2.3+7:7148 --interface eth0
  spead monitor :7148 :7149 --listen 127.0.0.1:8080
  spead monitor :7148 --json --interval 10s >> monitor.jsonl
  spead monitor :7148 --consumer-rate 2Gbps --queue-heaps 64 --when-full drop-oldest`,
		Args: atLeastOne("SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.finish(cmd); err != nil {
				return err
			}
			return byFlag(watch(cmd.Context(), c, &o, args))
		},
	}
	cmd.Flags().SortFlags = false
	o.addFlags(cmd)
	return cmd
}

func (o *monitorOptions) addFlags(cmd *cobra.Command) {
	flag[string]{"listen", "address of the web page, /api and /metrics, such as 127.0.0.1:8080; with port 0 the system chooses one",
		&o.listen, listeners()}.add(cmd)
	flag[time.Duration]{"interval", "how often to sample", &o.interval, durations()}.add(cmd)
	flag[time.Duration]{"duration", "how long to watch; otherwise until Ctrl-C", &o.duration, durations()}.add(cmd)
	addSwitch(cmd, &o.json, "json", "print what is known as JSON, an object per line and interval")
	flag[int64]{"cnt-step", "distance of the heap cnts of a stream, by which heaps that never came are counted; 0: they aren't",
		&o.cntStep, wholeNumbers[int64](0, 1<<40)}.add(cmd)
	flag[float64]{"consumer-rate", "take heaps no faster than this; 0: as fast as they come", &o.consumerRate, rates()}.add(cmd)
	flag[int]{"queue-heaps", "finished heaps that may wait for the consumer", &o.stream.QueueHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[recv.WhenFull]{"when-full", "what happens when they are too many: block, drop-oldest or drop-newest",
		&o.stream.WhenFull, whenFull()}.add(cmd)
	flag[int]{"max-heaps", "heaps in progress in each substream", &o.stream.MaxHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int]{"substreams", "divide heaps by their cnt modulo this number", &o.stream.Substreams, wholeNumbers(1, 1024)}.add(cmd)
	addSwitch(cmd, &o.inOrder, "in-order", "refuse packets that come out of order, as spead recv does by default")
	flag[int64]{"max-heap-length", "refuse longer heaps", &o.stream.MaxHeapLength, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int64]{"max-memory", "payload memory of each stream", &o.stream.MaxMemory, sizes[int64](1, 1<<50)}.add(cmd)
	flag[int]{"packet-size", "largest packet", &o.udp.MaxPacketSize, sizes(1, 65535)}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer", &o.udp.BufferSize, sizes(1, 1<<30-1)}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.udp.Interface, texts("INTERFACE")}.add(cmd)
	flag[string]{"source-filter", "addresses of the senders to join multicast groups for, with commas between; otherwise all",
		&o.senders, texts("ADDRESSES")}.add(cmd)
	flag[int]{"sockets", "sockets that share each UDP port, a power of two: more room without privilege", &o.udp.Sockets, wholeNumbers(1, 64)}.add(cmd)
	flag[int]{"connections", "TCP connections to take at each tcp:// endpoint; 0 for any number", &o.tcp.Connections, wholeNumbers(0, 1<<20)}.add(cmd)
	flag[string]{"dialect", "what senders may deviate in: ska-low, gateware, or tolerances by name with commas between",
		&o.dialect, dialects()}.add(cmd)
	addSwitch(cmd, &o.noGRO, "no-gro", "don't let the kernel join packets into large messages")
}

// listeners are addresses to listen on.
func listeners() kind[string] {
	return kind[string]{
		name:    "ADDRESS",
		allowed: "host:port, such as 127.0.0.1:8080, or :8080 for every interface",
		parse: func(s string) (string, bool) {
			_, port, err := net.SplitHostPort(s)
			if err != nil {
				return "", false
			}
			_, err = strconv.ParseUint(port, 10, 16)
			return s, err == nil
		},
		print: func(s string) string { return s },
	}
}

// whenFull is by name.
func whenFull() kind[recv.WhenFull] {
	names := []string{recv.Block: "block", recv.DropOldest: "drop-oldest", recv.DropNewest: "drop-newest"}
	return kind[recv.WhenFull]{
		name:    "POLICY",
		allowed: "block, drop-oldest or drop-newest",
		parse: func(s string) (recv.WhenFull, bool) {
			for w, name := range names {
				if s == name {
					return recv.WhenFull(w), true
				}
			}
			return 0, false
		},
		print:  func(w recv.WhenFull) string { return names[w] },
		values: names,
	}
}
