// SPDX-License-Identifier: Apache-2.0

package vectors

import "strconv"

// Options is a vector's receiver configuration, in spead2's terms.
type Options struct {
	// MaxHeaps is the number of heaps in progress per substream.
	MaxHeaps int `json:"max_heaps"`
	// Substreams is the number of substreams: heap cnt modulo this says which.
	Substreams int `json:"substreams"`
	// BugCompat is a spead.BugCompat.
	BugCompat uint8 `json:"bug_compat"`
	// StopOnStopItem ends the stream at a stop item.
	StopOnStopItem bool `json:"stop_on_stop_item"`
	// AllowUnsizedHeaps takes packets without HEAP_LENGTH.
	AllowUnsizedHeaps bool `json:"allow_unsized_heaps"`
	// AllowOutOfOrder takes a heap's packets in any order.
	AllowOutOfOrder bool `json:"allow_out_of_order"`
	// ContiguousOnly drops heaps that have holes.
	ContiguousOnly bool `json:"contiguous_only"`
	// IncompleteKeepPayloadRanges reports what was received of incomplete heaps.
	IncompleteKeepPayloadRanges bool `json:"incomplete_keep_payload_ranges"`
	// Filter is a BPF expression that selects the capture's frames; "" takes them all.
	Filter string `json:"filter"`
}

// Flags gives the options as flags of `spead recv`.
func (o Options) Flags() []string {
	flags := []string{
		"--max-heaps", strconv.Itoa(o.MaxHeaps),
		"--substreams", strconv.Itoa(o.Substreams),
		"--bug-compat", strconv.Itoa(int(o.BugCompat)),
	}
	switches := []struct {
		flag string
		on   bool
	}{
		{"--keep-stop", !o.StopOnStopItem},
		{"--require-heap-length", !o.AllowUnsizedHeaps},
		{"--out-of-order", o.AllowOutOfOrder},
		{"--incomplete", !o.ContiguousOnly},
		{"--payload-ranges", o.IncompleteKeepPayloadRanges},
	}
	for _, s := range switches {
		if s.on {
			flags = append(flags, s.flag)
		}
	}
	if o.Filter != "" {
		flags = append(flags, "--filter", o.Filter)
	}
	return flags
}
