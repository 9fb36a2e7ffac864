// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
)

// NewUDP returns a stream that sends to UDP endpoints, unicast or multicast. On Linux it hands many
// packets to the kernel at once and lets it or the network card split them (UDP_SEGMENT) where that
// works. Errors: *spead.FieldError for what the configuration got wrong, or the socket's.
func NewUDP(cfg UDPConfig) (*Stream, error) {
	shared, err := cfg.Config.withDefaults()
	if err != nil {
		return nil, err
	}
	socket, err := udp.NewSender(udp.SenderConfig{
		Endpoints:  cfg.Endpoints,
		Source:     cfg.Source,
		Interface:  cfg.Interface,
		TTL:        cfg.TTL,
		BufferSize: cfg.BufferSize,
		GSO:        cfg.GSO,
	})
	if err != nil {
		var field *spead.FieldError
		if errors.As(err, &field) {
			err = field.Within("send.UDPConfig")
		}
		return nil, err
	}
	asked := cfg.BufferSize
	if asked == 0 {
		asked = udp.DefaultSendBuffer
	}
	if granted := socket.BufferSize(); granted < asked {
		shared.Logger.Warn("send buffer is smaller than asked for", "asked", asked, "granted", granted,
			"help", "raise net.core.wmem_max")
	}
	return newStream(shared, socket, len(cfg.Endpoints)), nil
}
