// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"testing"
	"time"

	"github.com/gospead/spead"
)

func TestJoinedFramesAreTakenApart(t *testing.T) {
	for _, p := range []packet{packet4, packet6} {
		payload := make([]byte, 2500)
		for i := range payload {
			payload[i] = byte(i / 100)
		}
		whole := Datagram{Payload: payload, Source: p.source, Destination: p.destination, Time: time.Unix(1, 0)}
		frame := FrameOf(AppendDatagram(nil, 0, &whole))
		if p.source.Addr().Is6() {
			frame[ethernetHeaderBytes+ipv6HeaderBytes+6]++ // nobody has computed the checksum of the whole
		}
		b := AppendInterface(AppendSection(nil, ""), Interface{})
		var s Segments
		if !s.Each(frame, 1000, func(f []byte) { b = AppendFrame(b, 0, 1e9, f) }) {
			t.Fatal("no such frame")
		}
		got, foreign, err := readAll(b, Options{})
		if err != nil || foreign.Total() != 0 || len(got) != 3 {
			t.Fatalf("%d datagrams, %+v, %v", len(got), foreign, err)
		}
		for i, d := range got {
			want := payload[1000*i : min(1000*i+1000, len(payload))]
			if d.Refusal != spead.Accepted || !bytes.Equal(d.Payload, want) || d.Source != p.source || d.Destination != p.destination {
				t.Errorf("datagram %d: %+v", i, d)
			}
		}
		for n := range 60 {
			if s.Each(frame[:n], 1000, func([]byte) {}) && n < 42 {
				t.Errorf("%d bytes are a frame", n)
			}
		}
	}
}
