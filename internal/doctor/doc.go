// SPDX-License-Identifier: Apache-2.0

// Package doctor looks for what makes a machine lose or delay datagrams, says why it matters and how
// to mend it, and mends what is a matter of writing a number.
//
// Each check is a function from a view of the system to findings. The view is read-only: the files
// under /proc and /sys, the answers of network drivers and of the routing table. So tests give checks
// systems that were recorded or made up, and no check can disturb a running one. Fix is the only thing
// here that writes.
//
//	file            checks
//	sockets.go      socket buffers and their limits, privilege, memory for all of UDP
//	losses.go       what the kernel counts as lost: sockets, backlog of processors, interfaces
//	link.go         state, speed and MTU of an interface
//	card.go         rings, offloads, flow control, interrupt moderation
//	interrupts.go   which processors serve an interface, NUMA node, receive steering
//	filters.go      reverse path filter, connection tracking
//	multicast.go    memberships, their limit, a querier
//	path.go         path MTU to endpoints
//	processors.go   frequency, limits of the container, affinity
//	memory.go       huge pages, swap
//	kernel.go       clock, timers, known defects
package doctor
