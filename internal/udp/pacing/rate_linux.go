// SPDX-License-Identifier: Apache-2.0

package pacing

import (
	"fmt"
	"math"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limit has the kernel send no more than so many bytes per second through a socket, rounded up to a
// whole number of them.
func Limit(conn syscall.Conn, bytesPerSecond float64) error {
	rate := uint64(math.Ceil(min(max(bytesPerSecond, 1), 1<<62)))
	return control(conn, func(fd int) error {
		var err error
		if rate < math.MaxUint32 {
			// Every kernel takes a number of 32 bits, of which all ones mean unlimited.
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, int(int32(uint32(rate))))
		} else {
			// Since Linux 4.20 one whose pointers have 64 bits takes larger ones.
			err = unix.SetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, rate)
		}
		if err != nil {
			return os.NewSyscallError("setsockopt SO_MAX_PACING_RATE", err)
		}
		kept, err := limit(fd, rate)
		if err == nil && kept != rate {
			err = fmt.Errorf("the kernel made %d bytes per second of a pacing rate of %d", kept, rate)
		}
		return err
	})
}

// limit reads back what the kernel made of a rate.
func limit(fd int, asked uint64) (kept uint64, err error) {
	if asked < math.MaxUint32 {
		var n int
		n, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)
		kept = uint64(uint32(n))
	} else {
		kept, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)
	}
	return kept, os.NewSyscallError("getsockopt SO_MAX_PACING_RATE", err)
}

// control calls f with a socket's descriptor.
func control(conn syscall.Conn, f func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = f(int(fd)) }); err != nil {
		return err
	}
	return result
}
