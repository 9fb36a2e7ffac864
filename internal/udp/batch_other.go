// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import "net"

// pollable says whether receivers can be read without waiting.
const pollable = false

// Without sendmmsg and recvmmsg, a batch is sent and read one by one.
type (
	batchSender   = singleSender
	batchReceiver = singleReceiver
)

func newBatchSender(conn *net.UDPConn, cfg *SenderConfig, counters *senderCounters) (*batchSender, error) {
	return newSingleSender(conn, cfg.Endpoints, counters), nil
}

func newBatchReceiver(conn *net.UDPConn, packetMax int, _ Offload, counters *ReceiverCounters) (*batchReceiver, error) {
	return newSingleReceiver(conn, packetMax, counters), nil
}
