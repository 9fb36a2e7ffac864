// SPDX-License-Identifier: Apache-2.0

package recv

import "io"

// AddMemory adds packets that lie one after the other in b, as send.NewWriter writes them. As in
// spead2, the source ends at the first packet that can't be decoded, which is counted: nothing tells
// where the next would begin. b must not be changed until the stream has ended.
func (s *Stream) AddMemory(b []byte) error { return s.AddSource(&memorySource{rest: b}) }

// memorySource gives all of its memory at once.
type memorySource struct {
	rest []byte
}

func (m *memorySource) ReadBatch(b *Batch) error { return m.TryReadBatch(b) }

func (m *memorySource) TryReadBatch(b *Batch) error {
	b.row, m.rest = m.rest, nil
	return io.EOF
}

func (m *memorySource) Wait() error { return nil }

func (m *memorySource) Close() error { return nil }
