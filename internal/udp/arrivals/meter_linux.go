// SPDX-License-Identifier: Apache-2.0

package arrivals

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// nap is for how long Record lets packets queue up: a socket that nobody waits for costs the sender
// no wake-ups.
const nap = time.Millisecond

func (m *Meter) prepare() error {
	return m.control(func(fd int) error {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferBytes) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferBytes)
		}
		// Kernels without it deliver packets one by one, which can be measured too.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1)
		for _, option := range []int{unix.SO_TIMESTAMPNS, unix.SO_RXQ_OVFL} {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
				return os.NewSyscallError("setsockopt", err)
			}
		}
		return nil
	})
}

func (m *Meter) control(f func(fd int) error) error {
	raw, err := m.conn.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = f(int(fd)) }); err != nil {
		return err
	}
	return result
}

// Record notes what arrives until the channel is closed and nothing is left.
func (m *Meter) Record(until <-chan struct{}) error {
	runtime.LockOSThread() // whose processor time is told
	defer runtime.UnlockOSThread()
	used := threadTime()
	defer func() { m.Processor += threadTime() - used }()
	for last := false; ; {
		if err := m.control(m.drain); err != nil || last {
			return err
		}
		select {
		case <-until:
			last = true
		default:
			ts := unix.NsecToTimespec(int64(nap))
			_ = unix.Nanosleep(&ts, nil)
		}
	}
}

// drain notes what has arrived. The messages' bytes stay in the kernel: only their number is asked for.
func (m *Meter) drain(fd int) error {
	var none [1]byte
	var control [128]byte
	for {
		n, controlBytes, _, _, err := unix.Recvmsg(fd, none[:], control[:], unix.MSG_TRUNC|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return os.NewSyscallError("recvmsg", err)
		}
		m.note(n, control[:controlBytes])
	}
}

// note takes a message's size and what the kernel says about it.
func (m *Meter) note(size int, control []byte) {
	a := Arrival{Bytes: size, Packets: 1}
	for len(control) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		switch {
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS:
			a.Nanos = nanos(data)
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			m.Dropped = binary.NativeEndian.Uint32(data)
		case h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && len(data) >= 4:
			if each := int(int32(binary.NativeEndian.Uint32(data))); each > 0 {
				a.Packets = (size + each - 1) / each
			}
		}
		control = rest
	}
	m.Arrivals = append(m.Arrivals, a)
}

// nanos reads a struct timespec, whose fields are as wide as the machine's words.
func nanos(b []byte) int64 {
	switch len(b) {
	case 16:
		return int64(binary.NativeEndian.Uint64(b))*1e9 + int64(binary.NativeEndian.Uint64(b[8:]))
	case 8:
		return int64(int32(binary.NativeEndian.Uint32(b)))*1e9 + int64(int32(binary.NativeEndian.Uint32(b[4:])))
	default:
		return 0
	}
}

// threadTime is how much processor time this thread has used.
func threadTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
