// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people: the conclusion, then what it rests on.
func (r *Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	for _, sentence := range r.Conclusion {
		b.WriteString(sentence + "\n")
	}
	for i := range r.Streams {
		r.Streams[i].write(&b, i+1)
	}
	r.writePlaces(&b)
	r.writeStrangers(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// lines are a table of labels and text.
type lines struct{ b *bytes.Buffer }

func (l lines) add(label, format string, args ...any) {
	fmt.Fprintf(l.b, "  %-9s %s\n", label, fmt.Sprintf(format, args...))
}

func (s *Stream) write(b *bytes.Buffer, n int) {
	fmt.Fprintf(b, "\nstream %d: %s to %s, %s%s\n", n, addressText(s.Source), addressText(s.Destination), s.Flavour, s.dialectText())
	l := lines{b}
	s.writePace(l)
	l.add("packets", "%d, of bytes: %s", s.Pace.Packets, sizesText(&s.PacketSizes))
	l.add("heaps", "%s", s.heapsLine())
	s.writeSequence(l)
	s.writeTrouble(l)
	if len(s.Advice) > 0 {
		l.add("receive", "with %s", strings.Join(s.Advice, " "))
	}
	if len(s.Ctrl) > 0 {
		l.add("control", "%s", reasonsText(s.Ctrl))
	}
	s.writeItems(l)
}

func (s *Stream) writePace(l lines) {
	p := &s.Pace
	if p.Seconds == 0 {
		l.add("rate", "unknown, as no time passed")
		return
	}
	text := fmt.Sprintf("%s, %s packets/s, %s heaps/s, over %s", rateText(p.BitsPerSecond), countText(p.PacketsPerSecond),
		countText(s.HeapsPerSecond), secondsText(p.Seconds))
	if p.PeakBitsPerSecond > 0 {
		text += "; most in 100 ms: " + rateText(p.PeakBitsPerSecond)
	}
	l.add("rate", "%s", text)
	const worthTelling = 0.1 // seconds
	if p.LongestPause >= worthTelling {
		l.add("pause", "longest %s, at %s", secondsText(p.LongestPause), p.LongestPauseAt.UTC().Format("15:04:05.000000"))
	}
	if p.StepsBack > 0 {
		l.add("clock", "%s back, longest %s, at %s", count(p.StepsBack, "step"), secondsText(p.LongestStepBack),
			p.LongestStepBackAt.UTC().Format("15:04:05.000000"))
	}
}

func (s *Stream) heapsLine() string {
	h := &s.Heaps
	parts := []string{fmt.Sprintf("%d complete", h.Complete)}
	if h.Complete > 0 {
		parts[0] += fmt.Sprintf(", of bytes: %s; packets each: %s", sizesText(&h.Sizes), sizesText(&h.Packets))
	}
	for _, f := range []struct {
		n    int64
		what string
	}{
		{h.Incomplete, "incomplete"}, {h.BegunBefore, "begun before"}, {h.CutOff, "cut off at the end"},
		{h.Unsized, "without HEAP_LENGTH"}, {h.Repeated, "with the cnt of another"},
	} {
		if f.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	return strings.Join(parts, "; ")
}

func (s *Stream) writeSequence(l lines) {
	c := &s.Cnts
	text := fmt.Sprintf("%d to %d", c.First, c.Last)
	if c.Step != 0 {
		text += fmt.Sprintf(" in steps of %d", c.Step)
	}
	if c.Channels > 0 {
		text += fmt.Sprintf(", in %s", count(int64(c.Channels), "channel"))
	}
	if c.Missing > 0 {
		text += fmt.Sprintf("; %d missing%s", c.Missing, s.gapsText())
	} else {
		text += "; none missing"
	}
	if c.Restarts > 0 {
		text += fmt.Sprintf("; begun anew %s", count(c.Restarts, "time"))
	}
	if c.Odd > 0 {
		text += fmt.Sprintf("; %d outside the sequence", c.Odd)
	}
	l.add("cnt", "%s", text)
}

// writeTrouble writes what is wrong with packets, if anything.
func (s *Stream) writeTrouble(l lines) {
	var parts []string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{s.PacketsDuplicate, "duplicate"}, {s.PacketsOverlapping, "overlapping"}, {s.PacketsLate, "too late"},
	} {
		if f.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	if len(parts) > 0 {
		l.add("repeated", "packets: %s", strings.Join(parts, ", "))
	}
	if s.PacketsOutOfOrder > 0 || s.Heaps.OutOfOrder > 0 {
		l.add("order", "%s behind later ones of their heap, by up to %d; %s behind later heaps, by up to %d",
			count(s.PacketsOutOfOrder, "packet"), s.OutOfOrderDistance, count(s.Heaps.OutOfOrder, "heap"), s.Heaps.Distance)
	}
	if len(s.Refused) > 0 {
		l.add("refused", "packets: %s", reasonsText(s.Refused))
	}
	if len(s.Tolerated) > 0 {
		l.add("tolerated", "packets: %s", reasonsText(s.Tolerated))
	}
	for _, h := range s.Heaps.Told {
		of := ""
		if h.Length >= 0 {
			of = fmt.Sprintf(" of %d", h.Length)
		}
		l.add("", "heap %d: %d%s bytes, %s missing", h.Cnt, h.Received, of, count(h.MissingPackets, "packet"))
	}
}

func (s *Stream) writeItems(l lines) {
	if len(s.Items) == 0 {
		return
	}
	l.add("items", "%d", len(s.Items))
	table := tabwriter.NewWriter(l.b, 0, 0, 2, ' ', 0)
	for i := range s.Items {
		it := &s.Items[i]
		fmt.Fprintf(table, "    %v\t%s\t%s\t%s\t%s\n", it.ID, it.nameText(), it.form(), printable(shortened(it.Value, valueTold)), it.Behaviour.text())
	}
	table.Flush()
	for i := range s.Items {
		s.Items[i].writeRemarks(l)
	}
}

func (it *Item) nameText() string {
	switch {
	case it.Name == "" && it.Described == 0:
		return "no descriptor"
	case it.Description == "":
		return printable(it.Name)
	}
	return printable(it.Name) + " (" + printable(shortened(it.Description, textTold)) + ")"
}

// printable leaves out what a terminal could take for a command, or a table for its own.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}

// form says what kind of value it is.
func (it *Item) form() string {
	text := printable(it.Type)
	if it.Shape != "" && it.Shape != "()" {
		text += " " + it.Shape
	}
	if it.FortranOrder {
		text += " Fortran order"
	}
	if text != "" {
		text += ", "
	}
	switch {
	case it.Heaps == 0:
		return text + "no value"
	case it.Immediate:
		return text + "immediate"
	case len(it.Lengths.Told) == 1:
		return text + count(it.Lengths.Min, "byte")
	}
	return text + fmt.Sprintf("%d to %d bytes", it.Lengths.Min, it.Lengths.Max)
}

func (b *Behaviour) text() string {
	switch b.Kind {
	case Once:
		return "once"
	case Constant:
		return fmt.Sprintf("constant in %d heaps", b.Values)
	case Counter:
		return fmt.Sprintf("grows by %s a heap%s", plain(b.Step), b.speed())
	case Rises:
		return fmt.Sprintf("grows in steps of %s%s", plain(b.Step), b.speed())
	case OneOf:
		return "one of " + strings.Trim(fmt.Sprint(b.OneOf), "[]")
	case Varies:
		return "varies"
	}
	return ""
}

func (b *Behaviour) speed() string {
	if b.PerSecond == 0 {
		return ""
	}
	return fmt.Sprintf(", %s/s", countText(b.PerSecond))
}

// plain writes a number in full if it is whole.
func plain(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprint(int64(v))
	}
	return fmt.Sprintf("%.3g", v)
}

// writeRemarks writes what is odd about an item.
func (it *Item) writeRemarks(l lines) {
	if it.DescriptorError != "" {
		l.add("", "descriptor of %v: %s", it.ID, printable(shortened(it.DescriptorError, 2*textTold)))
	}
	if it.Redescribed > 0 {
		l.add("", "%s has been described anew %s", it.label(), count(it.Redescribed, "time"))
	}
	for _, j := range it.Behaviour.Jumps {
		text := fmt.Sprintf("%s jumps at heap %d from %d to %d", it.label(), j.Cnt, j.From, j.To)
		if j.Expected != 0 {
			text += fmt.Sprintf(", not %d", j.Expected)
		}
		l.add("", "%s", text)
	}
	if n := it.Behaviour.JumpCount - int64(len(it.Behaviour.Jumps)); n > 0 {
		l.add("", "and %d more jumps of %s", n, it.label())
	}
}
