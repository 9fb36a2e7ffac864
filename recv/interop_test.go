// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/recv"
)

// peer finds one of spead2's commands; where there is none, the test is skipped.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s of spead2 on the PATH: %v", name, err)
	}
	return path
}

// pairing is one of spead2's commands, what connects it with a stream, and the stream's configuration.
type pairing struct {
	command, transport string
	cfg                recv.Config
}

// receive has the peer send to a stream, and returns when all is sent.
func (p pairing) receive(t *testing.T, arguments ...string) *recv.Stream {
	t.Helper()
	p.cfg.QueueHeaps = 64
	s, err := recv.NewStream(p.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	local := netip.MustParseAddrPort("127.0.0.1:0")
	if p.transport == "tcp" {
		err = s.AddTCP(recv.TCPConfig{Address: local})
		arguments = append(arguments, "--tcp")
	} else {
		err = s.AddUDP(recv.UDPConfig{Address: local, MaxPacketSize: 65507})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), p.command, append(arguments, s.Addrs()[0].String())...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return s
}

// TestTheCppSenderOfSpead2 receives what spead2_send --verify sends, through each transport, in packets
// of every kind of size, and recomputes it.
func TestTheCppSenderOfSpead2(t *testing.T) {
	command := peer(t, "spead2_send")
	const heaps, heapSize = 6, 20000
	for _, transport := range []string{"udp", "tcp"} {
		for _, packet := range []int{56, 64, 88, 1472, 9172, 65507} {
			for _, items := range []int{1, 3, 250} {
				for _, flags := range []string{"--addr-bits=40", "--addr-bits=48", "--pyspead"} {
					t.Run(fmt.Sprintf("%s/packet=%d/items=%d/%s", transport, packet, items, flags), func(t *testing.T) {
						s := pairing{command, transport, recv.Config{}}.receive(t, "--verify", flags,
							fmt.Sprintf("--packet=%d", packet), fmt.Sprintf("--items=%d", items),
							fmt.Sprintf("--heaps=%d", heaps), fmt.Sprintf("--heap-size=%d", heapSize))
						verified := 0
						for h := range s.Heaps(t.Context()) {
							verified += verify(t, h, items, heapSize/items)
							h.Release()
						}
						// In packets of 56 bytes, the stop heap takes two, of which the first ends the stream.
						st := s.Stats()
						if verified != heaps || st.Refused.Total() != st.Refused[spead.RefusedStopped] || st.HeapsDiscarded.Total() != 1 || s.Err() != nil {
							t.Errorf("%d heaps verified, error %v, statistics: %+v", verified, s.Err(), st)
						}
					})
				}
			}
		}
	}
}

// verify compares a heap with what the sequence of all values says, and counts it if it has items.
func verify(t *testing.T, h *recv.Heap, items, itemBytes int) int {
	t.Helper()
	words := itemBytes / pattern.WordBytes
	position := (uint64(h.Cnt()) - 1) * uint64(items*words)
	n := 0
	for it := range h.Items() {
		if it.ID < 0x1000 {
			continue
		}
		n++
		if len(it.Value) != words*pattern.WordBytes {
			t.Fatalf("heap %d: item %v has %d bytes", h.Cnt(), it.ID, len(it.Value))
		}
		if at := pattern.Differs(it.Value, position); at >= 0 {
			t.Fatalf("heap %d: item %v differs at word %d", h.Cnt(), it.ID, at)
		}
		position += uint64(words)
	}
	if n != items || !h.Complete() {
		t.Errorf("heap %d has %d items, want %d", h.Cnt(), n, items)
	}
	return 1
}

// TestThePythonSenderOfSpead2 receives what the Python binding sends in every flavour that has room for
// its items, bug-compatible or not: values of numpy's types, described, all of them zero.
func TestThePythonSenderOfSpead2(t *testing.T) {
	command := peer(t, "spead2_send.py")
	const heaps, heapSize, items = 5, 20000, 2
	for _, transport := range []string{"udp", "tcp"} {
		for bits := 16; bits <= 48; bits += 8 {
			for flag, bugs := range map[string]spead.BugCompat{"": 0, "--pyspead": spead.BugPySPEAD} {
				t.Run(fmt.Sprintf("%s/bits=%d/%s", transport, bits, flag), func(t *testing.T) {
					arguments := []string{fmt.Sprintf("--addr-bits=%d", bits), "--items=2", "--dtype=>i4", "--packet=1472",
						fmt.Sprintf("--heaps=%d", heaps), fmt.Sprintf("--heap-size=%d", heapSize)}
					s := pairing{command, transport, recv.Config{BugCompat: bugs}}.receive(t, append(arguments, strings.Fields(flag)...)...)
					var group spead.ItemGroup
					values := 0
					for h := range s.Heaps(t.Context()) {
						changed, err := group.Update(h)
						if err != nil {
							t.Error(err)
						}
						if h.Flavour().HeapAddressBits() != bits {
							t.Errorf("heap %d has flavour %v", h.Cnt(), h.Flavour())
						}
						for _, it := range changed {
							values++
							got, err := spead.Values[int32](it)
							if want := make([]int32, heapSize/items/4); err != nil || !slices.Equal(got, want) {
								t.Errorf("heap %d: item %s has %d values: %v", h.Cnt(), it.Name, len(got), err)
							}
						}
						h.Release()
					}
					if st := s.Stats(); values != heaps*items || st.Refused.Total() != 0 || s.Err() != nil {
						t.Errorf("%d values, error %v, statistics: %+v", values, s.Err(), st)
					}
				})
			}
		}
	}
}
