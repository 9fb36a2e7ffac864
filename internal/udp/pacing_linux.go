// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"cmp"
	"fmt"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/pacing"
	"github.com/gospead/spead/internal/udp/route"
)

// messageMemory is the least that the kernel charges a socket for a message of any size in flight: a
// struct sk_buff and the smallest piece of memory that holds a packet and struct skb_shared_info.
// With pointers of 64 bits it is 768 at least.
const messageMemory = 704

// pace has the kernel keep to the configured rate, if there is one. It is for whole sockets, and the
// queueing discipline of the interface sees to it, so that all datagrams have to leave through one
// that does. What the discipline holds back fills the socket's buffer, which is waited for.
func (s *Sender) pace(cfg *SenderConfig, ways []route.Way) error {
	if cfg.Pacing.Rate == 0 {
		return nil
	}
	d, err := commonDiscipline(ways)
	if err != nil {
		return err
	}
	if err := s.suits(&d, ways); err != nil {
		return err
	}
	if err := s.fitFlow(cfg, &d); err != nil {
		return err
	}
	size := float64(cmp.Or(s.MaxPacketSize(), cfg.Pacing.DatagramBytes))
	rate := cfg.Pacing.Rate * (size + float64(d.Headers)) / size
	if d.RateMax != 0 && rate > float64(d.RateMax) {
		return refusePacing(fmt.Sprintf("the kernel's up to %d bytes per second, which is the maxrate of fq on %s", d.RateMax, d.Device))
	}
	for i := range s.batch.destinations {
		to := &s.batch.destinations[i]
		to.messageMax = min(to.messageMax, cfg.Pacing.MessageBytes)
	}
	return pacing.Limit(s.conn, rate)
}

// commonDiscipline finds the one that all ways lead through.
func commonDiscipline(ways []route.Way) (d route.Discipline, err error) {
	for i, w := range ways {
		next, err := route.DisciplineOf(w)
		if err != nil {
			return d, err
		}
		if i > 0 && next.Device != d.Device {
			return d, refusePacing(fmt.Sprintf("the kernel's only where all endpoints are reached by one interface: %v is by %s, %v by %s",
				ways[0].To, d.Device, w.To, next.Device))
		}
		d = next
	}
	return d, nil
}

// suits refuses disciplines that don't keep to the rate.
func (s *Sender) suits(d *route.Discipline, ways []route.Way) error {
	switch {
	case !d.Paces:
		return refusePacing(fmt.Sprintf("the kernel's only with the queueing discipline fq: %v is reached by %s, which has %s (tc qdisc replace dev %s root fq)",
			ways[0].To, d.Device, d.Name, d.Device))
	case d.Queues > 1 && !s.batch.connected.Load():
		// Each queue paces for itself, and only a connected socket keeps to one queue.
		return refusePacing(fmt.Sprintf("the kernel's only for a single endpoint and without PathMTU where the interface has several queues: %s has %d (tc qdisc replace dev %s root fq)",
			d.Device, d.Queues, d.Device))
	}
	return nil
}

// fitFlow makes the send buffer so small that a full one holds no more messages than the discipline
// keeps of a socket: it would drop more, and the kernel tells nobody.
func (s *Sender) fitFlow(cfg *SenderConfig, d *route.Discipline) (err error) {
	most := d.FlowLimit * messageMemory / 2 // in the configuration's measure, half of the kernel's
	if s.bufferSize <= most {
		return nil
	}
	if !cfg.defaultBuffer {
		return &spead.FieldError{Field: "BufferSize", Value: s.bufferSize,
			Allowed: fmt.Sprintf("at most %d bytes, as fq drops what is more than flow_limit %d messages (tc qdisc replace dev %s root fq flow_limit %d)",
				most, d.FlowLimit, d.Device, 1+2*s.bufferSize/messageMemory)}
	}
	s.bufferSize, err = setSendBuffer(s.conn, most)
	if err == nil && s.bufferSize > most {
		err = refusePacing(fmt.Sprintf("the kernel's only where fq keeps more messages than flow_limit %d (tc qdisc replace dev %s root fq)",
			d.FlowLimit, d.Device))
	}
	return err
}

// refusePacing says what is missing.
func refusePacing(allowed string) error {
	return &spead.FieldError{Field: "Pacing", Value: "kernel", Allowed: "pacing by software, or " + allowed}
}
