// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// Text gives the value of an item of text: IsText. NUL characters are dropped, as in spead2, where
// they are what pads short strings. It fails with ErrNoValue, or with a *FieldError if the item is
// not one of text; Strings takes other strings.
func (it *Item) Text() (string, error) {
	if !it.hasValue {
		return "", it.noValue()
	}
	if !it.IsText() {
		return "", it.refuse("type", it.typeName(), "text: one dimension of c8")
	}
	return strings.ReplaceAll(string(it.value), "\x00", ""), nil
}

// SetText sets the value of an item of text. A dimension that isn't variable has to be the string's
// length. Fails with a *FieldError, also if s is not ASCII.
func (it *Item) SetText(s string) error {
	if !it.IsText() {
		return it.refuse("type", it.typeName(), "text: one dimension of c8")
	}
	return it.SetBytes([]byte(s))
}

// Strings gives the elements of an item of strings, in logical order and without the NULs at their
// ends: of numpy's byte strings and of characters (c8) the bytes as they are, of numpy's Unicode
// strings UTF-8. It fails with ErrNoValue, or with a *FieldError if the elements aren't strings, or
// a Unicode string has a number that is no character's.
func (it *Item) Strings() ([]string, error) {
	if !it.hasValue {
		return nil, it.noValue()
	}
	l, ok := it.element.leaf()
	if !ok || l.kind != KindBytes && l.kind != KindUnicode {
		return nil, it.refuse("type", it.typeName(), "strings")
	}
	var list []string
	for i := range stored(it.shape, it.FortranOrder) {
		s, ok := l.text(it.value, i*l.bits)
		if !ok {
			return nil, it.notUnicode()
		}
		list = append(list, s)
	}
	return list, nil
}

func (it *Item) notUnicode() error {
	return it.refuse("text", "a number beyond Unicode", "the numbers of characters")
}

// text reads a string. ok is false if it is not one. Preconditions: KindBytes or KindUnicode.
func (l leaf) text(b []byte, at int64) (s string, ok bool) {
	if l.packed {
		return strings.TrimRight(string([]byte{byte(bitsAt(b, at, l.bits))}), "\x00"), true
	}
	b = b[at/8 : (at+l.bits)/8]
	if l.kind == KindBytes {
		return strings.TrimRight(string(b), "\x00"), true
	}
	var runes strings.Builder
	for ; len(b) > 0; b = b[unicodeSize:] {
		code := l.wordAt(b, 0, 8*unicodeSize)
		if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return "", false
		}
		runes.WriteRune(rune(code))
	}
	return strings.TrimRight(runes.String(), "\x00"), true
}

// putText writes a string. ok is false if it is too long, or not Unicode. Preconditions: KindBytes or
// KindUnicode, and b is zero there.
func (l leaf) putText(b []byte, at int64, s string) (ok bool) {
	if l.packed {
		if len(s) == 1 {
			putBits(b, at, l.bits, uint64(s[0]))
		}
		return len(s) <= 1
	}
	b = b[at/8 : (at+l.bits)/8]
	if l.kind == KindBytes {
		copy(b, s)
		return len(s) <= len(b)
	}
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if len(b) == 0 {
			return false
		}
		l.putWord(b, 0, 8*unicodeSize, uint64(r))
		b = b[unicodeSize:]
	}
	return true
}

// BigInts gives the elements of an item of integers, of any width, in logical order. It fails with
// ErrNoValue, or with a *FieldError if the elements aren't integers.
func (it *Item) BigInts() ([]*big.Int, error) {
	if !it.hasValue {
		return nil, it.noValue()
	}
	l, ok := it.element.leaf()
	if !ok || !l.isInteger() {
		return nil, it.refuse("type", it.typeName(), "integers")
	}
	var list []*big.Int
	for i := range stored(it.shape, it.FortranOrder) {
		list = append(list, l.bigInt(it.value, i*l.bits))
	}
	return list, nil
}

// bigInt reads an integer of any width.
func (l leaf) bigInt(b []byte, at int64) *big.Int {
	switch {
	case l.bits > wordBits:
		return bigAt(b, at, l.bits, l.kind == KindInt)
	case l.kind == KindInt:
		return big.NewInt(int64(l.load(b, at).word))
	}
	return new(big.Int).SetUint64(l.load(b, at).word)
}
