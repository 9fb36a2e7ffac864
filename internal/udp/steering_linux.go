// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/gospead/spead"
)

// steeringLimit is how many sockets may share a port.
const steeringLimit = 64

// listenShared returns one of several sockets bound to a local address, which other sockets of this user
// may share. Each tells the kernel anew how to choose among them.
func listenShared(local netip.AddrPort, sockets int) (*net.UDPConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failure error
		err := raw.Control(func(fd uintptr) {
			failure = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err == nil && failure != nil {
			err = os.NewSyscallError("setsockopt SO_REUSEPORT", failure)
		}
		return err
	}}
	conn, err := config.ListenPacket(context.Background(), network(local.Addr()), local.String())
	if err != nil {
		return nil, err
	}
	if err := steer(conn.(*net.UDPConn), sockets); err != nil {
		conn.Close()
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// steer has the kernel choose among the sockets that share a port, of which conn is one, by the heap
// cnt: all packets of a heap go to the same socket. It takes no privilege (since Linux 4.5).
func steer(conn *net.UDPConn, sockets int) error {
	program, err := bpf.Assemble(steering(sockets))
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return control(conn, func(fd int) error {
		fprog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &fprog)
		return os.NewSyscallError("setsockopt SO_ATTACH_REUSEPORT_CBPF", err)
	})
}

// steering is a program that gives the number of the socket for a datagram: that of packets which begin
// with HEAP_CNT is the cnt modulo the number of sockets, that of others 0. Preconditions: sockets is a
// power of two, so that the cnt's low 32 bits are enough.
func steering(sockets int) []bpf.Instruction {
	const (
		addressBytesAt = 3  // in the packet's header
		pointerAt      = 8  // the first item pointer
		cntLowAt       = 12 // the low 32 bits of its value
		shortest       = 4  // address bytes of flavours of which these hold nothing but the value
		longest        = 7
	)
	program := []bpf.Instruction{bpf.LoadAbsolute{Off: addressBytesAt, Size: 1}}
	const each = 4 // instructions for each flavour
	for address := shortest; address <= longest; address++ {
		valueBits := 8 * (address - shortest) // of the pointer's high 32
		later := each * (longest - address)
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(address), SkipTrue: each - 1},
			bpf.LoadAbsolute{Off: pointerAt, Size: 4},
			bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: uint32(valueBits)},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: immediateID(valueBits), SkipTrue: uint8(later + 1), SkipFalse: uint8(later)},
		)
	}
	return append(program,
		bpf.RetConstant{Val: 0},
		bpf.LoadAbsolute{Off: cntLowAt, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpMod, Val: uint32(sockets)},
		bpf.RetA{},
	)
}

// immediateID is HEAP_CNT's mode bit and id as they stand above valueBits bits of the value, in 32 bits.
func immediateID(valueBits int) uint32 { return 1<<(31-valueBits) | uint32(spead.HeapCntID) }

// NewReceivers opens sockets that share a port, among which the kernel divides heaps by their cnt, all
// packets of a heap to one. The number has to be a power of two of at most 64; more than one takes a
// unicast address. Errors are those of NewReceiver, and about a field Sockets.
func NewReceivers(cfg ReceiverConfig, sockets int) ([]*Receiver, error) {
	switch {
	case sockets < 1 || sockets > steeringLimit || sockets&(sockets-1) != 0:
		return nil, &spead.FieldError{Field: "Sockets", Value: sockets, Allowed: "1, 2, 4, 8, 16, 32 or 64"}
	case sockets > 1 && cfg.Conn != nil:
		return nil, &spead.FieldError{Field: "Sockets", Value: sockets, Allowed: "1, as there is a socket already"}
	case sockets > 1 && cfg.Address.Addr().IsMulticast():
		return nil, &spead.FieldError{Field: "Sockets", Value: sockets,
			Allowed: "1 for a multicast group, of which each socket would get a copy"}
	}
	cfg.sockets = sockets
	var receivers []*Receiver
	for len(receivers) < sockets {
		r, err := NewReceiver(cfg)
		if err != nil {
			closeAll(receivers)
			return nil, err
		}
		receivers = append(receivers, r)
		if cfg.Conn == nil {
			cfg.Address = r.LocalAddr() // all have the port that the kernel chose for the first
		}
	}
	return receivers, nil
}

func closeAll(receivers []*Receiver) {
	for _, r := range receivers {
		r.Close()
	}
}
