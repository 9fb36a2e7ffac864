// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// kind is a type of flag values: how they are read and written, and what the help calls them.
type kind[T any] struct {
	name    string
	allowed string
	parse   func(string) (T, bool)
	print   func(T) string
	// values are all that there are, if they are few.
	values []string
}

// flag is a flag of a command. Its default is what the target holds when it is added.
type flag[T any] struct {
	name, usage string
	target      *T
	kind        kind[T]
}

// add makes f a flag of cmd.
func (f flag[T]) add(cmd *cobra.Command) {
	cmd.Flags().Var(&f, f.name, f.usage)
	if f.kind.name == "FILE" || f.kind.name == "PATH" {
		return // which the shell completes by itself
	}
	complete := cobra.FixedCompletions(f.kind.values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(f.name, complete); err != nil {
		panic(err) // the flag is there, and new
	}
}

// String, Set and Type are what cobra asks of a flag's value.
func (f *flag[T]) String() string {
	if f.target == nil {
		return "" // cobra makes a zero value to compare defaults with
	}
	return f.kind.print(*f.target)
}

// Set takes a value as it is written on the command line.
func (f *flag[T]) Set(text string) error {
	v, ok := f.kind.parse(text)
	if !ok {
		return &spead.FieldError{Field: "--" + f.name, Value: text, Allowed: f.kind.allowed}
	}
	*f.target = v
	return nil
}

// Type is what the help calls the value.
func (f *flag[T]) Type() string { return f.kind.name }

// addSwitch adds a flag that is given without a value.
func addSwitch(cmd *cobra.Command, target *bool, name, usage string) {
	f := flag[bool]{name, usage, target, kind[bool]{
		name:    "bool",
		allowed: "nothing, true or false",
		parse: func(s string) (bool, bool) {
			v, err := strconv.ParseBool(s)
			return v, err == nil
		},
		print: strconv.FormatBool,
	}}
	cmd.Flags().VarPF(&f, name, "", usage).NoOptDefVal = "true"
}

// texts are taken as they are; the name is what the help calls them.
func texts(name string) kind[string] {
	same := func(s string) string { return s }
	return kind[string]{name: name, parse: func(s string) (string, bool) { return s, true }, print: same}
}

// dialects are tolerances by name, which are checked when a stream is made.
func dialects() kind[string] {
	k := texts("DIALECT")
	k.values = []string{"ska-low", "gateware", "implied-offset", "implied-length", "short-heap-length", "repeated-cnt"}
	return k
}

// wholeNumbers are numbers from least up to most.
func wholeNumbers[T int | int64 | uint64](least, most T) kind[T] {
	allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
	if int64(most) == math.MaxInt64 {
		allowed = fmt.Sprintf("a whole number of %d or more", least)
	}
	return kind[T]{
		name:    "N",
		allowed: allowed,
		parse: func(s string) (T, bool) {
			v, err := strconv.ParseInt(s, 10, 64)
			return T(v), err == nil && v >= int64(least) && v <= int64(most)
		},
		print: func(v T) string { return strconv.FormatInt(int64(v), 10) },
	}
}

// sizes are numbers of bytes from least up to most, with or without a unit.
func sizes[T int | int64](least, most T) kind[T] {
	return kind[T]{
		name: "SIZE",
		allowed: fmt.Sprintf("a size from %s to %s, such as 9000, 64KiB or 8MiB",
			formatSize(int64(least)), formatSize(int64(most))),
		parse: func(s string) (T, bool) {
			v, ok := parseSize(s)
			return T(v), ok && v >= int64(least) && v <= int64(most)
		},
		print: func(v T) string { return formatSize(int64(v)) },
	}
}

// rates are given in bits or bytes per second and held in bytes per second; 0 is unlimited.
func rates() kind[float64] {
	return kind[float64]{
		name:    "RATE",
		allowed: "a rate with its unit, such as 5Gbps, 2.5Mbps or 625MB/s, or 0 for unlimited",
		parse:   parseRate,
		print:   formatRate,
	}
}

// ratios are numbers of 1 or more.
func ratios() kind[float64] {
	return kind[float64]{
		name:    "RATIO",
		allowed: "a number from 1 to 1000, such as 1.05",
		parse: func(s string) (float64, bool) {
			v, err := strconv.ParseFloat(s, 64)
			return v, err == nil && v >= 1 && v <= 1000
		},
		print: func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) },
	}
}

// durations are longer than nothing.
func durations() kind[time.Duration] {
	return kind[time.Duration]{
		name:    "TIME",
		allowed: "a time longer than 0 with its unit, such as 500ms, 10s or 1h30m",
		parse: func(s string) (time.Duration, bool) {
			v, err := time.ParseDuration(s)
			return v, err == nil && v > 0
		},
		print: time.Duration.String,
	}
}

// flavours are named by how they divide item pointers.
func flavours() kind[spead.Flavour] {
	return kind[spead.Flavour]{
		name:    "FLAVOUR",
		allowed: "64-8, 64-16, 64-24, 64-32, 64-40, 64-48 or 64-56",
		parse: func(s string) (spead.Flavour, bool) {
			v, err := spead.ParseFlavour(s)
			return v, err == nil
		},
		print: func(f spead.Flavour) string {
			return fmt.Sprintf("%d-%d", spead.PointerBits, f.HeapAddressBits())
		},
		values: []string{"64-8", "64-16", "64-24", "64-32", "64-40", "64-48", "64-56"},
	}
}

// addresses are IP addresses without a port.
func addresses() kind[netip.Addr] {
	return kind[netip.Addr]{
		name:    "ADDRESS",
		allowed: "an IP address",
		parse: func(s string) (netip.Addr, bool) {
			v, err := netip.ParseAddr(s)
			return v, err == nil
		},
		print: func(a netip.Addr) string {
			if !a.IsValid() {
				return ""
			}
			return a.String()
		},
	}
}

// fullPolicies say what happens when a queue is full.
func fullPolicies() kind[recv.WhenFull] {
	names := []string{recv.Block: "block", recv.DropOldest: "drop-oldest", recv.DropNewest: "drop-newest"}
	return kind[recv.WhenFull]{
		name:    "POLICY",
		allowed: "block, drop-oldest or drop-newest",
		parse: func(s string) (recv.WhenFull, bool) {
			i := slices.Index(names, s)
			return recv.WhenFull(max(i, 0)), i >= 0
		},
		print: func(w recv.WhenFull) string { return names[w] },
	}
}

// reserves are numbers of heaps and their sizes.
func reserves() kind[[]recv.Reserve] {
	return kind[[]recv.Reserve]{
		name:    "NxSIZE",
		allowed: "numbers of heaps with their sizes, such as 64x8KiB or 8x4MiB,64x8KiB",
		parse:   parseReserves,
		print: func(all []recv.Reserve) string {
			var texts []string
			for _, r := range all {
				texts = append(texts, fmt.Sprintf("%dx%s", r.Heaps, formatSize(r.HeapBytes)))
			}
			return strings.Join(texts, ",")
		},
	}
}

func parseReserves(text string) (all []recv.Reserve, ok bool) {
	for one := range strings.SplitSeq(text, ",") {
		number, size, _ := strings.Cut(strings.TrimSpace(one), "x")
		heaps, err := strconv.ParseUint(number, 10, 31)
		bytes, isSize := parseSize(size)
		if err != nil || heaps == 0 || !isSize || bytes == 0 {
			return nil, false
		}
		all = append(all, recv.Reserve{HeapBytes: bytes, Heaps: int(heaps)})
	}
	return all, true
}
