// SPDX-License-Identifier: Apache-2.0

package recv

// port is what sockets have in common among which the kernel divides heaps. Heaps that were sent before
// a stop item may lie in the other sockets when it is read.
type port struct {
	members  []*intake
	stopping bool // a stop item came
}

// sharer is a Poller that may share a port.
type sharer interface {
	// sharedPort gives the port, or nil.
	sharedPort() *port
	// depth is how much it can hold, in bytes.
	depth() int
}

// joinPort makes a source's intake one of those that share a port, if it does.
func (in *intake) joinPort() {
	source, ok := in.poller.(sharer)
	if !ok || source.sharedPort() == nil {
		return
	}
	in.port = source.sharedPort()
	in.port.members = append(in.port.members, in)
}

// endIfStopped ends the stream after a stop item: when the packet that brought it has been counted, as
// the end is when figures are final, and when what the other sockets of its port held has been taken.
func (s *Stream) endIfStopped(in *intake) {
	switch {
	case !s.assembler.Stopped():
	case in.port == nil:
		s.end()
	default:
		s.assembler.Resume()
		s.abandon(in)
		in.port.stop()
		in.drained = true
		s.endIfDrained(in)
	}
}

// stop has the sockets read for what they may hold now, and no more: a sender that goes on mustn't keep
// the stream from its end.
func (p *port) stop() {
	if p.stopping {
		return
	}
	p.stopping = true
	for _, in := range p.members {
		in.left = in.poller.(sharer).depth()
	}
}

// drain is told of a batch that was read from a source.
func (in *intake) drain() {
	if in.port == nil || !in.port.stopping {
		return
	}
	for _, d := range in.batch.Datagrams {
		in.left -= len(d)
	}
	in.drained = in.ended || in.left <= 0 || len(in.batch.Datagrams) == 0
}

// endIfDrained ends the stream if a stop item came and all that was sent before it was taken.
func (s *Stream) endIfDrained(in *intake) {
	if in.port == nil || !in.port.stopping || s.ended {
		return
	}
	for _, member := range in.port.members {
		if !member.drained || member.pending() {
			return
		}
	}
	s.end()
}

// isDone says whether nothing more is read from the source.
func (in *intake) isDone() bool { return in.ended || in.drained }

// endIfDone ends the stream when its last source has ended and all that they gave was taken.
func (s *Stream) endIfDone() {
	if s.active > 0 || s.ended {
		return
	}
	for _, in := range s.intakes {
		if in.pending() {
			return
		}
	}
	s.end()
}

// end flushes what is in progress and ends the stream, once.
func (s *Stream) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.refresh()
	for _, in := range s.intakes {
		s.abandon(in)
	}
	s.assembler.Flush()
	s.collect()
	if s.chunks != nil {
		s.chunks.placer.flush()
	}
	s.closeSources()
	s.show() // before anybody learns that these are the last figures
	if s.chunks != nil {
		s.chunks.finish()
	}
	close(s.over)
}
