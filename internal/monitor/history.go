// SPDX-License-Identifier: Apache-2.0

package monitor

// Point is what happened in a stream in one interval.
type Point struct {
	// Time is the end of the interval, in milliseconds since 1970.
	Time int64 `json:"t"`
	// Bits is the payload accepted, in bits a second; Packets and Heaps are per second as well.
	Bits    float64 `json:"bits"`
	Packets float64 `json:"packets"`
	Heaps   float64 `json:"heaps"`
	// Lost counts what was lost in the interval by place, in the order of Where.
	Lost [whereCount]int64 `json:"lost"`
	// Queued and Live are how many heaps waited or were in progress at the end.
	Queued int64 `json:"queued"`
	Live   int64 `json:"live"`
}

// history keeps the latest points.
type history struct {
	points []Point
	next   int // where the oldest is, once there are as many as are kept
	keep   int
}

func newHistory(keep int) *history { return &history{keep: keep} }

func (h *history) add(p Point) {
	if len(h.points) < h.keep {
		h.points = append(h.points, p)
		return
	}
	h.points[h.next] = p
	h.next = (h.next + 1) % h.keep
}

// last gives a copy of at most n points, the oldest first.
func (h *history) last(n int) []Point {
	all := len(h.points)
	n = min(n, all)
	points := make([]Point, 0, n)
	for i := all - n; i < all; i++ {
		points = append(points, h.points[(h.next+i)%all])
	}
	return points
}
