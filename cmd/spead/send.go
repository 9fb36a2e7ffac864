// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/send"
)

// sendOptions is what the flags of spead send set.
type sendOptions struct {
	udp       send.UDPConfig
	tcp       bool
	bind      netip.Addr
	noGSO     bool
	flavour   spead.Flavour
	bugCompat int
	pyspead   bool
	heapBytes int64
	items     int
	heaps     int64
	verify    bool
	json      bool
}

// defaultSendOptions are those of a command line without flags.
func defaultSendOptions() sendOptions {
	return sendOptions{
		udp: send.UDPConfig{
			Config: send.Config{MaxPacketSize: 1472, MaxHeaps: 4, BurstSize: 65536, BurstRateRatio: 1.05},
			TTL:    1, BufferSize: 512 << 10,
		},
		heapBytes: 4 << 20, items: 1, heaps: -1,
	}
}

func newSend(c console) *cobra.Command {
	o := defaultSendOptions()
	cmd := &cobra.Command{
		Use:   "send ENDPOINT...",
		Short: "Send test heaps to one or more endpoints",
		Long: `Send heaps of test data over UDP or TCP, as spead2_send does.

Endpoints are host:port, [v6]:port, or 239.1.2.3+7:7148 for eight consecutive addresses, with commas
between several. Each is a substream: heaps go to the endpoints in turn. A single tcp://host:port is
connected to; packets are of up to 65504 bytes then, unless --packet-size says otherwise.

Every heap holds --items arrays of big-endian 32-bit unsigned integers, with ids from 0x1000 on and
names "Test item 0", "Test item 1" and so on. The first heap to each endpoint also describes them.
After --heaps heaps, each endpoint gets one more, with the stop item, so that receivers end; with
--heaps 0 nothing else is sent. An interrupted sender sends no stop item.`,
		Example: `  spead send 127.0.0.1:7148 --heaps 100 --verify
  spead send 239.1.2.3+7:7148 --interface eth0 --rate 10Gbps --packet-size 8972
  spead send [fe80::1%eth0]:7148 --flavour 64-48 --heap-size 64KiB --max-heaps 64
  spead send 10.1.2.3:7148 --packet-size pmtu
  spead send 10.1.2.3:7148 --rate 5Gbps --pacing kernel
  spead send tcp://10.1.2.3:7148`,
		Args:              atLeastOne("ENDPOINT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := o.useTCP(cmd, args)
			if err != nil {
				return err
			}
			o.usePacing(cmd)
			if err := o.finish(cmd.Context(), args); err != nil {
				return err
			}
			return byFlag(sendHeaps(cmd.Context(), c, &o))
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *sendOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	flag[int64]{"heap-size", "size of a heap's data", &o.heapBytes, sizes[int64](pattern.WordBytes, 64<<30)}.add(cmd)
	flag[int]{"items", "number of items in each heap", &o.items, wholeNumbers(1, 65536)}.add(cmd)
	flag[int64]{"heaps", "number of heaps to send; -1: until interrupted", &o.heaps, wholeNumbers[int64](-1, math.MaxInt64)}.add(cmd)
	addSwitch(cmd, &o.verify, "verify", "fill heaps with values that a receiver with --verify can check")
	flag[spead.Flavour]{"flavour", "item pointer and heap address bits", &o.flavour, flavours()}.add(cmd)
	flag[int]{"bug-compat", "deviations for old receivers, added up: 1 descriptor widths, 2 shape bit 1, 4 swap endian",
		&o.bugCompat, wholeNumbers(0, int(spead.BugPySPEAD))}.add(cmd)
	addSwitch(cmd, &o.pyspead, "pyspead", "all three deviations of PySPEAD 0.5.2; must agree with the receiver")
	flag[float64]{"rate", "average rate to keep to; 0: unlimited", &o.udp.Rate, rates()}.add(cmd)
	flag[int]{"burst", "bytes that may leave back to back", &o.udp.BurstSize, sizes(1, math.MaxInt32)}.add(cmd)
	flag[float64]{"burst-rate-ratio", "how much faster than the rate to catch up", &o.udp.BurstRateRatio, ratios()}.add(cmd)
	flag[send.Pacing]{"pacing", "who keeps to the rate: software, or the kernel, where the interface has the queueing discipline fq",
		&o.udp.Pacing, pacings()}.add(cmd)
	flag[int]{"packet-size", "largest packet, rounded down to a multiple of 8; pmtu: what the path takes",
		&o.udp.MaxPacketSize, packetSizes()}.add(cmd)
	flag[send.Layout]{"layout", "how heaps are cut into packets: equal ones where that helps, or as spead2 does", &o.udp.Layout, layouts()}.add(cmd)
	flag[int]{"max-heaps", "heaps in flight, each in memory of its own", &o.udp.MaxHeaps, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int]{"buffer", "size of the socket's buffer", &o.udp.BufferSize, sizes(1, 1<<30-1)}.add(cmd)
	flag[netip.Addr]{"source", "local address to send from", &o.udp.Source, addresses()}.add(cmd)
	flag[string]{"interface", "where multicast leaves: a name, an address or an index", &o.udp.Interface, texts("INTERFACE")}.add(cmd)
	flag[netip.Addr]{"bind", "as in spead2: --interface for multicast, --source otherwise", &o.bind, addresses()}.add(cmd)
	flag[int]{"ttl", "hops that multicast may go", &o.udp.TTL, wholeNumbers(1, 255)}.add(cmd)
	addSwitch(cmd, &o.noGSO, "no-gso", "don't let the kernel split large messages into packets")
	addSwitch(cmd, &o.json, "json", "print the result as a JSON object")
}

// usePacing leaves to the kernel, if it paces, what the user says nothing about.
func (o *sendOptions) usePacing(cmd *cobra.Command) {
	if o.udp.Pacing != send.PacingKernel {
		return
	}
	if !cmd.Flags().Changed("burst-rate-ratio") {
		o.udp.BurstRateRatio = 0
	}
	if !cmd.Flags().Changed("buffer") {
		o.udp.BufferSize = 0
	}
	if o.tcp && !cmd.Flags().Changed("burst") {
		o.udp.BurstSize = 0
	}
}

func pacings() kind[send.Pacing] {
	return kind[send.Pacing]{
		name:    "PACING",
		allowed: "software or kernel",
		parse: func(s string) (send.Pacing, bool) {
			for _, p := range []send.Pacing{send.PacingSoftware, send.PacingKernel} {
				if s == p.String() {
					return p, true
				}
			}
			return 0, false
		},
		print:  send.Pacing.String,
		values: []string{send.PacingSoftware.String(), send.PacingKernel.String()},
	}
}

// finish turns what the command line says into what the library takes.
func (o *sendOptions) finish(ctx context.Context, args []string) error {
	for _, arg := range args {
		list, err := parseEndpoints(ctx, arg, sending())
		if err != nil {
			return err
		}
		o.udp.Endpoints = append(o.udp.Endpoints, list...)
	}
	multicast := o.udp.Endpoints[0].Addr().IsMulticast()
	switch {
	case !o.bind.IsValid():
	case multicast:
		o.udp.Interface = o.bind.String()
	default:
		o.udp.Source = o.bind
	}
	if !multicast {
		o.udp.TTL = 0
	}
	if o.noGSO {
		o.udp.GSO = send.OffloadOff
	}
	if o.pyspead {
		o.bugCompat = int(spead.BugPySPEAD)
	}
	o.flavour = o.flavour.WithBugCompat(spead.BugCompat(o.bugCompat))
	return o.checkSizes()
}

// checkSizes keeps sizes that are absurd together from being asked of the system.
func (o *sendOptions) checkSizes() error {
	if least := int64(o.items) * pattern.WordBytes; o.heapBytes < least {
		return wrong("--heap-size", formatSize(o.heapBytes), fmt.Sprintf("at least %d bytes for each of --items %d", pattern.WordBytes, o.items))
	}
	last := firstItem + spead.ItemID(o.items) - 1
	if f := o.flavour; last > f.MaxItemID() || uint64(last) > f.MaxImmediate() {
		return wrong("--flavour", f.String(), fmt.Sprintf("one that has room for item ids up to %v", last))
	}
	if most := o.flavour.MaxImmediate(); uint64(o.heapBytes) > most {
		return wrong("--heap-size", formatSize(o.heapBytes), fmt.Sprintf("at most %d bytes in %v", most, o.flavour))
	}
	most := int64(min(math.MaxInt/2, 64<<30))
	if o.heapBytes > most/int64(o.slots()) {
		return wrong("--heap-size", formatSize(o.heapBytes),
			fmt.Sprintf("at most %s for --max-heaps %d heaps together", formatSize(most), o.udp.MaxHeaps))
	}
	return nil
}

// elements is the number of values in each item.
func (o *sendOptions) elements() int64 { return o.heapBytes / (int64(o.items) * pattern.WordBytes) }

// slots is the number of heaps that memory is needed for.
func (o *sendOptions) slots() int {
	if o.heaps >= 0 && o.heaps < int64(o.udp.MaxHeaps) {
		return int(max(o.heaps, 1))
	}
	return o.udp.MaxHeaps
}

// sendResult is what spead send prints at the end.
type sendResult struct {
	Heaps   int64   `json:"heaps"`
	Packets int64   `json:"packets"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"gigabits_per_second"`
	Failed  int64   `json:"failed_heaps"`
}

func (r *sendResult) print(c console, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(c.out).Encode(r)
	}
	_, err := fmt.Fprintf(c.out, "Sent %d bytes in %.6f seconds, %.6f Gb/s\n", r.Bytes, r.Seconds, r.Rate)
	return err
}

// sendHeaps sends what the options say and prints how it went.
func sendHeaps(ctx context.Context, c console, o *sendOptions) error {
	if used := o.elements() * int64(o.items) * pattern.WordBytes; used != o.heapBytes {
		c.remark("spead send: --heap-size is no multiple of --items words: using %d instead of %d bytes", used, o.heapBytes)
	}
	o.udp.Logger = c.logger()
	stream, err := o.openStream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	r, err := newSendRun(stream, o)
	if err != nil {
		return err
	}
	rate := newMeter()
	endProgress := showProgress(c.remarks, func() string {
		s := stream.Stats()
		seconds, gbps := rate.read(s.Bytes)
		return fmt.Sprintf("%.0f s: %d heaps, %d bytes, %.3f Gb/s", seconds, s.Heaps, s.Bytes, gbps)
	})
	err = r.run(ctx)
	endProgress()
	var field *spead.FieldError
	if errors.As(err, &field) {
		return err // nothing was sent
	}
	result := r.result()
	return errors.Join(err, result.print(c, o.json))
}
