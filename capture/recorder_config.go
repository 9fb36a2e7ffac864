// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gospead/spead"
)

const (
	// recorderMemory is how much memory there is by default between the network and the disk: what comes
	// in 200 ms at 10 Gb/s.
	recorderMemory = 256 << 20
	// recorderMemoryMin is two blocks of the least size.
	recorderMemoryMin = 2 << 20
	recorderMemoryMax = 1 << 40
	// blockBytes is the size of what is written at once, unless there is less memory than for a few of them.
	blockBytes = 4 << 20
	blocksMin  = 8
	// fileSizeMin holds the longest datagram, with what files of a few endpoints begin and end with.
	fileSizeMin = 128 << 10
	filesMax    = 1 << 20
)

// RecorderConfig configures NewRecorder.
type RecorderConfig struct {
	// Endpoints are what to listen on: addresses of this machine, the unspecified one, or multicast groups,
	// which are joined. At least one; with PacketRing, a zero address or port stands for any.
	Endpoints []netip.AddrPort
	// Interface is where multicast groups are joined: a name, an address or an index. Default (empty): the
	// kernel chooses. With PacketRing it is required.
	Interface string
	// Senders are whose datagrams groups are joined for (source-specific multicast). Default (none):
	// everybody's.
	Senders []netip.Addr
	// BufferSize is the size of each socket's receive buffer in bytes, or of the packet ring. Default (0)
	// 8 MiB, or 64 MiB with the privilege to exceed the system's limit, which a packet ring takes anyway.
	BufferSize int
	// NoGRO keeps the kernel from joining datagrams, so that each has a time of its own, at the price of
	// speed. Default false.
	NoGRO bool
	// PacketRing takes frames from the interface's driver by way of memory that is shared with the kernel
	// (AF_PACKET, TPACKET_V3), with their true headers and at a fraction of the cost. Linux only, and with
	// the privilege CAP_NET_RAW. Default false: UDP sockets, which take none.
	PacketRing bool
	// Filter says what to keep, as Options.Filter does. Default (empty): everything that comes to Endpoints.
	Filter string

	// Path is the pcapng file to write; it is overwritten. Default (empty): Output is written.
	Path string
	// Output is written instead of a file, and isn't closed. Default (nil): if Path is empty as well,
	// datagrams are only counted.
	Output io.Writer
	// Direct writes past the system's page cache (O_DIRECT). Linux only. Default false.
	Direct bool
	// FileSize is when another file is begun, in bytes; no file gets larger. At least 128 KiB. Default
	// (0): never.
	FileSize int64
	// FileTime is when another file is begun, from the first datagram of the file on. Default (0): never.
	FileTime time.Duration
	// Files is how many files are kept; the oldest are removed. Default (0): all.
	Files int
	// Memory is how much memory there is for what isn't written yet, in bytes, from 2 MiB on. Default (0)
	// 256 MiB, of which as much is used as it takes.
	Memory int64

	// Ring keeps the latest datagrams in Memory, and writes a file whenever Trigger is called. Default
	// false: all are written.
	Ring bool
	// After is for how long datagrams are still added to the file after Trigger. Default (0): none.
	After time.Duration

	// Count is how many datagrams to end after. Default (0): there is no end.
	Count int64
	// Duration is after what time to end. Default (0): there is no end.
	Duration time.Duration
	// Application names the program in files. Default (empty): it isn't named.
	Application string
}

// numbered says whether there may be more than one file.
func (c *RecorderConfig) numbered() bool { return c.FileSize > 0 || c.FileTime > 0 || c.Ring }

// counts says that nothing is written.
func (c *RecorderConfig) counts() bool { return c.Path == "" && c.Output == nil }

func (c *RecorderConfig) blocks() (size, count int) {
	size = blockBytes
	for size > 1<<20/4 && c.Memory/int64(size) < blocksMin {
		size /= 2
	}
	return size, int(c.Memory / int64(size))
}

// withDefaults checks c and returns it with the defaults filled in.
func (c RecorderConfig) withDefaults() (RecorderConfig, error) {
	wrong := func(field string, value any, allowed string) error {
		return &spead.FieldError{Field: "capture.RecorderConfig." + field, Value: value, Allowed: allowed}
	}
	if c.Memory == 0 {
		c.Memory = recorderMemory
	}
	switch {
	case len(c.Endpoints) == 0:
		return c, wrong("Endpoints", "none", "at least one address with a port")
	case c.Path != "" && c.Output != nil:
		return c, wrong("Path", c.Path, "nothing, as there is an Output")
	case c.Memory < recorderMemoryMin || c.Memory > recorderMemoryMax:
		return c, wrong("Memory", c.Memory, fmt.Sprintf("%d to %d bytes, or 0 for the default", recorderMemoryMin, int64(recorderMemoryMax)))
	case c.FileSize < 0 || c.FileSize > 0 && c.FileSize < fileSizeMin:
		return c, wrong("FileSize", c.FileSize, fmt.Sprintf("at least %d bytes, or 0 for one file", fileSizeMin))
	case c.FileTime < 0:
		return c, wrong("FileTime", c.FileTime, "0 or more")
	case c.Count < 0:
		return c, wrong("Count", c.Count, "0 or more")
	case c.Duration < 0:
		return c, wrong("Duration", c.Duration, "0 or more")
	case c.After < 0 || c.After > 0 && !c.Ring:
		return c, wrong("After", c.After, "0, or more with Ring")
	case c.PacketRing && c.Interface == "":
		return c, wrong("Interface", c.Interface, "the interface to capture from, with PacketRing")
	}
	return c, c.checkFiles()
}

// checkFiles checks what belongs to Path.
func (c *RecorderConfig) checkFiles() error {
	wrong := func(field string, value any, allowed string) error {
		return &spead.FieldError{Field: "capture.RecorderConfig." + field, Value: value, Allowed: allowed}
	}
	switch {
	case c.Files < 0 || c.Files > filesMax || c.Files > 0 && !c.numbered():
		return wrong("Files", c.Files, fmt.Sprintf("0, or up to %d with FileSize, FileTime or Ring", filesMax))
	case c.Ring && (c.FileSize > 0 || c.FileTime > 0):
		return wrong("Ring", true, "false, with FileSize or FileTime")
	case c.Path != "":
		return nil
	case c.numbered():
		return wrong("Path", c.Path, "a file, with FileSize, FileTime or Ring")
	case c.Direct:
		return wrong("Direct", true, "false, unless there is a Path")
	}
	return nil
}
