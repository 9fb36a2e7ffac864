// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// listenGroup returns a socket bound to a group and its port, which other sockets may share. Package
// net would bind to the unspecified address, and the socket would get what is sent to other groups
// that anyone on this machine has joined, and to the machine itself.
func listenGroup(group netip.AddrPort, inlet *net.Interface) (*net.UDPConn, error) {
	family := unix.AF_INET6
	if group.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "udp")
	defer file.Close()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(fd, groupSockaddr(group, inlet)); err != nil {
		return nil, fmt.Errorf("listen on %v: %w", group, os.NewSyscallError("bind", err))
	}
	// This duplicates the descriptor; the first one goes with the file.
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// groupSockaddr is what to bind to. An IPv6 group that is local to a link needs an interface.
func groupSockaddr(group netip.AddrPort, inlet *net.Interface) unix.Sockaddr {
	if group.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(group.Port()), Addr: group.Addr().As4()}
	}
	address := &unix.SockaddrInet6{Port: int(group.Port()), Addr: group.Addr().As16()}
	if inlet != nil {
		address.ZoneId = uint32(inlet.Index)
	}
	return address
}
