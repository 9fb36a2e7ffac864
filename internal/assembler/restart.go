// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// restart begins another heap with the cnt of one in progress, which is evicted. The packet is at
// offset 0, and was refused by the one in progress; if that isn't because it has begun already, or the
// new heap refuses it as well, nothing changes.
func (a *Assembler) restart(h *Heap, p *wire.Packet, refusal spead.Refusal) spead.Refusal {
	switch refusal {
	case spead.RefusedBehind, spead.RefusedDuplicate, spead.RefusedOverlap,
		spead.RefusedLengthMismatch, spead.RefusedLengthTooSmall, spead.RefusedFlavourMismatch:
	default:
		return refusal
	}
	if refusal := a.start(p, 0); refusal != spead.Accepted {
		return refusal
	}
	a.counters.HeapsRestarted++
	if a.table.slots[h.slot] == h { // the new heap hasn't taken its slot
		a.table.remove(h)
		a.counters.HeapsEvicted++
		a.finish(h, Evicted)
	}
	return spead.Accepted
}
