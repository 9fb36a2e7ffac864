// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/netns"
)

// What Linux 6.1 and 6.18 tell of queueing disciplines, without their statistics.
const (
	toldNoqueue = "00000000 01000000 00000000 ffffffff 02000000 0c000100 6e6f7175657565 00"
	toldFifo    = "00000000 04000000 00000000 ffffffff 02000000 0f000100 706669666f5f66617374 0000" +
		"18000200 03000000 01020202 01020000 01010101 01010101"
	toldFq = "00000000 03000000 00000180 ffffffff 02000000 07000100 667100 00 74000200" +
		"08000100 10270000 08000200 64000000 08000300 d40b0000 08000400 243b0000 08000500 01000000" +
		"08000700 ffffffff 08000900 409c0000 08000a00 ff030000 08000b00 8e0c0100 08000c00 ffffffff" +
		"08000800 0a000000 08000d00 10270000 08000e00 80969800 05000f00 01000000"
	toldNoPacing = "00000000 07000000 00000480 ffffffff 02000000 07000100 667100 00 1c000200" +
		"08000200 64000000 08000500 00000000 08000700 ffffffff"
	toldMq  = "00000000 05000000 00000500 ffffffff 01000000 07000100 6d7100 00"
	toldMq1 = "00000000 05000000 00000280 01000500 01000000 07000100 667100 00 1c000200" +
		"08000200 64000000 08000500 01000000 08000700 ffffffff"
	toldMq2 = "00000000 05000000 00000380 02000500 01000000 07000100 667100 00 1c000200" +
		"08000200 32000000 08000500 01000000 08000700 40597307"
	toldMqFifo = "00000000 05000000 00000380 02000500 01000000 0f000100 706669666f5f66617374 0000"
	// Beside the root there may be one for what arrives.
	toldIngress = "00000000 03000000 0000ffff f1ffffff 01000000 0c000100 696e6772657373 00"
)

// told reads such a text. It was recorded on a little-endian machine.
func told(t testing.TB, text string) message {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return message{}
	}
	body, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return message{unix.RTM_NEWQDISC, body}
}

func TestDisciplinesThatPaceAreRecognized(t *testing.T) {
	for _, c := range []struct {
		told []string
		want Discipline
	}{
		{[]string{toldNoqueue}, Discipline{Name: "noqueue", Queues: 1}},
		{[]string{toldFifo}, Discipline{Name: "pfifo_fast", Queues: 1}},
		{[]string{toldFq}, Discipline{Name: "fq", Paces: true, Queues: 1, FlowLimit: 100}},
		{[]string{toldIngress, toldFq}, Discipline{Name: "fq", Paces: true, Queues: 1, FlowLimit: 100}},
		{[]string{toldNoPacing}, Discipline{Name: "fq nopacing", Queues: 1}},
		{[]string{toldMq, toldMq2, toldMq1}, Discipline{Name: "mq over fq", Paces: true, Queues: 2, FlowLimit: 50, RateMax: 125e6}},
		{[]string{toldMq, toldMq1, toldMqFifo}, Discipline{Name: "mq over pfifo_fast", Queues: 2}},
		{[]string{toldMq, toldMqFifo, toldMq1}, Discipline{Name: "mq over pfifo_fast", Queues: 2}},
		{[]string{toldMq}, Discipline{Name: "mq"}},
		{nil, Discipline{Name: "none"}},
	} {
		var all []qdisc
		for _, text := range c.told {
			m := told(t, text)
			if m.body == nil {
				t.Skip("needs a little-endian machine, as these messages are from one")
			}
			q, err := readQdisc(m)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			all = append(all, q)
		}
		if got := summary(all); got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

// TestTornAnswersAreErrors cuts messages off at every byte that isn't the end of an attribute.
func TestTornAnswersAreErrors(t *testing.T) {
	m := told(t, toldFq)
	whole := []int{sizeofTcMsg, sizeofTcMsg + 8}
	for n := range m.body {
		_, err := readQdisc(message{m.kind, m.body[:n]})
		if isWhole := slices.Contains(whole, n) || n == sizeofTcMsg+7; (err == nil) != isWhole {
			t.Errorf("%d of %d bytes: %v", n, len(m.body), err)
		}
	}
	if _, err := readQdisc(message{unix.RTM_NEWROUTE, m.body}); err == nil {
		t.Error("a route was taken for a queueing discipline")
	}
	if _, err := readRoute(message{unix.RTM_NEWROUTE, make([]byte, 5)}); !errors.Is(err, ErrTorn) {
		t.Errorf("a short route: %v", err)
	}
	refused := question(unix.NLMSG_ERROR, false, binary.NativeEndian.AppendUint32(nil, ^uint32(unix.EPERM)+1))
	if _, err := readAnswer(refused, nil); !errors.Is(err, syscall.EPERM) {
		t.Errorf("a refusal: %v", err)
	}
}

// FuzzNetlinkAnswers has the kernel answer anything.
func FuzzNetlinkAnswers(f *testing.F) {
	for _, text := range []string{toldNoqueue, toldFifo, toldFq, toldMq, toldMq2, toldIngress} {
		m := told(f, text)
		f.Add(append(question(m.kind, true, m.body), question(unix.NLMSG_DONE, true, make([]byte, 4))...))
	}
	f.Add(question(unix.RTM_NEWROUTE, false, appendAttribute(make([]byte, unix.SizeofRtMsg), unix.RTA_OIF, []byte{1, 0, 0, 0})))
	f.Add(question(unix.NLMSG_ERROR, false, []byte{0xff, 0xff, 0xff, 0xff}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var all []qdisc
		bytes := 0
		_, err := readAnswer(b, func(m message) error {
			bytes += unix.SizeofNlMsghdr + len(m.body)
			if q, err := readQdisc(m); err == nil {
				all = append(all, q)
			}
			_, _ = readRoute(m)
			return nil
		})
		if bytes > len(b) {
			t.Errorf("messages of %d bytes in %d: %v", bytes, len(b), err)
		}
		if d := summary(all); d.Paces && d.Queues == 0 || d.Queues > len(all)+1 {
			t.Errorf("%+v", d)
		}
	})
}

func TestTheWayToOneselfIsFound(t *testing.T) {
	to := netip.MustParseAddrPort("127.0.0.1:7148")
	d, err := DisciplineOf(Way{To: to, Source: to.Addr()})
	if err != nil || d.Device == "" || d.Name == "" || d.Headers < headers4 {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestDisciplinesAreFoundOnTheWay asks for devices with different disciplines, by the endpoint's
// address and by the interface of a multicast group.
func TestDisciplinesAreFoundOnTheWay(t *testing.T) {
	n := netns.ForTest(t)
	if err := errors.Join(
		n.IP("link add fifo type veth peer name end1", "link add none type veth peer name end2",
			"addr add 10.7.1.1/24 dev fifo", "addr add 10.7.2.1/24 dev none",
			"link set fifo up", "link set none up", "link set end1 up", "link set end2 up"),
		n.TC("qdisc add dev fifo root pfifo_fast"),
	); err != nil {
		t.Fatal(err)
	}
	n.Do(func() { checkDisciplines(t) })
	if err := n.TC("qdisc replace dev fifo root fq"); err != nil {
		t.Logf("fq is left out: %v", err)
		return
	}
	n.Do(func() {
		d, err := DisciplineOf(Way{To: netip.MustParseAddrPort("10.7.1.2:7148")})
		if err != nil || d != (Discipline{Device: "fifo", Name: "fq", Paces: true, Queues: 1, FlowLimit: 100, Headers: 42}) {
			t.Errorf("fq: %+v, %v", d, err)
		}
	})
}

// checkDisciplines asks in the namespace.
func checkDisciplines(t *testing.T) {
	outlet, err := net.InterfaceByName("none")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		way          Way
		device, name string
	}{
		{Way{To: netip.MustParseAddrPort("10.7.1.2:7148")}, "fifo", "pfifo_fast"},
		{Way{To: netip.MustParseAddrPort("10.7.2.2:7148")}, "none", "noqueue"},
		{Way{To: netip.MustParseAddrPort("10.7.2.2:7148"), Source: netip.MustParseAddr("10.7.2.1")}, "none", "noqueue"},
		{Way{To: netip.MustParseAddrPort("239.1.2.3:7148"), Outlet: outlet}, "none", "noqueue"},
		{Way{To: netip.MustParseAddrPort("10.7.1.1:7148")}, "lo", "noqueue"},
	} {
		d, err := DisciplineOf(c.way)
		if err != nil || d.Device != c.device || d.Name != c.name || d.Paces || d.Queues != 1 {
			t.Errorf("to %v: %+v, %v", c.way.To, d, err)
		}
	}
	if _, err := DisciplineOf(Way{To: netip.MustParseAddrPort("10.8.0.1:7148")}); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("without a route: %v", err)
	}
}
