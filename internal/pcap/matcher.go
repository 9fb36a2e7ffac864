// SPDX-License-Identifier: Apache-2.0

package pcap

// Matcher applies a filter to Ethernet frames as they are captured. One goroutine may use it at a time.
type Matcher struct {
	filter *filter
	frame  frame
	// payload is the size of the last datagram's.
	payload int
}

// NewMatcher compiles a filter as Options has it; an empty one matches every UDP datagram. A filter that
// isn't understood gives a *spead.FieldError.
func NewMatcher(expression string) (*Matcher, error) {
	compiled, err := compileFilter(expression)
	if err != nil {
		return nil, err
	}
	return &Matcher{filter: compiled}, nil
}

// Match says whether the frame is a UDP datagram that the filter lets through.
func (m *Matcher) Match(frame []byte) bool {
	v := m.frame.parse(&record{data: frame, length: uint32(len(frame)), link: linkEthernet})
	matches := !v.foreign() && m.filter.match(&m.frame)
	m.payload = len(m.frame.payload)
	m.frame.data, m.frame.payload = nil, nil
	return matches
}

// PayloadBytes is how long the payload was of the datagram that Match was last called for.
func (m *Matcher) PayloadBytes() int { return m.payload }

// FrameOf gives the frame in a block that AppendFrame or AppendDatagram has appended.
func FrameOf(block []byte) []byte {
	const before = ngPacketBytes - ngTrailerBytes
	size := int(block[20]) | int(block[21])<<8 | int(block[22])<<16
	return block[before : before+size]
}

// WholeBlocks says how many of the bytes, which begin with a block as it is written here, are whole
// blocks.
func WholeBlocks(b []byte) (whole int) {
	for len(b)-whole >= ngHeaderBytes {
		header := b[whole : whole+ngHeaderBytes]
		size := int(header[4]) | int(header[5])<<8 | int(header[6])<<16 | int(header[7])<<24
		if size < ngHeaderBytes+ngTrailerBytes || size > len(b)-whole {
			break
		}
		whole += size
	}
	return whole
}
