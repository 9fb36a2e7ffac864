// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"io"

	"github.com/gospead/spead/inproc"
)

// inprocBatch is how many packets the in-process source takes at once.
const inprocBatch = 64

// AddInproc adds the packets of a queue in this process. The source ends when the queue was stopped
// and is empty. When the stream ends, the queue is stopped: nobody would take what is written to it.
func (s *Stream) AddInproc(q *inproc.Queue) error { return s.AddSource(&inprocSource{queue: q}) }

// inprocSource takes packets from a queue.
type inprocSource struct {
	queue *inproc.Queue
	taken [][]byte
}

func (i *inprocSource) ReadBatch(b *Batch) error {
	i.queue.Recycle(i.taken)
	var err error
	if i.taken, err = i.queue.Take(i.taken[:0], inprocBatch); err != nil {
		return io.EOF
	}
	for _, packet := range i.taken {
		b.Add(packet)
	}
	return nil
}

func (i *inprocSource) Close() error {
	i.queue.Stop()
	return nil
}
