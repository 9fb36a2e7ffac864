// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gospead/spead"
)

// FuzzOpen reads captures of any bytes. Small windows onto the file must not change the result.
func FuzzOpen(f *testing.F) {
	for _, capture := range goodCaptures(f) {
		f.Add(capture)
		f.Add(compress(f, capture))
	}
	paths, err := filepath.Glob(filepath.Join(vectorsDirectory, "file_*.pcap"))
	if err != nil || len(paths) == 0 {
		f.Fatal("no vectors", err)
	}
	for _, path := range paths {
		capture, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(capture)
	}
	f.Fuzz(func(t *testing.T, capture []byte) {
		r, err := NewReader(bytes.NewReader(capture), Options{})
		if err != nil {
			return
		}
		frames := int64(0)
		for {
			d, err := r.Next()
			if err != nil {
				if again := func() error { _, err := r.Next(); return err }(); again != err {
					t.Errorf("after %v: %v", err, again)
				}
				break
			}
			frames++
			if d.Refusal != spead.Accepted && d.Payload != nil {
				t.Error("a refused datagram has a payload")
			}
			if d.Refusal == spead.Accepted && (!d.Source.IsValid() || !d.Destination.IsValid()) {
				t.Error("a datagram has no addresses")
			}
		}
		// Every record has at least 16 bytes, unless it was compressed.
		if limit := int64(len(capture)) / 16; frames+r.Foreign().Total() > limit && !bytes.HasPrefix(capture, []byte{0x1f, 0x8b}) {
			t.Errorf("%d frames in %d bytes", frames, len(capture))
		}
		compareRereading(t, capture, frames)
	})
}

// compareRereading reads the capture again, one byte at a time.
func compareRereading(t *testing.T, capture []byte, want int64) {
	r, err := NewReader(oneByteReader{bytes.NewReader(capture)}, Options{})
	if err != nil {
		t.Errorf("byte by byte: %v", err)
		return
	}
	frames := int64(0)
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		frames++
	}
	if frames != want {
		t.Errorf("byte by byte: %d frames, want %d", frames, want)
	}
}

type oneByteReader struct{ io.Reader }

func (r oneByteReader) Read(b []byte) (int, error) { return r.Reader.Read(b[:min(1, len(b))]) }

// FuzzFrame takes any bytes apart, as whatever link type.
func FuzzFrame(f *testing.F) {
	for _, link := range allLinks {
		frames, _ := everyFrame(f, link)
		for _, data := range frames {
			f.Add(link, data, uint32(len(data)))
		}
	}
	f.Add(uint16(linkIPv6), packet6.ip6(44, []byte{17, 0, 0, 0, 0, 0, 0, 7}), uint32(0))
	filters := []*filter{}
	for _, expression := range []string{
		"udp[0xfffffffe:4] = 1 or udp[8:2] = 0x5304 or ip[ip[0]] = 1",
		"ether proto 0x8100 or vlan 5 or multicast or ether host 1:2:3:4:5:6 or outbound",
		"not net 10 and not net fe80::/10 and not port 8888",
	} {
		compiled, err := compileFilter(expression)
		if err != nil {
			f.Fatal(err)
		}
		filters = append(filters, compiled)
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, length uint32) {
		var f frame
		v := f.parse(&record{data: data, length: length, link: link})
		if (v == otherLink) == supportedLink(link) {
			t.Errorf("link %d: verdict %d", link, v)
		}
		if v == whole {
			if f.transport == 0 && f.network != 0 || f.version == 0 || f.protocol != protocolUDP {
				t.Errorf("whole, but version %d, protocol %d, transport at %d", f.version, f.protocol, f.transport)
			}
			if !bytes.Contains(data, f.payload) || cap(f.payload) != len(f.payload) {
				t.Error("the payload is not within the frame")
			}
			if int64(length) > int64(len(data)) {
				t.Error("whole, but captured short")
			}
		}
		f.source()
		f.destination()
		f.ports()
		for _, compiled := range filters {
			compiled.match(&f)
		}
	})
}

// FuzzFilter compiles any text, and runs what compiles.
func FuzzFilter(f *testing.F) {
	for _, expression := range []string{
		"udp dst port 8888",
		"host 10.0.0.1 and not (port 1 or 2)",
		"src net 10.0.0.0/8 or net fe80::/10",
		"udp[8:2] & 0xff00 = 0x5300 and len / 2 <= (udp[4:2] + 42) << 1",
		`ip proto \udp and ether proto 0x800 or vlan 5 && !multicast`,
		"portrange 8000-8999 or ether src 02:00:00:00:00:01",
	} {
		f.Add(expression)
	}
	frames := filterFrames(f)
	f.Fuzz(func(t *testing.T, expression string) {
		compiled, err := compileFilter(expression)
		if err != nil {
			if compiled != nil {
				t.Error("a filter in spite of an error")
			}
			return
		}
		for _, frame := range frames {
			before := compiled.match(&frame)
			if compiled.match(&frame) != before {
				t.Error("the same filter gives two answers")
			}
		}
	})
}
