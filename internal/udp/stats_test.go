// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"runtime"
	"slices"
	"testing"
)

func TestStatesHaveNames(t *testing.T) {
	for state, want := range []string{"inactive", "active", "probing", "disabled", "unknown"} {
		if got := GSOState(state).String(); got != want {
			t.Errorf("state %d is %q", state, got)
		}
	}
}

func TestStatsTellWhatWasSentAndRead(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		sent := datagrams(newRandom(t), slices.Repeat([]int{1000}, 32)...)
		writeAll(t, s.WriteBatch, sent)
		expect(t, r.ReadBatch, sent)
		messages, state := int64(len(sent)), GSODisabled
		if gso == OffloadAuto && runtime.GOOS == "linux" {
			messages, state = 1, GSOActive
		}
		if stats := s.Stats(); stats.Messages != messages || stats.Datagrams != int64(len(sent)) || stats.Paths[0] != (PathStats{GSO: state}) || stats.Calls == 0 {
			t.Errorf("sent: %+v", stats)
		}
		if !r.GRO() {
			messages = int64(len(sent))
		}
		if c := r.Counters(); c.Messages != messages || c.Calls == 0 || r.GRO() && gro == OffloadOff {
			t.Errorf("read: %+v, offload %v", c, r.GRO())
		}
	})
}
