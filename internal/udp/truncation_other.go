// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package udp

// isTruncation says whether a read's error only means that the datagram was longer than the buffer:
// outside Windows that is no error.
func isTruncation(error) bool { return false }
