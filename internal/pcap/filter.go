// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"fmt"

	"github.com/gospead/spead"
)

const (
	// filterMaxBytes and filterMaxNesting bound the work and the stack that an expression takes.
	filterMaxBytes   = 65536
	filterMaxNesting = 100
)

// filter is a compiled filter expression; nil matches everything. It allocates nothing when it
// runs.
type filter struct{ root condition }

// condition is a part of a filter that is true or false of a frame.
type condition interface{ match(*frame) bool }

// compileFilter compiles an expression as the package's description shows it.
func compileFilter(expression string) (*filter, error) {
	if len(expression) > filterMaxBytes {
		return nil, &spead.FieldError{
			Field:   "filter's length",
			Value:   len(expression),
			Allowed: fmt.Sprint("0 to ", filterMaxBytes, " bytes"),
		}
	}
	tokens, err := splitFilter(expression)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 1 {
		return nil, nil
	}
	p := &filterParser{tokens: tokens}
	root, err := p.parseAll()
	if err != nil {
		return nil, err
	}
	return &filter{root}, nil
}

// match says whether the filter lets a frame through. As in libpcap, a frame that doesn't have what
// the filter looks at is refused, even if that part of the filter is negated.
func (c *filter) match(f *frame) bool {
	if c == nil {
		return true
	}
	f.unanswerable = false
	return c.root.match(f) && !f.unanswerable
}

type andCondition struct{ left, right condition }

func (c andCondition) match(f *frame) bool { return c.left.match(f) && c.right.match(f) }

type orCondition struct{ left, right condition }

func (c orCondition) match(f *frame) bool { return c.left.match(f) || c.right.match(f) }

type notCondition struct{ of condition }

func (c notCondition) match(f *frame) bool { return !c.of.match(f) }

type constantCondition bool

func (c constantCondition) match(*frame) bool { return bool(c) }

// filterError says that the token doesn't fit where it stands.
func filterError(t token, allowed string) error {
	value := t.text
	if t.kind == tokenEnd {
		value = "end"
	}
	return &spead.FieldError{
		Field:   fmt.Sprintf("filter at byte %d", t.at),
		Value:   value,
		Allowed: allowed,
	}
}
