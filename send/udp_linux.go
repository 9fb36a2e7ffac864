// SPDX-License-Identifier: Apache-2.0

package send

import "github.com/gospead/spead/internal/wire"

// TryWriteBatch makes UDP prompt. Elsewhere a socket's write waits while its buffer is full.
func (t *udpTransport) TryWriteBatch(d []wire.Datagram) (int, error) {
	return t.wrote(t.socket.TryWriteBatch(d))
}

// Second makes UDP divisible: the same socket, and messages of its own.
func (t *udpTransport) Second() (transport, error) {
	socket, err := t.socket.Second()
	if err != nil {
		return nil, err
	}
	second := &udpTransport{socket: socket, linger: t.linger}
	t.second.Store(second)
	t.linger.renew(socket.SetDeadline) // if Hurry came before there was a second to tell
	return second, nil
}
