// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

// tcpScheme stands before an endpoint that is to be reached by TCP.
const tcpScheme = "tcp://"

// pathMTUWord stands for a packet size that the path decides.
const pathMTUWord = "pmtu"

// useTCP tells whether the arguments ask for TCP, and takes the scheme off.
func (o *sendOptions) useTCP(cmd *cobra.Command, args []string) ([]string, error) {
	allowed := "a single tcp://host:port, or endpoints for UDP"
	for i, arg := range args {
		rest, found := strings.CutPrefix(arg, tcpScheme)
		if !found {
			continue
		}
		if i > 0 || len(args) > 1 || strings.ContainsAny(rest, ",+") {
			return nil, wrong("ENDPOINT", strings.Join(args, " "), allowed)
		}
		o.tcp = true
		args = []string{rest}
	}
	if !o.tcp {
		return args, nil
	}
	for _, name := range []string{"interface", "ttl", "no-gso"} {
		if f := cmd.Flags().Lookup(name); f.Changed {
			return nil, wrong("--"+name, f.Value, "nothing, with TCP")
		}
	}
	if o.udp.MaxPacketSize == send.PathMTU {
		return nil, wrong("--packet-size", pathMTUWord, "a size, with TCP")
	}
	// Without the flags, what is best for TCP.
	if !cmd.Flags().Changed("packet-size") {
		o.udp.MaxPacketSize = 0
	}
	if !cmd.Flags().Changed("buffer") {
		o.udp.BufferSize = 0
	}
	return args, nil
}

// openStream connects, or opens a socket.
func (o *sendOptions) openStream(ctx context.Context) (*send.Stream, error) {
	if !o.tcp {
		return send.NewUDP(o.udp)
	}
	s, err := send.NewTCP(ctx, send.TCPConfig{
		Config:     o.udp.Config,
		Endpoint:   o.udp.Endpoints[0],
		Source:     o.udp.Source,
		BufferSize: o.udp.BufferSize,
		Pacing:     o.udp.Pacing,
	})
	var field *spead.FieldError
	if errors.As(err, &field) {
		err = &spead.FieldError{
			Field:   strings.Replace(field.Field, "send.TCPConfig.", "send.UDPConfig.", 1),
			Value:   field.Value,
			Allowed: field.Allowed,
		}
	}
	return s, err
}

// packetSizes are sizes, or the path MTU.
func packetSizes() kind[int] {
	k := sizes(56, 65507)
	fixed := k
	k.allowed += ", or " + pathMTUWord + ": what the path to all endpoints takes"
	k.parse = func(s string) (int, bool) {
		if s == pathMTUWord {
			return send.PathMTU, true
		}
		return fixed.parse(s)
	}
	k.print = func(v int) string {
		if v == send.PathMTU {
			return pathMTUWord
		}
		return fixed.print(v)
	}
	return k
}
