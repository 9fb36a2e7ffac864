// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isTruncation says whether a read's error only means that the datagram was longer than the buffer,
// which has been filled.
func isTruncation(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }
