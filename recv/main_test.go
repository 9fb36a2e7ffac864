// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(closing{m}) }

// closing runs the tests and checks that they leave no descriptor open.
type closing struct {
	tests *testing.M
}

func (c closing) Run() int {
	// The runtime's network poller opens descriptors of its own, once.
	if conn, err := net.ListenPacket("udp", "127.0.0.1:0"); err == nil {
		conn.Close()
	}
	before := openDescriptors()
	code := c.tests.Run()
	if after := openDescriptors(); after > before && code == 0 {
		fmt.Printf("%d descriptors are open after the tests, %d were before\n", after, before)
		return 1
	}
	return code
}

// openDescriptors is the number of open descriptors; 0 where it can't be told.
func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// packetsOf gives the packets of heaps as a sender makes them, one after the other in memory.
func packetsOf(t testing.TB, maxPacketSize int, heaps ...*send.Heap) []byte {
	t.Helper()
	var memory bytes.Buffer
	s, err := send.NewWriter(send.Config{MaxPacketSize: maxPacketSize}, &memory)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heaps {
		if _, err := s.Send(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return memory.Bytes()
}

// split cuts packets that lie one after the other.
func split(t testing.TB, memory []byte) [][]byte {
	t.Helper()
	var packets [][]byte
	var p wire.Packet
	for len(memory) > 0 {
		size, refusal := p.Decode(memory)
		if size == 0 {
			t.Fatalf("packet %d was refused: %v", len(packets), refusal)
		}
		packets = append(packets, memory[:size])
		memory = memory[size:]
	}
	return packets
}

// heapOf returns a heap with one item of n bytes, 0, 1, 2 and so on from first.
func heapOf(n, first int) *send.Heap {
	h := send.NewHeap(spead.Flavour{})
	h.AddItem(0x1000, pattern(n, first))
	return h
}

func pattern(n, first int) []byte {
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(first + i)
	}
	return value
}

func stopHeap() *send.Heap {
	h := send.NewHeap(spead.Flavour{})
	h.AddStop()
	return h
}

// newTestStream returns a stream with the given sources, started, that is closed with the test.
func newTestStream(t testing.TB, cfg Config, sources ...Source) *Stream {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, s, sources)
	return s
}

// begin starts a stream with sources, which is closed with the test.
func begin(t testing.TB, s interface {
	AddSource(Source) error
	Start() error
	Close() error
}, sources []Source,
) {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	for _, src := range sources {
		if err := s.AddSource(src); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
}

// checkLaw checks that nothing has disappeared without a number.
func checkLaw(t testing.TB, st Stats) {
	t.Helper()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
}
