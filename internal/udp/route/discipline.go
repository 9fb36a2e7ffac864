// SPDX-License-Identifier: Apache-2.0

package route

// Discipline is the queueing discipline that datagrams of a way leave through, and what it knows of
// rates.
type Discipline struct {
	// Device is the name of the interface where they leave.
	Device string
	// Name says which it is, such as "fq", "noqueue" or "mq over fq_codel".
	Name string
	// Paces says that it holds back what a socket sends faster than SO_MAX_PACING_RATE.
	Paces bool
	// Queues is how many queues there are, each of which paces for itself.
	Queues int
	// FlowLimit is how many messages of one socket it keeps, at least; more are dropped, and nobody is
	// told. 0 if it doesn't pace.
	FlowLimit int
	// RateMax is the most that any socket gets, in bytes per second; 0: no limit.
	RateMax uint64
	// Headers is how many bytes it counts with each datagram besides what that holds.
	Headers int
}
