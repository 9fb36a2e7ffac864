// SPDX-License-Identifier: Apache-2.0

package inspect

import "github.com/gospead/spead"

const (
	defaultMaxStreams = 64
	defaultMaxItems   = 256
	defaultMaxHeaps   = 16
	defaultMaxMemory  = 256 << 20
	limitsMost        = 1 << 16
)

// Config limits what an Inspector keeps. The zero value is useful.
type Config struct {
	// MaxStreams is how many streams are told apart. Datagrams of others are only counted, as are those of
	// senders of something else beyond as many. 1 to 65536; default (0) 64.
	MaxStreams int
	// MaxItems is how many items of a stream are looked at. 1 to 65536; default (0) 256.
	MaxItems int
	// MaxHeaps is how many heaps of a stream may be in progress: when so many others have begun since it
	// did, a heap is given up as incomplete. 1 to 65536; default (0) 16.
	MaxHeaps int
	// MaxMemory bounds the payload memory in bytes of all heaps in progress. Of heaps that have no room in
	// it the items aren't looked at, but nothing else suffers. At least 1; default (0) 256 MiB.
	MaxMemory int64
	// BugCompat is what senders deviate in; the wire doesn't say. Default: nothing.
	BugCompat spead.BugCompat
}

// withDefaults checks c and returns it with the defaults filled in.
func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"MaxStreams", &c.MaxStreams, defaultMaxStreams},
		{"MaxItems", &c.MaxItems, defaultMaxItems},
		{"MaxHeaps", &c.MaxHeaps, defaultMaxHeaps},
	} {
		if *f.value < 0 || *f.value > limitsMost {
			return c, &spead.FieldError{Field: "inspect.Config." + f.name, Value: *f.value, Allowed: "1 to 65536, or 0 for the default"}
		}
		if *f.value == 0 {
			*f.value = f.standard
		}
	}
	if c.MaxMemory < 0 {
		return c, &spead.FieldError{Field: "inspect.Config.MaxMemory", Value: c.MaxMemory, Allowed: "at least 1, or 0 for the default"}
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = defaultMaxMemory
	}
	if c.BugCompat&^spead.BugPySPEAD != 0 {
		return c, &spead.FieldError{Field: "inspect.Config.BugCompat", Value: uint8(c.BugCompat), Allowed: "0 to 7"}
	}
	return c, nil
}
