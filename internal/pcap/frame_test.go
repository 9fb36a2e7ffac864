// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// parseWhole parses a frame that was captured whole.
func parseWhole(link uint16, data []byte) (verdict, frame) {
	var f frame
	v := f.parse(&record{data: data, length: uint32(len(data)), link: link})
	return v, f
}

// changed returns the packet with other bytes at an offset.
func changed(b []byte, at int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}

// judgedFrame is a frame and what it is.
type judgedFrame struct {
	name string
	link uint16
	data []byte
	want verdict
}

// goodFrames hold whole datagrams.
func goodFrames() []judgedFrame {
	ip4, ip6 := packet4.ip(), packet6.ip()
	empty := packet4
	empty.payload = nil
	return []judgedFrame{
		{"an empty datagram", linkRaw, empty.ip(), whole},
		{"IPv4 options", linkRaw, packet4.ip4(make([]byte, 40)), whole},
		{"a wrong checksum over IPv4", linkRaw, changed(ip4, 26, 1, 2), whole},
		{"a UDP length shorter than the IP payload", linkRaw, changed(ip4, 24, 0, 9), whole},
		{"hop by hop options", linkRaw, packet6.ip6(0, []byte{17, 0, 1, 4, 0, 0, 0, 0}), whole},
		{"three extensions", linkRaw, packet6.ip6(43, []byte{
			60, 0, 0, 0, 0, 0, 0, 0, // Routing.
			51, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // Destination options of 16 bytes.
			17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // Authentication, in other units.
		}), whole},
		{"a fragment header on a whole packet", linkRaw, packet6.ip6(44, []byte{17, 0, 0, 0, 0, 0, 0, 7}), whole},
		{"no checksum over IPv6", linkRaw, changed(ip6, 46, 0, 0), whole},
	}
}

// badFrames hold datagrams that contradict themselves.
func badFrames(t testing.TB) []judgedFrame {
	ip4, ip6 := packet4.ip(), packet6.ip()
	ethernet := packet4.frame(t, linkEthernet)
	return []judgedFrame{
		{"a wrong checksum over IPv6", linkRaw, changed(ip6, 46, ip6[46]^1), contradictory},
		{"a UDP length below 8", linkRaw, changed(ip4, 24, 0, 7), contradictory},
		{"a UDP length beyond the packet", linkRaw, changed(ip4, 25, ip4[25]+1), contradictory},
		{"a total length beyond the frame", linkRaw, changed(ip4, 3, ip4[3]+1), contradictory},
		{"a total length below the header", linkRaw, changed(ip4, 2, 0, 19), contradictory},
		{"a total length of 0", linkRaw, changed(ip4, 2, 0, 0), contradictory},
		{"no room for a UDP header", linkRaw, changed(ip4, 2, 0, 27), contradictory},
		{"a header length below 20", linkRaw, changed(ip4, 0, 0x44), contradictory},
		{"a header longer than the packet", linkRaw, changed(ip4[:28], 0, 0x4f, 0, 0, 28), contradictory},
		{"IPv4 of another version", linkEthernet, changed(ethernet, 14, 0x65), contradictory},
		{"a payload length of 0", linkRaw, changed(ip6, 4, 0, 0), contradictory},
		{"a payload length beyond the frame", linkRaw, changed(ip6, 5, ip6[5]+1), contradictory},
	}
}

// foreignFrames hold something else.
func foreignFrames(t testing.TB) []judgedFrame {
	ip4, ip6 := packet4.ip(), packet6.ip()
	ethernet := packet4.frame(t, linkEthernet)
	return []judgedFrame{
		{"another link type", 147, ethernet, otherLink},

		{"no byte", linkEthernet, nil, notIP},
		{"no byte of raw IP", linkRaw, nil, notIP},
		{"half a link header", linkEthernet, ethernet[:13], notIP},
		{"half a loopback header", linkNull, []byte{2, 0, 0}, notIP},
		{"half a VLAN tag", linkEthernet, append(bytes.Clone(testMACs), 0x81, 0, 0), notIP},
		{"half an IPv4 header", linkRaw, ip4[:19], notIP},
		{"half an IPv6 header", linkRaw, ip6[:39], notIP},
		{"ARP", linkEthernet, changed(ethernet, 12, 8, 6), notIP},
		{"LLC", linkEthernet, changed(ethernet, 12, 0, 38), notIP},
		{"another address family", linkNull, append([]byte{7, 0, 0, 0}, ip4...), notIP},
		{"another IP version", linkRaw, changed(ip4, 0, 0x55), notIP},
		{"IPv6 of another version", linkIPv6, changed(ip6, 0, 0x40), notIP},

		{"TCP", linkRaw, changed(ip4, 9, 6), otherProtocol},
		{"TCP over IPv6", linkRaw, changed(ip6, 6, 6), otherProtocol},
		{"a fragment of TCP", linkRaw, changed(changed(ip4, 9, 6), 6, 0x20), otherProtocol},
		{"extensions without end", linkRaw, packet6.ip6(0, bytes.Repeat([]byte{0}, 64))[:60], otherProtocol},
		{"no next header", linkRaw, changed(ip6, 6, 59), otherProtocol},

		{"a first fragment", linkRaw, changed(ip4, 6, 0x20, 0), fragment},
		{"a last fragment", linkRaw, changed(ip4, 6, 0, 1), fragment},
		{"a first fragment of IPv6", linkRaw, packet6.ip6(44, []byte{17, 0, 0, 1, 0, 0, 0, 7}), fragment},
		{"a last fragment of IPv6", linkRaw, packet6.ip6(44, []byte{17, 0, 0, 8, 0, 0, 0, 7}), fragment},
	}
}

func TestFramesAreJudged(t *testing.T) {
	for _, c := range slices.Concat(goodFrames(), badFrames(t), foreignFrames(t)) {
		if got, _ := parseWhole(c.link, c.data); got != c.want {
			t.Errorf("%s: verdict %d, want %d", c.name, got, c.want)
		}
	}
}

func TestNumbersOfTagsAreNotLimited(t *testing.T) {
	data := bytes.Clone(testMACs)
	for range 100 {
		data = append(data, 0x91, 0, 0, 1)
	}
	data = append(data, packet4.tagged(nil, nil)...)
	if v, f := parseWhole(linkEthernet, data); v != whole || !bytes.Equal(f.payload, packet4.payload) {
		t.Errorf("verdict %d, payload %q", v, f.payload)
	}
}

func TestFramesCapturedShortAreCutAtWhateverByte(t *testing.T) {
	for _, link := range allLinks {
		frames, _ := everyFrame(t, link)
		for _, data := range frames {
			for captured := range data {
				var f frame
				v := f.parse(&record{data: data[:captured], length: uint32(len(data)), link: link})
				if v != cut {
					t.Errorf("link %d, %d of %d bytes: verdict %d", link, captured, len(data), v)
				}
			}
		}
	}
}

func TestChecksumsOverIPv6ThatTheCardWouldHaveComputedAreTaken(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 300 {
		p := packet6
		p.payload = make([]byte, size)
		for i := range p.payload {
			p.payload[i] = byte(random.Uint32())
		}
		ip := p.ip()
		if v, _ := parseWhole(linkRaw, ip); v != whole {
			t.Errorf("%d bytes with a right checksum: verdict %d", size, v)
		}
		if wrong := changed(ip, len(ip)-1, ip[len(ip)-1]^0x10); wrong != nil {
			if v, _ := parseWhole(linkRaw, wrong); v != contradictory {
				t.Errorf("%d bytes with a wrong byte: verdict %d", size, v)
			}
		}
		// What Linux leaves is the sum of the pseudo-header: the datagram itself counts as nothing.
		partial := make([]byte, 2)
		binary.BigEndian.PutUint16(partial, ^slowPseudoChecksum(p, 8+size))
		if v, _ := parseWhole(linkRaw, changed(ip, 46, partial...)); v != whole {
			t.Errorf("%d bytes with a partial checksum: verdict %d", size, v)
		}
	}
}

func slowPseudoChecksum(p packet, length int) uint16 {
	zeros := make([]byte, length)
	return slowChecksum(p, zeros)
}
