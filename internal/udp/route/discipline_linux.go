// SPDX-License-Identifier: Apache-2.0

package route

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	sizeofTcMsg = 20 // struct tcmsg, from linux/rtnetlink.h

	// Parents of queueing disciplines that aren't handles, and what of a handle tells whose it is; from
	// linux/pkt_sched.h.
	parentIsDevice = 0xffffffff // TC_H_ROOT
	majorMask      = 0xffff0000

	// Options of fq, from linux/pkt_sched.h.
	fqFlowLimit  = 2 // TCA_FQ_FLOW_PLIMIT
	fqRateEnable = 5 // TCA_FQ_RATE_ENABLE
	fqRateMax    = 7 // TCA_FQ_FLOW_MAX_RATE

	// unlimited is what the kernel writes for a rate without a limit.
	unlimited = ^uint32(0)

	ethernetHeader  = 14
	ethernetAddress = 6
)

// DisciplineOf asks where datagrams of a way leave, and through which queueing discipline.
func DisciplineOf(w Way) (Discipline, error) {
	d, err := w.discipline()
	if err != nil {
		return d, fmt.Errorf("find the queueing discipline on the way to %v: %w", w.To, err)
	}
	return d, nil
}

func (w Way) discipline() (d Discipline, err error) {
	index, err := w.device()
	if err != nil {
		return d, err
	}
	device, err := net.InterfaceByIndex(index)
	if err != nil {
		return d, err
	}
	var found []qdisc
	err = ask(unix.RTM_GETQDISC, true, make([]byte, sizeofTcMsg), func(m message) error {
		q, err := readQdisc(m)
		if err == nil && q.device == index {
			found = append(found, q)
		}
		return err
	})
	if err != nil {
		return d, err
	}
	d = summary(found)
	d.Device, d.Headers = device.Name, headers6
	if w.To.Addr().Is4() {
		d.Headers = headers4
	}
	if len(device.HardwareAddr) == ethernetAddress {
		d.Headers += ethernetHeader
	}
	return d, nil
}

// device asks for the index of the interface where datagrams leave.
func (w Way) device() (index int, err error) {
	err = ask(unix.RTM_GETROUTE, false, w.routeQuestion(), func(m message) error {
		index, err = readRoute(m)
		return err
	})
	if err == nil && index == 0 {
		err = ErrTorn
	}
	return index, err
}

// routeQuestion lays the question: struct rtmsg with what is known of the way.
func (w Way) routeQuestion() []byte {
	b := make([]byte, unix.SizeofRtMsg)
	b[0] = unix.AF_INET6
	if w.To.Addr().Is4() {
		b[0] = unix.AF_INET
	}
	to := w.To.Addr().AsSlice()
	b[1] = byte(8 * len(to))
	b = appendAttribute(b, unix.RTA_DST, to)
	if w.Source.IsValid() && !w.Source.IsUnspecified() {
		from := w.Source.AsSlice()
		b[2] = byte(8 * len(from))
		b = appendAttribute(b, unix.RTA_SRC, from)
	}
	outlet := w.Zone
	if w.Outlet != nil {
		outlet = w.Outlet.Index
	}
	if outlet != 0 {
		b = appendAttribute(b, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(outlet)))
	}
	return b
}

// readRoute finds the outgoing interface in a route.
func readRoute(m message) (index int, err error) {
	if m.kind != unix.RTM_NEWROUTE || len(m.body) < unix.SizeofRtMsg {
		return 0, ErrTorn
	}
	err = readAttributes(m.body[unix.SizeofRtMsg:], func(kind uint16, value []byte) error {
		if kind != unix.RTA_OIF {
			return nil
		}
		n, err := number(value)
		index = int(n)
		return err
	})
	return index, err
}

// qdisc is a queueing discipline as the kernel tells of it.
type qdisc struct {
	device         int
	handle, parent uint32
	name           string
	paces          bool
	flowLimit      uint32
	rateMax        uint32
}

func readQdisc(m message) (q qdisc, err error) {
	if m.kind != unix.RTM_NEWQDISC || len(m.body) < sizeofTcMsg {
		return q, ErrTorn
	}
	q.device = int(int32(binary.NativeEndian.Uint32(m.body[4:])))
	q.handle = binary.NativeEndian.Uint32(m.body[8:])
	q.parent = binary.NativeEndian.Uint32(m.body[12:])
	var options []byte
	err = readAttributes(m.body[sizeofTcMsg:], func(kind uint16, value []byte) error {
		switch kind {
		case unix.TCA_KIND:
			name, _, _ := bytes.Cut(value, []byte{0})
			q.name = string(name)
		case unix.TCA_OPTIONS:
			options = value
		}
		return nil
	})
	if err == nil && q.name == "fq" {
		err = q.readFairQueue(options)
	}
	if q.name == "fq" && !q.paces {
		q.name = "fq nopacing"
	}
	return q, err
}

// readFairQueue reads what fq is set to: it paces unless that is switched off.
func (q *qdisc) readFairQueue(options []byte) error {
	return readAttributes(options, func(kind uint16, value []byte) error {
		if kind != fqFlowLimit && kind != fqRateEnable && kind != fqRateMax {
			return nil
		}
		n, err := number(value)
		switch kind {
		case fqFlowLimit:
			q.flowLimit = n
		case fqRateEnable:
			q.paces = n != 0
		case fqRateMax:
			q.rateMax = n
		}
		return err
	})
}

// summary puts together what holds for a device with these queueing disciplines: one, or mq, which has
// one for each of the device's queues. Others that hold several aren't looked into.
func summary(all []qdisc) Discipline {
	i := slices.IndexFunc(all, func(q qdisc) bool { return q.parent == parentIsDevice })
	if i < 0 {
		return Discipline{Name: "none"}
	}
	root := all[i]
	queues := []qdisc{root}
	if root.name == "mq" {
		queues = slices.DeleteFunc(slices.Clone(all), func(q qdisc) bool {
			return q.parent == parentIsDevice || q.parent&majorMask != root.handle&majorMask
		})
	}
	return together(root.name, queues)
}

// together is what holds for all queues of a device.
func together(root string, queues []qdisc) Discipline {
	d := Discipline{Name: root, Paces: len(queues) > 0, Queues: len(queues)}
	for _, q := range queues {
		if q.name != root && (d.Name == root || !q.paces) {
			d.Name = root + " over " + q.name
		}
		d.Paces = d.Paces && q.paces
		if d.FlowLimit == 0 || int(q.flowLimit) < d.FlowLimit {
			d.FlowLimit = int(q.flowLimit)
		}
		if q.rateMax != 0 && q.rateMax != unlimited && (d.RateMax == 0 || uint64(q.rateMax) < d.RateMax) {
			d.RateMax = uint64(q.rateMax)
		}
	}
	if !d.Paces {
		d.FlowLimit = 0
	}
	return d
}
