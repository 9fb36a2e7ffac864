// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/gospead/spead"
)

// Where things are in an Ethernet frame, whose VLAN tag the kernel has taken away.
const (
	ethertypeAt   = 12
	networkAt     = 14
	protocol4At   = networkAt + 9
	fragment4At   = networkAt + 6
	destination4  = networkAt + 16
	protocol6At   = networkAt + 6
	destination6  = networkAt + 24
	transport6At  = networkAt + 40
	portInUDP     = 2
	protocolUDP   = 17
	fragmentsMask = 0x1fff
	// programMax is BPF_MAXINSNS.
	programMax = 4096
)

// program is a filter that passes UDP datagrams to the endpoints.
func program(endpoints []netip.AddrPort) ([]bpf.Instruction, error) {
	var four, six []bpf.Instruction
	for _, e := range endpoints {
		a := e.Addr().Unmap().WithZone("")
		any := !a.IsValid() || a.IsUnspecified()
		if !a.IsValid() || a.Is4() {
			four = append(four, accept4(a, e.Port(), any)...)
		}
		if !a.IsValid() || a.Is6() {
			six = append(six, accept6(a, e.Port(), any)...)
		}
	}
	refuse := bpf.RetConstant{Val: 0}
	four = append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: protocol4At, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolUDP, SkipTrue: 1}, refuse,
		bpf.LoadAbsolute{Off: fragment4At, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: fragmentsMask, SkipTrue: 1}, refuse,
	}, append(four, refuse)...)
	six = append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: protocol6At, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolUDP, SkipTrue: 1}, refuse,
	}, append(six, refuse)...)
	all := append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: ethertypeAt, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipFalse: 1},
		bpf.Jump{Skip: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipFalse: 1},
		bpf.Jump{Skip: uint32(1 + len(four))},
		refuse,
	}, append(four, six...)...)
	if len(all) > programMax {
		return nil, &spead.FieldError{Field: "Endpoints", Value: len(endpoints), Allowed: fmt.Sprintf("as many as fit into a filter of %d instructions", programMax)}
	}
	return all, nil
}

// assemble gives a program as the kernel takes it.
func assemble(program []bpf.Instruction) ([]unix.SockFilter, error) {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return filter, nil
}

// unless skips the rest if what was loaded differs.
func unless(value uint32, rest []bpf.Instruction) []bpf.Instruction {
	return append([]bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: value, SkipTrue: uint8(len(rest))}}, rest...)
}

func accept4(a netip.Addr, port uint16, any bool) []bpf.Instruction {
	code := []bpf.Instruction{bpf.RetConstant{Val: blockBytes}}
	if port != 0 {
		code = append([]bpf.Instruction{
			bpf.LoadMemShift{Off: networkAt}, bpf.LoadIndirect{Off: networkAt + portInUDP, Size: 2},
		}, unless(uint32(port), code)...)
	}
	if any {
		return code
	}
	address := a.As4()
	return append([]bpf.Instruction{bpf.LoadAbsolute{Off: destination4, Size: 4}}, unless(binary.BigEndian.Uint32(address[:]), code)...)
}

func accept6(a netip.Addr, port uint16, any bool) []bpf.Instruction {
	code := []bpf.Instruction{bpf.RetConstant{Val: blockBytes}}
	if port != 0 {
		code = append([]bpf.Instruction{bpf.LoadAbsolute{Off: transport6At + portInUDP, Size: 2}}, unless(uint32(port), code)...)
	}
	if any {
		return code
	}
	address := a.As16()
	for i := 12; i >= 0; i -= 4 {
		code = append([]bpf.Instruction{bpf.LoadAbsolute{Off: uint32(destination6 + i), Size: 4}},
			unless(binary.BigEndian.Uint32(address[i:]), code)...)
	}
	return code
}
