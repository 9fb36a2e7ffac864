// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strings"
)

// Text gives a finding for people: a line, and for what calls for something, why and what to do.
func (f Finding) Text() string {
	var b strings.Builder
	name := f.Check
	if f.Subject != "" {
		name += " " + f.Subject
	}
	fmt.Fprintf(&b, "%-7s %s: %s", f.State, name, f.Found)
	if f.State == Advice || f.State == Loss {
		if f.Wanted != "" {
			fmt.Fprintf(&b, "\n        wanted: %s", f.Wanted)
		}
		fmt.Fprintf(&b, "\n        why: %s", f.Why)
		for _, line := range f.Fix {
			fmt.Fprintf(&b, "\n        fix: %s", line)
		}
		for _, line := range f.Persist {
			fmt.Fprintf(&b, "\n        for good: %s", line)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// Summary counts findings by state, in one line.
func Summary(findings []Finding) string {
	var counts [len(stateNames)]int
	for _, f := range findings {
		counts[f.State]++
	}
	return fmt.Sprintf("%d ok, %d unknown, %d with advice, %d that lose data\n", counts[OK], counts[Unknown], counts[Advice], counts[Loss])
}
