// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

// goodCaptures are small captures of two frames.
func goodCaptures(t testing.TB) map[string][]byte {
	classic := classicFile{order: binary.BigEndian, link: linkEthernet}
	classic.start()
	ng := ngFile{order: binary.BigEndian}
	ng.section()
	ng.iface(linkEthernet, ng.option(9, 9), ng.option(0))
	for _, p := range []packet{packet4, packet6} {
		frame := p.frame(t, linkEthernet, 5)
		classic.add(frame, len(frame))
		ng.enhanced(0, 1, frame, len(frame))
	}
	return map[string][]byte{"pcap": classic.bytes, "pcapng": ng.bytes}
}

func TestCapturesCutAnywhereGiveTheirGoodRecordsAndThenAnError(t *testing.T) {
	for name, capture := range goodCaptures(t) {
		ends := map[int]bool{}
		for cut := range capture {
			got, _, err := readAll(capture[:cut], Options{})
			for i, d := range got {
				if want := []packet{packet4, packet6}[i]; !bytes.Equal(d.Payload, want.payload) {
					t.Errorf("%s cut to %d bytes: payload %d is %q", name, cut, i, d.Payload)
				}
			}
			if err == nil {
				ends[cut] = true
			} else if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut to %d bytes: %v", name, cut, err)
			}
		}
		// pcap: after the header and one record. pcapng: after section, interface and one frame.
		if want := map[string]int{"pcap": 2, "pcapng": 3}[name]; len(ends) != want {
			t.Errorf("%s: whole if cut to %v, want %d such lengths", name, ends, want)
		}
		if got, _, err := readAll(capture, Options{}); err != nil || len(got) != 2 {
			t.Errorf("%s: %d datagrams, %v", name, len(got), err)
		}
	}
}

func TestCompressedCapturesCutAnywhereGiveAnError(t *testing.T) {
	for name, capture := range goodCaptures(t) {
		compressed := compress(t, capture)
		for cut := range compressed {
			if _, _, err := readAll(compressed[:cut], Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut to %d bytes: %v", name, cut, err)
			}
		}
		compressed[len(compressed)-5] ^= 1 // The checksum.
		if got, _, err := readAll(compressed, Options{}); err == nil || len(got) != 2 {
			t.Errorf("%s with a wrong checksum: %d datagrams, %v", name, len(got), err)
		}
	}
}

func TestTruncationErrorsSayWhichRecordAndWhere(t *testing.T) {
	for name, capture := range goodCaptures(t) {
		_, _, err := readAll(capture[:len(capture)-1], Options{})
		want := map[string]string{"pcap": "record 2 at byte 109: ", "pcapng": "record 2 at byte 192: "}[name]
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not contain %q", name, err, want)
		}
	}
}

// corruptCapture is a capture and the field that is wrong with it.
type corruptCapture struct {
	name    string
	capture []byte
	field   string
}

func corruptClassicCaptures(t testing.TB) []corruptCapture {
	header := func(link uint16) []byte {
		file := classicFile{order: binary.LittleEndian, link: link}
		file.start()
		return file.bytes
	}
	classic := func(captured, length uint32) []byte {
		b := header(linkEthernet)
		for _, v := range []uint32{0, 0, captured, length} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return append(b, make([]byte, 1000)...)
	}
	return []corruptCapture{
		{"neither format", []byte("GIF89a and so on"), "magic number"},
		{"gzip within gzip", compress(t, compress(t, header(1))), "magic number"},
		{"a link type without IP", header(147), "link type"},
		{"a captured length of 4 GiB", classic(0xffffffff, 0xffffffff), "captured length"},
		{"a captured length of 2 GiB", classic(0x80000000, 0xffffffff), "captured length"},
		{"a captured length beyond the limit", classic(MaxFrame+1, MaxFrame+1), "captured length"},
		{"more captured than sent", classic(100, 99), "captured length"},
	}
}

// ngWith is a section with an Ethernet interface, and more.
func ngWith(build func(*ngFile)) []byte {
	file := &ngFile{order: binary.LittleEndian}
	file.section()
	file.iface(linkEthernet)
	build(file)
	return file.bytes
}

func corruptNgBlocks() []corruptCapture {
	const sectionBytes = 44
	patch := func(at int, value uint32) []byte {
		b := ngWith(func(*ngFile) {})
		binary.LittleEndian.PutUint32(b[at:], value)
		return b
	}
	return []corruptCapture{
		{"a section of no byte order", patch(8, 7), "byte order magic"},
		{"a section of another version", patch(12, 2), "version"},
		{"a section of no length", patch(4, 12), "section header block's length"},
		{"an interface without IP", patch(sectionBytes+8, 147), "link type"},
		{"a block without room for its lengths", patch(sectionBytes+4, 8), "block length"},
		{"a block of odd length", patch(sectionBytes+4, 21), "block length"},
		{"an interface without room", ngWith(func(n *ngFile) { n.block(ngInterface, n.u32(1)) }), "interface description block's length"},
		{"lengths that differ", patch(sectionBytes+16, 24), "block length at the block's end"},
		{"an interface of 4 GiB", patch(sectionBytes+4, 0xfffffffc), "interface description block's length"},
		{"an option beyond its block", ngWith(func(n *ngFile) { n.block(ngInterface, n.u32(1, 0, 0x00080009)) }), "interface option's length"},
		{"ticks of 2^-64 s", ngWith(func(n *ngFile) { n.iface(1, n.option(9, 0x80+64)) }), "if_tsresol"},
		{"ticks of 10^-20 s", ngWith(func(n *ngFile) { n.iface(1, n.option(9, 20)) }), "if_tsresol"},
		{"a resolution of two bytes", ngWith(func(n *ngFile) { n.iface(1, n.option(9, 6, 6)) }), "if_tsresol's length"},
		{"an offset of one byte", ngWith(func(n *ngFile) { n.iface(1, n.option(14, 6)) }), "if_tsoffset's length"},
	}
}

func corruptNgFrames() []corruptCapture {
	return []corruptCapture{
		{"a frame of an interface that isn't there", ngWith(func(n *ngFile) { n.enhanced(1, 0, nil, 0) }), "interface"},
		{"a frame of interface 2^31", ngWith(func(n *ngFile) { n.enhanced(1<<31, 0, nil, 0) }), "interface"},
		{"a frame larger than its block", ngWith(func(n *ngFile) { n.block(ngEnhancedPacket, n.u32(0, 0, 0, 101, 101), make([]byte, 100)) }), "captured length"},
		{"a frame beyond the limit", ngWith(func(n *ngFile) { n.enhanced(0, 0, make([]byte, MaxFrame+1), MaxFrame+1) }), "captured length"},
		{"a frame without room", ngWith(func(n *ngFile) { n.block(ngEnhancedPacket, n.u32(0, 0, 0, 0)) }), "packet block's length"},
		{"a simple packet larger than its block", ngWith(func(n *ngFile) { n.block(ngSimplePacket, n.u32(101), make([]byte, 100)) }), "captured length"},
		{"a simple packet without room", ngWith(func(n *ngFile) { n.block(ngSimplePacket) }), "simple packet block's length"},
		{"a simple packet without interface", ngWith(func(n *ngFile) { n.section(); n.block(ngSimplePacket, n.u32(0)) }), "interface"},
		{"a frame without interface", ngWith(func(n *ngFile) { n.section(); n.enhanced(0, 0, nil, 0) }), "interface"},
	}
}

func TestCorruptCapturesAreRefusedByField(t *testing.T) {
	for _, c := range slices.Concat(corruptClassicCaptures(t), corruptNgBlocks(), corruptNgFrames()) {
		_, _, err := readAll(c.capture, Options{})
		var field *spead.FieldError
		if !errors.As(err, &field) || field.Field != c.field {
			t.Errorf("%s: %v, want the field %q", c.name, err, c.field)
		}
	}
}

func TestCapturesOfAnotherVersionAreRefused(t *testing.T) {
	file := classicFile{order: binary.LittleEndian, link: linkEthernet}
	file.start()
	file.bytes[4] = 3
	if _, _, err := readAll(file.bytes, Options{}); err == nil || !strings.Contains(err.Error(), "version 3") {
		t.Errorf("got %v", err)
	}
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestHostileLengthsTakeNoMemory(t *testing.T) {
	le := binary.LittleEndian
	section := ngFile{order: le}
	section.section()
	skipped := le.AppendUint32(le.AppendUint32(nil, 10), 64<<20)
	// A snap length and a record of 4 GiB.
	classic := classicFile{order: le, link: linkEthernet}
	classic.start()
	le.PutUint32(classic.bytes[16:], 0xffffffff)
	for _, v := range []uint32{0, 0, 0xffffffff, 0xffffffff} {
		classic.bytes = le.AppendUint32(classic.bytes, v)
	}
	cases := map[string][]byte{
		"a frame of 4 GiB":   append(bytes.Clone(section.bytes), le.AppendUint32(le.AppendUint32(nil, 6), 0xfffffffc)...),
		"secrets of 64 MiB":  append(bytes.Clone(section.bytes), skipped...),
		"a record of 4 GiB":  classic.bytes,
		"no record at all":   compress(t, compress(t, nil)),
		"zeros without end":  nil,
		"a section of 4 GiB": append([]byte("\x0a\x0d\x0d\x0a\xfc\xff\xff\xff\x4d\x3c\x2b\x1a\x01\x00"), 0, 0),
	}
	for name, start := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		in := io.LimitReader(io.MultiReader(bytes.NewReader(start), zeros{}), 80<<20)
		r, err := NewReader(in, Options{})
		if err == nil {
			_, err = r.Next()
		}
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 4*windowBytes {
			t.Errorf("%s: took %d bytes", name, taken)
		}
	}
}
