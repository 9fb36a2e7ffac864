// SPDX-License-Identifier: Apache-2.0

package vectors

import "testing"

// Our own decoding of items, which speaks where spead2 doesn't, agrees with spead2 where it does.
func TestDecodingAgreesWithEveryVector(t *testing.T) {
	whole := 0
	for _, v := range public(t) {
		g := newGroup()
		for i, h := range v.heaps {
			if !g.add(h.Descriptors) || h.Error {
				continue
			}
			raw := map[uint64]rawItem{}
			for _, r := range h.RawItems {
				raw[r.ID] = r
			}
			for _, entry := range listOf(h.whole["items"]) {
				id := identifier(entry)
				value := g.byID[id].decodeItem(raw[id], h.Flavour[2]/8)
				if value.bad == yes {
					t.Errorf("%s: heap %d: item %#x was refused", v.Name, i, id)
					continue
				}
				for _, d := range value.compare("", entry) {
					t.Errorf("%s: heap %d: item %#x: %v", v.Name, i, id, d)
				}
				if !value.partial {
					whole++
				}
			}
		}
	}
	if whole < 400 {
		t.Errorf("only %d items were decoded", whole)
	}
}

// The items that spead2 refuses are refused, but for those that need no bytes.
func TestRefusalAgreesWithEveryVector(t *testing.T) {
	for _, v := range public(t) {
		g := newGroup()
		for i, h := range v.heaps {
			if !g.add(h.Descriptors) || !h.Error {
				continue
			}
			explained := false
			for _, raw := range h.RawItems {
				d := g.byID[raw.ID]
				explained = explained || d.failsWithoutBytes(h.Flavour[2]/8) ||
					d.decodeItem(raw, h.Flavour[2]/8).bad != no
			}
			if !explained {
				t.Errorf("%s: heap %d: nothing explains the error", v.Name, i)
			}
		}
	}
}
