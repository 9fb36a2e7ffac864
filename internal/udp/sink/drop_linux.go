// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// dropAll has the kernel drop whatever arrives, without splitting it into datagrams before. A kernel
// without receive offload does split it.
func dropAll(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	drop := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	var result error
	err = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_GRO, 1)
		result = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &drop})
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt SO_ATTACH_FILTER", result)
}
