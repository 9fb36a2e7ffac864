// SPDX-License-Identifier: Apache-2.0

package pcap

import "encoding/binary"

// outcome says whether an expression has a value for a frame.
type outcome uint8

const (
	// answered: it has.
	answered outcome = iota
	// inapplicable: the frame doesn't have the header that it looks into.
	inapplicable
	// unanswerable: it looks beyond the captured bytes, or divides by zero.
	unanswerable
)

// expression is a number that a filter gets from a frame. Arithmetic is that of BPF: 32 bits,
// unsigned, without overflow.
type expression interface {
	value(*frame) (uint32, outcome)
}

type numberExpression uint32

func (e numberExpression) value(*frame) (uint32, outcome) { return uint32(e), answered }

// lengthExpression is the frame's length on the wire.
type lengthExpression struct{}

func (lengthExpression) value(f *frame) (uint32, outcome) { return f.length, answered }

// loadExpression is 1, 2 or 4 bytes of a header, big-endian.
type loadExpression struct {
	protocol string
	offset   expression
	size     uint64
}

func (e loadExpression) value(f *frame) (uint32, outcome) {
	offset, o := e.offset.value(f)
	if o != answered {
		return 0, o
	}
	base, ok := f.header(e.protocol)
	if !ok {
		return 0, inapplicable
	}
	at := uint64(base) + uint64(offset)
	if at+e.size > uint64(len(f.data)) {
		return 0, unanswerable
	}
	switch b := f.data[at:]; e.size {
	case 1:
		return uint32(b[0]), answered
	case 2:
		return uint32(binary.BigEndian.Uint16(b)), answered
	default:
		return binary.BigEndian.Uint32(b), answered
	}
}

// header returns where a protocol's header begins.
func (f *frame) header(protocol string) (at int, ok bool) {
	switch protocol {
	case "ether", "link":
		return 0, true
	case "ip":
		return f.network, f.version == 4
	case "ip6":
		return f.network, f.version == 6
	case "udp":
		if f.transport == 0 {
			return len(f.data), f.protocol == protocolUDP
		}
		return f.transport, true
	}
	return 0, false
}

type negativeExpression struct{ of expression }

func (e negativeExpression) value(f *frame) (uint32, outcome) {
	v, o := e.of.value(f)
	return -v, o
}

type binaryExpression struct {
	operator    string
	left, right expression
}

func (e binaryExpression) value(f *frame) (uint32, outcome) {
	a, o := e.left.value(f)
	if o != answered {
		return 0, o
	}
	b, o := e.right.value(f)
	if o != answered {
		return 0, o
	}
	switch e.operator {
	case "+":
		return a + b, answered
	case "-":
		return a - b, answered
	case "*":
		return a * b, answered
	case "&":
		return a & b, answered
	case "|":
		return a | b, answered
	case "^":
		return a ^ b, answered
	case "<<":
		return a << b, answered
	case ">>":
		return a >> b, answered
	}
	if b == 0 {
		return 0, unanswerable
	}
	if e.operator == "%" {
		return a % b, answered
	}
	return a / b, answered
}
