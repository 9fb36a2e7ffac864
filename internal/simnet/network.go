// SPDX-License-Identifier: Apache-2.0

package simnet

import (
	"math/rand/v2"
	"slices"
)

// Network says how packets fare. The zero Network delivers all of them once and in order.
type Network struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Loss and Repeat are the probabilities, from 0 to 1, that a packet doesn't arrive and that it
	// arrives twice.
	Loss, Repeat float64
	// Truncate and Corrupt are the probabilities that a packet that arrives has lost its end, and that
	// some of its bits have changed: in its first bytes, which are its header, as often as anywhere.
	Truncate, Corrupt float64
	// Reach is how many places a packet may arrive late. Default 0: in order.
	Reach int
}

// Carry returns the packets as they arrive. They alias those sent, but for those that were changed.
func (n Network) Carry(sent [][]byte) [][]byte {
	random := rand.New(rand.NewPCG(n.Seed, 0))
	var arrived [][]byte
	for _, packet := range sent {
		if random.Float64() < n.Loss {
			continue
		}
		packet = n.damage(random, packet)
		arrived = append(arrived, packet)
		if random.Float64() < n.Repeat {
			arrived = append(arrived, packet)
		}
	}
	if n.Reach == 0 {
		return arrived
	}
	for i := range arrived {
		j := min(i+random.IntN(n.Reach+1), len(arrived)-1)
		arrived[i], arrived[j] = arrived[j], arrived[i]
	}
	return arrived
}

// damage returns the packet, or a copy that is truncated or corrupt.
func (n Network) damage(random *rand.Rand, packet []byte) []byte {
	if n.Truncate > 0 && random.Float64() < n.Truncate {
		return slices.Clone(packet[:random.IntN(len(packet)+1)])
	}
	if n.Corrupt == 0 || len(packet) == 0 || random.Float64() >= n.Corrupt {
		return packet
	}
	packet = slices.Clone(packet)
	const header = 64
	for range 1 + random.IntN(3) {
		within := len(packet)
		if random.IntN(2) == 0 {
			within = min(within, header)
		}
		packet[random.IntN(within)] ^= byte(1 << random.IntN(8))
	}
	return packet
}
