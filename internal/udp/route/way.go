// SPDX-License-Identifier: Apache-2.0

package route

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// Way is where datagrams come from and go to.
type Way struct {
	// To is the destination; an IPv4 address isn't written as IPv6.
	To netip.AddrPort
	// Zone is the index of the interface that To's zone names, or 0.
	Zone int
	// Source is the local address of To's IP version that datagrams are sent from; the zero value
	// leaves it to the kernel.
	Source netip.Addr
	// Outlet is where multicast leaves; nil leaves it to the kernel.
	Outlet *net.Interface
}

// windowsTooBig is WSAEMSGSIZE, which isn't Windows' syscall.EMSGSIZE.
const windowsTooBig = syscall.Errno(10040)

// IsTooBig says whether a system refused a datagram because of its size.
func IsTooBig(err error) bool {
	return errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, windowsTooBig)
}
