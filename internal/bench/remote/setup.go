// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
)

// Setup is what both ends have to agree on. It has no useful zero value but for the fields that say so.
type Setup struct {
	// HeapSize is what a heap's data takes in bytes, in so many items of about the same size.
	HeapSize int64 `json:"heap_size"`
	Items    int   `json:"items"`
	// PacketSize is the largest packet in bytes.
	PacketSize int `json:"packet_size"`
	// ReceiveBuffer is the size in bytes of each of the agent's socket buffers. If it is given, the agent's
	// system has to grant it. 0: what the library does by default.
	ReceiveBuffer int `json:"receive_buffer"`
	// Sockets is how many sockets the agent has.
	Sockets int `json:"sockets"`
	// MaxHeaps is how many heaps may be in progress at the agent, in each substream, and QueueHeaps how
	// many may wait there.
	MaxHeaps   int `json:"max_heaps"`
	QueueHeaps int `json:"queue_heaps"`
	// Verify has the agent compare all contents.
	Verify bool `json:"verify"`
}

const (
	// memoryMax is how much memory heaps may take at either end, in bytes.
	memoryMax = 2 << 30
	// buffersMax is how much the agent's socket buffers may take together, in bytes.
	buffersMax = 4 << 30
	itemsMax   = 4096
	heapsMax   = 1 << 16
)

// check refuses what is wrong, by name.
func (s *Setup) check() error {
	between := func(field string, v, least, most int64) error {
		if v < least || v > most {
			return &spead.FieldError{Field: "remote.Setup." + field, Value: v, Allowed: fmt.Sprintf("%d to %d", least, most)}
		}
		return nil
	}
	err := errors.Join(
		between("Items", int64(s.Items), 1, itemsMax),
		between("HeapSize", s.HeapSize, pattern.WordBytes, memoryMax/8),
		between("PacketSize", int64(s.PacketSize), 56, 65507),
		between("ReceiveBuffer", int64(s.ReceiveBuffer), 0, min(math.MaxInt32, buffersMax/max(1, int64(s.Sockets)))),
		between("Sockets", int64(s.Sockets), 1, 64),
		between("MaxHeaps", int64(s.MaxHeaps), 1, heapsMax),
		between("QueueHeaps", int64(s.QueueHeaps), 1, heapsMax),
	)
	if err == nil && s.HeapSize < int64(s.Items)*pattern.WordBytes {
		err = between("HeapSize", s.HeapSize, int64(s.Items)*pattern.WordBytes, memoryMax/8)
	}
	return err
}

// differs names all in which an agent's setup isn't what was asked for; empty: nothing.
func (s *Setup) differs(agent *Setup) string {
	var found []string
	add := func(what string, here, there any) {
		if here != there {
			found = append(found, fmt.Sprintf("%s: %v asked for, %v at the agent", what, here, there))
		}
	}
	add("heap size", s.HeapSize, agent.HeapSize)
	add("items", s.Items, agent.Items)
	add("packet size", s.PacketSize, agent.PacketSize)
	if s.ReceiveBuffer != agent.ReceiveBuffer {
		add("receive buffer", fmt.Sprintf("%d bytes", s.ReceiveBuffer),
			fmt.Sprintf("%d bytes (raise net.core.rmem_max there, or run the agent with CAP_NET_ADMIN)", agent.ReceiveBuffer))
	}
	add("sockets", s.Sockets, agent.Sockets)
	add("heaps in progress", s.MaxHeaps, agent.MaxHeaps)
	add("queued heaps", s.QueueHeaps, agent.QueueHeaps)
	add("verification", s.Verify, agent.Verify)
	return strings.Join(found, "; ")
}

// itemBytes gives the size of each item.
func (s *Setup) itemBytes() []int64 {
	sizes := make([]int64, s.Items)
	for i := range sizes {
		sizes[i] = s.HeapSize / int64(s.Items)
	}
	sizes[0] += s.HeapSize % int64(s.Items)
	return sizes
}

// position is where in the pattern the contents of a heap begin.
func (s *Setup) position(cnt uint64) uint64 {
	return cnt * uint64(s.HeapSize/pattern.WordBytes+1)
}

// firstItem is the id of a heap's first item.
const firstItem spead.ItemID = 0x1000
