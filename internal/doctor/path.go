// SPDX-License-Identifier: Apache-2.0

package doctor

import "fmt"

// pathMTU asks what the kernel knows of the way to each endpoint. That sends nothing, so that a router
// further on that takes less isn't known before it has said so.
func pathMTU(v *view) (findings []Finding) {
	for _, e := range v.Endpoints {
		f := about("path-mtu", e.String(), "what doesn't pass in one piece is cut into fragments; all are lost with any of them, and some networks drop them all")
		outlet := ""
		if e.Addr().IsMulticast() && len(v.Config.Interfaces) > 0 {
			outlet = v.Config.Interfaces[0]
		}
		most, err := v.DatagramMax(e, outlet)
		switch {
		case err != nil:
			f = f.unknown("%v", err)
		case most < v.PacketSize:
			f = f.bad(Loss, "packets of up to %d bytes pass in one piece", most).
				want(fmt.Sprintf("%d, or smaller packets", v.PacketSize), fmt.Sprintf("spead send --packet-size %d", most&^7))
		default:
			f = f.ok("packets of up to %d bytes pass in one piece", most)
		}
		findings = append(findings, f)
	}
	return findings
}
