// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"time"

	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/udp/tap"
)

// takeDatagram captures what a socket has received.
func (r *Recorder) takeDatagram(d *tap.Datagram) {
	in, ok := r.admit(d.Socket, d.Nanos)
	if !ok {
		return
	}
	datagram := pcap.Datagram{Payload: d.Payload, Source: d.From, Destination: d.To, Time: time.Unix(0, d.Nanos)}
	if r.matcher != nil {
		r.block = pcap.AppendDatagram(r.block[:0], d.Socket, &datagram)
		r.takeBlock(in, d.Nanos, len(d.Payload))
		return
	}
	if room, ok := r.accept(in, pcap.DatagramBytes(len(d.Payload)), d.Nanos); ok {
		r.keep(in, len(d.Payload))
		if room != nil {
			r.spool.Keep(pcap.AppendDatagram(room, d.Socket, &datagram))
		}
	}
}

// takeFrame captures a frame, of the only inlet, with a datagram of so many bytes.
func (r *Recorder) takeFrame(nanos int64, frame []byte, payload int) {
	in, ok := r.admit(0, nanos)
	if !ok {
		return
	}
	if r.matcher != nil && !r.matcher.Match(frame) {
		in.filtered++
		return
	}
	if room, ok := r.accept(in, pcap.FrameBytes(len(frame)), nanos); ok {
		r.keep(in, payload)
		if room != nil {
			r.spool.Keep(pcap.AppendFrame(room, 0, nanos, frame))
		}
	}
}

// takeBlock captures r.block, if the filter lets it through.
func (r *Recorder) takeBlock(in *inlet, nanos int64, payload int) {
	if !r.matcher.Match(pcap.FrameOf(r.block)) {
		in.filtered++
		return
	}
	if room, ok := r.accept(in, len(r.block), nanos); ok {
		r.keep(in, payload)
		if room != nil {
			r.spool.Keep(append(room, r.block...))
		}
	}
}

// admit counts a datagram at its inlet, unless the recording ends before it.
func (r *Recorder) admit(number int, nanos int64) (in *inlet, ok bool) {
	late := r.endsAt > 0 && nanos >= r.endsAt
	if r.passed = r.passed || late; late || r.ending {
		return nil, false
	}
	r.taken++
	in = &r.inlets[number]
	in.seen++
	return in, true
}

// accept counts a datagram that the filter has let through, and gives the memory for its block; none
// if datagrams are only counted. It is not ok if there is no memory left: the datagram is lost.
func (r *Recorder) accept(in *inlet, size int, nanos int64) (room []byte, ok bool) {
	in.accepted++
	if r.spool == nil {
		return nil, true
	}
	if room = r.room(size, nanos); room == nil {
		in.unwritten++
	}
	return room, room != nil
}

// keep counts a datagram that is captured.
func (r *Recorder) keep(in *inlet, payload int) {
	in.bytes += int64(payload)
	r.kept++
	if r.kept == r.cfg.Count {
		r.ending = true
	}
}

// room gives the memory for a block of at most size bytes with a datagram of that time, in the next
// file if it is due; nil if there is none.
func (r *Recorder) room(size int, nanos int64) []byte {
	if r.file.datagrams > 0 && r.isFileFull(size, nanos) {
		r.endFile()
		r.beginFile()
	}
	room := r.spool.Room(size)
	if room == nil {
		return nil
	}
	if r.file.datagrams == 0 {
		r.file.begun = nanos
	}
	r.file.datagrams++
	if r.fresh == 0 {
		r.fresh = nanos
	}
	return room
}

func (r *Recorder) isFileFull(size int, nanos int64) bool {
	return r.cfg.FileSize > 0 && r.spool.FileBytes()+int64(size+r.file.tail) > r.cfg.FileSize ||
		r.cfg.FileTime > 0 && nanos-r.file.begun >= int64(r.cfg.FileTime)
}

// beginFile begins the next file.
func (r *Recorder) beginFile() {
	head := pcap.AppendSection(nil, r.cfg.Application)
	for i := range r.inlets {
		head = pcap.AppendInterface(head, pcap.Interface{Name: r.inlets[i].device, Description: r.inlets[i].name()})
	}
	r.spool.Begin(head)
	r.file.datagrams = 0
}

// endFile ends the file with the statistics since it was begun, or since the last was ended.
// Preconditions: mu is held.
func (r *Recorder) endFile() {
	r.askDrops()
	r.spool.End(r.tail())
	for i := range r.inlets {
		r.inlets[i].before = r.inlets[i].inletCounts
	}
	r.file.opened = time.Now()
	r.fresh = 0
}

// tail gives the interfaces' statistics.
func (r *Recorder) tail() (b []byte) {
	now := time.Now()
	for i := range r.inlets {
		in := &r.inlets[i]
		since := in.since()
		s := pcap.Statistics{
			Start: r.file.opened, End: now,
			Received: uint64(since.seen + since.kernelDrops), InterfaceDrops: uint64(since.deviceDrops),
			SystemDrops: uint64(since.kernelDrops), Accepted: uint64(since.accepted + since.kernelDrops),
			Delivered: uint64(since.accepted - since.unwritten),
		}
		// The comment has the same length whatever the number, so that what a file's end takes is known
		// before.
		s.Comment = fmt.Sprintf("%20d datagrams lost because the file was written too slowly", since.unwritten)
		b = pcap.AppendStatistics(b, i, s)
	}
	return b
}

// askDrops asks the system what it had no room for. Preconditions: mu is held.
func (r *Recorder) askDrops() {
	for i := range r.inlets {
		r.inlets[i].kernelDrops, r.inlets[i].deviceDrops = r.origin.drops(i)
	}
}
