// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
)

// printed writes a heap with one item and gives what its entry says, id, name and immediate left out.
func printed(t *testing.T, d spead.Descriptor, raw spead.RawItem) string {
	t.Helper()
	d.ID, d.Name, raw.ID = 0x1000, "x", 0x1000
	var group spead.ItemGroup
	line, err := new(Encoder).Append(nil, &fakeHeap{descriptors: []spead.Descriptor{d}, items: []spead.RawItem{raw}}, &group)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(line) {
		t.Fatalf("not JSON: %s", line)
	}
	_, rest, _ := strings.Cut(string(line), `"items":[{"id":4096,"name":"x",`)
	entry, _, _ := strings.Cut(rest, `,"immediate":`)
	// The hash is covered by the vectors; here it only stands for being there.
	if at := strings.Index(entry, `"sha256":"`); at >= 0 {
		entry = entry[:at] + "HASH" + entry[at+len(`"sha256":""`)+64:]
	}
	return entry
}

func TestItemsOfFormats(t *testing.T) {
	tests := []struct {
		name, format string
		shape        spead.Shape
		content      string
		want         string
	}{
		{"an unsigned number", "u16", nil, "fffe", `"dtype":"<u2","shape":[],"value":65534`},
		{"a signed number", "i16", nil, "fffe", `"dtype":"<i2","shape":[],"value":-2`},
		{"a byte", "u8", nil, "ff", `"dtype":"|u1","shape":[],"value":255`},
		{"a number that has no native type", "u12", nil, "fff0", `"dtype":"int","shape":[],"value":4095`},
		{"a negative number that has no native type", "i12", nil, "fff0", `"dtype":"int","shape":[],"value":-1`},
		{"a number beyond 64 bits", "u72", nil, "ff0000000000000001", `"dtype":"int","shape":[],"value":4703919738795935662081`},
		{"a negative number beyond 64 bits", "i72", nil, "800000000000000000", `"dtype":"int","shape":[],"value":-2361183241434822606848`},
		{"a boolean byte", "b8", nil, "01", `"dtype":"|b1","shape":[],"value":true`},
		{"a boolean bit", "b1", nil, "80", `"dtype":"bool","shape":[],"value":true`},
		{"a character", "c8", nil, "61", `"dtype":"|S1","shape":[],"value":"a"`},
		{"a character of no ASCII", "c8", nil, "e9", `"dtype":"|S1","shape":[],"value":"é"`},
		{"the character NUL", "c8", nil, "00", `"dtype":"|S1","shape":[],"value":""`},
		{"a 32-bit float", "f32", nil, "3f8ccccd", `"dtype":"<f4","shape":[],"value":1.100000023841858`},
		{"a 64-bit float", "f64", nil, "8000000000000000", `"dtype":"<f8","shape":[],"value":-0.0`},
		{"text", "c8", spead.Shape{spead.Variable}, "61220a", `"dtype":"str","shape":[3],"value":"a\"\n"`},
		{"text with a NUL", "c8", spead.Shape{3}, "610062", `"dtype":"str","shape":[2],"value":"ab"`},
		{"rows of characters", "c8", spead.Shape{2, 2}, "61626300", `"dtype":"|S1","shape":[2,2],HASH,"len":4,"value":[["a","b"],["c",""]]`},
		{"an array", "i8", spead.Shape{spead.Variable, 2}, "01ff", `"dtype":"|i1","shape":[1,2],HASH,"len":2,"value":[[1,-1]]`},
		{"a packed array", "u4", spead.Shape{2, 2}, "1234", `"dtype":"|O","shape":[2,2],"value":[[1,2],[3,4]]`},
		{"packed booleans", "b1", spead.Shape{3}, "a0", `"dtype":"|O","shape":[3],"value":[true,false,true]`},
		{"packed numbers beyond 64 bits", "u65", spead.Shape{1}, "ffffffffffffffffff", `"dtype":"|O","shape":[1],"value":[36893488147419103231]`},
		{"an empty array", "f32", spead.Shape{2, 0}, "00", `"dtype":"<f4","shape":[2,0],HASH,"len":0,"value":[[],[]]`},
		{"a structure", "u8,i16", nil, "01ffff", `"dtype":[["f0","|u1"],["f1","<i2"]],"shape":[],"value":[1,-1]`},
		{"structures", "u8,f32", spead.Shape{1}, "013f800000", `"dtype":[["f0","|u1"],["f1","<f4"]],"shape":[1],HASH,"len":5,"value":[[1,1.0]]`},
		{
			"packed structures", "b1,i7,c8,f32", spead.Shape{2}, "91 79 3f800000 69 6e bf800000",
			`"dtype":[["f0","|O"],["f1","|O"],["f2","|S1"],["f3",">f4"]],"shape":[2],"value":[[true,17,"y",1.0],[false,-23,"n",-1.0]]`,
		},
		{"a packed structure", "u2,u6", nil, "3f", `"dtype":[["f0","|O"],["f1","|O"]],"shape":[],"value":[0,63]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			format, err := spead.ParseFormat(test.format)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, spead.Descriptor{Shape: test.shape, Format: format}, addressed(t, 0, test.content))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestItemsOfDTypes(t *testing.T) {
	tests := []struct {
		name, dtype string
		shape       spead.Shape
		content     string
		want        string
	}{
		{"a big-endian number", ">u2", nil, "0102", `"dtype":"<u2","shape":[],"value":258`},
		{"16-bit floats", "<f2", spead.Shape{4}, "003c 0080 007e 007c", `"dtype":"<f2","shape":[4],HASH,"len":8,"value":[1.0,-0.0,"nan","inf"]`},
		{"complex numbers", ">c8", spead.Shape{1}, "3f800000 ff800000", `"dtype":"<c8","shape":[1],HASH,"len":8,"value":[[1.0,"-inf"]]`},
		{"a complex number", "<c16", nil, "000000000000f03f 0000000000000080", `"dtype":"<c16","shape":[],"value":[1.0,-0.0]`},
		{"booleans", "|b1", spead.Shape{2}, "0100", `"dtype":"|b1","shape":[2],HASH,"len":2,"value":[true,false]`},
		{"byte strings", "|S3", spead.Shape{2}, "610000 00e900", `"dtype":"|S3","shape":[2],HASH,"len":6,"value":["a","\u0000é"]`},
		{"a byte string", "|S3", nil, "616200", `"dtype":"|S3","shape":[],"value":"ab"`},
		{"strings", "<U2", spead.Shape{1}, "e9000000 c0030000", `"dtype":"<U2","shape":[1],HASH,"len":8,"value":["éπ"]`},
		{"a big-endian string", ">U2", nil, "000003c0 00000000", `"dtype":"<U2","shape":[],"value":"π"`},
		{"void bytes", "|V2", spead.Shape{1}, "00ff", `"dtype":"|V2","shape":[1],HASH,"len":2,"value":["00ff"]`},
		{
			"structures with sub-arrays", "[('p', '>i2', (2,)), ('', '|V1'), ('s', [('c', '<U1'), ('d', '|S1')])]",
			spead.Shape{1}, "0001 ffff 00 c0030000 e9",
			`"dtype":[["p","<i2",[2]],["f1","|V1"],["s",[["c","<U1"],["d","|S1"]]]],"shape":[1],HASH,"len":10,` +
				`"value":[[[1,-1],"00",["π","é"]]]`,
		},
		{"a structure", "[('a', '|u1'), ('b', '<f4')]", nil, "01 0000803f", `"dtype":[["a","|u1"],["b","<f4"]],"shape":[],"value":[1,1.0]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dtype, err := spead.ParseDType(test.dtype)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, spead.Descriptor{Shape: test.shape, DType: dtype}, addressed(t, 0, test.content))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDTypeDescriptorsAreWrittenWithTheirHeader(t *testing.T) {
	raw := spead.RawDescriptor{
		ID: 0x1000, Name: []byte("x"),
		NumpyHeader: []byte("{'descr': [('a', '<u2'), ('b', '>f8', (3,))], 'fortran_order': True, 'shape': (2, 3)}"),
	}
	tests := []struct {
		name, want string
		bug        spead.BugCompat
	}{
		{"the dtype as the header says it", `[["a","<u2"],["b",">f8",[3]]]`, 0},
		{"the dtype as the bug compatibility turns it", `[["a",">u2"],["b","<f8",[3]]]`, spead.BugSwapEndian},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := raw.Descriptor(test.bug)
			if err != nil {
				t.Fatal(err)
			}
			want := `,"descriptors":[{"id":4096,"name":"x","description":"","shape":[2,3],"order":"F","dtype":` + test.want +
				`,"format":null,"numpy_header":"` + string(raw.NumpyHeader) + `"}]`
			got := string(appendDescriptors(nil, &fakeHeap{descriptors: []spead.Descriptor{d}}))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestArraysInFortranOrderAreWrittenByIndex(t *testing.T) {
	dtype, err := spead.ParseDType(">i2")
	if err != nil {
		t.Fatal(err)
	}
	d := spead.Descriptor{Shape: spead.Shape{2, 3}, DType: dtype, FortranOrder: true}
	want := `"dtype":"<i2","shape":[2,3],HASH,"len":12,"value":[[0,2,4],[1,3,5]]`
	if diff := cmp.Diff(want, printed(t, d, addressed(t, 0, "0000 0001 0002 0003 0004 0005"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLongArraysHaveOnlyTheirHash(t *testing.T) {
	format := spead.Format{{Code: spead.CodeUint, Bits: 8}}
	for _, length := range []int{400, 401} {
		got := printed(t, spead.Descriptor{Shape: spead.Shape{spead.Variable}, Format: format}, addressed(t, 0, strings.Repeat("00", length)))
		if has := strings.Contains(got, `"value":`); has != (length == 400) {
			t.Errorf("%d elements: %s", length, got)
		}
	}
}

func TestTheGroupIsWrittenById(t *testing.T) {
	format := spead.Format{{Code: spead.CodeUint, Bits: 8}}
	var group spead.ItemGroup
	h := fakeHeap{
		descriptors: []spead.Descriptor{{ID: 0x2000, Name: "late", Format: format}, {ID: 0x1000, Name: "early", Format: format}},
		items:       []spead.RawItem{immediate(0x2000, 1)},
	}
	if _, err := new(Encoder).Append(nil, &h, &group); err != nil {
		t.Fatal(err)
	}
	want := `[{"id":4096,"name":"early","has_value":false},{"id":8192,"name":"late","has_value":true}]`
	if diff := cmp.Diff(want, string(AppendGroup(nil, &group))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
