// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"cmp"
	"encoding/hex"
	"net/netip"
	"slices"

	"github.com/gospead/spead"
)

// sampleBytes is how much of a datagram that isn't SPEAD is shown.
const sampleBytes = 16

// strangers are senders of datagrams that aren't SPEAD, or that aren't whole.
type strangers struct {
	most     int
	bySender map[senderKey]*stranger
	others   Untold
}

type senderKey struct{ source, destination netip.AddrPort }

type stranger struct {
	packets, bytes int64
	refused        [spead.RefusalCount]int64
	sample         []byte
}

func (l *strangers) note(d *Datagram, refusal spead.Refusal) {
	key := senderKey{d.Source, d.Destination}
	s := l.bySender[key]
	if s == nil && len(l.bySender) >= l.most {
		l.others.Packets++
		l.others.Bytes += int64(len(d.Payload))
		return
	}
	if s == nil {
		s = &stranger{}
		l.bySender[key] = s
	}
	s.packets++
	s.bytes += int64(len(d.Payload))
	s.refused[refusal]++
	if s.sample == nil && len(d.Payload) > 0 {
		s.sample = slices.Clone(d.Payload[:min(len(d.Payload), sampleBytes)])
	}
}

func (l *strangers) report() []Stranger {
	list := make([]Stranger, 0, len(l.bySender))
	for key, s := range l.bySender {
		list = append(list, Stranger{
			Source: key.source, Destination: key.destination, Packets: s.packets, Bytes: s.bytes,
			Refused: refusals(&s.refused), Sample: hex.EncodeToString(s.sample),
		})
	}
	slices.SortFunc(list, func(a, b Stranger) int {
		return cmp.Or(-cmp.Compare(a.Packets, b.Packets), a.Source.Compare(b.Source), a.Destination.Compare(b.Destination))
	})
	return list
}

// refusals gives the reasons that there were.
func refusals(counts *[spead.RefusalCount]int64) map[string]int64 {
	var r map[string]int64
	for reason, n := range counts {
		if n == 0 {
			continue
		}
		if r == nil {
			r = map[string]int64{}
		}
		r[spead.Refusal(reason).String()] = n
	}
	return r
}
