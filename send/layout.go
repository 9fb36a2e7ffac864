// SPDX-License-Identifier: Apache-2.0

package send

import "github.com/gospead/spead"

// Layout says how heaps are cut into packets. Receivers see the same items either way.
type Layout uint8

// The layouts.
const (
	// LayoutAuto is LayoutEqual over UDP and LayoutStandard elsewhere, where it makes no difference to
	// the speed.
	LayoutAuto Layout = iota
	// LayoutEqual makes all packets of a heap the same size where that takes no more of them, the
	// payload is a multiple of 8 bytes, and the heap isn't so long that it doesn't matter: smaller
	// packets instead of full ones and a short last one. What the division leaves is filled up by NULL
	// item pointers, which every receiver ignores, in the first packet. The packets are those that
	// spead2 makes if its packet size is set to suit the heap. Segmentation offload then joins packets
	// across heaps.
	LayoutEqual
	// LayoutStandard is byte for byte what spead2 makes with the same packet size: full packets, and
	// what is left in the last.
	LayoutStandard
)

var layoutNames = [...]string{"auto", "equal", "standard"}

// String gives the layout's name, such as "equal".
func (l Layout) String() string {
	if int(l) < len(layoutNames) {
		return layoutNames[l]
	}
	return "unknown"
}

func (l Layout) check() error {
	if l > LayoutStandard {
		return &spead.FieldError{Field: "send.Config.Layout", Value: uint8(l), Allowed: "LayoutAuto, LayoutEqual or LayoutStandard"}
	}
	return nil
}
