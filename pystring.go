// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// pyEscapes gives what a letter after a backslash stands for in a Python string.
var pyEscapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", '\n': "",
	'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// quoted reads a string in single or double quotes.
func (p *literalParser) quoted() (any, error) {
	quote := p.text[p.at]
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case quote:
			p.at++
			return b.String(), nil
		case '\n':
			return nil, p.expected("a closing quote")
		case '\\':
			s, err := p.escape()
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return nil, p.expected("a closing quote")
}

// escape reads a backslash and what belongs to it.
func (p *literalParser) escape() (string, error) {
	p.at++
	c := p.peek()
	if s, ok := pyEscapes[c]; ok {
		p.at++
		return s, nil
	}
	switch {
	case c == 'x':
		p.at++
		return p.codePoint(16, 2, 2)
	case c == 'u':
		p.at++
		return p.codePoint(16, 4, 4)
	case c == 'U':
		p.at++
		return p.codePoint(16, 8, 8)
	case c >= '0' && c <= '7':
		return p.codePoint(8, 1, 3)
	case c == 'N' || c == 0:
		return "", p.expected("an escape by number")
	}
	// Python leaves a backslash that means nothing.
	return "\\", nil
}

// codePoint reads the number of a character, of least to most digits.
func (p *literalParser) codePoint(base, least, most int) (string, error) {
	digits := p.text[p.at:min(p.at+most, len(p.text))]
	n := 0
	for n < len(digits) && isDigitOf(base, digits[n]) {
		n++
	}
	if n < least {
		return "", p.expected("digits of a character's number")
	}
	code, err := strconv.ParseUint(digits[:n], base, 32)
	if err != nil || !utf8.ValidRune(rune(code)) {
		return "", p.expected("the number of a character")
	}
	p.at += n
	return string(rune(code)), nil
}

func isDigitOf(base int, c byte) bool {
	_, err := strconv.ParseUint(string(rune(c)), base, 8)
	return err == nil && c != '_'
}

// appendPythonString appends s as Python's repr writes it, except that characters beyond ASCII are
// escaped: headers are ASCII.
func appendPythonString(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	dst = append(dst, quote)
	for _, r := range s {
		dst = appendPythonRune(dst, r, quote)
	}
	return append(dst, quote)
}

func appendPythonRune(dst []byte, r rune, quote byte) []byte {
	switch {
	case r == rune(quote) || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r >= ' ' && r < 0x7f:
		return append(dst, byte(r))
	case r < 0x100:
		return appendHex(append(dst, `\x`...), r, 2)
	case r < 0x10000:
		return appendHex(append(dst, `\u`...), r, 4)
	}
	return appendHex(append(dst, `\U`...), r, 8)
}

func appendHex(dst []byte, r rune, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[r>>shift&15])
	}
	return dst
}
