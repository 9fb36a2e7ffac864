// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import (
	"net"
	"net/netip"
)

// Without sendmmsg and recvmmsg, a batch is sent and read one by one.
type (
	batchSender   = singleSender
	batchReceiver = singleReceiver
)

func newBatchSender(conn *net.UDPConn, endpoints []netip.AddrPort, _ Offload, counters *senderCounters) (*batchSender, error) {
	return newSingleSender(conn, endpoints, counters), nil
}

func newBatchReceiver(conn *net.UDPConn, packetMax int, _ Offload, counters *ReceiverCounters) (*batchReceiver, error) {
	return newSingleReceiver(conn, packetMax, counters), nil
}
