// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/gospead/spead"
)

// FuzzWriteAndRead writes a datagram of any contents and addresses, and reads it again.
func FuzzWriteAndRead(f *testing.F) {
	f.Add([]byte("S\x04 payload"), []byte{10, 0, 0, 1}, []byte{239, 1, 2, 3}, uint16(1), uint16(7148), int64(1e18), "a comment")
	f.Add([]byte{}, make([]byte, 16), make([]byte, 16), uint16(0), uint16(0), int64(0), "")
	f.Fuzz(func(t *testing.T, payload, from, to []byte, fromPort, toPort uint16, nanos int64, text string) {
		source, ok := netip.AddrFromSlice(from)
		destination, ok2 := netip.AddrFromSlice(to)
		source, destination = source.Unmap(), destination.Unmap()
		if !ok || !ok2 || source.Is4() != destination.Is4() || len(payload) > 65507 || nanos < 0 {
			return
		}
		want := Datagram{
			Payload: payload, Source: netip.AddrPortFrom(source, fromPort), Destination: netip.AddrPortFrom(destination, toPort),
			Time: time.Unix(0, nanos).UTC(), Refusal: spead.Accepted,
		}
		b := AppendInterface(AppendSection(nil, text), Interface{Name: text, Description: text})
		b = AppendDatagram(b, 0, &want)
		b = AppendStatistics(b, 0, Statistics{Start: want.Time, End: want.Time, Comment: text})
		if WholeBlocks(b) != len(b) {
			t.Fatalf("%d of %d bytes are whole", WholeBlocks(b), len(b))
		}
		got, foreign, err := readAll(b, Options{})
		if err != nil || len(got) != 1 || foreign.Total() != 0 {
			t.Fatalf("read %v, %+v, %v", got, foreign, err)
		}
		if !bytes.Equal(got[0].Payload, payload) || got[0].Source != want.Source || got[0].Destination != want.Destination || !got[0].Time.Equal(want.Time) {
			t.Fatalf("read %+v, wrote %+v", got[0], want)
		}
	})
}
