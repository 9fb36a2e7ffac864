// SPDX-License-Identifier: Apache-2.0

package udp

// isMessageTooLong says whether an error is the system's for a datagram beyond UDP's limit.
func isMessageTooLong(err error) bool { return isTruncation(err) }
