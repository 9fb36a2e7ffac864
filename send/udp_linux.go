// SPDX-License-Identifier: Apache-2.0

package send

import "github.com/gospead/spead/internal/wire"

// TryWriteBatch makes UDP prompt. Elsewhere a socket's write waits while its buffer is full.
func (t udpTransport) TryWriteBatch(d []wire.Datagram) (int, error) { return t.socket.TryWriteBatch(d) }
