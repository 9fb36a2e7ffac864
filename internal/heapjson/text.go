// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"
)

// appendString appends s as a JSON string. Bytes that aren't UTF-8 become the replacement character.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		dst = appendRune(dst, r)
	}
	return append(dst, '"')
}

// appendLatin1 appends b as a JSON string with a character per byte.
func appendLatin1(dst, b []byte) []byte {
	dst = append(dst, '"')
	for _, c := range b {
		dst = appendRune(dst, rune(c))
	}
	return append(dst, '"')
}

// appendHex appends b as a JSON string of hexadecimal digits.
func appendHex(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = hex.AppendEncode(dst, b)
	return append(dst, '"')
}

// appendRune appends a character of a JSON string, escaped if it has to be.
func appendRune(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
	}
	return utf8.AppendRune(dst, r)
}

// appendFloat appends the shortest number that reads back as f, in the way Python writes it, so that
// floats can be told from integers. Numbers that JSON doesn't have become strings.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"nan"`...)
	case math.IsInf(f, 1):
		return append(dst, `"inf"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-inf"`...)
	}
	start := len(dst)
	// Python changes to exponents later than Go: from 1e16 on.
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendBool appends a key and a bool. The key is written with quotes and colon.
func appendBool(dst []byte, key string, b bool) []byte {
	dst = append(dst, key...)
	return strconv.AppendBool(dst, b)
}

// appendInt appends a key and an integer. The key is written with quotes and colon.
func appendInt(dst []byte, key string, n int64) []byte {
	dst = append(dst, key...)
	return strconv.AppendInt(dst, n, 10)
}

// appendUint is appendInt for unsigned integers.
func appendUint(dst []byte, key string, n uint64) []byte {
	dst = append(dst, key...)
	return strconv.AppendUint(dst, n, 10)
}

// appendComma appends a comma if something stands before it in the list or object.
func appendComma(dst []byte) []byte {
	switch dst[len(dst)-1] {
	case '[', '{':
		return dst
	}
	return append(dst, ',')
}
