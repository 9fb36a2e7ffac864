// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/gospead/spead/internal/udp/nic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// healthy is a machine with one card, eth0, on which nothing is amiss: files as Linux 6.12 has them.
var healthy = map[string]string{
	"proc/sys/net/core/rmem_max":                                        "16777216\n",
	"proc/sys/net/core/wmem_max":                                        "4194304\n",
	"proc/sys/net/core/rmem_default":                                    "212992\n",
	"proc/sys/net/core/optmem_max":                                      "131072\n",
	"proc/sys/net/core/netdev_max_backlog":                              "1000\n",
	"proc/sys/net/core/netdev_budget_usecs":                             "8000\n",
	"proc/sys/net/core/rps_sock_flow_entries":                           "0\n",
	"proc/sys/net/ipv4/udp_mem":                                         "575799\t767734\t1151598\n",
	"proc/sys/net/ipv4/igmp_max_memberships":                            "20\n",
	"proc/sys/net/ipv4/conf/all/rp_filter":                              "0\n",
	"proc/sys/net/ipv4/conf/eth0/rp_filter":                             "0\n",
	"proc/sys/vm/swappiness":                                            "60\n",
	"proc/sys/kernel/osrelease":                                         "6.12.9-amd64\n",
	"proc/self/status":                                                  "Name:\tspead\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-3\n",
	"proc/self/cgroup":                                                  "0::/user.slice\n",
	"proc/self/timerslack_ns":                                           "50000\n",
	"proc/meminfo":                                                      "MemTotal: 1 kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n",
	"proc/swaps":                                                        "Filename\tType\tSize\tUsed\tPriority\n",
	"proc/thread-self/net/snmp":                                         "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\nUdp: 10 2 0 30 0 0 0\n",
	"proc/thread-self/net/snmp6":                                        "Udp6InDatagrams                 \t5\nUdp6RcvbufErrors                \t0\n",
	"proc/thread-self/net/softnet_stat":                                 "0000000a 00000000 00000000 00000000\n0000000b 00000000 00000000 00000000\n",
	"proc/thread-self/net/igmp":                                         "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n2\teth0      :     2      V3\n\t\t\t\t%08X     1 0:00000000\t\t0\n\t\t\t\t010000E0     1 0:00000000\t\t0\n",
	"proc/interrupts":                                                   "           CPU0       CPU1\n  9:  1 0 IO-APIC 9-edge acpi\n 40:  5 0 PCI-MSIX-0000:81:00.0 1-edge eth0-TxRx-0\n 41:  0 5 PCI-MSIX-0000:81:00.0 2-edge eth0-TxRx-1\n 42:  0 5 PCI-MSIX-0000:82:00.0 2-edge eth01\nNMI: 0 0\n",
	"proc/irq/40/smp_affinity_list":                                     "0\n",
	"proc/irq/41/smp_affinity_list":                                     "0-3\n",
	"proc/irq/41/effective_affinity_list":                               "1\n",
	"proc/irq/42/smp_affinity_list":                                     "3\n",
	"sys/class/net/eth0/operstate":                                      "up\n",
	"sys/class/net/eth0/speed":                                          "25000\n",
	"sys/class/net/eth0/mtu":                                            "9000\n",
	"sys/class/net/eth0/device/numa_node":                               "0\n",
	"sys/class/net/eth0/queues/rx-0/rps_cpus":                           "00000000,00000000\n",
	"sys/class/net/eth0/queues/rx-1/rps_cpus":                           "0\n",
	"sys/class/net/eth0/queues/tx-0/xps_cpus":                           "0\n",
	"sys/class/net/eth0/statistics/rx_dropped":                          "0\n",
	"sys/class/net/eth0/statistics/rx_missed_errors":                    "0\n",
	"sys/class/net/lo/operstate":                                        "unknown\n",
	"sys/devices/system/node/node0/cpulist":                             "0-1\n",
	"sys/devices/system/cpu/online":                                     "0-3\n",
	"sys/devices/system/cpu/isolated":                                   "\n",
	"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":              "performance\n",
	"sys/devices/system/clocksource/clocksource0/current_clocksource":   "tsc\n",
	"sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet acpi_pm\n",
	"sys/kernel/mm/transparent_hugepage/enabled":                        "always [madvise] never\n",
}

// healthyDevice is what eth0's driver says.
func healthyDevice() nic.Device {
	return nic.Device{
		Driver: "ice", Rings: &nic.Rings{Receive: 4096, ReceiveMax: 4096, Send: 256, SendMax: 4096},
		Pause: &nic.Pause{}, Adaptive: new(bool),
		Features: map[string]bool{"rx-gro": true, "tx-generic-segmentation": true, "tx-udp-segmentation": true, "rx-lro": false},
		Counters: map[string]uint64{"rx_packets": 1000, "rx_dropped.nic": 0},
	}
}

// machine is a made-up one, to be made ill.
type machine struct {
	files  map[string]string
	device nic.Device
	System
	Config
}

func newMachine() *machine {
	m := &machine{files: maps.Clone(healthy), device: healthyDevice()}
	group := binary.NativeEndian.Uint32([]byte{239, 1, 2, 3}) // as the kernel prints it on this machine
	m.files["proc/thread-self/net/igmp"] = fmt.Sprintf(healthy["proc/thread-self/net/igmp"], group)
	m.Threads = 1
	m.Device = func(name string) (nic.Device, error) {
		if name != "eth0" {
			return nic.Device{}, errors.New("no such device")
		}
		return m.device, nil
	}
	m.Route = func(to netip.Addr) (string, error) {
		if to == netip.MustParseAddr("10.9.9.9") {
			return "", errors.New("network is unreachable")
		}
		return map[bool]string{true: "eth0", false: "eth1"}[to.Is4() && to.As4()[1] == 0 || to.IsMulticast()], nil
	}
	m.DatagramMax = func(netip.AddrPort, string) (int, error) { return 8972, nil }
	m.Query = func(context.Context) (netip.Addr, error) { return netip.MustParseAddr("10.0.0.254"), nil }
	return m
}

// examine examines the machine, whose files are as they are now.
func (m *machine) examine(ctx context.Context) []Finding {
	m.Root = m.root()
	return Examine(ctx, m.Config, m.System)
}

func (m *machine) root() fs.FS {
	root := fstest.MapFS{}
	for name, text := range m.files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

// find gives the finding of a check.
func find(t *testing.T, findings []Finding, check string) Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("there is no finding of %s", check)
	return Finding{}
}

func TestNothingIsAmissOnAHealthyMachine(t *testing.T) {
	m := newMachine()
	m.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")}
	m.Rate, m.PacketSize, m.Querier = 1e9, 8192, true
	m.files["proc/sys/net/core/rmem_max"] = "16777216\n"
	seen := map[string]bool{}
	for _, f := range m.examine(t.Context()) {
		if f.State != OK || f.Found == "" || f.Why == "" {
			t.Errorf("%+v", f)
		}
		if strings.Count(f.Text(), "\n") != 1 {
			t.Errorf("more than a line: %s", f.Text())
		}
		seen[f.Check] = true
	}
	if len(seen) != len(checks) {
		t.Errorf("%d checks of %d have found something", len(seen), len(checks))
	}
}

// TestWhatCantBeReadIsUnknown takes everything away.
func TestWhatCantBeReadIsUnknown(t *testing.T) {
	m := newMachine()
	clear(m.files)
	m.Interfaces = []string{"eth0", "nonsuch0"}
	m.device = nic.Device{}
	absent := errors.New("not here")
	m.DatagramMax = func(netip.AddrPort, string) (int, error) { return 0, absent }
	m.Query = func(context.Context) (netip.Addr, error) { return netip.Addr{}, absent }
	m.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")}
	m.Querier = true
	for _, f := range m.examine(t.Context()) {
		if f.State > Unknown || f.Found == "" {
			t.Errorf("%+v", f)
		}
	}
}

// TestNonsenseInFilesIsSurvived puts texts into every file that aren't what the kernel writes.
func TestNonsenseInFilesIsSurvived(t *testing.T) {
	for _, text := range []string{"", "\n", "-", "nonsense of several words: 1 2 3\n\t\tx\n", "99999999999999999999999999", "0-99999999,5--3", "\x00\xff", "max 0", "0::/../../..\n"} {
		m := newMachine()
		m.Interfaces = []string{"eth0"}
		m.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")}
		for name := range m.files {
			m.files[name] = text
		}
		m.examine(t.Context())
		for name := range m.files {
			m.files[name] = healthy[name]
			m.examine(t.Context())
			m.files[name] = text
		}
	}
}
