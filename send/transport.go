// SPDX-License-Identifier: Apache-2.0

package send

import "github.com/gospead/spead/internal/wire"

// transport is all that the sender needs to know of where packets go.
type transport interface {
	// WriteBatch sends datagrams in order and returns how many left. An error is about the datagram
	// after those; the others haven't been tried. It waits where the transport is full.
	WriteBatch(d []wire.Datagram) (n int, err error)
	// Close makes a waiting WriteBatch return and frees what the transport holds.
	Close() error
}
