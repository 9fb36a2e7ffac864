// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import "net"

// bufferSizeMin is where asking for less and less ends, in bytes.
const bufferSizeMin = 64 << 10

// setSendBuffer asks for a send buffer and returns the size granted; see grantedBuffer.
func setSendBuffer(conn *net.UDPConn, size int) (granted int, err error) {
	return grantedBuffer(size, conn.SetWriteBuffer)
}

// setReceiveBuffer asks for a receive buffer and returns the size granted; see grantedBuffer.
func setReceiveBuffer(conn *net.UDPConn, size int) (granted int, err error) {
	return grantedBuffer(size, conn.SetReadBuffer)
}

// setDefaultReceiveBuffer asks for the default.
func setDefaultReceiveBuffer(conn *net.UDPConn) (granted int, err error) {
	return setReceiveBuffer(conn, DefaultReceiveBuffer)
}

// grantedBuffer asks for size bytes, then for half of that, and so on: these systems refuse what is
// above their limit rather than clip it. A negative size leaves the buffer alone; what that is isn't
// known, so that 0 is returned.
func grantedBuffer(size int, ask func(int) error) (int, error) {
	if size < 0 {
		return 0, nil
	}
	for {
		err := ask(size)
		if err == nil {
			return size, nil
		}
		if size /= 2; size < bufferSizeMin {
			return 0, err
		}
	}
}
