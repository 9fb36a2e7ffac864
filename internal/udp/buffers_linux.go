// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// setSendBuffer asks for a send buffer of size bytes, if that isn't negative, and returns what the
// kernel granted.
func setSendBuffer(conn *net.UDPConn, size int) (granted int, err error) {
	return setBuffer(conn, size, unix.SO_SNDBUF)
}

// setReceiveBuffer asks for a receive buffer of size bytes, if that isn't negative, and returns what
// the kernel granted. The privilege CAP_NET_ADMIN lifts the limit, net.core.rmem_max.
func setReceiveBuffer(conn *net.UDPConn, size int) (granted int, err error) {
	return setBuffer(conn, size, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF)
}

// setDefaultReceiveBuffer asks for as much as the default is, by privilege or without.
func setDefaultReceiveBuffer(conn *net.UDPConn) (granted int, err error) {
	if granted, err = setBuffer(conn, privilegedReceiveBuffer, unix.SO_RCVBUFFORCE); err == nil {
		return granted, nil
	}
	return setReceiveBuffer(conn, DefaultReceiveBuffer)
}

// setBuffer sets the first of the options that it may.
func setBuffer(conn *net.UDPConn, size int, options ...int) (granted int, err error) {
	err = control(conn, func(fd int) (err error) {
		for _, option := range options {
			if size < 0 {
				break
			}
			if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, size); err == nil {
				break
			}
		}
		if err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		told := options[0]
		if told == unix.SO_RCVBUFFORCE { // which is only for setting
			told = unix.SO_RCVBUF
		}
		granted, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, told)
		return os.NewSyscallError("getsockopt", err)
	})
	// The kernel doubles what it is asked for, to make up for its book-keeping (socket(7)).
	return granted / 2, err
}

// control calls f with a socket's descriptor.
func control(conn *net.UDPConn, f func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = f(int(fd)) }); err != nil {
		return plainError(err)
	}
	return result
}
