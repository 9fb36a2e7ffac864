// SPDX-License-Identifier: Apache-2.0

package simnet

import "math/rand/v2"

// Network says how packets fare. The zero Network delivers all of them once and in order.
type Network struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Loss and Repeat are the probabilities, from 0 to 1, that a packet doesn't arrive and that it
	// arrives twice.
	Loss, Repeat float64
	// Reach is how many places a packet may arrive late. Default 0: in order.
	Reach int
}

// Carry returns the packets as they arrive. They alias those sent.
func (n Network) Carry(sent [][]byte) [][]byte {
	random := rand.New(rand.NewPCG(n.Seed, 0))
	var arrived [][]byte
	for _, packet := range sent {
		if random.Float64() < n.Loss {
			continue
		}
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
