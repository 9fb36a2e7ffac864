// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"strings"
	"testing"
)

// What a heap's item pointers say of the item 0x1000, whose shape is variable.
func TestEmptyItemsAreReadFromTheCapture(t *testing.T) {
	const stop = 1 << 63
	tests := []struct {
		name    string
		packets [][]byte
		want    verdict
	}{
		{"an item with bytes", [][]byte{packetOf(4, 0, "abcd", at(0x1000, 0))}, no},
		{"an item at the heap's end", [][]byte{packetOf(4, 0, "abcd", at(0x1001, 0), at(0x1000, 4))}, yes},
		{"an item whose address another shares", [][]byte{packetOf(4, 0, "abcd", at(0x1000, 0), at(0x1001, 0))}, yes},
		{"an item that comes second at its address", [][]byte{packetOf(4, 0, "abcd", at(0x1001, 0), at(0x1000, 0))}, no},
		{"an item before padding", [][]byte{packetOf(4, 0, "abcd", at(0x1001, 0), at(0x1000, 3), at(0, 3))}, yes},
		{"an item before an immediate", [][]byte{packetOf(4, 0, "abcd", at(0x1000, 0), stop|at(0x1001, 0))}, no},
		{"an immediate of 0", [][]byte{packetOf(4, 0, "abcd", stop|at(0x1000, 0))}, no},
		{"an empty item and then one with bytes", [][]byte{
			packetOf(4, 0, "abcd", at(0x1000, 0), at(0x1001, 0), at(0x1000, 2)),
		}, no},
		{"an item with bytes and then an empty one", [][]byte{packetOf(4, 0, "abcd", at(0x1000, 0), at(0x1000, 4))}, yes},
		{"pointers that take two packets", [][]byte{
			packetOf(4, 0, "ab", at(0x1000, 2)), packetOf(4, 2, "cd", at(0x1001, 2)),
		}, yes},
		{"a repeated packet", [][]byte{
			packetOf(4, 0, "abcd", at(0x1000, 4)), packetOf(4, 0, "abcd", at(0x1000, 4)),
		}, maybe},
		{"a packet that contradicts another", [][]byte{
			packetOf(4, 0, "ab", at(0x1000, 4)), packetOf(5, 2, "cde", at(0x1001, 2)),
		}, maybe},
		{"a repeated packet of a heap without the item", [][]byte{packetOf(4, 0, "abcd"), packetOf(4, 0, "abcd")}, no},
		{"datagrams that are no packets", [][]byte{nil, []byte("S"), packetOf(4, 0, "abcd", at(0x1000, 4))[:40]}, no},
		{"a heap that isn't in the capture", nil, no},
	}
	rest := `"descriptors":[` + described("4096", "x", "[null]", `[["u",8]]`) + `],"items":[],"raw_items":[]`
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := made{heaps: []string{heap("48", rest)}, packets: test.packets}.load(t)
			heaps, _ := v.answers()
			if got := heaps[0].items[0x1000].presence; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestEmptyItemsNeedAShapeThatAllowsThem(t *testing.T) {
	tests := []struct {
		name, shape, format, entry string
	}{
		{"a variable array", "[null]", `[["u",16]]`, `"dtype":"<u2","shape":[0],` + emptyHash + `,"value":[]`},
		{"a variable array of rows", "[null,3]", `[["u",16]]`, `"dtype":"<u2","shape":[0,3],` + emptyHash + `,"value":[]`},
		{"rows of variable length", "[2,null]", `[["i",8]]`, `"dtype":"|i1","shape":[2,0],` + emptyHash + `,"value":[[],[]]`},
		{"a string", "[null]", `[["c",8]]`, `"dtype":"str","shape":[0],"value":""`},
		{"an empty fixed array", "[0]", `[["f",64]]`, `"dtype":"<f8","shape":[0],` + emptyHash + `,"value":[]`},
		{"a packed array", "[null]", `[["b",1]]`, `"dtype":"|O","shape":[0],"value":[]`},
		{
			"a packed structure", "[null]", `[["b",1],["f",32]]`,
			`"dtype":[["f0","|O"],["f1",">f4"]],"shape":[0],"value":[]`,
		},
		{"a structure", "[null]", `[["u",8],["f",32]]`, `"dtype":[["f0","|u1"],["f1","<f4"]],"shape":[0],` + emptyHash + `,"value":[]`},
		{"an array that needs bytes", "[1]", `[["u",16]]`, ""},
		{"a number", "[]", `[["u",16]]`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			without := heap("48", `"descriptors":[`+described("4096", "x", test.shape, test.format)+`],"items":[],"raw_items":[]`)
			with := strings.Replace(without, `"items":[]`, `"items":[{"id":4096,"name":"x","immediate":false,`+test.entry+`}]`, 1)
			right, wrong := with, without
			if test.entry == "" {
				right, wrong = without, with
			}
			v := made{heaps: []string{without}, packets: [][]byte{packetOf(1, 0, "a", at(0x1000, 1))}}.load(t)
			Check(t, v, result([]string{right}, ""))
			if len(v.Compare(result([]string{wrong}, ""))) == 0 {
				t.Error("the other answer passed")
			}
			// In a capture of another form nobody knows, but a wrong value is still wrong.
			v.pointers = heapPointers{}
			Check(t, v, result([]string{without}, ""))
			Check(t, v, result([]string{right}, ""))
			if len(v.Compare(result([]string{strings.Replace(with, `"x","imm`, `"y","imm`, 1)}, ""))) == 0 {
				t.Error("another name passed")
			}
		})
	}
}
