// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

// senderBugs finds what a vector's description says of the sender's bug compatibility, which the
// wire doesn't show.
var senderBugs = regexp.MustCompile(`"description": "(?:sender bug_compat=([0-7])|bug_compat=([0-7]) on the wire)`)

func TestDescriptorsOfTheVectorsAreEncodedAsTheyWere(t *testing.T) {
	dir := os.Getenv("SPEAD_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "testdata", "vectors")
	}
	checked, compatible := 0, 0
	for file, packets := range vectorPackets(t) {
		info, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(file, ".pcap")+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var bug spead.BugCompat
		if found := senderBugs.FindSubmatch(info); found != nil {
			bug = spead.BugCompat((string(found[1]) + string(found[2]))[0] - '0')
		}
		for i, b := range packets {
			for _, value := range descriptorItems(b) {
				d, f, ok := parseDescriptor(value, bug)
				if !ok {
					continue // hand-made, or with an id that the encoder refuses
				}
				checked++
				if bug != 0 {
					compatible++
				}
				if got, err := AppendDescriptor(nil, f, &d); err != nil || string(got) != string(value) {
					t.Errorf("%s: packet %d: %v\n% x, want\n% x", file, i, err, got, value)
				}
			}
		}
	}
	if (checked < 250 || compatible < 15) && os.Getenv("SPEAD_VECTORS") == "" {
		t.Errorf("checked only %d descriptors, %d of them with bug compatibility", checked, compatible)
	}
}

// descriptorItems gives the values of the DESCRIPTOR items that the packet holds whole.
func descriptorItems(b []byte) (values [][]byte) {
	var p Packet
	if _, refusal := p.Decode(b); refusal != spead.Accepted || p.PayloadOffset != 0 {
		return nil
	}
	for i := range p.PointerCount() {
		pointer := p.Pointer(i)
		if pointer.Immediate() || pointer.ID(p.AddressBits) != spead.DescriptorID {
			continue
		}
		end := uint64(p.HeapLength)
		for _, next := range addresses(&p, i+1) {
			end = min(end, next)
		}
		if start := pointer.Value(p.AddressBits); start < end && end <= uint64(len(p.Payload)) {
			values = append(values, p.Payload[start:end])
		}
	}
	return values
}

// addresses gives the addresses of the addressed pointers from the ith on.
func addresses(p *Packet, i int) (addresses []uint64) {
	for ; i < p.PointerCount(); i++ {
		if pointer := p.Pointer(i); !pointer.Immediate() {
			addresses = append(addresses, pointer.Value(p.AddressBits))
		}
	}
	return addresses
}
