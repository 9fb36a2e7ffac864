// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gospead/spead"
)

// FuzzCut checks that the way in which a stream is divided makes no difference, and that no byte is
// lost: each is in a packet or skipped.
func FuzzCut(f *testing.F) {
	good := packet(spead.Flavour{}, 1, 30, 1)
	f.Add(bytes.Repeat(good, 5), []byte{0})
	f.Add(slices.Concat(good, []byte("junk"), good, good[:20]), []byte{7, 0, 3})
	f.Add(slices.Concat([]byte{0x53, 4, 3, 5, 0, 0, 0, 9}, good), []byte{15})
	f.Add(slices.Concat(packet(spead.Flavour{}, 1, 900, 0), good), []byte{100, 1})
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		const packetMax = 512
		whole := cut(t, stream, packetMax, nil)
		pieces := cut(t, stream, packetMax, sizes)
		if !slices.EqualFunc(whole.packets, pieces.packets, bytes.Equal) {
			t.Errorf("%d packets at once, %d in pieces", len(whole.packets), len(pieces.packets))
		}
		if !slices.Equal(whole.reasons, pieces.reasons) || whole.skipped != pieces.skipped {
			t.Errorf("at once: refused %v, skipped %d; in pieces: %v, %d", whole.reasons, whole.skipped, pieces.reasons, pieces.skipped)
		}
		for _, p := range whole.packets {
			if len(p) > packetMax {
				t.Errorf("a packet of %d bytes", len(p))
			}
		}
	})
}
