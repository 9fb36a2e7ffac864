// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gospead/spead/internal/inspect"
)

// parcelsMost bounds the queue besides its bytes: small datagrams come in small parcels.
const parcelsMost = 4096

// parcel is what a reader has read at once.
type parcel struct {
	destination netip.AddrPort
	at          time.Time
	bytes       []byte
	pieces      []piece
	counts      inspect.Counts
}

// piece is a datagram within a parcel's bytes.
type piece struct {
	source netip.AddrPort
	length int
}

func (p *parcel) add(source netip.AddrPort, datagram []byte) {
	p.bytes = append(p.bytes, datagram...)
	p.pieces = append(p.pieces, piece{source, len(datagram)})
}

// give gives the Inspector what is in the parcel.
func (p *parcel) give(in *inspect.Inspector) {
	in.Count(p.destination, p.counts)
	rest := p.bytes
	for _, d := range p.pieces {
		in.Add(inspect.Datagram{Source: d.source, Destination: p.destination, Time: p.at, Payload: rest[:d.length:d.length]})
		rest = rest[d.length:]
	}
}

// queue is what was read but not looked at yet.
type queue struct {
	parcels chan *parcel
	limit   int64 // in bytes
	held    atomic.Int64
	room    chan struct{} // gets a token when there is more room
	pool    sync.Pool
}

func newQueue(limit int64) *queue {
	return &queue{parcels: make(chan *parcel, parcelsMost), limit: limit, room: make(chan struct{}, 1)}
}

// parcel gives an empty one.
func (q *queue) parcel(destination netip.AddrPort) *parcel {
	p, ok := q.pool.Get().(*parcel)
	if !ok {
		p = &parcel{}
	}
	*p = parcel{destination: destination, bytes: p.bytes[:0], pieces: p.pieces[:0]}
	return p
}

// try puts a parcel into the queue unless that is full.
func (q *queue) try(p *parcel) bool {
	size := int64(len(p.bytes))
	if !q.reserve(size) {
		return false
	}
	select {
	case q.parcels <- p:
		return true
	default:
		q.held.Add(-size)
		return false
	}
}

// reserve takes room, if there is some; an empty queue has room for anything. What it doesn't get it
// never seems to have, so that nobody else is turned away for it, and waits for a token that won't come.
func (q *queue) reserve(size int64) bool {
	for {
		held := q.held.Load()
		if held > 0 && held+size > q.limit {
			return false
		}
		if q.held.CompareAndSwap(held, held+size) {
			return true
		}
	}
}

// taken takes a parcel back that was looked at.
func (q *queue) taken(p *parcel) {
	q.held.Add(-int64(len(p.bytes)))
	q.pool.Put(p)
	select {
	case q.room <- struct{}{}:
	default:
	}
}
