// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"strconv"
	"strings"
)

// fastClocks are read without a system call.
var fastClocks = []string{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase", "riscv_clocksource", "tod"}

func clock(v *view) []Finding {
	const folder = "sys/devices/system/clocksource/clocksource0/"
	f := about("clock", "", "pacing and statistics look at the clock all the time; some clocks take a system call, or more than a microsecond")
	current, err := v.text(folder + "current_clocksource")
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	if slices.Contains(fastClocks, current) {
		return []Finding{f.ok("%s", current)}
	}
	available, _ := v.text(folder + "available_clocksource")
	f = f.bad(Advice, "%s", current)
	for _, fast := range fastClocks {
		if slices.Contains(strings.Fields(available), fast) {
			return []Finding{f.want(fast, "echo "+fast+" > /"+folder+"current_clocksource, if dmesg doesn't say that the kernel found it unstable")}
		}
	}
	return []Finding{f.want("one of " + strings.Join(fastClocks, ", "))}
}

func timers(v *view) []Finding {
	const usual = 50_000
	f := about("timers", "", "how much later than asked for a thread may be woken, in nanoseconds; pacing sleeps often")
	slack, err := v.number("proc/self/timerslack_ns")
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case slack > usual:
		return []Finding{f.bad(Advice, "%d ns", slack).want("50000 ns or less", "systemd: TimerSlackNSec=50us")}
	}
	return []Finding{f.ok("%d ns", slack)}
}

// equalSegments warns of kernels that damage datagrams which segmentation offload cuts from a buffer
// into pieces that are all of one size: Linux 7.0 up to 7.1.4, with some drivers, and 6.17 under KVM.
// It can't be told at run time.
func equalSegments(v *view) []Finding {
	const file = "proc/sys/kernel/osrelease"
	f := about("segmentation-defect", "", "some kernels damage datagrams that UDP segmentation offload cuts into pieces of equal size, as packets of heaps are")
	release, err := v.text(file)
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	version := versionOf(release)
	damages := slices.Compare(version, []int{7, 0}) >= 0 && slices.Compare(version, []int{7, 1, 4}) <= 0
	virtual := slices.Compare(version, []int{6, 17}) >= 0 && slices.Compare(version, []int{6, 18}) < 0 && v.isVirtual()
	if !damages && !virtual {
		return []Finding{f.ok("Linux %s", release)}
	}
	return []Finding{f.bad(Advice, "Linux %s, which does with some drivers", release).
		want("another kernel, or a test between two machines: spead send --verify and spead recv --verify", "spead send --no-gso")}
}

// isVirtual says whether an interface's driver is virtio.
func (v *view) isVirtual() bool {
	return slices.ContainsFunc(v.Interfaces, func(name string) bool {
		d, err := v.Device(name)
		return err == nil && d.Driver == "virtio_net"
	})
}

// versionOf gives the numbers that a kernel's release begins with.
func versionOf(release string) (version []int) {
	numbers := strings.FieldsFunc(release, func(r rune) bool { return r < '0' || r > '9' })
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(release)
	}
	for _, digits := range numbers[:min(len(numbers), 1+strings.Count(release[:end], "."))] {
		n, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		version = append(version, n)
	}
	return version
}
