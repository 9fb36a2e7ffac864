// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEverySampleArrives(t *testing.T) {
	for _, size := range []int64{8, 1000, 8 << 10, 16 << 10, 300_001, 1 << 20} {
		for _, layout := range []send.Layout{send.LayoutEqual, send.LayoutStandard} {
			o := Send{PacketSize: 9000, Total: min(8<<20, 500*size), Repeats: 1, Layout: layout, Verify: true}
			r, err := o.Measure(t.Context(), size)
			if err != nil {
				t.Fatalf("heaps of %d, %v: %v", size, layout, err)
			}
			if !r.Verified || r.Heaps != o.Heaps(size) || r.BytesPerSecond <= 0 {
				t.Errorf("heaps of %d, %v: %+v", size, layout, r)
			}
		}
	}
}

func TestASinkTakesAllThatIsSent(t *testing.T) {
	ran := 0
	o := Send{PacketSize: 1472, Total: 4 << 20, Repeats: 3, NoFill: true, Ran: func(Run) { ran++ }}
	r, err := o.Measure(t.Context(), 8<<10)
	if err != nil {
		t.Fatal(err)
	}
	if ran != 3 || r.Repeats != 3 || r.Lowest > r.BytesPerSecond || r.Highest < r.BytesPerSecond || r.Ratio != 0 {
		t.Errorf("%d runs: %+v", ran, r)
	}
}

func TestAMeasurementEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Send{PacketSize: 9000, Total: 1 << 50, Repeats: 1}
	o.Ran = func(Run) { t.Error("a run came to an end") }
	cancel()
	if _, err := o.Measure(ctx, 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestWrongSizesAreRefusedByName(t *testing.T) {
	o := Send{PacketSize: 9, Total: 1, Repeats: 1}
	var field *spead.FieldError
	if _, err := o.Measure(t.Context(), 1024); !errors.As(err, &field) || field.Field != "send.Config.MaxPacketSize" {
		t.Errorf("%v", err)
	}
}

func TestFillBytes(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 63, 64, 65, 1000, 4096, 4097, 100_000} {
		b := make([]byte, n+1)
		fillBytes(b[:n], 0xa5)
		for i, v := range b[:n] {
			if v != 0xa5 {
				t.Fatalf("byte %d of %d is %x", i, n, v)
			}
		}
		if b[n] != 0 {
			t.Fatalf("%d bytes: one more was written", n)
		}
	}
}
