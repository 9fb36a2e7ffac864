// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"encoding/hex"
	"errors"
	"iter"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
)

// fakeHeap is a heap of a test's making.
type fakeHeap struct {
	flavour          spead.Flavour
	start, stop      bool
	incomplete       bool
	length, received int64
	ranges           [][2]int64
	descriptors      []spead.Descriptor
	bad              error
	items            []spead.RawItem
}

func (h *fakeHeap) Cnt() spead.HeapCnt     { return 1<<48 - 1 }
func (h *fakeHeap) Flavour() spead.Flavour { return h.flavour }
func (h *fakeHeap) IsStart() bool          { return h.start }
func (h *fakeHeap) IsStop() bool           { return h.stop }
func (h *fakeHeap) Complete() bool         { return !h.incomplete }
func (h *fakeHeap) Length() int64          { return h.length }
func (h *fakeHeap) Received() int64        { return h.received }

func (h *fakeHeap) Ranges() iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		for _, r := range h.ranges {
			if !yield(r[0], r[1]) {
				return
			}
		}
	}
}

// Descriptors gives the heap's descriptors; the last has the error, if there is one.
func (h *fakeHeap) Descriptors() iter.Seq2[spead.Descriptor, error] {
	return func(yield func(spead.Descriptor, error) bool) {
		for i, d := range h.descriptors {
			var err error
			if i == len(h.descriptors)-1 {
				err = h.bad
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func (h *fakeHeap) Items() iter.Seq[spead.RawItem] {
	return func(yield func(spead.RawItem) bool) {
		for _, raw := range h.items {
			if !yield(raw) {
				return
			}
		}
	}
}

// addressed makes an addressed item of bytes in hexadecimal; spaces are ignored.
func addressed(t *testing.T, id spead.ItemID, digits string) spead.RawItem {
	t.Helper()
	value, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return spead.RawItem{ID: id, Value: value}
}

// immediate makes an immediate of the default flavour.
func immediate(id spead.ItemID, number uint64) spead.RawItem {
	return spead.RawItem{ID: id, Immediate: true, Number: number, Value: big.NewInt(0).SetUint64(number).FillBytes(make([]byte, 5))}
}

const opening = `{"cnt":281474976710655,"flavour":[4,64,40],"is_start":false,"is_end":false,"complete":true,`

// countEntry is what is written of countDescriptor.
const countEntry = `{"id":4096,"name":"count","description":"a \"b\"","shape":[],"order":"C",` +
	`"dtype":null,"format":[["u",32]],"numpy_header":null}`

func countDescriptor() spead.Descriptor {
	return spead.Descriptor{
		ID: 0x1000, Name: "count", Description: `a "b"`, Format: spead.Format{{Code: spead.CodeUint, Bits: 32}},
	}
}

// lineTest is a heap and the line that is written of it.
type lineTest struct {
	name    string
	heap    fakeHeap
	encoder Encoder
	want    string
}

func checkLines(t *testing.T, tests []lineTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var group spead.ItemGroup
			got, err := test.encoder.Append([]byte("before "), &test.heap, &group)
			if failed := strings.Contains(test.want, `"error":true`); (err != nil) != failed {
				t.Errorf("got error %v", err)
			}
			if diff := cmp.Diff("before "+test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeapsAreWrittenInTheFormOfTheVectors(t *testing.T) {
	block := spead.Descriptor{
		ID: 0x2000, Name: "block", Shape: spead.Shape{spead.Variable, 2}, Format: spead.Format{{Code: spead.CodeUint, Bits: 8}},
	}
	checkLines(t, []lineTest{
		{"an empty heap", fakeHeap{}, Encoder{}, opening + `"descriptors":[],"items":[],"raw_items":[]}`},
		{
			"a stream's start and stop",
			fakeHeap{start: true, stop: true, items: []spead.RawItem{immediate(spead.StreamCtrlID, 2)}}, Encoder{},
			strings.ReplaceAll(opening, "false", "true") +
				`"descriptors":[],"items":[],"raw_items":[{"id":6,"immediate":true,"value":2}]}`,
		},
		{
			"descriptors, and items in order of id",
			fakeHeap{
				descriptors: []spead.Descriptor{block, countDescriptor()},
				items:       []spead.RawItem{addressed(t, 0x2000, "01020304"), immediate(0x1000, 7)},
			}, Encoder{},
			opening + `"descriptors":[{"id":8192,"name":"block","description":"","shape":[null,2],"order":"C",` +
				`"dtype":null,"format":[["u",8]],"numpy_header":null},` +
				countEntry + `],` +
				`"items":[{"id":4096,"name":"count","dtype":"<u4","shape":[],"value":7,"immediate":true},` +
				`{"id":8192,"name":"block","dtype":"|u1","shape":[2,2],` +
				`"sha256":"9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a","len":4,` +
				`"value":[[1,2],[3,4]],"immediate":false}],` +
				`"raw_items":[{"id":8192,"immediate":false,"len":4,"hex":"01020304"},` +
				`{"id":4096,"immediate":true,"value":7}]}`,
		},
	})
}

func TestHeapsThatCannotBeDecodedHaveAnError(t *testing.T) {
	checkLines(t, []lineTest{
		{
			"a descriptor that can't be interpreted",
			fakeHeap{descriptors: []spead.Descriptor{countDescriptor(), {ID: 0x2000, Name: "\xc8\x80"}}, bad: errors.New("why")}, Encoder{},
			opening + `"descriptors":[` + countEntry + `,` +
				`{"id":8192,"name":"È\u0080","error":{"type":"*errors.errorString","message":"why"}}],` +
				`"error":true,"items":[],"raw_items":[]}`,
		},
		{
			"an item that is too short after a good one",
			fakeHeap{
				descriptors: []spead.Descriptor{countDescriptor()},
				items:       []spead.RawItem{immediate(0x1000, 7), addressed(t, 0x1000, "010203")},
			}, Encoder{},
			opening + `"descriptors":[` + countEntry + `],"error":true,"items":[],` +
				`"raw_items":[{"id":4096,"immediate":true,"value":7},{"id":4096,"immediate":false,"len":3,"hex":"010203"}]}`,
		},
	})
}

func TestIncompleteHeapsTellWhatCame(t *testing.T) {
	checkLines(t, []lineTest{
		{
			"an incomplete heap",
			fakeHeap{
				incomplete: true, length: -1, received: 5, ranges: [][2]int64{{0, 2}, {4, 7}},
				items: []spead.RawItem{immediate(0x1000, 7)},
			}, Encoder{PayloadRanges: true},
			strings.Replace(opening, "true", "false", 1) + `"heap_length":-1,"received_length":5,` +
				`"payload_ranges":[[0,2],[4,7]],"descriptors":[],"items":[],` +
				`"raw_items":[{"id":4096,"immediate":true,"value":7}]}`,
		},
		{
			"an incomplete heap without its ranges",
			fakeHeap{incomplete: true, length: 9, received: 5, ranges: [][2]int64{{0, 5}}}, Encoder{},
			strings.Replace(opening, "true", "false", 1) + `"heap_length":9,"received_length":5,` +
				`"payload_ranges":[],"descriptors":[],"items":[],"raw_items":[]}`,
		},
	})
}

func TestSomeItemsAreLeftOutOfTheRawOnes(t *testing.T) {
	checkLines(t, []lineTest{
		{
			"items that the vectors leave out, and a long one",
			fakeHeap{items: []spead.RawItem{
				immediate(spead.NullID, 0), immediate(spead.PayloadLengthID, 1), addressed(t, spead.DescriptorID, "00"),
				immediate(spead.DescriptorID, 1), {ID: 7}, {ID: 8, Value: make([]byte, 33)}, immediate(7, 0),
			}}, Encoder{},
			opening + `"descriptors":[],"items":[],"raw_items":[{"id":8,"immediate":false,"len":33,` +
				`"sha256":"7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9"},` +
				`{"id":7,"immediate":true,"value":0}]}`,
		},
	})
}
