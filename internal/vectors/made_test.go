// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made describes a vector that a test makes up. Its heaps are all of cnt 1, 2, ...
type made struct {
	heaps      []string
	finalGroup string
	packets    [][]byte
}

// load writes the vector to files and loads it.
func (m made) load(t *testing.T) *Vector {
	t.Helper()
	dir := t.TempDir()
	document := `{"kind":"stream","options":{"max_heaps":4,"substreams":1,"stop_on_stop_item":true},"heaps":[` +
		strings.Join(m.heaps, ",") + `],"final_group":[` + m.finalGroup + `],"stats":{}}`
	write(t, filepath.Join(dir, "made.json"), []byte(document))
	write(t, filepath.Join(dir, "made.pcap"), captureOf(m.packets))
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return loaded[0]
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// result makes a result of heaps like those of the vector.
func result(heaps []string, finalGroup string) Result {
	r := Result{FinalGroup: json.RawMessage("[" + finalGroup + "]")}
	for _, h := range heaps {
		r.Heaps = append(r.Heaps, json.RawMessage(h))
	}
	return r
}

// heap writes a complete heap's entry; rest starts with `"descriptors"`.
func heap(flavour, rest string) string {
	return `{"cnt":1,"flavour":[4,64,` + flavour + `],"is_start":false,"is_end":false,"complete":true,` + rest + `}`
}

// described writes a descriptor with a format.
func described(id, name, shape, format string) string {
	return `{"id":` + id + `,"name":"` + name + `","description":"","shape":` + shape +
		`,"order":"C","dtype":null,"format":` + format + `,"numpy_header":null}`
}

// captureOf writes datagrams as a capture of Ethernet frames.
func captureOf(datagrams [][]byte) []byte {
	c := make([]byte, 24)
	binary.LittleEndian.PutUint32(c, 0xa1b2c3d4)
	c[20] = 1
	for _, d := range datagrams {
		frame := make([]byte, 42, 42+len(d))
		frame[12], frame[14], frame[23] = 8, 0x45, 17
		binary.BigEndian.PutUint16(frame[38:], uint16(8+len(d)))
		frame = append(frame, d...)
		record := make([]byte, 16)
		binary.LittleEndian.PutUint32(record[8:], uint32(len(frame)))
		binary.LittleEndian.PutUint32(record[12:], uint32(len(frame)))
		c = append(append(c, record...), frame...)
	}
	return c
}

// packetOf writes a SPEAD-64-48 packet of a heap of cnt 1.
func packetOf(heapLength, offset uint64, payload string, pointers ...uint64) []byte {
	words := append([]uint64{
		0x53040206_00000000 | uint64(4+len(pointers)),
		0x8001<<48 | 1, 0x8002<<48 | heapLength, 0x8003<<48 | offset, 0x8004<<48 | uint64(len(payload)),
	}, pointers...)
	var p []byte
	for _, w := range words {
		p = binary.BigEndian.AppendUint64(p, w)
	}
	return append(p, payload...)
}

// at is an addressed item pointer of SPEAD-64-48.
func at(id, address uint64) uint64 { return id<<48 | address }
