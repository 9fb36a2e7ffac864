// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"io"

	"github.com/gospead/spead/internal/wire"
)

// memoryBatch is how many packets the memory source gives at once.
const memoryBatch = 64

// AddMemory adds packets that lie one after the other in b, as send.NewWriter writes them. As in
// spead2, the source ends at the first packet that can't be decoded, which is counted: nothing tells
// where the next would begin. b must not be changed until the stream has ended.
func (s *Stream) AddMemory(b []byte) error { return s.AddSource(&memorySource{rest: b}) }

// memorySource cuts memory into packets.
type memorySource struct {
	rest   []byte
	packet wire.Packet
}

func (m *memorySource) ReadBatch(b *Batch) error {
	for range memoryBatch {
		if len(m.rest) == 0 {
			return io.EOF
		}
		size, refusal := m.packet.Decode(m.rest)
		if size == 0 {
			b.Refuse(refusal)
			m.rest = nil
			return io.EOF
		}
		b.Add(m.rest[:size:size])
		m.rest = m.rest[size:]
	}
	return nil
}

func (m *memorySource) Close() error { return nil }
