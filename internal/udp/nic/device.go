// SPDX-License-Identifier: Apache-2.0

package nic

// Device is what a driver says of a network interface. What it doesn't say is nil.
type Device struct {
	// Driver is the driver's name.
	Driver string
	// Rings are how many packets there is room for between the card and the kernel.
	Rings *Rings
	// Pause says whether the link's ends may ask each other to stop sending (Ethernet flow control).
	Pause *Pause
	// Adaptive says whether the card puts off interrupts by as much as it finds right itself.
	Adaptive *bool
	// Features are the offloads by their names in ethtool -k, such as "rx-gro", and whether they are on.
	Features map[string]bool
	// Counters are the driver's own statistics by their names in ethtool -S.
	Counters map[string]uint64
}

// Rings are sizes in packets of the rings between a card and the kernel.
type Rings struct {
	Receive, ReceiveMax, Send, SendMax int
}

// Pause is Ethernet flow control in the two directions.
type Pause struct {
	Receive, Send bool
}
