// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// endpointsMax bounds what a command line can ask for: each endpoint costs a socket or a destination.
const endpointsMax = 4096

// endpointScheme may stand before an endpoint.
const endpointScheme = "spead://"

// side says what endpoints are for.
type side struct {
	// argument is what the help calls them.
	argument string
	// listens allows endpoints to be just a port, and port 0.
	listens bool
	allowed string
}

func sending() side {
	return side{"ENDPOINT", false,
		"host:port, [v6]:port or group+N:port, with or without spead:// before, commas between several"}
}

func receiving() side {
	return side{"SOURCE", true,
		"port, :port, host:port, [v6]:port or group+N:port, with commas between several, or a capture file"}
}

// parseEndpoints reads a list of endpoints with commas between them. 239.1.2.3+7:7148 stands for eight
// groups, from 239.1.2.3 on. Names are looked up; where one has several addresses, the first IPv4
// address is taken, or the first at all.
func parseEndpoints(ctx context.Context, text string, s side) ([]netip.AddrPort, error) {
	var list []netip.AddrPort
	for part := range strings.SplitSeq(text, ",") {
		host, more, port, ok := splitEndpoint(strings.TrimSpace(part), s)
		if !ok || more+len(list) >= endpointsMax {
			return nil, wrong(s.argument, part, s.allowed)
		}
		first, err := lookUp(ctx, host)
		if err != nil {
			return nil, err
		}
		for a := first; more >= 0; more-- {
			if !a.IsValid() || a.IsMulticast() != first.IsMulticast() {
				return nil, wrong(s.argument, part, "a range of addresses that goes on for as many")
			}
			list = append(list, netip.AddrPortFrom(a, port))
			a = a.Next()
		}
	}
	return list, nil
}

// splitEndpoint takes one endpoint apart: its host, how many addresses follow it, and its port.
func splitEndpoint(text string, s side) (host string, more int, port uint16, ok bool) {
	text = strings.TrimPrefix(text, endpointScheme)
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 && !s.listens {
		return "", 0, 0, false
	}
	port, ok = parsePort(text[colon+1:], s)
	if !ok {
		return "", 0, 0, false
	}
	host, number, isRange := strings.Cut(text[:max(colon, 0)], "+")
	if isRange {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return "", 0, 0, false
		}
		more = int(n)
	}
	if inner, bracket := strings.CutPrefix(host, "["); bracket {
		inner, bracket = strings.CutSuffix(inner, "]")
		return inner, more, port, bracket && strings.Contains(inner, ":")
	}
	ok = !strings.ContainsAny(host, ":[]/ ") && (host != "" || s.listens && !isRange)
	return host, more, port, ok
}

func parsePort(text string, s side) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil && (n > 0 || s.listens)
}

// lookUp gives the address of a host; for no host, that of every IPv4 interface.
func lookUp(ctx context.Context, host string) (netip.Addr, error) {
	if host == "" {
		return netip.IPv4Unspecified(), nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap(), nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look up %q: %w", host, err)
	}
	for _, a := range found {
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return found[0], nil
}
