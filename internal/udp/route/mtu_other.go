// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package route

import (
	"errors"
	"net"
)

// DatagramMax would give the bytes of the largest datagram that reaches a destination in one piece.
// These systems aren't asked.
func DatagramMax(Way) (bytes int, err error) { return 0, errors.ErrUnsupported }

// ForbidFragments would make the system refuse datagrams that are larger than the path MTU.
func ForbidFragments(*net.UDPConn) error { return errors.ErrUnsupported }
