// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"strconv"
	"strings"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	// tokenNumber is decimal, octal (from 0) or hexadecimal (from 0x), up to 32 bits.
	tokenNumber
	// tokenDotted is two to four decimal numbers with dots: an IPv4 address or its beginning.
	tokenDotted
	// tokenColons has two or more colons: an IPv6 or Ethernet address.
	tokenColons
	// tokenWord is a keyword or name.
	tokenWord
	// tokenEscaped is a name after a backslash, without that: never a keyword.
	tokenEscaped
	// tokenOperator is punctuation.
	tokenOperator
)

// token is a word of a filter expression.
type token struct {
	kind   tokenKind
	text   string
	number uint32
	// at is the token's offset in the expression, from 0.
	at int
	// partner is the index of the parenthesis that belongs to this one.
	partner int
}

// is says whether the token is that keyword or operator.
func (t token) is(text string) bool {
	return (t.kind == tokenWord || t.kind == tokenOperator) && t.text == text
}

const (
	filterSpaces       = " \t\r\n"
	filterDigits       = "0123456789"
	filterHexDigits    = filterDigits + "abcdefABCDEF"
	filterLetters      = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	filterOperators    = "+-*/%:[]!<>()&|^="
	filterEscapedUntil = filterSpaces + "!()"
)

// splitFilter splits an expression into tokens by libpcap's rules. The last is a tokenEnd.
func splitFilter(expression string) ([]token, error) {
	var tokens []token
	for at := 0; ; {
		at += runLength(expression[at:], filterSpaces)
		if at == len(expression) {
			tokens = append(tokens, token{kind: tokenEnd, at: at})
			return tokens, pairParentheses(tokens)
		}
		t, size := nextToken(expression[at:])
		t.at = at
		if size == 0 {
			return nil, filterError(token{kind: tokenOperator, text: expression[at : at+1], at: at}, "a keyword, number, address or operator")
		}
		if t.kind == tokenNumber {
			number, err := strconv.ParseUint(t.text, 0, 32)
			if err != nil {
				return nil, filterError(t, "a decimal, octal (0…) or hexadecimal (0x…) number of 32 bits")
			}
			t.number = uint32(number)
		}
		at += size
		tokens = append(tokens, t)
	}
}

// nextToken returns the token that s begins with and its size, 0 if there is none.
func nextToken(s string) (t token, size int) {
	if s[0] == '\\' {
		size = strings.IndexAny(s, filterEscapedUntil)
		if size < 0 {
			size = len(s)
		}
		if size == 1 {
			return token{}, 0
		}
		return token{kind: tokenEscaped, text: s[1:size]}, size
	}
	if size = runLength(s, filterHexDigits+":."); strings.Count(s[:size], ":") >= 2 {
		return token{kind: tokenColons, text: s[:size]}, size
	}
	if strings.IndexByte(filterDigits+filterLetters, s[0]) >= 0 {
		// A minus at the end of a word doesn't belong to it.
		size = len(strings.TrimRight(s[:runLength(s, filterDigits+filterLetters+"-_.")], "-_"))
		return token{kind: wordKind(s[:size]), text: s[:size]}, size
	}
	if len(s) > 1 {
		switch s[:2] {
		case ">=", "<=", "!=", "==", "<<", ">>", "&&", "||":
			return token{kind: tokenOperator, text: s[:2]}, 2
		}
	}
	if strings.IndexByte(filterOperators, s[0]) >= 0 {
		return token{kind: tokenOperator, text: s[:1]}, 1
	}
	return token{}, 0
}

func wordKind(word string) tokenKind {
	digits := runLength(word, filterDigits)
	hexadecimal := len(word) > 2 && (word[:2] == "0x" || word[:2] == "0X") &&
		runLength(word[2:], filterHexDigits) == len(word)-2
	switch {
	case digits == len(word) || hexadecimal:
		return tokenNumber
	case digits > 0 && runLength(word, filterDigits+".") == len(word):
		return tokenDotted
	}
	return tokenWord
}

// runLength is the number of bytes at the start of s that are among set.
func runLength(s, set string) int { return len(s) - len(strings.TrimLeft(s, set)) }

// pairParentheses finds which parentheses belong together.
func pairParentheses(tokens []token) error {
	var open []int
	for i, t := range tokens {
		switch {
		case t.is("("):
			open = append(open, i)
			if len(open) > filterMaxNesting {
				return filterError(t, "fewer parentheses within each other")
			}
		case t.is(")"):
			if len(open) == 0 {
				return filterError(t, "no parenthesis to be closed without one opened")
			}
			tokens[open[len(open)-1]].partner = i
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return filterError(tokens[open[len(open)-1]], "a parenthesis to be closed")
	}
	return nil
}
