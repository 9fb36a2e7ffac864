// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const (
	headers4 = 20 + 8 // IPv4 without options, and UDP
	headers6 = 40 + 8 // IPv6 without extensions, and UDP
)

// DatagramMax gives the bytes of the largest datagram that reaches a destination in one piece, as far
// as the kernel knows now: the route's MTU, lowered by what routers have said since. It may be more
// than UDP can carry.
func DatagramMax(w Way) (bytes int, err error) {
	err = w.connected(func(fd int) error {
		if w.To.Addr().Is4() {
			mtu, err := unix.GetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU)
			bytes = mtu - headers4
			return os.NewSyscallError("getsockopt IP_MTU", err)
		}
		mtu, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU)
		bytes = mtu - headers6
		return os.NewSyscallError("getsockopt IPV6_MTU", err)
	})
	if err != nil {
		return 0, fmt.Errorf("find the path MTU to %v: %w", w.To, err)
	}
	return bytes, nil
}

// ForbidFragments makes the kernel refuse datagrams that are larger than the path MTU, and routers
// drop and report those that turn out to be.
func ForbidFragments(conn *net.UDPConn) error {
	return control(conn, func(fd int) error {
		domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err == nil && domain == unix.AF_INET6 {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO)
		} else if err == nil {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
		}
		return os.NewSyscallError("setsockopt MTU_DISCOVER", err)
	})
}

// connected calls f with a socket that is connected along the way.
func (w Way) connected(f func(fd int) error) error {
	network := "udp6"
	if w.To.Addr().Is4() {
		network = "udp4"
	}
	var local *net.UDPAddr
	if w.Source.IsValid() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.Source, 0))
	}
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		return err
	}
	defer conn.Close()
	return control(conn, func(fd int) error {
		if err := w.setOutlet(fd); err != nil {
			return err
		}
		if err := unix.Connect(fd, w.sockaddr()); err != nil {
			return os.NewSyscallError("connect", err)
		}
		return f(fd)
	})
}

func (w Way) setOutlet(fd int) (err error) {
	switch {
	case w.Outlet == nil:
		return nil
	case w.To.Addr().Is4():
		err = unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(w.Outlet.Index)})
	default:
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, w.Outlet.Index)
	}
	return os.NewSyscallError("setsockopt MULTICAST_IF", err)
}

func (w Way) sockaddr() unix.Sockaddr {
	if w.To.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(w.To.Port()), Addr: w.To.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(w.To.Port()), Addr: w.To.Addr().As16(), ZoneId: uint32(w.Zone)}
}

// control calls f with a socket's descriptor.
func control(conn *net.UDPConn, f func(fd int) error) error {
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
