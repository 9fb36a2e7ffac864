// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/gospead/spead"
)

// FuzzInspector takes any bytes for datagrams, each with its length before it, from one of four senders.
func FuzzInspector(f *testing.F) {
	var seed []byte
	for cnt := range spead.HeapCnt(3) {
		p := raw{cnt: cnt, length: 4, payload: []byte{1, 2, 3, byte(cnt)}}.packet()
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p)))
		seed = append(seed, p...)
	}
	f.Add(seed)
	f.Add([]byte("\x00\x01S\x00\x00\x00\x08S\x04\x03\x05\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := newInspector(t, Config{MaxStreams: 3, MaxItems: 5, MaxHeaps: 3, MaxMemory: 1 << 20})
		var datagrams int64
		for len(b) > 2 {
			length := int(binary.BigEndian.Uint16(b))
			from := length >> 14
			length = min(length&(1<<14-1), len(b)-2)
			in.Add(Datagram{Source: spoofed(from), Destination: group(), Time: begin().Add(time.Duration(b[1]) * interval), Payload: b[2 : 2+length]})
			b = b[2+length:]
			datagrams++
		}
		checkLimits(t, in)
		checkAccounts(t, in.Report(), datagrams)
	})
}
