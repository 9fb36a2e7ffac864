// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// groups are the endpoints that are multicast groups.
func (v *view) groups() (groups []netip.Addr) {
	for _, e := range v.Endpoints {
		if a := e.Addr().Unmap().WithZone(""); a.IsMulticast() && !slices.Contains(groups, a) {
			groups = append(groups, a)
		}
	}
	return groups
}

// joined gives the interfaces on which programs have joined groups. /proc/net would be the network
// namespace of the process's first thread, which needn't be that of this one.
func (v *view) joined() (byGroup map[netip.Addr][]string, err error) {
	text, err := v.text("proc/thread-self/net/igmp")
	if err != nil {
		return nil, err
	}
	byGroup = map[netip.Addr][]string{}
	name := ""
	// A line for each interface, and under it one for each group, as the bytes of a 32-bit number.
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "Idx":
		case !strings.HasPrefix(line, "\t\t") && len(words) >= 2:
			name = strings.TrimSuffix(words[1], ":")
		default:
			if b, err := hex.DecodeString(words[0]); err == nil && len(b) == 4 {
				binary.NativeEndian.PutUint32(b, binary.BigEndian.Uint32(b))
				group, _ := netip.AddrFromSlice(b)
				byGroup[group] = append(byGroup[group], name)
			}
		}
	}
	// A line for each: number and name of the interface, group. There is no such file without IPv6.
	text, _ = v.text("proc/thread-self/net/igmp6")
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		if b, err := hex.DecodeString(words[2]); err == nil && len(b) == 16 {
			group, _ := netip.AddrFromSlice(b)
			byGroup[group] = append(byGroup[group], words[1])
		}
	}
	return byGroup, nil
}

// memberships tells where the groups are joined now. Before a receiver runs, nobody has joined them.
func memberships(v *view) (findings []Finding) {
	if len(v.groups()) == 0 {
		return nil
	}
	joined, err := v.joined()
	for _, group := range v.groups() {
		f := about("membership", group.String(), "a group's datagrams come only by an interface where a program has joined it")
		where := joined[group]
		wrong := len(v.Config.Interfaces) > 0 && !slices.ContainsFunc(where, func(name string) bool { return slices.Contains(v.Config.Interfaces, name) })
		switch {
		case err != nil:
			f = f.unknown("%v", err)
		case len(where) == 0:
			f = f.ok("no program here has joined it now")
		case wrong:
			f = f.bad(Advice, "joined on %s", strings.Join(where, ", ")).
				want("on "+strings.Join(v.Config.Interfaces, ", "), "give the receiver --interface "+v.Config.Interfaces[0])
		default:
			f = f.ok("joined on %s", strings.Join(where, ", "))
		}
		findings = append(findings, f)
	}
	return findings
}

func membershipLimit(v *view) []Finding {
	const name = "net.ipv4.igmp_max_memberships"
	f := about("membership-limit", name, "a socket that has joined so many groups can't join another")
	limit, err := v.number(sysctlPath(name))
	needed := int64(0)
	for _, group := range v.groups() {
		if group.Is4() {
			needed++
		}
	}
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case needed > limit:
		return []Finding{f.bad(Loss, "%d", limit).sysctl(name, strconv.FormatInt(needed, 10), fmt.Sprintf("%d for as many groups, if one socket joins them all", needed))}
	}
	return []Finding{f.ok("%d", limit)}
}

// querier waits for a query, if that is wanted. Queriers ask every 125 s (RFC 3376, section 8.2).
func querier(v *view) []Finding {
	if !v.Querier {
		return nil
	}
	f := about("querier", "", "switches that snoop IGMP stop forwarding a group some minutes after it was joined, unless a querier has members confirm")
	from, err := v.Query(v.ctx)
	switch {
	case err == nil:
		return []Finding{f.ok("%v asks", from)}
	case errors.Is(v.ctx.Err(), context.DeadlineExceeded):
		return []Finding{f.bad(Loss, "nobody has asked").want("a querier on the network, or switches that don't snoop; it asks every 125 s",
			"on the switch: ip igmp snooping querier; on a Linux bridge: ip link set BRIDGE type bridge mcast_querier 1")}
	}
	return []Finding{f.unknown("%v", err)}
}
