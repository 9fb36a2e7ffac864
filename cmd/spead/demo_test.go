// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

func TestDemoVerifiesWhatItReceives(t *testing.T) {
	runBuilt(t, "demo", "--duration", "300ms").expect(t, exitOK,
		`^([1-9]\d*) heaps sent, [1-9]\d* received, all verified, \d+\.\d\d Gb/s\n$`,
		`^sending heaps of \d+KiB in packets of up to 8968 bytes over UDP, from this process to itself at 127\.0\.0\.1:\d+\n$`)
}

func TestDemoAsJSON(t *testing.T) {
	r := runHere("demo", "--duration", "100ms", "--json")
	r.expect(t, exitOK, `^\{[^\n]*\}\n$`, `^$`)
	var got demoResult
	d := json.NewDecoder(strings.NewReader(strings.Replace(r.out, `"stats":`, `"ignored":`, 1)))
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Sent < 1 || got.Received != got.Sent || got.Verified != got.Sent || got.Incomplete != 0 {
		t.Errorf("%+v", got)
	}
	if got.Bytes < got.Sent*demoHeapMin || got.Seconds <= 0 || got.Rate <= 0 {
		t.Errorf("%+v", got)
	}
}

func TestDemoSaysWhatWasLostAndWhere(t *testing.T) {
	refused := recv.Stats{KernelDrops: 4}
	refused.Refused[spead.RefusedGap] = 2
	for want, r := range map[string]demoResult{
		"10 heaps sent, 9 received, 9 verified, 1.00 Gb/s: 1 heaps never came": {
			Sent: 10, Received: 9, Verified: 9, Rate: 1},
		"10 heaps sent, 9 received, 9 verified, 1.00 Gb/s: 1 heaps came incomplete, " +
			"the kernel dropped 4 packets for want of room in the socket's buffer, 2 packets were refused as gap": {
			Sent: 10, Received: 9, Verified: 9, Incomplete: 1, Rate: 1, Stats: refused},
		"10 heaps sent, 10 received, 8 verified, 1.00 Gb/s: 2 heaps differ from what was sent": {
			Sent: 10, Received: 10, Verified: 8, Rate: 1},
	} {
		var out bytes.Buffer
		if err := r.print(console{out: &out}, false); err == nil || err.Error() != want || out.Len() != 0 {
			t.Errorf("%v, printed %q, expected %q", err, out.String(), want)
		}
		if err := r.print(console{out: &out}, true); err == nil || err.Error() != want || !strings.Contains(out.String(), `"kernel_drops":`) {
			t.Errorf("%v, printed %q, expected %q", err, out.String(), want)
		}
	}
}

// TestDemoNoticesWhatItHasNotSent lets another sender interfere.
func TestDemoNoticesWhatItHasNotSent(t *testing.T) {
	d, err := newDemoRun()
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	other, err := send.NewUDP(send.UDPConfig{Endpoints: []netip.AddrPort{d.address}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	h := send.NewHeap(spead.Flavour{})
	h.AddItem(demoItem, make([]byte, 100))
	if _, err := other.Send(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.run(ctx); err != nil {
		t.Fatal(err)
	}
	r := d.result()
	want := regexp.MustCompile(`^1 heaps sent, 2 received, 1 verified, \d+\.\d\d Gb/s: 1 heaps differ from what was sent$`)
	if err := r.fault(); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("%v, expected %v", err, want)
	}
}
