// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gospead/spead/internal/udp/nic"
)

// System is a machine as the checks see it.
type System struct {
	// Root is the machine's file system, of which only proc and sys are read.
	Root fs.FS
	// Threads is how many threads Go's scheduler runs at once (GOMAXPROCS); 0: unknown.
	Threads int
	// Device asks the driver of an interface.
	Device func(name string) (nic.Device, error)
	// Route gives the name of the interface by which an address is reached.
	Route func(to netip.Addr) (name string, err error)
	// DatagramMax gives the bytes of the largest datagram that gets to an endpoint in one piece, by an
	// interface if one is named.
	DatagramMax func(to netip.AddrPort, name string) (int, error)
	// Query waits for a query of IGMP and gives the querier.
	Query func(ctx context.Context) (netip.Addr, error)
}

// Config is what to look for.
type Config struct {
	// Interfaces are those that data comes and goes by, by their names. Default (none): those with a
	// card, that are up.
	Interfaces []string
	// Endpoints are where data is sent to or received from. Default (none): no look at routes and groups.
	Endpoints []netip.AddrPort
	// Rate is the data's rate in bytes per second. Default (0): unknown, and no advice is computed from it.
	Rate float64
	// Hiccup is how long a receiver may be kept from its socket, in seconds. Default (0): 0.01.
	Hiccup float64
	// PacketSize is the bytes of UDP payload in a packet. Default (0): 1472.
	PacketSize int
	// Sender is an address that data comes from. Default (the zero value): unknown.
	Sender netip.Addr
	// Querier makes the check for an IGMP querier, which listens until the context ends. Default: false.
	Querier bool
	// Earlier are counters from Count, to tell what is lost now from what was lost since the machine
	// started. Default (nil): all of it counts as advice.
	Earlier Counters
}

// view is a system and what to look for in it.
type view struct {
	System
	Config
	ctx context.Context
}

const (
	defaultHiccup     = 0.01
	defaultPacketSize = 1472
	// standardBuffer is what a receiver's socket asks for by default: recv.UDPConfig.BufferSize.
	standardBuffer = 8 << 20
	// standardSendBuffer is what a sender's socket asks for by default: send.UDPConfig.BufferSize.
	standardSendBuffer = 512 << 10
)

// text reads a file without the white space around it.
func (v *view) text(path string) (string, error) {
	b, err := fs.ReadFile(v.Root, path)
	return strings.TrimSpace(string(b)), err
}

// number reads a file that holds a whole number, or several of which it gives the last.
func (v *view) number(path string) (int64, error) {
	text, err := v.text(path)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return 0, fmt.Errorf("%s is empty", path)
	}
	n, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s holds %q, which is no number", path, text)
	}
	return n, nil
}

// sysctlPath is the file of a variable of sysctl(8).
func sysctlPath(name string) string { return "proc/sys/" + strings.ReplaceAll(name, ".", "/") }

// names lists a folder; nothing if it isn't there.
func (v *view) names(path string) (names []string) {
	entries, _ := fs.ReadDir(v.Root, path)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// field gives what stands behind "name:" in a file of such lines.
func field(text, name string) (string, bool) {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// set gives the numbers of a list such as 0-3,8, of which it takes no more than a machine may have.
func set(list string) (numbers []int) {
	const most = 1 << 14
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		to := from
		if isRange && err == nil {
			to, err = strconv.Atoi(last)
		}
		if err != nil || from < 0 || to >= most {
			continue
		}
		for n := from; n <= to; n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// sizeText writes a number of bytes as people read it.
func sizeText(n float64) string {
	unit := "B"
	for _, larger := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if n < 1024 {
			break
		}
		n, unit = n/1024, larger
	}
	return fmt.Sprintf("%.4g %s", n, unit)
}

// gigabits writes a rate in bytes per second as people read it.
func gigabits(rate float64) string { return fmt.Sprintf("%.3g Gb/s", rate*8e-9) }
