// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/mem"
	"github.com/gospead/spead/internal/udp"
)

const (
	defaultMaxHeaps      = 4
	defaultSubstreams    = 1
	defaultQueueHeaps    = 4
	defaultMaxHeapLength = 1 << 30
	defaultMaxMemory     = 2 << 30
	defaultMaxPool       = 256 << 20
	defaultMaxItems      = 65536
	defaultMaxSenders    = 256
	defaultLogInterval   = 10 * time.Second
)

// Config configures a Stream. The zero value is what spead2 does by default.
type Config struct {
	// MaxHeaps is how many heaps may be in progress in each substream. Each new heap, even one that is
	// complete in a single packet, takes the next of as many slots and evicts what is there. At least
	// 1; default (0) 4.
	MaxHeaps int
	// Substreams divides heaps by their cnt modulo this number; each substream has its own MaxHeaps. At
	// least 1; default (0) 1.
	Substreams int
	// BugCompat is what the sender deviates in; the wire doesn't say. Default: nothing.
	BugCompat spead.BugCompat
	// Dialect is what packets may deviate in from the specification. Default: nothing.
	Dialect Dialect
	// KeepStop delivers heaps with a stop item like others, instead of ending the stream at the first.
	// Default false.
	KeepStop bool
	// RequireHeapLength refuses packets without HEAP_LENGTH. Default false: such heaps are delivered
	// when they are evicted or the stream ends, since nothing tells earlier that they are whole.
	RequireHeapLength bool
	// AllowOutOfOrder takes the packets of a heap in any order. Default false: a heap is given up at the
	// first packet that is missing, and one whose first packet is missing doesn't come to be.
	AllowOutOfOrder bool
	// Incomplete delivers heaps of which a part is missing as well. Default false: they are discarded
	// and counted.
	Incomplete bool
	// MergeOverlaps takes from a packet that overlaps what was received of its heap the bytes that are
	// new, if AllowOutOfOrder is set. Default false: such packets are refused, as in spead2.
	MergeOverlaps bool
	// OnHeap is called with each finished heap by the goroutine that reads the sources, so that heaps
	// needn't be handed over. The heap is OnHeap's until it, or any other, releases it. Nothing is
	// received meanwhile, and Close must not be called by it. Default (nil): heaps wait for Next.
	OnHeap func(*Heap)
	// QueueHeaps is how many finished heaps may wait for the consumer. What one packet finishes, or the
	// end of the stream, may exceed it. At least 1; default (0) 4.
	QueueHeaps int
	// QueueBytes is how many bytes of payload may be in the queue; a heap that exceeds it may be the
	// last. Default (0): no limit but MaxMemory.
	QueueBytes int64
	// WhenFull is what happens when the queue is full. Default Block.
	WhenFull WhenFull
	// MaxHeapLength refuses packets of heaps longer than this, in bytes of payload. Default (0) 1 GiB.
	MaxHeapLength int64
	// MaxMemory bounds the payload memory in bytes of heaps in progress and in the queue together; heaps
	// that the consumer holds don't count. Memory is only taken as payload arrives, whatever length a
	// heap claims. Where there is none for a new heap, the oldest in progress of its substream is evicted,
	// so that those whose rest never comes don't hold it for ever. Default (0) 2 GiB.
	MaxMemory int64
	// MaxPool bounds the bytes of payload memory kept for reuse. Default (0) 256 MiB; negative keeps none.
	MaxPool int64
	// Reserve has memory allocated in advance, into the pool and with all pages present, so that the
	// first heaps cost no page faults. MaxPool has to have room for it. Default: none.
	Reserve []Reserve
	// HugePages asks the system for huge pages for heaps of 2 MiB and more. Default false.
	HugePages bool
	// Allocator gives payload memory instead of the pool. MaxMemory bounds it all the same. Default
	// (nil): the pool.
	Allocator Allocator
	// Scatter puts payload in its place, in a heap's memory: part belongs at offset in the heap's payload.
	// It is called by whoever reads the sources, once for each byte of a heap, and must not call the
	// stream's methods, but for Count. Heaps then get their memory at once, and those without HEAP_LENGTH
	// end where their first packet does. Heap.Payload and items show what Scatter made of the memory.
	// Default (nil): payload is copied to offset.
	Scatter func(memory []byte, h PacketHeader, offset int64, part []byte)
	// MaxItems is how many different item pointers a heap may have. Default (0) 65536.
	MaxItems int
	// CntStep is the distance between the cnts of consecutive heaps of this stream, by which heaps that
	// were never seen are counted. Default (0): they aren't.
	CntStep uint64
	// MaxSenders is how many senders Stats tells apart. Default (0) 256; negative: none.
	MaxSenders int
	// Statistics are figures of the user's own, which Stream.Count changes and Stats shows. Default: none.
	Statistics []Statistic
	// CheckAccounts has the figures checked after each batch: everything that came has to be accounted
	// for. Should they not add up, that is logged, and Err returns ErrAccounts. It costs some hundred
	// nanoseconds a batch. Default false.
	CheckAccounts bool
	// Logger receives what is worth a line, never once per packet. Default (nil): nothing is logged.
	Logger *slog.Logger
	// LogInterval is how often what was refused, discarded and lost is summed up for Logger. Default (0)
	// 10 s.
	LogInterval time.Duration
	// substreamsAreDefault says that Substreams wasn't given. Default false, until withDefaults.
	substreamsAreDefault bool
}

// Reserve is memory to be allocated in advance.
type Reserve struct {
	// HeapBytes is the length of the heaps that it is for, in bytes. At least 1.
	HeapBytes int64
	// Heaps is for how many heaps: at least as many as are in progress, queued and held by the consumer
	// at a time. At least 1.
	Heaps int
}

// String gives the number and the length, such as "64 of 8192 bytes".
func (r Reserve) String() string { return fmt.Sprintf("%d of %d bytes", r.Heaps, r.HeapBytes) }

// Statistic is a figure of the user's own.
type Statistic struct {
	// Name tells it from others. It must not be empty.
	Name string
	// Mode is how values are put together. Default StatisticSum.
	Mode StatisticMode
}

// StatisticMode says how a statistic's values are put together.
type StatisticMode uint8

// The modes.
const (
	// StatisticSum adds values up.
	StatisticSum StatisticMode = iota
	// StatisticMax keeps the largest.
	StatisticMax
)

// WhenFull says what happens when heaps come faster than the consumer takes them.
type WhenFull uint8

// The values of WhenFull.
const (
	// Block stops reading the sources until there is room. Sockets then overflow, which the kernel
	// counts.
	Block WhenFull = iota
	// DropOldest discards the heap that waits longest, and counts it.
	DropOldest
	// DropNewest discards the heap that was finished last, and counts it.
	DropNewest
)

// Offload says whether the kernel may hand over several datagrams as one message.
type Offload = udp.Offload

// The values of Offload.
const (
	// OffloadAuto uses receive offload where the kernel has it.
	OffloadAuto Offload = udp.OffloadAuto
	// OffloadOff never uses it.
	OffloadOff Offload = udp.OffloadOff
)

// UDPConfig configures Stream.AddUDP.
type UDPConfig struct {
	// Address is what to listen on: an address of this machine or the unspecified one, or a multicast
	// group, which is joined. With port 0 the kernel chooses; see Stream.Addrs. There is no default; zero
	// if Conn is given.
	Address netip.AddrPort
	// Interface is where a multicast group is joined: an interface's name, one of its addresses, or its
	// index. Default (empty): the kernel chooses.
	Interface string
	// Senders are the addresses of the senders for whose packets a multicast group is joined
	// (source-specific multicast). Default (none): everybody's.
	Senders []netip.Addr
	// Conn is a socket to use instead of a new one. It is the stream's from then on, which closes it. If it
	// is a *net.UDPConn, batches and offload work as with a new one; from another, packets are read one by
	// one. Address, Interface and Senders must have their zero values; the buffer is left as it is unless
	// BufferSize says otherwise. Default (nil): a new socket.
	Conn net.PacketConn
	// Sockets is how many sockets share the port, each with its own buffer, so that together they hold
	// more than a socket may without privilege. The kernel divides heaps among them by their cnt: all
	// packets of a heap go to one. It takes Linux, a unicast address, and senders that put HEAP_CNT first,
	// as spead2 and this module do; packets of others all go to the first socket. Other processes of the
	// same user may join the port.
	//
	// Unless Config.Substreams is given, each socket's heaps become a substream, so that Config.MaxHeaps
	// need not be larger than for one socket. Unless Config.AllowOutOfOrder is set, receive offload isn't
	// used, since it may join packets of several heaps and so bring a heap to two sockets. 1, 2, 4, 8, 16,
	// 32 or 64; default (0) 1.
	Sockets int
	// BufferSize is the size of the socket's receive buffer in bytes. The kernel may give less, which is
	// logged. Default (0): 64 MiB with the privilege to exceed net.core.rmem_max (CAP_NET_ADMIN), 8 MiB
	// without; negative leaves the kernel's own default.
	BufferSize int
	// MaxPacketSize is the largest packet in bytes of UDP payload; longer datagrams are refused and
	// counted. 1 to 65535; default (0) 9200.
	MaxPacketSize int
	// GRO is receive offload. Default OffloadAuto.
	GRO Offload
}

// withDefaults checks c and returns it with the defaults filled in.
func (c Config) withDefaults() (Config, error) {
	if err := c.check(); err != nil {
		return c, err
	}
	c.substreamsAreDefault = c.Substreams == 0
	setDefault(&c.MaxHeaps, defaultMaxHeaps)
	setDefault(&c.Substreams, defaultSubstreams)
	setDefault(&c.QueueHeaps, defaultQueueHeaps)
	setDefault(&c.MaxHeapLength, defaultMaxHeapLength)
	setDefault(&c.MaxMemory, defaultMaxMemory)
	setDefault(&c.MaxPool, defaultMaxPool)
	setDefault(&c.MaxItems, defaultMaxItems)
	setDefault(&c.MaxSenders, defaultMaxSenders)
	setDefault(&c.LogInterval, defaultLogInterval)
	return c, c.checkReserve()
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func (c *Config) check() error {
	if c.BugCompat&^spead.BugPySPEAD != 0 {
		return &spead.FieldError{Field: "recv.Config.BugCompat", Value: uint8(c.BugCompat), Allowed: "0 to 7"}
	}
	if c.Dialect&^dialectAll != 0 {
		return &spead.FieldError{Field: "recv.Config.Dialect", Value: uint8(c.Dialect), Allowed: "a set of the tolerances that there are"}
	}
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxHeaps", int64(c.MaxHeaps)},
		{"Substreams", int64(c.Substreams)},
		{"QueueHeaps", int64(c.QueueHeaps)},
		{"QueueBytes", c.QueueBytes},
		{"MaxHeapLength", c.MaxHeapLength},
		{"MaxMemory", c.MaxMemory},
		{"MaxItems", int64(c.MaxItems)},
		{"LogInterval", int64(c.LogInterval)},
	} {
		if f.value < 0 {
			return &spead.FieldError{Field: "recv.Config." + f.name, Value: f.value, Allowed: "at least 1, or 0 for the default"}
		}
	}
	if c.WhenFull > DropNewest {
		return &spead.FieldError{Field: "recv.Config.WhenFull", Value: uint8(c.WhenFull), Allowed: "Block, DropOldest or DropNewest"}
	}
	for i, st := range c.Statistics {
		unique := !slices.ContainsFunc(c.Statistics[:i], func(other Statistic) bool { return other.Name == st.Name })
		if st.Name == "" || !unique || st.Mode > StatisticMax {
			return &spead.FieldError{Field: "recv.Config.Statistics", Value: fmt.Sprintf("%+v", st), Allowed: "different names, with modes"}
		}
	}
	const slotsMax = 1 << 20
	if slots := int64(max(c.MaxHeaps, 1)) * int64(max(c.Substreams, 1)); c.MaxHeaps > slotsMax || c.Substreams > slotsMax || slots > slotsMax {
		return &spead.FieldError{Field: "recv.Config.MaxHeaps × Substreams", Value: slots, Allowed: "at most 1048576 heaps in progress"}
	}
	return nil
}

// checkReserve checks that what is to be reserved fits. Preconditions: the defaults are filled in.
func (c *Config) checkReserve() error {
	var total int64
	for _, r := range c.Reserve {
		if r.HeapBytes < 1 || r.HeapBytes > c.MaxHeapLength || r.Heaps < 1 {
			return &spead.FieldError{Field: "recv.Config.Reserve", Value: r, Allowed: "at least one heap of 1 byte to MaxHeapLength"}
		}
		size := mem.ClassBytes(mem.ClassOf(r.HeapBytes))
		if int64(r.Heaps) > (c.MaxPool-total)/size {
			return &spead.FieldError{Field: "recv.Config.Reserve", Value: r, Allowed: fmt.Sprintf("what fits into MaxPool, %d bytes", c.MaxPool)}
		}
		total += int64(r.Heaps) * size
	}
	return nil
}

// assembly is the part of the configuration that concerns the assembler.
func (c *Config) assembly() assembler.Config {
	return assembler.Config{
		MaxHeaps:          c.MaxHeaps,
		Substreams:        c.Substreams,
		RequireHeapLength: c.RequireHeapLength,
		AllowOutOfOrder:   c.AllowOutOfOrder,
		MergeOverlaps:     c.MergeOverlaps,
		KeepStop:          c.KeepStop,
		BugCompat:         c.BugCompat,
		RepeatedCnt:       c.Dialect&RepeatedCnt != 0,
		MaxHeapLength:     c.MaxHeapLength,
		MaxItems:          c.MaxItems,
	}
}
