// SPDX-License-Identifier: Apache-2.0

package dissector

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/internal/wire"
)

// bugSettings are what the bits of a vector's bug compatibility are called in Wireshark.
var bugSettings = map[spead.BugCompat]string{
	spead.BugDescriptorWidths: "spead.bug_widths",
	spead.BugShapeBit1:        "spead.bug_shape_bit",
	spead.BugSwapEndian:       "spead.bug_swap_endian",
}

// group is vectors that one run of tshark dissects.
type group struct {
	recording *recording
	vectors   []*vectors.Vector
	payloads  [][][]byte // by vector
}

// groups puts the vectors together by their bug compatibility.
func groups(t *testing.T) map[uint8]*group {
	byBugs := map[uint8]*group{}
	for _, v := range slices.Concat(vectors.All(t, vectors.Stream), vectors.All(t, vectors.Chunk)) {
		g := byBugs[v.Options.BugCompat]
		if g == nil {
			g = &group{recording: newRecording()}
			byBugs[v.Options.BugCompat] = g
		}
		payloads := datagrams(t, v)
		for _, payload := range payloads {
			g.recording.udp(len(g.vectors), payload)
		}
		g.vectors, g.payloads = append(g.vectors, v), append(g.payloads, payloads)
	}
	return byBugs
}

func settingsFor(bugs uint8) []string {
	settings := []string{"-o", fmt.Sprintf("spead.port:%d", port), "-o", "spead.tolerant:FALSE"}
	for bit, name := range bugSettings {
		if spead.BugCompat(bugs)&bit != 0 {
			settings = append(settings, "-o", name+":TRUE")
		}
	}
	return settings
}

// TestVectorsAreDissectedAsTheyAreDecoded compares every packet with what internal/wire makes of it,
// and every heap that is put together with what spead2 received.
func TestVectorsAreDissectedAsTheyAreDecoded(t *testing.T) {
	t.Parallel()
	compared := map[string]int{}
	byBugs := groups(t)
	for _, bugs := range slices.Sorted(maps.Keys(byBugs)) {
		g := byBugs[bugs]
		frames := tshark(t, g.recording, settingsFor(bugs)...)
		if frames == nil {
			return
		}
		for i, v := range g.vectors {
			own := frames[:len(g.payloads[i])]
			frames = frames[len(g.payloads[i]):]
			t.Run(v.Name, func(t *testing.T) {
				for n, payload := range g.payloads[i] {
					checkPacket(t, &own[n], payload)
				}
				c := comparison{t: t, sized: sized(g.payloads[i]), compared: compared}
				c.checkHeaps(v, own)
			})
		}
	}
	t.Logf("compared: %v", compared)
	for _, what := range []string{"heaps", "descriptors", "values"} {
		if compared[what] < 200 {
			t.Errorf("only %d %s were compared", compared[what], what)
		}
	}
}

// checkPacket compares a packet with what internal/wire decodes.
func checkPacket(t *testing.T, d *dissected, payload []byte) {
	t.Helper()
	var packet wire.Packet
	size, refusal := packet.Decode(payload)
	if refusal == spead.Accepted && size < len(payload) {
		refusal = spead.RefusedTrailingBytes
	}
	want := ""
	if refusal != spead.Accepted {
		want = refusal.String()
	}
	if got := d.first("spead.refusal"); got != want {
		t.Errorf("refused as %q, expected %q: %s", got, want, d.Protos[len(d.Protos)-1].Line)
	}
	if refusal != spead.Accepted {
		return
	}
	if got := d.first("spead.payload"); strings.ReplaceAll(got, ":", "") != hex.EncodeToString(packet.Payload) {
		t.Errorf("payload of heap %d: %s", packet.Cnt, got)
	}
	checkPointers(t, d, payload, packet.AddressBits)
	last := func(name string) string { return append([]string{"-1"}, d.shown(name)...)[len(d.shown(name))] }
	for name, want := range map[string]int64{
		"spead.heap_cnt": int64(packet.Cnt), "spead.heap_length": packet.HeapLength,
		"spead.payload_offset": packet.PayloadOffset, "spead.payload_length": int64(len(packet.Payload)),
	} {
		if got := last(name); got != strconv.FormatInt(want, 10) {
			t.Errorf("%s is %s, expected %d", name, got, want)
		}
	}
}

func checkPointers(t *testing.T, d *dissected, payload []byte, addressBits int) {
	t.Helper()
	items := d.all("spead.item")
	count := int(binary.BigEndian.Uint16(payload[6:]))
	if len(items) != count {
		t.Fatalf("%d pointers, expected %d", len(items), count)
	}
	for i, item := range items {
		pointer := wire.Pointer(binary.BigEndian.Uint64(payload[wire.HeaderSize+i*wire.PointerSize:]))
		value := item.first("spead.item.address")
		if pointer.Immediate() {
			value = item.first("spead.item.immediate")
		}
		if item.first("spead.item.id") != fmt.Sprintf("0x%016x", uint64(pointer.ID(addressBits))) ||
			value != strconv.FormatUint(pointer.Value(addressBits), 10) {
			t.Errorf("pointer %#x is %s", uint64(pointer), item.Line)
		}
	}
}

// sized gives the heaps of which a packet says how long they are. Of others, nobody but a receiver
// that gives them up can tell when they end.
func sized(payloads [][]byte) map[spead.HeapCnt]bool {
	found, past := map[spead.HeapCnt]bool{}, map[spead.HeapCnt]int64{}
	for _, payload := range payloads {
		var packet wire.Packet
		if _, refusal := packet.Decode(payload); refusal == spead.Accepted {
			past[packet.Cnt] = max(past[packet.Cnt], packet.PayloadOffset+int64(len(packet.Payload)))
			found[packet.Cnt] = found[packet.Cnt] || packet.HeapLength >= past[packet.Cnt]
		}
	}
	return found
}

// document is a vector's JSON, as far as it is compared here.
type document struct {
	Heaps []heapDocument
}

type heapDocument struct {
	Cnt         spead.HeapCnt
	Complete    bool
	Descriptors []descriptorDocument
	Items       []struct {
		ID    uint64
		Value any
	}
	RawItems []struct {
		ID        uint64
		Immediate bool
		Value     uint64
		Hex       string
		SHA256    string
	} `json:"raw_items"`
}

type descriptorDocument struct {
	Error             any
	ID                uint64
	Name, Description string
	Shape             []*int64
	Format            [][2]any
	NumpyHeader       *string `json:"numpy_header"`
}

// comparison compares the heaps of a vector.
type comparison struct {
	t     *testing.T
	sized map[spead.HeapCnt]bool
	// compared counts, so that a comparison that has gone blind is found.
	compared map[string]int
}

// checkHeaps looks for each complete heap of the vector among those that were put together.
func (c comparison) checkHeaps(v *vectors.Vector, frames []dissected) {
	c.t.Helper()
	var doc document
	if err := json.Unmarshal(v.Document, &doc); err != nil {
		c.t.Fatal(err)
	}
	byCnt := map[string][]dissected{}
	for _, frame := range frames {
		if frame.first("spead.heap.complete") == "1" {
			cnts := frame.shown("spead.heap_cnt")
			byCnt[cnts[len(cnts)-1]] = append(byCnt[cnts[len(cnts)-1]], frame)
		}
	}
	for _, heap := range doc.Heaps {
		if heap.Complete && c.sized[heap.Cnt] {
			c.checkHeap(heap, byCnt[strconv.FormatUint(uint64(heap.Cnt), 10)])
		}
	}
}

// checkHeap looks for a heap among those with its cnt, by its items, and compares what they say.
func (c comparison) checkHeap(heap heapDocument, candidates []dissected) {
	c.t.Helper()
	var want []string
	for _, item := range heap.RawItems {
		bytes := item.Hex + item.SHA256
		if item.Immediate {
			bytes = strconv.FormatUint(item.Value, 10)
		}
		want = append(want, fmt.Sprintf("%#x %t %s", item.ID, item.Immediate, bytes))
	}
	slices.Sort(want)
	i := slices.IndexFunc(candidates, func(d dissected) bool { return slices.Equal(rawItems(&d), want) })
	if i < 0 {
		c.t.Errorf("heap %d was not found among %d; expected\n%s", heap.Cnt, len(candidates), strings.Join(want, "\n"))
		return
	}
	c.compared["heaps"]++
	for _, d := range heap.Descriptors {
		if d.Error == nil {
			c.compared["descriptors"]++
			checkDescriptor(c.t, &candidates[i], d.line())
		}
	}
	texts := map[string]string{}
	for _, value := range candidates[i].all("spead.value") {
		if text := value.all("spead.value.text"); len(text) > 0 {
			texts[value.first("spead.value.id")] = text[0].Show
		}
	}
	for _, item := range heap.Items {
		if text, ok := texts[fmt.Sprintf("0x%016x", item.ID)]; ok && !agrees(text, item.Value) {
			c.t.Errorf("heap %d, item %#x is %q, expected %v", heap.Cnt, item.ID, text, item.Value)
		} else if ok {
			c.compared["values"]++
		}
	}
}

// rawItems gives the items of a heap as text, sorted, without descriptors, as the vectors have it.
func rawItems(d *dissected) (items []string) {
	for _, value := range d.all("spead.value") {
		id, _ := strconv.ParseUint(value.first("spead.value.id"), 0, 64)
		if spead.ItemID(id) == spead.DescriptorID {
			continue
		}
		if number := value.first("spead.value.immediate"); number != "" {
			items = append(items, fmt.Sprintf("%#x true %s", id, number))
			continue
		}
		text := strings.ReplaceAll(value.first("spead.value.bytes"), ":", "")
		if bytes, err := hex.DecodeString(text); err == nil && len(bytes) > 32 {
			text = fmt.Sprintf("%x", sha256.Sum256(bytes))
		}
		items = append(items, fmt.Sprintf("%#x false %s", id, text))
	}
	slices.Sort(items)
	return items
}

// line is the descriptor in one line.
func (d descriptorDocument) line() string {
	if d.NumpyHeader != nil {
		escaped := strings.ReplaceAll(*d.NumpyHeader, "\n", `\x0a`)
		return fmt.Sprintf("%#x %s %s %s", d.ID, d.Name, d.Description, escaped)
	}
	var fields, dimensions []string
	for _, field := range d.Format {
		fields = append(fields, fmt.Sprintf("%v%v", field[0], field[1]))
	}
	for _, dimension := range d.Shape {
		text := "?"
		if dimension != nil {
			text = strconv.FormatInt(*dimension, 10)
		}
		dimensions = append(dimensions, text)
	}
	return fmt.Sprintf("%#x %s %s %s (%s)", d.ID, d.Name, d.Description, strings.Join(fields, ", "), strings.Join(dimensions, ", "))
}

// checkDescriptor looks for a descriptor among those of a heap.
func checkDescriptor(t *testing.T, d *dissected, want string) {
	t.Helper()
	var lines []string
	for _, found := range d.all("spead.descriptor") {
		id, _ := strconv.ParseUint(found.first("spead.descriptor.id"), 0, 64)
		line := fmt.Sprintf("%#x %s %s ", id, found.first("spead.descriptor.name"), found.first("spead.descriptor.description"))
		if header := found.first("spead.descriptor.dtype"); header != "" {
			line += header
		} else {
			line += found.first("spead.descriptor.format") + " " + found.first("spead.descriptor.shape")
		}
		lines = append(lines, line)
	}
	if !slices.Contains(lines, want) {
		t.Errorf("no descriptor %q, but\n%s", want, strings.Join(lines, "\n"))
	}
}

// leaves gives the numbers and texts of a value in order.
func leaves(value any) []any {
	list, ok := value.([]any)
	if !ok {
		return []any{value}
	}
	var all []any
	for _, v := range list {
		all = append(all, leaves(v)...)
	}
	return all
}

// agrees says whether the text for a value is that of its beginning. Values that aren't numbers or
// printable agree with anything, and so do those in another order.
func agrees(text string, value any) bool {
	if s, isText := value.(string); isText {
		return text == s || !regexp.MustCompile(`^[ -~]*$`).MatchString(s)
	}
	if strings.HasSuffix(text, " (Fortran order)") {
		return true // the vectors have values in their logical order
	}
	texts, want := strings.Split(strings.TrimSuffix(text, ", ..."), ", "), leaves(value)
	for i := range min(len(texts), len(want)) {
		number, isNumber := want[i].(float64)
		if digits, isHex := strings.CutPrefix(texts[i], "0x"); isHex {
			texts[i] = "0x" + digits + "p0"
		}
		got, err := strconv.ParseFloat(texts[i], 64)
		if isNumber && (err != nil || got != number && float32(got) != float32(number)) {
			return false
		}
	}
	return true
}
