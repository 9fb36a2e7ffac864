// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"

	"github.com/gospead/spead/internal/udp/nic"
	"github.com/gospead/spead/internal/udp/route"
)

// Here is the machine that this runs on.
func Here() System {
	return System{Root: os.DirFS("/"), Threads: runtime.GOMAXPROCS(0), Device: nic.Read, Route: interfaceTo, DatagramMax: datagramMax, Query: awaitQuery}
}

// interfaceTo connects a socket, which sends nothing, and looks whose address it was given.
func interfaceTo(to netip.Addr) (name string, err error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return "", fmt.Errorf("find the route to %v: %w", to, err)
	}
	defer conn.Close()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	interfaces, err := net.Interfaces()
	if err != nil {
		return "", err
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if n, is := a.(*net.IPNet); is && n.IP.Equal(local.AsSlice()) {
				return i.Name, nil
			}
		}
	}
	return "", fmt.Errorf("find the route to %v: no interface has %v", to, local)
}

func datagramMax(to netip.AddrPort, name string) (int, error) {
	way := route.Way{To: netip.AddrPortFrom(to.Addr().Unmap(), to.Port())}
	if name != "" {
		outlet, err := net.InterfaceByName(name)
		if err != nil {
			return 0, err
		}
		way.Outlet = outlet
	}
	return route.DatagramMax(way)
}

// membershipQuery is the type of IGMP's question who is a member (RFC 3376, section 4).
const membershipQuery = 0x11

// awaitQuery listens to what the machine hears of IGMP, which takes root.
func awaitQuery(ctx context.Context) (from netip.Addr, err error) {
	conn, err := net.ListenIP("ip4:igmp", nil)
	if err != nil {
		return from, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	packet := make([]byte, 1500)
	for {
		n, addr, err := conn.ReadFromIP(packet)
		if err != nil {
			return from, err
		}
		if n > 0 && packet[0] == membershipQuery {
			from, _ = netip.AddrFromSlice(addr.IP)
			return from.Unmap(), nil
		}
	}
}
