// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"net/netip"
	"testing"

	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

func TestTheKernelsDropsAreKnownAtTheEnd(t *testing.T) {
	in, err := recv.NewStream(recv.Config{QueueHeaps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := in.AddUDP(recv.UDPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), BufferSize: 16 << 10, GRO: recv.OffloadOff}); err != nil {
		t.Fatal(err)
	}
	out, err := send.NewUDP(send.UDPConfig{Endpoints: in.Addrs(), GSO: send.OffloadOff})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sendHeaps(t, out, 200, 1000) // nobody reads yet
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, in, "drops", func(st recv.Stats) bool { return st.PacketsSeen > 0 && st.PacketsSeen+st.KernelDrops == 200 })
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	st := in.Stats()
	if st.KernelDrops == 0 || st.PacketsSeen+st.KernelDrops != 200 || len(st.Sources) != 1 || st.Sources[0].KernelDrops != st.KernelDrops {
		t.Errorf("of 200 packets: %+v", st)
	}
}
