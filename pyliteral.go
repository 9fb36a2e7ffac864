// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	// literalLengthMax is the longest literal in bytes that is read. numpy itself stops at 10000.
	literalLengthMax = 1 << 16
	// literalNestingMax is how deep brackets may nest. numpy's own headers need two levels, and one
	// more for each structure within a structure.
	literalNestingMax = 32
	// excerptMax is how many bytes of what was found an error repeats.
	excerptMax = 200
)

// What a Python literal consists of besides string, int64 and bool.
type (
	pyTuple []any
	pyList  []any
	pyDict  map[any]any
	pyNone  struct{}
)

// literalParser reads the literals of Python that numpy headers are made of: dicts, lists, tuples,
// strings, integers, True, False and None. It knows no names and no operators but signs.
type literalParser struct {
	// subject is what errors call the text.
	subject string
	text    string
	at      int
	nesting int
}

// parseLiteral reads one literal, which has to be all there is. The result is a string, an int64, a
// bool, or one of the types above. Errors are *FieldError on subject.
func parseLiteral(subject, text string) (any, error) {
	p := literalParser{subject: subject, text: text}
	if len(text) > literalLengthMax {
		return nil, &FieldError{subject, fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("up to %d bytes", literalLengthMax)}
	}
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.at < len(p.text) {
		return nil, p.expected("the end")
	}
	return value, nil
}

func (p *literalParser) expected(what string) error {
	return &FieldError{p.subject, excerpt(p.text), fmt.Sprintf("%s at byte %d", what, p.at)}
}

func excerpt(s string) string {
	if len(s) > excerptMax {
		return s[:excerptMax] + "…"
	}
	return s
}

// peek gives the next byte, or 0 at the end.
func (p *literalParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// accept takes the next byte if it is c.
func (p *literalParser) accept(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// skipSpace skips white space and comments.
func (p *literalParser) skipSpace() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r', '\f':
			p.at++
		case '#':
			end := strings.IndexByte(p.text[p.at:], '\n')
			if end < 0 {
				end = len(p.text) - p.at
			}
			p.at += end
		default:
			return
		}
	}
}

func (p *literalParser) value() (any, error) {
	p.skipSpace()
	switch c := p.peek(); {
	case c == '{' || c == '[' || c == '(':
		return p.bracketed()
	case c == '\'' || c == '"':
		return p.quoted()
	case c == '+' || c == '-' || isDigit(c):
		return p.integer()
	case isLetter(c):
		return p.word()
	}
	return nil, p.expected("a literal")
}

func (p *literalParser) bracketed() (any, error) {
	if p.nesting++; p.nesting > literalNestingMax {
		return nil, p.expected(fmt.Sprintf("at most %d levels of brackets", literalNestingMax))
	}
	defer func() { p.nesting-- }()
	open := p.text[p.at]
	p.at++
	switch open {
	case '{':
		return p.dict()
	case '[':
		list, _, err := p.sequence(']')
		return pyList(list), err
	}
	list, comma, err := p.sequence(')')
	if err == nil && len(list) == 1 && !comma {
		// One value in parentheses is that value.
		return list[0], nil
	}
	return pyTuple(list), err
}

// sequence reads values up to the closing bracket; comma says whether there was one after the last.
func (p *literalParser) sequence(closing byte) (list []any, comma bool, err error) {
	for {
		if p.skipSpace(); p.accept(closing) {
			return list, comma, nil
		}
		if len(list) > 0 && !comma {
			return nil, false, p.expected(fmt.Sprintf("a comma or %c", closing))
		}
		value, err := p.value()
		if err != nil {
			return nil, false, err
		}
		list = append(list, value)
		p.skipSpace()
		comma = p.accept(',')
	}
}

func (p *literalParser) dict() (any, error) {
	d := pyDict{}
	comma := true
	for {
		if p.skipSpace(); p.accept('}') {
			return d, nil
		}
		if !comma {
			return nil, p.expected("a comma or }")
		}
		key, err := p.value()
		if err != nil {
			return nil, err
		}
		if _, ok := key.(string); !ok {
			return nil, p.expected("a string as key before")
		}
		if p.skipSpace(); !p.accept(':') {
			return nil, p.expected("a colon")
		}
		if d[key], err = p.value(); err != nil {
			return nil, err
		}
		p.skipSpace()
		comma = p.accept(',')
	}
}

func (p *literalParser) integer() (any, error) {
	negative := false
	for p.peek() == '-' || p.peek() == '+' {
		negative = negative != (p.peek() == '-')
		p.at++
		p.skipSpace()
	}
	start := p.at
	for isDigit(p.peek()) || isLetter(p.peek()) {
		p.at++
	}
	digits := p.text[start:p.at]
	// Python has no octal numbers with a mere 0 in front.
	octal := len(digits) > 1 && digits[0] == '0' && isDigit(digits[1])
	value, err := strconv.ParseInt(digits, 0, 64)
	if err != nil || octal {
		p.at = start
		return nil, p.expected("an integer of up to 63 bits")
	}
	if negative {
		value = -value
	}
	return value, nil
}

func (p *literalParser) word() (any, error) {
	start := p.at
	for isLetter(p.peek()) || isDigit(p.peek()) {
		p.at++
	}
	switch p.text[start:p.at] {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return pyNone{}, nil
	case "u", "U":
		if c := p.peek(); c == '\'' || c == '"' {
			return p.quoted()
		}
	}
	p.at = start
	return nil, p.expected("a literal")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isLetter says whether c may stand in a word; digits aside.
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
