// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"fmt"
	"strconv"
	"strings"
)

// sentencesMost is how many streams the conclusion speaks of one by one.
const sentencesMost = 4

// conclude says what was found, in sentences.
func (r *Report) conclude() []string {
	var c []string
	if len(r.Streams) == 0 {
		return append(c, r.nothing())
	}
	if len(r.Streams) == 1 {
		c = append(c, "1 stream of "+r.Streams[0].sentence()+", "+r.verdict()+".")
	} else {
		c = append(c, fmt.Sprintf("%d streams, %s together, %s.", len(r.Streams), rateText(r.bitsPerSecond()), r.verdict()))
		for i := range r.Streams[:min(len(r.Streams), sentencesMost)] {
			s := &r.Streams[i]
			c = append(c, fmt.Sprintf("From %s: %s, %s.", addressText(s.Source), s.sentence(), s.verdict()))
		}
	}
	c = append(c, r.reasons()...)
	c = append(c, r.oddities()...)
	return append(c, r.limits()...)
}

func (r *Report) bitsPerSecond() (sum float64) {
	for i := range r.Streams {
		sum += r.Streams[i].Pace.BitsPerSecond
	}
	return sum
}

// nothing says that there is no stream.
func (r *Report) nothing() string {
	var drops int64
	for _, p := range r.Places {
		drops += p.KernelDrops + p.QueueDrops
	}
	switch {
	case len(r.Strangers) > 0:
		s := r.Strangers[0]
		return fmt.Sprintf("No SPEAD stream: %s came, such as from %s to %s beginning %s (%s).",
			count(r.strangers(), "other datagram"), addressText(s.Source), addressText(s.Destination), s.Sample, reasonsText(s.Refused))
	case drops > 0:
		return fmt.Sprintf("Nothing could be read, but %s dropped here.", were(drops, "packet"))
	case r.Live:
		return "Nothing came: nobody sends there, or what is sent doesn't reach this socket " +
			"(interface, group, port, firewall, IGMP, reverse path filter)."
	}
	return "There is no UDP datagram in it that could be SPEAD."
}

func (r *Report) strangers() (n int64) {
	for _, s := range r.Strangers {
		n += s.Packets
	}
	return n + r.UntoldStrangers.Packets
}

// sentence says what a stream is.
func (s *Stream) sentence() string {
	parts := []string{s.Flavour + s.dialectText()}
	if h := s.heapsText(); h != "" {
		parts = append(parts, h)
	}
	if s.Pace.BitsPerSecond > 0 {
		parts = append(parts, rateText(s.Pace.BitsPerSecond))
	}
	return strings.Join(parts, ", ")
}

func (s *Stream) dialectText() string {
	if s.Dialect == "" {
		return ""
	}
	return " in the dialect " + s.Dialect
}

// heapsText says what heaps are like.
func (s *Stream) heapsText() string {
	h := &s.Heaps
	if h.Complete == 0 {
		return "no complete heap"
	}
	sizes := strings.Replace(strings.TrimSuffix(sizeText(h.Sizes.usual()), "s"), " byte", "-byte", 1) + " heaps"
	if !h.Sizes.uniform() {
		sizes = "heaps of " + sizeText(h.Sizes.Min) + " to " + sizeText(h.Sizes.Max)
		if most := h.Sizes.Told[0]; most.Count*2 > h.Sizes.Count {
			sizes += ", mostly " + sizeText(most.Size)
		}
	}
	switch n := h.Packets.usual(); {
	case h.Packets.Max == 1:
		return sizes + " in single packets"
	case h.Packets.uniform():
		return fmt.Sprintf("%s in %d packets each", sizes, n)
	}
	return fmt.Sprintf("%s in %d to %d packets", sizes, h.Packets.Min, h.Packets.Max)
}

// verdict says of all streams what is missing.
func (r *Report) verdict() string {
	var all Stream
	for i := range r.Streams {
		s := &r.Streams[i]
		all.Cnts.Missing += s.Cnts.Missing
		all.Heaps.Incomplete += s.Heaps.Incomplete
		all.Heaps.MissingPackets += s.Heaps.MissingPackets
		if len(r.Streams) == 1 {
			all.Cnts.Gaps, all.Cnts.GapsUntold = s.Cnts.Gaps, s.Cnts.GapsUntold
		}
	}
	return all.verdict()
}

// verdict says what is missing of a stream.
func (s *Stream) verdict() string {
	var parts []string
	if n := s.Cnts.Missing; n > 0 {
		parts = append(parts, count(n, "heap")+" missing"+s.gapsText())
	}
	if n := s.Heaps.Incomplete; n > 0 {
		parts = append(parts, fmt.Sprintf("%s incomplete (%s missing)", count(n, "heap"), count(s.Heaps.MissingPackets, "packet")))
	}
	if len(parts) == 0 {
		return "nothing missing"
	}
	return strings.Join(parts, ", ")
}

// gapsText lists the first gaps.
func (s *Stream) gapsText() string {
	const told = 4
	var parts []string
	for _, g := range s.Cnts.Gaps[:min(len(s.Cnts.Gaps), told)] {
		text := strconv.FormatUint(uint64(g.First), 10)
		if g.Heaps > 1 {
			text += "-" + strconv.FormatUint(uint64(g.Last), 10)
		}
		if g.Channel > 0 {
			text += fmt.Sprintf(" of channel %d", g.Channel)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	text := " (cnt " + strings.Join(parts, ", ")
	if len(s.Cnts.Gaps) > told || s.Cnts.GapsUntold > 0 {
		text += ", …"
	}
	return text + ")"
}

// reasons says where what is missing was lost.
func (r *Report) reasons() []string {
	var c []string
	for _, p := range r.Places {
		if p.KernelDrops > 0 {
			c = append(c, fmt.Sprintf("Lost here: the kernel dropped %s at %s, as the socket's receive buffer (%s) was full.",
				count(p.KernelDrops, "packet"), addressText(p.Address), sizeText(int64(p.Buffer))))
		}
		if p.QueueDrops > 0 {
			c = append(c, fmt.Sprintf("Lost here: %s read at %s but left out, as this inspection didn't keep up: its queue was full.",
				were(p.QueueDrops, "packet"), addressText(p.Address)))
		}
	}
	return append(c, r.elsewhere()...)
}

// elsewhere says what wasn't lost here.
func (r *Report) elsewhere() []string {
	var c []string
	l := &r.Loss
	if n := l.Capture.System; n > 0 {
		c = append(c, fmt.Sprintf("Lost by capturing: the system dropped %s that the capture took too slowly, as it says itself.", count(n, "packet")))
	}
	if n := l.Capture.Writer; n > 0 {
		c = append(c, fmt.Sprintf("Lost by capturing: the capture was written too slowly for %s, as it says itself.", count(n, "packet")))
	}
	if n := l.Capture.Device; n > 0 {
		c = append(c, fmt.Sprintf("The network device lost %s of anybody's while it was captured.", count(n, "packet")))
	}
	about := ""
	if !l.Exact {
		about = "about "
	}
	switch {
	case l.Before > 0 && l.Capture.System > 0:
		c = append(c, fmt.Sprintf("Lost besides: %s%s aren't in the capture: the sender or the network lost them, or they were joined with others when they were dropped.",
			about, count(l.Before, "packet")))
	case l.Before > 0 && r.Live:
		c = append(c, fmt.Sprintf("Lost before arrival: %s%s never reached this socket: the sender, the network or the network card lost them.",
			about, count(l.Before, "packet")))
	case l.Before > 0:
		c = append(c, fmt.Sprintf("Lost before the capture: %s%s aren't in it: the sender, the network or whoever captured lost them.",
			about, count(l.Before, "packet")))
	}
	return c
}

// oddities says what else is wrong.
func (r *Report) oddities() []string {
	var c []string
	for i := range r.Streams {
		s := &r.Streams[i]
		var parts []string
		add := func(n int64, noun, rest string) {
			if n > 0 {
				parts = append(parts, count(n, noun)+rest)
			}
		}
		add(s.PacketsDuplicate, "duplicate packet", "")
		add(s.PacketsLate, "packet", " too late for their heaps")
		add(s.PacketsOutOfOrder, "packet", fmt.Sprintf(" out of order within heaps (by up to %d)", s.OutOfOrderDistance))
		add(s.Heaps.OutOfOrder, "heap", fmt.Sprintf(" out of order (by up to %d)", s.Heaps.Distance))
		add(s.Cnts.Restarts, "time", " the cnts began anew")
		add(s.Cnts.Odd, "heap", " with a cnt outside the sequence")
		for reason, n := range sorted(s.Refused) {
			add(n, "packet", " refused as "+reason)
		}
		add(s.Pace.StepsBack, "step", " back in time")
		for j := range s.Items {
			it := &s.Items[j]
			add(it.Behaviour.JumpCount, "jump", " of "+it.label())
		}
		if len(parts) > 0 {
			c = append(c, fmt.Sprintf("From %s: %s.", addressText(s.Source), strings.Join(parts, ", ")))
		}
	}
	if n := r.strangers(); n > 0 && len(r.Streams) > 0 {
		c = append(c, fmt.Sprintf("Not SPEAD, or not whole: %s.", count(n, "datagram")))
	}
	return c
}

// limits says what wasn't looked at for want of room.
func (r *Report) limits() []string {
	var c []string
	if n := r.UntoldStreams.Packets; n > 0 {
		c = append(c, fmt.Sprintf("%s of further streams not looked at: there are more than are told apart.", were(n, "packet")))
	}
	for i := range r.Streams {
		s := &r.Streams[i]
		if n := s.ItemsUntold; n > 0 {
			c = append(c, fmt.Sprintf("From %s: %s of further items not looked at.", addressText(s.Source), were(n, "value")))
		}
		if n := s.Heaps.NotKept; n > 0 {
			c = append(c, fmt.Sprintf("From %s: %s too large to look into with the memory allowed.", addressText(s.Source), were(n, "heap")))
		}
	}
	return c
}

// label is what an item is called.
func (it *Item) label() string {
	if it.Name != "" {
		return strconv.Quote(shortened(it.Name, textTold))
	}
	return it.ID.String()
}
