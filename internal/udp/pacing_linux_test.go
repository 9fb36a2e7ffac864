// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/internal/udp/route"
)

// refusedField gives the field that an error is about, and what it expects.
func refusedField(err error) (field, allowed string) {
	var refused *spead.FieldError
	if errors.As(err, &refused) {
		return refused.Field, refused.Allowed
	}
	return "", ""
}

func TestDisciplinesThatDontKeepARateAreRefused(t *testing.T) {
	one := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}})
	two := newTestSender(t, SenderConfig{Endpoints: slices.Repeat([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}, 2)})
	for _, c := range []struct {
		name    string
		s       *Sender
		d       route.Discipline
		allowed string // "": all
	}{
		{"fq", two, route.Discipline{Device: "eth0", Name: "fq", Paces: true, Queues: 1}, ""},
		{"fq that doesn't pace", one, route.Discipline{Device: "eth0", Name: "fq nopacing", Queues: 1}, "eth0, which has fq nopacing (tc qdisc replace dev eth0 root fq)"},
		{"another", one, route.Discipline{Device: "eth0", Name: "fq_codel", Queues: 1}, "127.0.0.1:9 is reached by eth0, which has fq_codel"},
		{"several queues, one of which a connected socket keeps to", one, route.Discipline{Device: "eth0", Name: "mq over fq", Paces: true, Queues: 8}, ""},
		{"several queues and endpoints", two, route.Discipline{Device: "eth0", Name: "mq over fq", Paces: true, Queues: 8}, "eth0 has 8"},
	} {
		err := c.s.suits(&c.d, []route.Way{{To: netip.MustParseAddrPort("127.0.0.1:9")}})
		field, allowed := refusedField(err)
		if c.allowed == "" && err != nil || c.allowed != "" && (field != "Pacing" || !strings.Contains(allowed, c.allowed)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTheSendBufferHoldsNoMoreThanAFlow(t *testing.T) {
	cfg := SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}, BufferSize: 50_000}
	s := newTestSender(t, cfg)
	if err := s.fitFlow(&cfg, &route.Discipline{FlowLimit: 1000}); err != nil || s.bufferSize != 50_000 {
		t.Errorf("a long flow: %d bytes, %v", s.bufferSize, err)
	}
	if field, allowed := refusedField(s.fitFlow(&cfg, &route.Discipline{Device: "eth0", FlowLimit: 100})); field != "BufferSize" ||
		!strings.Contains(allowed, "35200 bytes") || !strings.Contains(allowed, "eth0 root fq flow_limit 143") {
		t.Errorf("a size that doesn't fit: %s: %s", field, allowed)
	}
	cfg.defaultBuffer = true
	if err := s.fitFlow(&cfg, &route.Discipline{FlowLimit: 100}); err != nil || s.bufferSize != 35_200 {
		t.Errorf("a size of our choice: %d bytes, %v", s.bufferSize, err)
	}
	if field, _ := refusedField(s.fitFlow(&cfg, &route.Discipline{FlowLimit: 1})); field != "Pacing" {
		t.Errorf("less than the kernel grants: %s, %d bytes", field, s.bufferSize)
	}
}

// TestMessagesTakeNoLessMemory holds messages up in a socket to see what the kernel charges for them.
func TestMessagesTakeNoLessMemory(t *testing.T) {
	n := netns.ForTest(t)
	if err := errors.Join(
		n.IP("link add here type veth peer name there", "addr add 10.7.1.1/24 dev here", "link set here up", "link set there up",
			"neigh add 10.7.1.2 lladdr 02:00:00:00:00:01 dev here"),
		n.TC("qdisc add dev here root tbf rate 8bit burst 2kb limit 1mb"),
	); err != nil {
		t.Skipf("needs tc to hold packets up: %v", err)
	}
	s := newSenderIn(t, n, SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("10.7.1.2:7148")}, GSO: OffloadOff})
	for _, size := range []int{1472, 1000, 500, 49} {
		const count = 20
		before := heldBytes(t, s)
		n.Do(func() { writeAll(t, s.WriteBatch, datagrams(newRandom(t), slices.Repeat([]int{size}, count)...)) })
		if each := (heldBytes(t, s) - before) / count; before > 0 && each < messageMemory {
			t.Errorf("%d bytes take %d", size, each)
		}
	}
}

// heldBytes is what a socket is charged for what hasn't left.
func heldBytes(t *testing.T, s *Sender) (bytes int) {
	t.Helper()
	if err := control(s.conn, func(fd int) (err error) {
		bytes, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return bytes
}

// TestKernelPacingIsRefusedWithoutFairQueueing takes devices as they are.
func TestKernelPacingIsRefusedWithoutFairQueueing(t *testing.T) {
	n := netns.ForTest(t)
	if err := n.IP("link add one type veth peer name end1", "link add other type veth peer name end2",
		"addr add 10.7.1.1/24 dev one", "addr add 10.7.2.1/24 dev other",
		"link set one up", "link set other up", "link set end1 up", "link set end2 up"); err != nil {
		t.Fatal(err)
	}
	one, other := netip.MustParseAddrPort("10.7.1.2:7148"), netip.MustParseAddrPort("10.7.2.2:7148")
	for _, c := range []struct {
		cfg     SenderConfig
		allowed string
	}{
		{SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7148")}}, "lo, which has noqueue"},
		{SenderConfig{Endpoints: []netip.AddrPort{one}}, "one, which has noqueue"},
		{SenderConfig{Endpoints: []netip.AddrPort{one, other}}, "10.7.1.2:7148 is by one, 10.7.2.2:7148 by other"},
		{SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")}, Interface: "other"}, "other, which has noqueue"},
	} {
		n.Do(func() {
			c.cfg.Pacing = Pacing{Rate: 1e6, DatagramBytes: 1472, MessageBytes: 65536}
			_, err := NewSender(c.cfg)
			if field, allowed := refusedField(err); field != "Pacing" || !strings.Contains(allowed, c.allowed) {
				t.Errorf("to %v: %v", c.cfg.Endpoints, err)
			}
		})
	}
}
