// SPDX-License-Identifier: Apache-2.0

package nic

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The sets of names that drivers have (linux/ethtool.h, enum ethtool_stringset).
const (
	statisticNames = 1
	featureNames   = 4
	nameSize       = 32 // ETH_GSTRING_LEN
	// namesMax bounds what is taken from a driver: some have a few thousand statistics.
	namesMax = 1 << 16
)

// Read asks the driver of an interface, by its name. What a driver doesn't answer is left out; most
// drivers of virtual interfaces answer little. Errors: there is no such interface, or no way to ask.
func Read(name string) (d Device, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return d, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	q := question{fd: fd}
	if copy(q.name[:unix.IFNAMSIZ-1], name) < len(name) {
		return d, fmt.Errorf("ask the driver of %q: %w", name, unix.ENODEV)
	}
	info := make([]byte, 196) // struct ethtool_drvinfo
	switch err := q.ask(unix.ETHTOOL_GDRVINFO, info); err {
	case nil:
		d.Driver = text(info[4:36])
	case unix.EOPNOTSUPP:
	default:
		return d, fmt.Errorf("ask the driver of %s: %w", name, err)
	}
	d.Rings, d.Pause, d.Adaptive = q.rings(), q.pause(), q.adaptive()
	d.Features, d.Counters = q.features(), q.counters()
	return d, nil
}

// question is one interface's driver, asked through a socket.
type question struct {
	fd   int
	name [unix.IFNAMSIZ]byte
}

// ask has the kernel fill in a structure of linux/ethtool.h, all of which begin with the command.
// Preconditions: answer has at least 4 bytes, and as many as the command writes.
func (q *question) ask(command uint32, answer []byte) error {
	binary.NativeEndian.PutUint32(answer, command)
	request := struct { // struct ifreq
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [24 - unsafe.Sizeof(uintptr(0))]byte
	}{name: q.name, data: unsafe.Pointer(&answer[0])}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(q.fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}

// words asks for a structure of 32-bit numbers, command included; nil if there is no answer.
func (q *question) words(command uint32, count int) []uint32 {
	b := make([]byte, 4*count)
	if q.ask(command, b) != nil {
		return nil
	}
	return uint32s(b)
}

func uint32s(b []byte) []uint32 {
	w := make([]uint32, len(b)/4)
	for i := range w {
		w[i] = binary.NativeEndian.Uint32(b[4*i:])
	}
	return w
}

func (q *question) rings() *Rings {
	w := q.words(unix.ETHTOOL_GRINGPARAM, 9) // struct ethtool_ringparam
	if w == nil || w[1] == 0 {
		return nil
	}
	return &Rings{ReceiveMax: int(w[1]), SendMax: int(w[4]), Receive: int(w[5]), Send: int(w[8])}
}

func (q *question) pause() *Pause {
	w := q.words(unix.ETHTOOL_GPAUSEPARAM, 4) // struct ethtool_pauseparam
	if w == nil {
		return nil
	}
	return &Pause{Receive: w[2] != 0, Send: w[3] != 0}
}

func (q *question) adaptive() *bool {
	w := q.words(unix.ETHTOOL_GCOALESCE, 23) // struct ethtool_coalesce
	if w == nil {
		return nil
	}
	receives := w[10] != 0 // use_adaptive_rx_coalesce
	return &receives
}

// names gives a driver's set of names.
func (q *question) names(set uint32) []string {
	b := make([]byte, 20) // struct ethtool_sset_info with room for one set
	binary.NativeEndian.PutUint64(b[8:], 1<<set)
	if q.ask(unix.ETHTOOL_GSSET_INFO, b) != nil || binary.NativeEndian.Uint64(b[8:]) == 0 {
		return nil
	}
	count := binary.NativeEndian.Uint32(b[16:])
	if count == 0 || count > namesMax {
		return nil
	}
	// The kernel writes as many as there are by then, whatever it was told of the room.
	b = make([]byte, 12+nameSize*namesMax) // struct ethtool_gstrings
	binary.NativeEndian.PutUint32(b[4:], set)
	binary.NativeEndian.PutUint32(b[8:], count)
	if q.ask(unix.ETHTOOL_GSTRINGS, b) != nil || binary.NativeEndian.Uint32(b[8:]) != count {
		return nil
	}
	names := make([]string, count)
	for i := range names {
		names[i] = text(b[12+nameSize*i:][:nameSize])
	}
	return names
}

// features gives which of the offloads are on.
func (q *question) features() map[string]bool {
	names := q.names(featureNames)
	blocks := (len(names) + 31) / 32
	b := make([]byte, 8+16*blocks) // struct ethtool_gfeatures
	binary.NativeEndian.PutUint32(b[4:], uint32(blocks))
	if blocks == 0 || q.ask(unix.ETHTOOL_GFEATURES, b) != nil {
		return nil
	}
	w := uint32s(b[8:]) // of each block: available, requested, active, never changed
	features := map[string]bool{}
	for i, name := range names {
		if name != "" {
			features[name] = w[i/32*4+2]>>(i%32)&1 != 0
		}
	}
	return features
}

func (q *question) counters() map[string]uint64 {
	names := q.names(statisticNames)
	if len(names) == 0 {
		return nil
	}
	b := make([]byte, 8+8*namesMax) // struct ethtool_stats; as with names
	binary.NativeEndian.PutUint32(b[4:], uint32(len(names)))
	if q.ask(unix.ETHTOOL_GSTATS, b) != nil || binary.NativeEndian.Uint32(b[4:]) != uint32(len(names)) {
		return nil
	}
	counters := map[string]uint64{}
	for i, name := range names {
		counters[name] = binary.NativeEndian.Uint64(b[8+8*i:])
	}
	return counters
}

// text is what comes before the first zero byte.
func text(b []byte) string {
	before, _, _ := bytes.Cut(b, []byte{0})
	return string(before)
}
