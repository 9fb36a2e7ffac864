// SPDX-License-Identifier: Apache-2.0

// Package pacing has the kernel keep to a rate for a socket (SO_MAX_PACING_RATE).
//
// TCP does so by itself. Datagrams leave as the queueing discipline of their interface lets them, and
// one that knows nothing of rates ignores what the socket asks for: package route tells which does.
package pacing
