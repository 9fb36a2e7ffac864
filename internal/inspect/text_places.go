// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"bytes"
	"fmt"
	"strings"
)

func (r *Report) writePlaces(b *bytes.Buffer) {
	for i := range r.Places {
		if text := r.Places[i].text(); text != "" {
			where := "in captures"
			if a := r.Places[i].Address; a.IsValid() {
				where = "at " + a.String()
			}
			fmt.Fprintf(b, "\n%s: %s\n", where, text)
		}
	}
}

// text says what is worth telling of a place, "" if nothing is.
func (p *Place) text() string {
	var parts []string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{p.KernelDrops, "dropped by the kernel"}, {p.QueueDrops, "left out by a full queue"},
		{p.Fragmented, "in IP fragments"}, {p.TooLong, "too long"}, {p.Empty, "empty"},
		{p.Foreign, "frames of something else"}, {p.Connections, "connections"},
		{p.ConnectionsFailed, "connections ended by an error"}, {p.Skipped, "bytes of no packet"},
	} {
		if f.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Report) writeStrangers(b *bytes.Buffer) {
	const told = 8
	if len(r.Strangers) == 0 {
		return
	}
	b.WriteString("\nnot SPEAD, or not whole:\n")
	for i := range r.Strangers[:min(told, len(r.Strangers))] {
		s := &r.Strangers[i]
		begins := ""
		if s.Sample != "" {
			begins = ", beginning " + s.Sample
		}
		fmt.Fprintf(b, "  %s to %s: %s, %s%s\n", addressText(s.Source), addressText(s.Destination),
			count(s.Packets, "datagram"), reasonsText(s.Refused), begins)
	}
	if n := len(r.Strangers) - told; n > 0 {
		fmt.Fprintf(b, "  and %s\n", count(int64(n), "other sender"))
	}
}
