// SPDX-License-Identifier: Apache-2.0

//go:build unix

package udp

import (
	"errors"

	"golang.org/x/sys/unix"
)

// isMessageTooLong says whether an error is the system's for a datagram beyond UDP's limit.
func isMessageTooLong(err error) bool { return errors.Is(err, unix.EMSGSIZE) }
