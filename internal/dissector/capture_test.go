// SPDX-License-Identifier: Apache-2.0

package dissector

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/vectors"
)

// port is where all the packets of the captures go that are made here.
const port = 8888

// recording is a capture file in the making. Each of its streams has an address of its own, so that
// one run of tshark, of which the beginning takes longest, sees many of them.
type recording struct {
	file   bytes.Buffer
	frames int
	tcp    map[int]uint32 // the next sequence number, by stream
}

// newRecording begins a classic capture file of IP packets without a link layer.
func newRecording() *recording {
	r := &recording{tcp: map[int]uint32{}}
	for _, word := range []uint32{0xa1b2c3d4, 2 | 4<<16, 0, 0, 262144, 101} {
		r.file.Write(binary.LittleEndian.AppendUint32(nil, word))
	}
	return r
}

// frame adds an IPv4 packet, of which the file holds no more than kept bytes if that isn't 0.
func (r *recording) frame(stream int, protocol byte, body []byte, kept int) {
	b := binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(20+len(body)))
	b = append(b, 0, 0, 0x40, 0, 8, protocol, 0, 0)
	b = append(b, 10, 1, byte(stream>>8), byte(stream), 239, 1, byte(stream>>8), byte(stream))
	b = append(b, body...)
	if kept == 0 {
		kept = len(b)
	}
	for _, word := range []int{1700000000, r.frames, kept, len(b)} {
		r.file.Write(binary.LittleEndian.AppendUint32(nil, uint32(word)))
	}
	r.file.Write(b[:kept])
	r.frames++
}

// udp adds a datagram of a stream.
func (r *recording) udp(stream int, payload []byte) { r.frame(stream, 17, datagram(payload), 0) }

func datagram(payload []byte) []byte {
	b := []byte{4, 0, port >> 8, port & 0xff}
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	return append(append(b, 0, 0), payload...)
}

// segment adds bytes of a TCP connection.
func (r *recording) segment(stream int, payload []byte) {
	b := []byte{4, 0, port >> 8, port & 0xff}
	b = binary.BigEndian.AppendUint32(b, 1000+r.tcp[stream])
	b = append(b, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0)
	r.frame(stream, 6, append(b, payload...), 0)
	r.tcp[stream] += uint32(len(payload))
}

// dissected is a part of what tshark makes of a packet, in its own XML.
type dissected struct {
	Name   string      `xml:"name,attr"`
	Show   string      `xml:"show,attr"`
	Line   string      `xml:"showname,attr"`
	Value  string      `xml:"value,attr"`
	Fields []dissected `xml:"field"`
	Protos []dissected `xml:"proto"`
}

// all gives the parts with a name, at any depth, in the order of the tree.
func (d *dissected) all(name string) (found []dissected) {
	if d.Name == name {
		found = append(found, *d)
	}
	for _, part := range slices.Concat(d.Fields, d.Protos) {
		found = append(found, part.all(name)...)
	}
	return found
}

// shown gives what the parts with a name show.
func (d *dissected) shown(name string) (texts []string) {
	for _, part := range d.all(name) {
		texts = append(texts, part.Show)
	}
	return texts
}

// first gives what the first part with a name shows, or "".
func (d *dissected) first(name string) string {
	return append(d.shown(name), "")[0]
}

// tshark dissects a recording with the settings given. Where tshark isn't, the test is skipped. An
// error in the Lua code fails the test.
func tshark(t *testing.T, r *recording, settings ...string) []dissected {
	t.Helper()
	path, err := exec.LookPath("tshark")
	if err != nil {
		t.Skipf("needs tshark: %v", err)
	}
	dir := t.TempDir()
	capture := filepath.Join(dir, "capture.pcap")
	if err := os.WriteFile(capture, r.file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-X", "lua_script:" + FileName, "-r", capture, "-T", "pdml", "-J", "spead _ws.lua.text"}
	command := exec.CommandContext(t.Context(), path, append(args, settings...)...)
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir) // without anybody's plugins
	var remarks bytes.Buffer
	command.Stderr = &remarks
	output, err := command.Output()
	if err != nil || strings.Contains(remarks.String(), "Lua") || bytes.Contains(output, []byte("Lua Error")) {
		t.Fatalf("%v: %s%s", err, &remarks, around(output, "Lua Error"))
	}
	var parsed struct {
		Packets []dissected `xml:"packet"`
	}
	if err := xml.Unmarshal(output, &parsed); err != nil {
		t.Fatal(err)
	}
	if len(parsed.Packets) != r.frames {
		t.Fatalf("%d frames were dissected of %d", len(parsed.Packets), r.frames)
	}
	return parsed.Packets
}

// around gives the text around the first place where a word is found, or nothing.
func around(text []byte, word string) []byte {
	at := bytes.Index(text, []byte(word))
	if at < 0 {
		return nil
	}
	return text[max(0, at-300):min(len(text), at+300)]
}

// datagrams reads what a vector's capture holds, as far as it is kept whole.
func datagrams(t *testing.T, v *vectors.Vector) (payloads [][]byte) {
	t.Helper()
	reader, err := pcap.Open(v.Capture, pcap.Options{Filter: v.Options.Filter})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for {
		d, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return payloads
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.Refusal == 0 && len(d.Payload) > 0 {
			payloads = append(payloads, bytes.Clone(d.Payload))
		}
	}
}
