// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// interrupt is one of an interface's.
type interrupt struct {
	number string
	// processors may serve it.
	processors []int
}

// interrupts finds an interface's in proc/interrupts, where drivers give them names in which stands
// the interface, its card's place on the bus, or the number of its virtual device.
func (v *view) interrupts(name string) (found []interrupt) {
	text, err := v.text("proc/interrupts")
	if err != nil {
		return nil
	}
	wanted := []string{name}
	if target, err := fs.ReadLink(v.Root, "sys/class/net/"+name+"/device"); err == nil {
		wanted = append(wanted, path.Base(target))
	}
	for line := range strings.Lines(text) {
		number, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		words := strings.Fields(rest)
		if _, err := strconv.Atoi(number); !ok || err != nil || len(words) == 0 {
			continue
		}
		if action := words[len(words)-1]; !slices.ContainsFunc(wanted, func(w string) bool { return isPart(action, w) }) {
			continue
		}
		list, err := v.text("proc/irq/" + number + "/effective_affinity_list")
		if err != nil || list == "" {
			list, err = v.text("proc/irq/" + number + "/smp_affinity_list")
		}
		if err == nil {
			found = append(found, interrupt{number, set(list)})
		}
	}
	return found
}

// isPart says whether a name stands in another as a whole: eth1 isn't part of eth10-rx-0.
func isPart(text, name string) bool {
	at := strings.Index(text, name)
	if at < 0 {
		return false
	}
	end := at + len(name)
	return end == len(text) || text[end] < '0' || text[end] > '9'
}

// receiveQueues is how many receive queues an interface has.
func (v *view) receiveQueues(name string) (count int) {
	for _, queue := range v.names("sys/class/net/" + name + "/queues") {
		if strings.HasPrefix(queue, "rx-") {
			count++
		}
	}
	return count
}

func interruptSpread(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("interrupts", name, "a processor that serves all queues of a card is the first to have no time left")
		processors := map[int]int{}
		all := v.interrupts(name)
		for _, i := range all {
			for _, p := range i.processors {
				processors[p]++
			}
		}
		list := fmt.Sprint(slices.Sorted(maps.Keys(processors)))
		switch {
		case len(all) == 0:
			f = f.unknown("none found in proc/interrupts, as of virtual interfaces")
		case v.receiveQueues(name) > 1 && len(processors) == 1:
			f = f.bad(Advice, "%d interrupts on processor %s, for %d receive queues", len(all), list, v.receiveQueues(name)).
				want("a processor for each queue", "systemctl start irqbalance, or echo a processor's number into /proc/irq/"+all[0].number+"/smp_affinity_list and so on")
		default:
			f = f.ok("%d interrupts on processors %s, for %d receive queues", len(all), list, v.receiveQueues(name))
		}
		findings = append(findings, f)
	}
	return findings
}

// interruptNode compares the card's NUMA node with the processors that serve it and run us.
func interruptNode(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("numa", name, "data that crosses between NUMA nodes takes longer and shares a narrower way")
		node, err := v.number("sys/class/net/" + name + "/device/numa_node")
		if err != nil || node < 0 {
			findings = append(findings, f.ok("the card belongs to no node"))
			continue
		}
		local, err := v.text(fmt.Sprintf("sys/devices/system/node/node%d/cpulist", node))
		if err != nil {
			findings = append(findings, f.unknown("%v", err))
			continue
		}
		far := v.farFrom(name, set(local))
		if len(far) == 0 {
			findings = append(findings, f.ok("node %d, and so are the processors that serve it", node))
			continue
		}
		findings = append(findings, f.bad(Advice, "node %d, but %s elsewhere", node, strings.Join(far, " and ")).
			want("processors "+local, fmt.Sprintf("numactl --cpunodebind=%d --membind=%d spead ...", node, node)))
	}
	return findings
}

// farFrom says what runs on none of some processors.
func (v *view) farFrom(name string, local []int) (far []string) {
	isLocal := func(p int) bool { return slices.Contains(local, p) }
	for _, i := range v.interrupts(name) {
		if !slices.ContainsFunc(i.processors, isLocal) {
			far = append(far, "interrupt "+i.number+" is served")
		}
	}
	status, _ := v.text("proc/self/status")
	if list, found := field(status, "Cpus_allowed_list"); found && !slices.ContainsFunc(set(list), isLocal) {
		far = append(far, "this process runs")
	}
	return far
}

// receiveSteering looks at RPS, which has the kernel pass packets on to other processors.
func receiveSteering(v *view) (findings []Finding) {
	const flows = "net.core.rps_sock_flow_entries"
	for _, name := range v.Interfaces {
		f := about("receive-steering", name, "RPS spreads what comes in by one queue over processors; where the card has queues enough, it costs and brings nothing")
		queues, steered := v.receiveQueues(name), 0
		for i := range queues {
			mask, err := v.text(fmt.Sprintf("sys/class/net/%s/queues/rx-%d/rps_cpus", name, i))
			if err == nil && strings.Trim(mask, "0,") != "" {
				steered++
			}
		}
		entries, _ := v.number(sysctlPath(flows))
		found := fmt.Sprintf("RPS on %d of %d receive queues, RFS with %d flows", steered, queues, entries)
		switch {
		case queues == 0:
			f = f.unknown("no receive queues found")
		case queues == 1 && steered == 0 && v.Rate >= jumboRate:
			f = f.bad(Advice, "%s", found).want("more queues (ethtool -L), or RPS, if the processor that serves the queue is busy",
				"echo a mask of processors into /sys/class/net/"+name+"/queues/rx-0/rps_cpus")
		default:
			f = f.ok("%s", found)
		}
		findings = append(findings, f)
	}
	return findings
}
