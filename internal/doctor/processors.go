// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

func frequency(v *view) []Finding {
	f := about("frequency", "", "a processor that has slowed down is late when a burst comes")
	files, _ := fs.Glob(v.Root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	if len(files) == 0 {
		return []Finding{f.ok("nothing here changes it, or the host of this virtual machine does")}
	}
	others := 0
	for _, file := range files {
		governor, err := v.text(file)
		if err == nil && governor != "performance" {
			others++
			f.Settings = append(f.Settings, Setting{file, "performance"})
		}
	}
	if others == 0 {
		return []Finding{f.ok("governor performance on %d processors", len(files))}
	}
	f.Persist = []string{"systemctl enable cpupower, or the kernel's argument cpufreq.default_governor=performance"}
	return []Finding{f.bad(Advice, "%d of %d processors have another governor than performance", others, len(files)).
		want("performance", "cpupower frequency-set -g performance")}
}

// containerLimit looks at the processor time that this process's control group is given (version 2).
func containerLimit(v *view) []Finding {
	f := about("container-limit", "", "a container that has used up its processor time stands still for up to 100 ms, and its sockets overflow")
	groups, err := v.text("proc/self/cgroup")
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	own := ""
	for line := range strings.Lines(groups) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), "0::"); found {
			own = strings.TrimSuffix(rest, "/")
		}
	}
	folder := "sys/fs/cgroup" + own
	limit, err := v.text(folder + "/cpu.max")
	quota, period, _ := strings.Cut(limit, " ")
	if err != nil || quota == "max" {
		return []Finding{f.ok("none")}
	}
	microseconds, err1 := strconv.ParseFloat(quota, 64)
	each, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || each <= 0 {
		return []Finding{f.unknown("%s/cpu.max holds %q", folder, limit)}
	}
	found := fmt.Sprintf("%.2g processors", microseconds/each)
	if v.Threads > 0 {
		found += fmt.Sprintf(" for %d threads (GOMAXPROCS)", v.Threads)
	}
	stat, _ := v.text(folder + "/cpu.stat")
	stopped := uint64(0)
	for line := range strings.Lines(stat) {
		if digits, is := strings.CutPrefix(line, "nr_throttled "); is {
			stopped, _ = strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
		}
	}
	if stopped > 0 {
		found += fmt.Sprintf(", and it has been stopped %d times", stopped)
	}
	return []Finding{f.bad(Advice, "%s", found).want("whole processors of its own, or no limit", "docker run --cpuset-cpus instead of --cpus; in Kubernetes, equal requests and limits and the static CPU manager")}
}

// affinity compares the processors that this process may use with those there are, and with the threads
// that Go's scheduler runs on them: as many, unless GOMAXPROCS is set.
func affinity(v *view) []Finding {
	f := about("affinity", "", "a receiver and the interrupts of its card get on best on processors of their own, close to each other")
	status, err := v.text("proc/self/status")
	list, found := field(status, "Cpus_allowed_list")
	online, errOnline := v.text("sys/devices/system/cpu/online")
	if err != nil || !found || errOnline != nil {
		return []Finding{f.unknown("neither proc/self/status nor sys/devices/system/cpu/online tells")}
	}
	isolated, _ := v.text("sys/devices/system/cpu/isolated")
	text := fmt.Sprintf("this process may use processors %s of %s", list, online)
	if isolated != "" {
		text += "; isolated: " + isolated
	}
	if v.Threads > len(set(list)) {
		return []Finding{f.bad(Advice, "%s, with %d threads at once", text, v.Threads).want("no more threads than processors", "unset GOMAXPROCS")}
	}
	if len(set(list)) == 1 && len(set(online)) > 1 {
		return []Finding{f.bad(Advice, "%s", text).want("two or more: one program's threads wait for each other on one", "taskset -c "+online+" spead ...")}
	}
	return []Finding{f.ok("%s", text)}
}
