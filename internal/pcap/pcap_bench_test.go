// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"testing"
)

// benchmarkCaptures makes captures of heaps of 64 KiB in packets with payloads of that size.
func benchmarkCaptures(t testing.TB, packetBytes, captureBytes int) map[string][]byte {
	const heapBytes = 65536
	classic := classicFile{order: binary.LittleEndian, link: linkEthernet}
	classic.start()
	ng := ngFile{order: binary.LittleEndian}
	ng.section()
	ng.iface(linkEthernet)
	p := packet4
	for rest := heapBytes; len(classic.bytes) < captureBytes; rest -= len(p.payload) {
		if rest <= 0 {
			rest = heapBytes
		}
		p.payload = make([]byte, min(rest, packetBytes))
		copy(p.payload, "S\x04")
		frame := p.frame(t, linkEthernet)
		classic.add(frame, len(frame))
		ng.enhanced(0, 0, frame, len(frame))
	}
	return map[string][]byte{"pcap": classic.bytes, "pcapng": ng.bytes}
}

func BenchmarkRead(b *testing.B) {
	for _, packetBytes := range []int{1472, 8972} {
		for name, capture := range benchmarkCaptures(b, packetBytes, 16<<20) {
			for _, filter := range []string{"", "udp dst port 8888"} {
				b.Run(fmt.Sprintf("%s/packet=%d/filter=%q", name, packetBytes, filter), func(b *testing.B) {
					want, _, err := readAll(capture, Options{})
					if err != nil {
						b.Fatal(err)
					}
					checkContent(b, capture, want)
					b.SetBytes(int64(len(capture)))
					b.ReportAllocs()
					for b.Loop() {
						r, err := NewReader(bytes.NewReader(capture), Options{Filter: filter})
						if err != nil {
							b.Fatal(err)
						}
						payloads := 0
						for range want {
							d, err := r.Next()
							if err != nil || d.Refusal != 0 {
								b.Fatal(d.Refusal, err)
							}
							payloads += len(d.Payload)
						}
						if _, err := r.Next(); err != io.EOF || payloads < len(capture)*9/10 {
							b.Fatal(payloads, err)
						}
					}
				})
			}
		}
	}
}

// checkContent compares a capture's payloads with what was put into it.
func checkContent(b *testing.B, capture []byte, want []Datagram) {
	r, err := NewReader(bytes.NewReader(capture), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, w := range want {
		d, err := r.Next()
		if err != nil || crc32.ChecksumIEEE(d.Payload) != crc32.ChecksumIEEE(w.Payload) {
			b.Fatal("payload differs", err)
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, p := range []packet{packet4, packet6} {
		p.payload = make([]byte, 8972)
		b.Run(fmt.Sprintf("ip6=%v", p.source.Addr().Is6()), func(b *testing.B) {
			r := record{data: p.frame(b, linkEthernet), link: linkEthernet}
			r.length = uint32(len(r.data))
			b.SetBytes(int64(len(r.data)))
			var f frame
			for b.Loop() {
				if v := f.parse(&r); v != whole || len(f.payload) != len(p.payload) {
					b.Fatal(v)
				}
			}
		})
	}
}
