// SPDX-License-Identifier: Apache-2.0

package doctor

import "fmt"

// reversePath looks at the reverse path filter, which drops packets whose sender is reached another
// way: in strict mode (1) by another interface, in loose mode (2) by none at all. The stricter of the
// setting for all interfaces and that of the interface counts, which the kernel makes the larger.
func reversePath(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		own := filterOf(name)
		f := about("reverse-path", name, "the filter drops, without a trace, what comes from senders that aren't reached by the same interface")
		forThis, err := v.number("proc/sys/net/ipv4/conf/" + name + "/rp_filter")
		forAll, errAll := v.number("proc/sys/net/ipv4/conf/all/rp_filter")
		if err != nil || errAll != nil {
			findings = append(findings, f.unknown("neither net.ipv4.conf.all.rp_filter nor %s can be read", own))
			continue
		}
		findings = append(findings, v.judgeReversePath(f, name, max(forThis, forAll)))
	}
	return findings
}

func (v *view) judgeReversePath(f Finding, name string, mode int64) Finding {
	modes := map[int64]string{0: "off", 1: "strict", 2: "loose"}
	if mode == 0 {
		return f.ok("off")
	}
	if v.Sender.IsValid() {
		by, err := v.Route(v.Sender)
		switch {
		case err == nil && (by == name || mode == 2):
			return f.ok("%s; %v is reached by %s", modes[mode], v.Sender, by)
		case err == nil:
			return v.loosen(f.bad(Loss, "strict, and %v is reached by %s: all it sends is dropped", v.Sender, by), name, "2")
		}
		return v.loosen(f.bad(Loss, "%s, and there is no route to %v: all it sends is dropped", modes[mode], v.Sender), name, "0")
	}
	if mode == 1 {
		return v.loosen(f.bad(Advice, "strict; with --sender it can be told whether that matters"), name, "2")
	}
	return f.ok("%s", modes[mode])
}

// filterOf is the variable of an interface. As its name may have dots in it, slashes stand between the
// parts, which sysctl(8) takes as well.
func filterOf(name string) string { return "net/ipv4/conf/" + name + "/rp_filter" }

// loosen sets the filter of an interface, and of all if that is stricter or, for none at all, if it is
// anything.
func (v *view) loosen(f Finding, name, mode string) Finding {
	wanted := map[string]string{"0": "off", "2": "loose"}[mode]
	f = f.sysctl(filterOf(name), mode, wanted)
	f.Settings[0].Path = "proc/sys/net/ipv4/conf/" + name + "/rp_filter"
	if all, err := v.number("proc/sys/net/ipv4/conf/all/rp_filter"); mode == "0" && err == nil && all > 0 {
		f = f.sysctl("net.ipv4.conf.all.rp_filter", mode, wanted)
	}
	return f
}

// connectionTracking looks at nf_conntrack, which counts what it tracks; where it isn't loaded, there is
// no such count, and where no rule asks for it, the count stays 0.
func connectionTracking(v *view) []Finding {
	const count, limit = "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"
	f := about("connection-tracking", "", "a firewall that tracks connections looks up every datagram; when its table is full, it drops those of new flows")
	tracked, err := v.number(sysctlPath(count))
	if err != nil {
		return []Finding{f.ok("not loaded")}
	}
	most, err := v.number(sysctlPath(limit))
	skip := "iptables -t raw -A PREROUTING -p udp --dport PORT -j NOTRACK"
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case tracked == 0:
		return []Finding{f.ok("loaded, and tracks nothing")}
	case tracked >= most-most/10:
		f = f.bad(Loss, "%d flows in a table for %d", tracked, most)
		f.Fix = []string{skip}
		return []Finding{f.sysctl(limit, fmt.Sprint(2*most), "room for twice as many, or none tracked of those that carry data")}
	}
	return []Finding{f.bad(Advice, "%d flows in a table for %d", tracked, most).want("not for datagrams that carry data", skip)}
}
