// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"testing"

	"github.com/gospead/spead/internal/udp/tap"
)

func TestRecordingAllocatesNothing(t *testing.T) {
	for _, cfg := range []RecorderConfig{{}, {Output: io.Discard}, {Output: io.Discard, Filter: "udp"}} {
		cfg.Endpoints = loopback()
		r, err := NewRecorder(cfg)
		if err != nil {
			t.Fatal(err)
		}
		r.start()
		d := tap.Datagram{Payload: numbered(1), From: capturedTo, To: capturedTo, Nanos: 1}
		r.takeDatagram(&d)
		if n := testing.AllocsPerRun(1000, func() { r.takeDatagram(&d) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
