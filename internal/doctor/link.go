// SPDX-License-Identifier: Apache-2.0

package doctor

import "fmt"

func linkState(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("link", name, "an interface that is down carries nothing")
		state, err := v.text("sys/class/net/" + name + "/operstate")
		switch {
		case err != nil:
			f = f.unknown("%v", err)
		case state == "up" || state == "unknown": // as loopback's is, and tunnels'
			f = f.ok("%s", state)
		default:
			f = f.bad(Loss, "%s", state).want("up", "ip link set "+name+" up")
		}
		findings = append(findings, f)
	}
	return findings
}

// linkSpeed compares the link with the rate. Headers take their part of it.
func linkSpeed(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("speed", name, "what is more than the link carries is lost before it gets here")
		megabits, err := v.number("sys/class/net/" + name + "/speed")
		onWire := v.Rate * float64(v.PacketSize+28+38) / float64(v.PacketSize)
		switch {
		case err != nil || megabits <= 0:
			f = f.unknown("the driver doesn't say how fast the link is, as those of virtual interfaces don't")
		case onWire > float64(megabits)*1e6/8:
			f = f.bad(Loss, "%d Mb/s", megabits).want(gigabits(onWire) + " with headers")
		default:
			f = f.ok("%d Mb/s", megabits)
		}
		findings = append(findings, f)
	}
	return findings
}

// jumboRate is where the cost of each packet begins to matter: 10 Gb/s, in bytes per second.
const jumboRate = 10e9 / 8

func linkMTU(v *view) (findings []Finding) {
	for _, name := range v.Interfaces {
		f := about("mtu", name, "packets cost by their number: with an MTU of 9000 there are six times fewer than with 1500")
		mtu, err := v.number("sys/class/net/" + name + "/mtu")
		jumbo := fmt.Sprintf("ip link set %s mtu 9000", name)
		switch {
		case err != nil:
			f = f.unknown("%v", err)
		case int64(v.PacketSize) > mtu-28:
			f = f.bad(Advice, "%d: packets of %d bytes are cut in fragments when sent, and may be dropped when received", mtu, v.PacketSize).
				want(fmt.Sprintf("%d or more, or smaller packets", v.PacketSize+28), jumbo)
		case mtu < 9000 && v.Rate >= jumboRate:
			f = f.bad(Advice, "%d", mtu).want("9000 or more, on every machine and switch on the way", jumbo)
		default:
			f = f.ok("%d", mtu)
		}
		findings = append(findings, f)
	}
	return findings
}
