// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"testing"
	"time"
)

func TestPaceMeasuresOurs(t *testing.T) {
	o := Pace{PacketSize: 1472, HeapSize: 8192, Duration: 5 * time.Millisecond, Burst: 65536, Ratio: 1.05, Repeats: 2}
	r, err := o.Measure(t.Context(), 1e8)
	if err != nil {
		t.Fatal(err)
	}
	if r.Ours.Lost != 0 || r.Ours.Packets == 0 || r.Repeats != 2 || r.Peer != nil {
		t.Errorf("result is %+v", r)
	}
}
