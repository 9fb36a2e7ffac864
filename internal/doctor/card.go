// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strings"

	"github.com/gospead/spead/internal/udp/nic"
)

// eachDevice judges what the driver of each interface says.
func (v *view) eachDevice(f Finding, judge func(f Finding, name string, d nic.Device) Finding) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := f
		f.Subject = name
		device, err := v.Device(name)
		if err != nil {
			findings = append(findings, f.unknown("%v", err))
			continue
		}
		findings = append(findings, judge(f, name, device))
	}
	return findings
}

func rings(v *view) []Finding {
	f := about("rings", "", "what comes while the kernel is busy elsewhere waits in the card's receive ring, or is lost")
	return v.eachDevice(f, func(f Finding, name string, d nic.Device) Finding {
		r := d.Rings
		if r == nil {
			return f.unknown("the driver doesn't say, as those of virtual interfaces don't")
		}
		found := fmt.Sprintf("room for %d packets of at most %d", r.Receive, r.ReceiveMax)
		if v.Rate > 0 {
			found += fmt.Sprintf(", which come in %.2g ms", float64(r.Receive)*float64(v.PacketSize)/v.Rate*1e3)
		}
		if r.Receive >= r.ReceiveMax {
			return f.ok("%s", found)
		}
		return f.bad(Advice, "%s", found).want("all there is; the link goes down for a moment while it changes",
			fmt.Sprintf("ethtool -G %s rx %d", name, r.ReceiveMax))
	})
}

func offloads(v *view) []Finding {
	f := about("offloads", "", "GRO and GSO have the kernel handle many packets at once")
	return v.eachDevice(f, func(f Finding, name string, d nic.Device) Finding {
		if d.Features == nil {
			return f.unknown("the driver doesn't say")
		}
		var found, off []string
		for _, feature := range []struct{ name, short string }{{"rx-gro", "gro"}, {"tx-generic-segmentation", "gso"}} {
			on, there := d.Features[feature.name]
			found = append(found, feature.name+" "+onOff(on))
			if there && !on {
				off = append(off, feature.short+" on")
			}
		}
		for _, name := range []string{"tx-udp-segmentation", "rx-lro", "rx-udp-gro-forwarding"} {
			if on, there := d.Features[name]; there {
				found = append(found, name+" "+onOff(on))
			}
		}
		text := strings.Join(found, ", ")
		if len(off) == 0 {
			return f.ok("%s", text)
		}
		return f.bad(Advice, "%s", text).want("both on", "ethtool -K "+name+" "+strings.Join(off, " "))
	})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func flowControl(v *view) []Finding {
	f := about("flow-control", "", "a receiver that asks for a pause makes the switch drop what is for others too")
	return v.eachDevice(f, func(f Finding, name string, d nic.Device) Finding {
		switch {
		case d.Pause == nil:
			return f.unknown("the driver doesn't say")
		case !d.Pause.Receive && !d.Pause.Send:
			return f.ok("off")
		}
		return f.bad(Advice, "receive %s, send %s", onOff(d.Pause.Receive), onOff(d.Pause.Send)).
			want("off, unless the network is built on it", "ethtool -A "+name+" autoneg off rx off tx off")
	})
}

func moderation(v *view) []Finding {
	f := about("interrupt-moderation", "", "a card that adapts its interrupts to the traffic lets its ring fill when the traffic changes at once")
	return v.eachDevice(f, func(f Finding, name string, d nic.Device) Finding {
		switch {
		case d.Adaptive == nil:
			return f.unknown("the driver doesn't say")
		case !*d.Adaptive:
			return f.ok("not adaptive")
		}
		return f.bad(Advice, "adaptive").want("fixed, if bursts are lost", "ethtool -C "+name+" adaptive-rx off rx-usecs 20")
	})
}
