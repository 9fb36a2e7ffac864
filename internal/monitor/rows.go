// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"fmt"
	"time"

	"github.com/gospead/spead/recv"
)

// span is the interval that rates are of.
type span struct {
	end     time.Time
	seconds float64
}

// substreams gives the rows of substreams. There are always as many.
func (s *sampler) substreams(now *reading, elapsed float64) []SubstreamState {
	rows := make([]SubstreamState, len(now.tally.Substreams))
	for i, row := range now.tally.Substreams {
		before := s.before.tally.Substreams[i]
		rows[i] = SubstreamState{
			Substream: row,
			HeapRate:  rate(row.Heaps-before.Heaps, elapsed),
			BitRate:   8 * rate(row.Bytes-before.Bytes, elapsed),
		}
	}
	return rows
}

// traffic gives the rows of sources or senders. They keep their places, and new ones are added behind,
// but for that of all others, which is the last.
func (s *sampler) traffic(now, before []recv.Traffic, over span) []TrafficState {
	rows := make([]TrafficState, len(now))
	for i, t := range now {
		var b recv.Traffic
		if i < len(before) && before[i].Addr == t.Addr {
			b = before[i]
		}
		rows[i] = TrafficState{
			Addr:        "other",
			PacketRate:  rate(t.Packets-b.Packets, over.seconds),
			BitRate:     8 * rate(t.Bytes-b.Bytes, over.seconds),
			Packets:     t.Packets,
			Bytes:       t.Bytes,
			Refused:     t.Refused,
			KernelDrops: t.KernelDrops,
			Silence:     -1,
		}
		if t.Addr.IsValid() {
			rows[i].Addr = t.Addr.String()
		}
		if t.Packets > 0 {
			rows[i].Silence = Seconds(max(0, over.end.Sub(t.Last).Seconds()))
		}
	}
	return rows
}

// notes says what is worth knowing besides losses.
func (s *sampler) notes(now *reading) []string {
	notes := []string{}
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	st := &now.stats
	if s.wrongStep(now) {
		note("heap cnts go up by %d: with --cnt-step %d, heaps that never come are counted", now.tally.Step, now.tally.Step)
	}
	if now.tally.MissingBytes > 0 {
		note("%d bytes are missing in incomplete heaps", now.tally.MissingBytes)
	}
	if st.ReceiveBufferMissing > 0 {
		note("the kernel gave %d bytes of socket buffer, %d fewer than asked for: see net.core.rmem_max",
			st.ReceiveBuffer, st.ReceiveBufferMissing)
	}
	if st.Fragmented > 0 {
		note("%s", Counted(st.Fragmented, "datagrams came in IP fragments: if one is lost, so is the datagram"))
	}
	if st.PacketsOutOfOrder > 0 {
		note("%s", Counted(st.PacketsOutOfOrder, "packets came out of order"))
	}
	if st.HeapsBegunAgain > 0 {
		note("%s", Counted(st.HeapsBegunAgain, "heaps began again after their end: late or repeated packets"))
	}
	if st.CntRestarts > 0 {
		note("heap cnts began anew %s: a sender was restarted, or there are two", Counted(st.CntRestarts, "times"))
	}
	if st.ConnectionsFailed > 0 {
		note("%d of %d connections ended by an error", st.ConnectionsFailed, st.Connections)
	}
	if st.SkippedBytes > 0 {
		note("%d bytes were skipped between packets", st.SkippedBytes)
	}
	return notes
}
