// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// driftSpan is from when on a drift is worth a word: before, it is lost in the noise.
const driftSpan = 10 * time.Second

// String gives the difference in a line.
func (d Difference) String() string {
	var b strings.Builder
	kind := strings.ReplaceAll(string(d.Kind), "_", " ")
	kind = strings.Replace(strings.Replace(kind, "in a", "in A", 1), "in b", "in B", 1)
	fmt.Fprintf(&b, "heap %d of stream %d: %s", d.Cnt, d.Stream, kind)
	if !d.Time.IsZero() {
		fmt.Fprintf(&b, ", begun %s", d.Time.Format(time.RFC3339Nano))
	}
	for i, p := range d.Parts {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		b.WriteString(separator + p.String())
	}
	return b.String()
}

// String gives what differs, in some words.
func (p Part) String() string {
	text := p.What
	if p.A != "" || p.B != "" {
		text += fmt.Sprintf(" %s, %s", p.A, p.B)
	}
	if p.Bytes == 0 {
		return text
	}
	text += fmt.Sprintf(" %d bytes:", p.Bytes)
	for _, r := range p.Ranges {
		text += fmt.Sprintf(" %d-%d", r[0], r[1]-1)
	}
	if len(p.Ranges) == rangesMax {
		text += " ..."
	}
	return text
}

// String gives the report for people.
func (r *Report) String() string {
	var b strings.Builder
	for i, s := range r.Streams {
		fmt.Fprintf(&b, "stream %d: %s and %s\n", i, orNothing(s.A.IsValid(), s.A.String()), orNothing(s.B.IsValid(), s.B.String()))
	}
	for i, s := range []*Side{&r.A, &r.B} {
		fmt.Fprintf(&b, "%c: %d heaps, %d packets, %d bytes of payload%s\n", 'A'+i, s.Heaps, s.Packets, s.Bytes, s.remarks())
	}
	fmt.Fprintf(&b, "%d heaps are the same", r.Same)
	for _, figure := range []struct {
		count int64
		what  string
	}{
		{r.Incomplete, "of them incomplete"}, {r.Differing, "differ"}, {r.MissingInA, "missing in A"}, {r.MissingInB, "missing in B"},
		{r.IncompleteInA, "incomplete in A"}, {r.IncompleteInB, "incomplete in B"},
		{r.Repacketised, "divided into packets differently"}, {r.GivenUp, "given up, as too many waited (see --window)"},
	} {
		if figure.count > 0 {
			fmt.Fprintf(&b, ", %d %s", figure.count, figure.what)
		}
	}
	b.WriteByte('\n')
	if t := r.Timing; t.Heaps > 1 {
		fmt.Fprintf(&b, "B began %v after A; times differ by p50 %v, p99 %v, max %v", t.Shift, t.P50, t.P99, t.Max)
		if t.Span >= driftSpan {
			fmt.Fprintf(&b, "; drift %.3f ppm", t.Drift)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func orNothing(is bool, text string) string {
	if !is {
		return "nothing"
	}
	return text
}

// remarks names what isn't compared.
func (s *Side) remarks() (text string) {
	for _, reason := range slices.Sorted(maps.Keys(s.Refused)) {
		text += fmt.Sprintf(", %d refused: %s", s.Refused[reason], reason)
	}
	if s.Foreign > 0 {
		text += fmt.Sprintf(", %d frames of something else", s.Foreign)
	}
	if s.KernelDrops > 0 {
		text += fmt.Sprintf(", %d dropped by the kernel", s.KernelDrops)
	}
	return text
}
