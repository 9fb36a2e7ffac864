// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// blockBytes is the size of a block of the ring, which holds the longest frame.
	blockBytes = 1 << 20
	// frameBytes is what the kernel counts with, whatever the size of frames.
	frameBytes   = 2048
	defaultBytes = 64 << 20
	// retireMillis is when a block is handed over that isn't full.
	retireMillis = 10
)

// Of include/uapi/linux/virtio_net.h: the header in front of each frame.
const (
	vnetBytes     = 10
	vnetTypeAt    = 1
	vnetSizeAt    = 4
	vnetUDP       = 5    // VIRTIO_NET_HDR_GSO_UDP_L4, since Linux 6.2
	vnetCongested = 0x80 // a flag
)

// Of include/uapi/linux/if_packet.h.
const (
	statusUser         = 1 << 0
	statusVLANValid    = 1 << 4
	statusVLANTPValid  = 1 << 6
	packetVNetHeader   = 15 // PACKET_VNET_HDR
	packetIgnoreOutput = 23 // PACKET_IGNORE_OUTGOING, since Linux 4.20
)

// Ring takes frames. One goroutine may call Read and Drops at a time, any Wake and Close.
type Ring struct {
	fd, bell int
	memory   []byte
	blocks   int
	next     int // the block that is read next
	lent     bool
	frames   []Frame
	drops    int64

	closing atomic.Bool
	// use is held by Read, and by Close when it takes the memory away.
	use sync.Mutex
	// ringing guards bell: -1 when it is closed.
	ringing sync.Mutex
}

// Open begins to take frames. Errors are the system's: EPERM without the privilege.
func Open(cfg Config) (*Ring, error) {
	instructions, err := program(cfg.Endpoints)
	if err != nil {
		return nil, err
	}
	program, err := assemble(instructions)
	if err != nil {
		return nil, err
	}
	r := &Ring{fd: -1, bell: -1, blocks: max(2, cfg.Bytes/blockBytes)}
	if cfg.Bytes == 0 {
		r.blocks = defaultBytes / blockBytes
	}
	if err := r.setUp(cfg.Device, program); err != nil {
		r.release()
		return nil, err
	}
	return r, nil
}

func (r *Ring) setUp(device int, program []unix.SockFilter) (err error) {
	// With protocol 0 nothing comes before all is set up.
	if r.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return fmt.Errorf("capture from a device: %w", os.NewSyscallError("socket", err))
	}
	if r.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	for _, option := range []struct {
		name          string
		number, value int
	}{
		{"PACKET_VERSION", unix.PACKET_VERSION, unix.TPACKET_V3}, {"PACKET_VNET_HDR", packetVNetHeader, 1},
		{"PACKET_IGNORE_OUTGOING", packetIgnoreOutput, 1},
	} {
		if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, option.number, option.value); err != nil {
			return os.NewSyscallError("setsockopt "+option.name, err)
		}
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter); err != nil {
		return os.NewSyscallError("setsockopt SO_ATTACH_FILTER", err)
	}
	size := r.blocks * blockBytes
	request := unix.TpacketReq3{
		Block_size: blockBytes, Block_nr: uint32(r.blocks), Frame_size: frameBytes, Frame_nr: uint32(size / frameBytes),
		Retire_blk_tov: retireMillis,
	}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &request); err != nil {
		return fmt.Errorf("a ring of %d bytes: %w", size, os.NewSyscallError("setsockopt PACKET_RX_RING", err))
	}
	if r.memory, err = unix.Mmap(r.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return os.NewSyscallError("mmap", err)
	}
	var all [2]byte
	binary.BigEndian.PutUint16(all[:], unix.ETH_P_ALL)
	address := unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(all[:]), Ifindex: device}
	return os.NewSyscallError("bind", unix.Bind(r.fd, &address))
}

// block is the header of block i.
func (r *Ring) block(i int) *unix.TpacketHdrV1 {
	const versionBytes = 8 // and the offset of private data
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&r.memory[i*blockBytes+versionBytes]))
}

// Read lends the frames of the next block, after waiting for at most so long for there to be any. Close
// makes it return net.ErrClosed.
func (r *Ring) Read(wait time.Duration) ([]Frame, error) {
	r.use.Lock()
	defer r.use.Unlock()
	if r.closing.Load() {
		return nil, net.ErrClosed
	}
	r.giveBack()
	b := r.block(r.next)
	if atomic.LoadUint32(&b.Block_status)&statusUser == 0 {
		if err := r.poll(wait); err != nil {
			return nil, err
		}
		if atomic.LoadUint32(&b.Block_status)&statusUser == 0 {
			if r.closing.Load() {
				return nil, net.ErrClosed
			}
			return nil, nil
		}
	}
	r.lent = true
	r.frames = r.frames[:0]
	at := r.next*blockBytes + int(b.Offset_to_first_pkt)
	for range b.Num_pkts {
		h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.memory[at]))
		r.frames = append(r.frames, r.frame(at, h))
		at += int(h.Next_offset)
	}
	return r.frames, nil
}

// giveBack gives the block to the kernel that was lent.
func (r *Ring) giveBack() {
	if r.lent {
		atomic.StoreUint32(&r.block(r.next).Block_status, 0)
		r.next = (r.next + 1) % r.blocks
		r.lent = false
	}
}

// frame is the one whose header is at an offset in the ring.
func (r *Ring) frame(at int, h *unix.Tpacket3Hdr) Frame {
	start := at + int(h.Mac)
	f := Frame{
		Data:  r.memory[start : start+int(h.Snaplen) : start+int(h.Snaplen)],
		Nanos: int64(h.Sec)*1e9 + int64(h.Nsec), Length: int(h.Len),
	}
	vnet := r.memory[start-vnetBytes : start]
	if vnet[vnetTypeAt]&^vnetCongested == vnetUDP {
		f.Segment = int(binary.NativeEndian.Uint16(vnet[vnetSizeAt:]))
	}
	if h.Status&statusVLANValid != 0 {
		f.Tag = unix.ETH_P_8021Q<<16 | h.Hv1.Vlan_tci&0xffff
		if h.Status&statusVLANTPValid != 0 {
			f.Tag = uint32(h.Hv1.Vlan_tpid)<<16 | h.Hv1.Vlan_tci&0xffff
		}
	}
	return f
}

// poll waits for the next block, or for Wake.
func (r *Ring) poll(wait time.Duration) error {
	polled := [2]unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}, {Fd: int32(r.bell), Events: unix.POLLIN}}
	_, err := unix.Poll(polled[:], int(max(wait, 0).Milliseconds()))
	if polled[0].Revents&unix.POLLERR != 0 {
		// The device went down; it may come up again. Until somebody asks, poll doesn't wait any more.
		_, _ = unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	}
	if polled[1].Revents != 0 {
		var count [8]byte
		_, _ = unix.Read(r.bell, count[:])
	}
	if err == unix.EINTR {
		return nil
	}
	return os.NewSyscallError("poll", err)
}

// Drops is how many frames the ring had no room for so far.
func (r *Ring) Drops() int64 {
	r.use.Lock()
	defer r.use.Unlock()
	if !r.closing.Load() {
		// The kernel begins to count anew each time.
		if s, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			r.drops += int64(s.Drops)
		}
	}
	return r.drops
}

// Wake makes a waiting Read return.
func (r *Ring) Wake() {
	r.ringing.Lock()
	defer r.ringing.Unlock()
	if r.bell >= 0 {
		_, _ = unix.Write(r.bell, []byte{1, 0, 0, 0, 0, 0, 0, 1})
	}
}

// Close ends it.
func (r *Ring) Close() error {
	if r.closing.Swap(true) {
		return nil
	}
	r.Wake()
	r.use.Lock()
	defer r.use.Unlock()
	return r.release()
}

func (r *Ring) release() (err error) {
	if r.memory != nil {
		err = os.NewSyscallError("munmap", unix.Munmap(r.memory))
		r.memory = nil
	}
	if r.fd >= 0 {
		unix.Close(r.fd)
	}
	r.ringing.Lock()
	defer r.ringing.Unlock()
	if r.bell >= 0 {
		unix.Close(r.bell)
		r.bell = -1
	}
	return err
}
