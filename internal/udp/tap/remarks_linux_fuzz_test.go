// SPDX-License-Identifier: Apache-2.0

//go:build linux

package tap

import (
	"net/netip"
	"testing"
)

// FuzzRemarks reads any control messages.
func FuzzRemarks(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		var aligned ancillary
		size := copy(bytesOf(&aligned), b)
		s := socket{local: netip.MustParseAddrPort("127.0.0.1:1")}
		var d Datagram
		if segment := s.read(&d, bytesOf(&aligned)[:size]); segment < 0 || segment > messageBytes {
			t.Errorf("segments of %d bytes", segment)
		}
	})
}
