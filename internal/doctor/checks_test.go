// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/udp/nic"
)

// illness is something amiss with a machine.
type illness struct {
	name, check string
	ill         func(m *machine)
	state       State
	found, fix  string
}

func file(name, text string) func(*machine) { return func(m *machine) { m.files[name] = text } }

func core(name, text string) func(*machine) { return file("proc/sys/net/core/"+name, text) }

func device(change func(d *nic.Device)) func(*machine) {
	return func(m *machine) { change(&m.device) }
}

func illSockets() []illness {
	return []illness{
		{"a small receive buffer", "receive-buffer", core("rmem_max", "212992"), Loss, "212992", "net.core.rmem_max='8388608'"},
		{"one that the rate is too high for", "receive-buffer", func(m *machine) { m.Rate = 10e9 / 8 * 2; m.Hiccup = 0.02 }, Loss, "16777216", "net.core.rmem_max='50000000'"},
		{"a small receive buffer, with privilege", "receive-buffer", func(m *machine) {
			m.files["proc/sys/net/core/rmem_max"] = "212992"
			m.files["proc/self/status"] = strings.Replace(healthy["proc/self/status"], "0000000000000000", "000001ffffffffff", 1)
		}, Advice, "CAP_NET_ADMIN", "rmem_max"},
		{"a small send buffer", "send-buffer", core("wmem_max", "212992"), Advice, "212992", "wmem_max='524288'"},
		{"a small default", "default-receive-buffer", core("rmem_default", "4096"), Advice, "4096", "rmem_default='212992'"},
		{"little memory for options", "option-memory", core("optmem_max", "10240"), Advice, "10240", "optmem_max"},
		{"little memory for UDP", "udp-memory", file("proc/sys/net/ipv4/udp_mem", "100 200 300"), Loss, "at most", "udp_mem='"},
		{"datagrams lost long ago", "socket-losses", file("proc/thread-self/net/snmp", "Udp: RcvbufErrors\nUdp: 7\n"), Advice, "ipv4.RcvbufErrors is 7", "--buffer"},
		{"packets dropped before sockets", "backlog", file("proc/thread-self/net/softnet_stat", "0a 0b 00\n0a 01 00\n"), Advice, "softnet_dropped is 12", "netdev_max_backlog='2000'"},
		{"a backlog for a lower rate", "backlog", func(m *machine) { m.Rate, m.PacketSize = 10e9/8, 1000 }, Advice, "1000", "netdev_max_backlog='5000'"},
		{"packets missed by the card", "interface-losses", file("sys/class/net/eth0/statistics/rx_missed_errors", "9"), Advice, "rx_missed_errors is 9", "rings"},
		{"packets missed by the driver", "driver-losses", device(func(d *nic.Device) { d.Counters["rx_out_of_buffer"] = 4 }), Advice, "rx_out_of_buffer is 4", "ethtool -S eth0"},
	}
}

func illCards() []illness {
	return []illness{
		{"a link that is down", "link", file("sys/class/net/eth0/operstate", "down"), Loss, "down", "ip link set eth0 up"},
		{"a link that is too slow", "speed", func(m *machine) { m.Rate = 25e9 / 8 }, Loss, "25000", ""},
		{"packets beyond the MTU", "mtu", func(m *machine) { m.PacketSize = 8973 }, Advice, "9000", "mtu 9000"},
		{"small packets at a high rate", "mtu", func(m *machine) { m.Rate = 20e9 / 8; m.files["sys/class/net/eth0/mtu"] = "1500" }, Advice, "1500", "mtu 9000"},
		{"small rings", "rings", device(func(d *nic.Device) { d.Rings.Receive = 512 }), Advice, "512", "ethtool -G eth0 rx 4096"},
		{"offloads off", "offloads", device(func(d *nic.Device) { d.Features["rx-gro"] = false }), Advice, "rx-gro off", "ethtool -K eth0 gro on"},
		{"flow control", "flow-control", device(func(d *nic.Device) { d.Pause.Receive = true }), Advice, "receive on", "ethtool -A eth0"},
		{"adaptive interrupts", "interrupt-moderation", device(func(d *nic.Device) { *d.Adaptive = true }), Advice, "adaptive", "ethtool -C eth0"},
		{"all interrupts on one processor", "interrupts", file("proc/irq/41/effective_affinity_list", "0"), Advice, "2 interrupts on processor [0], for 2", "/proc/irq/40/"},
		{"an interrupt far away", "numa", file("proc/irq/41/effective_affinity_list", "3"), Advice, "interrupt 41", "--cpunodebind=0"},
		{"a process far away", "numa", file("proc/self/status", "Cpus_allowed_list:\t2-3\n"), Advice, "this process", "numactl"},
		{"one queue at a high rate", "receive-steering", func(m *machine) {
			delete(m.files, "sys/class/net/eth0/queues/rx-1/rps_cpus")
			m.Rate = 20e9 / 8
		}, Advice, "RPS on 0 of 1", "rps_cpus"},
	}
}

func illNetworks() []illness {
	return []illness{
		{"a strict filter", "reverse-path", file("proc/sys/net/ipv4/conf/all/rp_filter", "1"), Advice, "strict", "eth0/rp_filter='2'"},
		{"a strict filter and a sender elsewhere", "reverse-path", func(m *machine) {
			m.files["proc/sys/net/ipv4/conf/eth0/rp_filter"] = "1"
			m.Sender = netip.MustParseAddr("10.1.0.5")
		}, Loss, "reached by eth1", "eth0/rp_filter='2'"},
		{"a loose filter and a sender nowhere", "reverse-path", func(m *machine) {
			m.files["proc/sys/net/ipv4/conf/all/rp_filter"] = "2"
			m.Sender = netip.MustParseAddr("10.9.9.9")
		}, Loss, "no route", "eth0/rp_filter='0'"},
		{"connections are tracked", "connection-tracking", func(m *machine) { m.track("10", "1000") }, Advice, "10 flows", "NOTRACK"},
		{"the table is nearly full", "connection-tracking", func(m *machine) { m.track("950", "1000") }, Loss, "950 flows", "NOTRACK"},
		{"a group on the wrong interface", "membership", func(m *machine) { m.Interfaces = []string{"eth1"} }, Advice, "joined on eth0", "--interface eth1"},
		{"an IPv6 group on the wrong interface", "membership", func(m *machine) {
			m.Interfaces, m.Endpoints = []string{"eth1"}, []netip.AddrPort{netip.MustParseAddrPort("[ff05::1:3]:1")}
			m.files["proc/thread-self/net/igmp6"] = "2    eth0            ff050000000000000000000000010003     1 00000004 0\n"
		}, Advice, "joined on eth0", "--interface eth1"},
		{"more groups than a socket may join", "membership-limit", file("proc/sys/net/ipv4/igmp_max_memberships", "0"), Loss, "0", "igmp_max_memberships='1'"},
		{"packets beyond the path MTU", "path-mtu", func(m *machine) { m.PacketSize = 9000 }, Loss, "8972", "--packet-size 8968"},
	}
}

func illHosts() []illness {
	return []illness{
		{"a slow processor", "frequency", file("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave"), Advice, "1 of 2", "cpupower"},
		{"a limited container", "container-limit", func(m *machine) {
			m.files["sys/fs/cgroup/user.slice/cpu.max"] = "150000 100000"
			m.files["sys/fs/cgroup/user.slice/cpu.stat"] = "usage_usec 1\nnr_throttled 8\n"
		}, Advice, "1.5 processors for 1 threads (GOMAXPROCS), and it has been stopped 8 times", "cpuset"},
		{"more threads than processors", "affinity", func(m *machine) { m.Threads = 5 }, Advice, "with 5 threads", "GOMAXPROCS"},
		{"one processor for all", "affinity", file("proc/self/status", "Cpus_allowed_list:\t2\n"), Advice, "processors 2 of 0-3", "taskset"},
		{"no huge pages", "transparent-huge-pages", file("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]"), Advice, "never", "echo madvise"},
		{"swapping", "swap", file("proc/swaps", "Filename\n/dev/sda2 partition 8 0 -2\n"), Advice, "1 areas", "vm.swappiness='10'"},
		{"a slow clock", "clock", file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"), Advice, "hpet", "echo tsc"},
		{"late timers", "timers", file("proc/self/timerslack_ns", "1000000"), Advice, "1000000", "TimerSlack"},
		{"a kernel that damages", "segmentation-defect", file("proc/sys/kernel/osrelease", "7.1.4-arch1-1"), Advice, "7.1.4", "--no-gso"},
		{"one that does under KVM", "segmentation-defect", func(m *machine) {
			m.files["proc/sys/kernel/osrelease"] = "6.17.0-rc1"
			m.device.Driver = "virtio_net"
		}, Advice, "6.17", "--no-gso"},
	}
}

// TestEachIllnessIsFound makes a healthy machine ill in one respect.
func TestEachIllnessIsFound(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range slices.Concat(illSockets(), illCards(), illNetworks(), illHosts()) {
		tried[c.check] = true
		t.Run(c.name, func(t *testing.T) {
			m := newMachine()
			m.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")}
			c.ill(m)
			findings := m.examine(t.Context())
			f := find(t, findings, c.check)
			if f.State != c.state || !strings.Contains(f.Found, c.found) || !strings.Contains(fmt.Sprint(f.Fix), c.fix) {
				t.Errorf("%+v", f)
			}
			if f.Wanted == "" || strings.Count(f.Text(), "\n") < 3 {
				t.Errorf("doesn't say what to do: %s", f.Text())
			}
		})
	}
	// What isn't here takes time, or can't be bad.
	for _, f := range newMachine().examine(t.Context()) {
		if !tried[f.Check] && !slices.Contains([]string{"privilege", "budget", "huge-pages"}, f.Check) {
			t.Errorf("%s isn't tried", f.Check)
		}
	}
}

func (m *machine) track(count, most string) {
	m.files["proc/sys/net/netfilter/nf_conntrack_count"] = count
	m.files["proc/sys/net/netfilter/nf_conntrack_max"] = most
}

func TestVersionsOfKernelsAreCompared(t *testing.T) {
	for release, damages := range map[string]bool{
		"6.12.9": false, "6.18.44-vendor": false, "7.0.0-rc1": true, "7.0.12-generic": true, "7.1.0": true, "7.1.4": true,
		"7.1.5": false, "7.2.0": false, "8.0": false, "10.0.1": false, "": false, "nonsense": false, "6.17.3": false,
	} {
		m := newMachine()
		m.files["proc/sys/kernel/osrelease"] = release
		if f := find(t, m.examine(t.Context()), "segmentation-defect"); (f.State == Advice) != damages {
			t.Errorf("%q: %+v", release, f)
		}
	}
}

// TestLossesThatGoOnAreTold has counters rise while somebody watches.
func TestLossesThatGoOnAreTold(t *testing.T) {
	m := newMachine()
	m.files["proc/thread-self/net/snmp"] = "Udp: RcvbufErrors InCsumErrors\nUdp: 7 0\n"
	m.files["proc/thread-self/net/softnet_stat"] = "0a 00 0f\n"
	m.files["sys/class/net/eth0/statistics/rx_dropped"] = "5"
	m.Root = m.root()
	m.Earlier = Count(m.Config, m.System)
	for _, check := range []string{"socket-losses", "backlog", "budget", "interface-losses", "driver-losses"} {
		if f := find(t, m.examine(t.Context()), check); f.State != OK {
			t.Errorf("what was lost before is told: %+v", f)
		}
	}
	m.files["proc/thread-self/net/snmp"] = "Udp: RcvbufErrors InCsumErrors\nUdp: 9 0\n"
	m.files["proc/thread-self/net/softnet_stat"] = "0a 01 10\n"
	m.files["sys/class/net/eth0/statistics/rx_dropped"] = "6"
	m.device.Counters["rx_dropped.nic"] = 3
	findings := m.examine(t.Context())
	for check, found := range map[string]string{
		"socket-losses": "ipv4.RcvbufErrors rose by 2", "backlog": "softnet_dropped rose by 1",
		"interface-losses": "rx_dropped rose by 1", "driver-losses": "rx_dropped.nic rose by 3",
	} {
		if f := find(t, findings, check); f.State != Loss || f.Found != found {
			t.Errorf("%+v", f)
		}
	}
	if f := find(t, findings, "budget"); f.State != Advice || f.Found != "softnet_squeezed rose by 1" {
		t.Errorf("%+v", f)
	}
}

func TestAQuerierIsWaitedForAsLongAsAsked(t *testing.T) {
	m := newMachine()
	m.Querier = true
	m.Query = func(ctx context.Context) (netip.Addr, error) {
		<-ctx.Done()
		return netip.Addr{}, errors.New("use of closed network connection")
	}
	late, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if f := find(t, m.examine(late), "querier"); f.State != Loss {
		t.Errorf("nobody asks: %+v", f)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	if f := find(t, m.examine(interrupted), "querier"); f.State != Unknown {
		t.Errorf("interrupted: %+v", f)
	}
}

func TestTheInterfacesOfTheEndpointsAreLookedAt(t *testing.T) {
	m := newMachine()
	m.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("10.1.0.9:1"), netip.MustParseAddrPort("10.0.0.9:1"), netip.MustParseAddrPort("10.0.0.8:1")}
	var subjects []string
	for _, f := range m.examine(t.Context()) {
		if f.Check == "link" {
			subjects = append(subjects, f.Subject)
		}
	}
	if fmt.Sprint(subjects) != "[eth1 eth0]" {
		t.Error(subjects)
	}
}
