// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// RecorderStats is what a Recorder has done so far. Always, over all endpoints,
//
//	Seen = Filtered + Datagrams + WriterDrops
//
// and what came to this machine is Seen + KernelDrops + DeviceDrops.
type RecorderStats struct {
	RecorderCounts
	// Files is how many files were begun, FileBytes how much was written to them, and Waiting how many
	// blocks of memory wait to be written.
	Files     int64 `json:"files"`
	FileBytes int64 `json:"file_bytes"`
	Waiting   int   `json:"blocks_waiting"`
	// Endpoints has the figures of each by itself.
	Endpoints []EndpointStats `json:"endpoints"`
}

// EndpointStats tells of the datagrams that came to an endpoint.
type EndpointStats struct {
	// Endpoint is the address that was listened on, and Device the interface, if one was named. With
	// RecorderConfig.PacketRing all is counted together, and there is no address.
	Endpoint netip.AddrPort `json:"endpoint"`
	Device   string         `json:"interface,omitempty"`
	RecorderCounts
}

// RecorderCounts is what became of datagrams.
type RecorderCounts struct {
	// Seen counts datagrams that were taken from the system.
	Seen int64 `json:"seen"`
	// Filtered counts those that the filter left out.
	Filtered int64 `json:"filtered"`
	// Datagrams counts those that were captured (with Ring: taken into memory), Bytes their payload.
	Datagrams int64 `json:"datagrams"`
	Bytes     int64 `json:"bytes"`
	// WriterDrops counts datagrams that were lost because the file was written too slowly and the memory
	// was full, KernelDrops those that the kernel had no room for because they were read too slowly
	// (several that were joined count as one), and DeviceDrops those that the network device lost, if an
	// interface was named: anybody's.
	WriterDrops int64 `json:"writer_drops"`
	KernelDrops int64 `json:"kernel_drops"`
	DeviceDrops int64 `json:"device_drops"`
}

// Lost is how many datagrams are known to be missing.
func (c *RecorderCounts) Lost() int64 { return c.WriterDrops + c.KernelDrops }

// inletCounts counts what came to an endpoint.
type inletCounts struct {
	seen, filtered, accepted, bytes, unwritten, kernelDrops, deviceDrops int64
}

// inlet is an endpoint of a recorder.
type inlet struct {
	endpoint netip.AddrPort
	device   string
	// deviceBefore is what the device had lost before.
	deviceBefore int64
	inletCounts
	// before is what stands in earlier files.
	before inletCounts
}

func (in *inlet) name() string {
	if !in.endpoint.IsValid() {
		return "frames of the device"
	}
	return fmt.Sprintf("udp %v", in.endpoint)
}

// since gives what came since the last file.
func (in *inlet) since() inletCounts {
	c := in.inletCounts
	c.seen -= in.before.seen
	c.filtered -= in.before.filtered
	c.accepted -= in.before.accepted
	c.bytes -= in.before.bytes
	c.unwritten -= in.before.unwritten
	c.kernelDrops -= in.before.kernelDrops
	c.deviceDrops = max(0, c.deviceDrops-in.before.deviceDrops) // a driver may begin to count anew
	return c
}

func (in *inlet) stats() EndpointStats {
	return EndpointStats{Endpoint: in.endpoint, Device: in.device, RecorderCounts: RecorderCounts{
		Seen: in.seen, Filtered: in.filtered, Datagrams: in.accepted - in.unwritten, Bytes: in.bytes,
		WriterDrops: in.unwritten, KernelDrops: in.kernelDrops, DeviceDrops: in.deviceDrops,
	}}
}

// Stats may be called by any goroutine at any time. What the system drops is brought up to date every
// second, and at the end.
func (r *Recorder) Stats() RecorderStats {
	var s RecorderStats
	r.mu.Lock()
	for i := range r.inlets {
		s.Endpoints = append(s.Endpoints, r.inlets[i].stats())
	}
	r.mu.Unlock()
	devices := map[string]int64{}
	for _, e := range s.Endpoints {
		s.Seen += e.Seen
		s.Filtered += e.Filtered
		s.Datagrams += e.Datagrams
		s.Bytes += e.Bytes
		s.WriterDrops += e.WriterDrops
		s.KernelDrops += e.KernelDrops
		devices[e.Device] = e.DeviceDrops
	}
	for _, drops := range devices {
		s.DeviceDrops += drops
	}
	if r.spool != nil {
		s.Files, s.FileBytes, s.Waiting = r.spool.Progress()
	}
	return s
}

// deviceDrops is how many packets a network device had no room for, as Linux counts them (the kernel's
// Documentation/networking/statistics.rst); 0 where that can't be told. Drivers count in one or both.
func deviceDrops(device string) (most int64) {
	if device == "" || strings.ContainsRune(device, '/') {
		return 0
	}
	for _, name := range []string{"rx_missed_errors", "rx_fifo_errors"} {
		text, err := os.ReadFile("/sys/class/net/" + device + "/statistics/" + name)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			most = max(most, n)
		}
	}
	return most
}
