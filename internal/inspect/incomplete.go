// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"github.com/gospead/spead/internal/assembler"
)

// finishIncomplete looks at a heap that has ended without some of its payload.
func (s *stream) finishIncomplete(h *assembler.Heap, g *progress) {
	headMayLack := s.firstStart == 0 || g.begun < s.firstStart
	tailMayLack := h.End() == assembler.Flushed && !s.isOvertaken(g)
	var bytes, packets int64
	head := false
	each := max(g.payloadMax, 1)
	for start, end := range h.Missing() {
		switch {
		case start == 0 && headMayLack:
			head = true
		case end == h.MinLength() && tailMayLack:
		default:
			bytes += end - start
			packets += (end - start + each - 1) / each
		}
	}
	switch {
	case bytes > 0:
	case head:
		s.before++
		return
	default:
		s.after++
		return
	}
	s.incomplete++
	s.missingBytes += bytes
	s.missingPackets += packets
	if len(s.told) < incompleteTold {
		s.told = append(s.told, Incomplete{Cnt: h.Cnt(), Received: h.Received(), Length: h.Length(), MissingPackets: packets})
	}
}

// isOvertaken says whether a heap that began later has become complete since the last packet of this
// one, so that no more of it was to come.
func (s *stream) isOvertaken(g *progress) bool {
	return s.completed > g.latest && s.completedBegun > g.begun
}

// end takes the heaps in progress.
func (s *stream) end() {
	s.assembler.Flush()
	s.collect(nil, 0)
}
