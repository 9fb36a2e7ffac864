// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Counters are what the kernel and the drivers have counted, by names that start with the check's.
type Counters map[string]uint64

// lossWords are in the names of drivers' counters of packets that were lost for want of room.
var lossWords = []string{"drop", "discard", "missed", "no_buf", "out_of_buffer", "no_dma", "overflow", "overrun", "fifo_err"}

// deviceCounters are the kernel's counters of an interface that mean loss on the way in.
var deviceCounters = []string{"rx_missed_errors", "rx_fifo_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_length_errors", "rx_dropped"}

// Count reads all counters of losses. Those that aren't there are left out.
func Count(cfg Config, s System) Counters {
	return newView(context.Background(), cfg, s).count()
}

func (v *view) count() Counters {
	c := Counters{}
	v.countSockets(c)
	v.countBacklog(c)
	for _, name := range v.Interfaces {
		for _, counter := range deviceCounters {
			if n, err := v.number("sys/class/net/" + name + "/statistics/" + counter); err == nil {
				c["interface."+name+"."+counter] = uint64(n)
			}
		}
		device, err := v.Device(name)
		if err != nil {
			continue
		}
		for counter, n := range device.Counters {
			if slices.ContainsFunc(lossWords, func(w string) bool { return strings.Contains(strings.ToLower(counter), w) }) {
				c["driver."+name+"."+counter] = n
			}
		}
	}
	return c
}

// countSockets reads what UDP sockets have lost: a line of names and one of numbers for IPv4, a line
// for each for IPv6.
func (v *view) countSockets(c Counters) {
	text, _ := v.text("proc/thread-self/net/snmp")
	var names []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "Udp:" {
			continue
		}
		for i := range min(len(words), len(names)) {
			addSocketCounter(c, "ipv4", names[i], words[i])
		}
		names = words
	}
	text, _ = v.text("proc/thread-self/net/snmp6")
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) == 2 {
			addSocketCounter(c, "ipv6", strings.TrimPrefix(words[0], "Udp6"), words[1])
		}
	}
}

func addSocketCounter(c Counters, version, name, value string) {
	if n, err := strconv.ParseUint(value, 10, 64); err == nil && slices.Contains([]string{"RcvbufErrors", "MemErrors", "InCsumErrors"}, name) {
		c["socket."+version+"."+name] = n
	}
}

// countBacklog reads what processors have lost and put off: hexadecimal, a line for each.
func (v *view) countBacklog(c Counters) {
	text, err := v.text("proc/thread-self/net/softnet_stat")
	if err != nil {
		return
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		for i, name := range map[int]string{1: "backlog.softnet_dropped", 2: "budget.softnet_squeezed"} {
			n, _ := strconv.ParseUint(words[i], 16, 64)
			c[name] += n
		}
	}
}

// losses judges the counters whose names begin with a prefix. What was lost before anybody looked is
// worth a word; what is lost while we look is worth more.
func (v *view) losses(prefix string, f Finding) Finding {
	now := v.count()
	var lost, seen []string
	for _, name := range slices.Sorted(maps.Keys(now)) {
		counter, found := strings.CutPrefix(name, prefix)
		if !found {
			continue
		}
		seen = append(seen, counter)
		before, compared := v.Earlier[name]
		switch {
		case compared && now[name] > before:
			f.State = Loss
			lost = append(lost, fmt.Sprintf("%s rose by %d", counter, now[name]-before))
		case v.Earlier == nil && now[name] > 0:
			f.State = max(f.State, Advice)
			lost = append(lost, fmt.Sprintf("%s is %d since the counters began", counter, now[name]))
		}
	}
	switch {
	case len(seen) == 0:
		return f.unknown("there are no such counters")
	case len(lost) == 0:
		f.Fix = nil
		return f.ok("nothing in %s", strings.Join(seen, ", "))
	}
	f.Found, f.Wanted = strings.Join(lost, ", "), "no more of them: --watch 10s tells whether it goes on"
	return f
}

func socketLosses(v *view) []Finding {
	f := about("socket-losses", "", "datagrams that came while a socket's buffer was full, or UDP's memory was, or that came damaged, are gone")
	f.Fix = []string{"give receivers larger buffers (--buffer), more processor time, or several sockets (--sockets)"}
	return []Finding{v.losses("socket.", f)}
}

func backlogLosses(v *view) []Finding {
	const name = "net.core.netdev_max_backlog"
	f := about("backlog", name, "packets that wait for a processor, after RPS, on loopback and from virtual interfaces, are dropped beyond this many")
	limit, err := v.number(sysctlPath(name))
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	f = v.losses("backlog.", f)
	// A processor that is busy for a time slice of 4 ms lets so many packets wait.
	needed := max(1000, int64(v.Rate/float64(v.PacketSize)*4e-3))
	if f.State == OK && limit < needed {
		f = f.bad(Advice, "%d", limit)
	}
	if f.State == Advice || f.State == Loss {
		needed = max(needed, 2*limit)
		f = f.sysctl(name, strconv.FormatInt(needed, 10), fmt.Sprintf("%d or more", needed))
	}
	return []Finding{f}
}

func budgetSqueezes(v *view) []Finding {
	const name = "net.core.netdev_budget_usecs"
	f := about("budget", name, "a processor that ran out of time for packets left some in the card's ring for later")
	limit, err := v.number(sysctlPath(name))
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	f = v.losses("budget.", f)
	switch f.State {
	case Loss: // nothing is lost as long as the ring has room
		f.State = Advice
		f = f.sysctl(name, strconv.FormatInt(2*limit, 10), "more time")
	case Advice: // every machine has had a few
		f.State, f.Wanted = OK, ""
	}
	return []Finding{f}
}

func interfaceLosses(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("interface-losses", name, "packets that the card had no room for, or that came damaged, are gone")
		f.Fix = []string{"larger rings, interrupts on more processors; for crc errors: cables and transceivers"}
		findings = append(findings, v.losses("interface."+name+".", f))
	}
	return findings
}

func driverLosses(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("driver-losses", name, "the driver's own counters tell where the card lost packets")
		f.Fix = []string{"ethtool -S " + name + " shows all counters, and the driver's manual what each is"}
		findings = append(findings, v.losses("driver."+name+".", f))
	}
	return findings
}
