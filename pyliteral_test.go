// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"reflect"
	"strings"
	"testing"
)

func TestLiteralsAreReadAsPythonDoes(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{"''", ""},
		{` "it's" `, "it's"},
		{`'a\n\t\\\'\x41\u00e9\U0001F600\101\q'`, "a\n\t\\'Aé\U0001F600A\\q"},
		{"'a\\\nb'", "ab"},
		{"u'x'", "x"},
		{"12", int64(12)}, {"-12", int64(-12)}, {"+-+12", int64(-12)}, {"0x1F", int64(31)}, {"1_000", int64(1000)},
		{"0", int64(0)}, {"True", true}, {"False", false}, {"None", pyNone{}},
		{"()", pyTuple(nil)}, {"(1)", int64(1)}, {"(1,)", pyTuple{int64(1)}}, {"(1, 2)", pyTuple{int64(1), int64(2)}},
		{"[]", pyList(nil)}, {"[1,]", pyList{int64(1)}}, {"[[], ()]", pyList{pyList(nil), pyTuple(nil)}},
		{"{}", pyDict{}},
		{"{ 'a' : 1 ,\n\"b\":(2,  ), }\n", pyDict{"a": int64(1), "b": pyTuple{int64(2)}}},
		{"{'a': 1, # first\n 'a': 2}", pyDict{"a": int64(2)}},
	}
	for _, test := range tests {
		got, err := parseLiteral("literal", test.text)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %#v, %v; want %#v", test.text, got, err, test.want)
		}
	}
}

func TestWhatIsNoLiteralIsRefused(t *testing.T) {
	tests := map[string]string{
		"":                        "a literal at byte 0",
		"import os":               "a literal at byte 0",
		"__import__('os')":        "a literal",
		"x":                       "a literal",
		"true":                    "a literal",
		"1 2":                     "the end",
		"1+1":                     "the end",
		"[1 2]":                   "comma",
		"[,]":                     "a literal",
		"(,)":                     "a literal",
		"(1,,)":                   "a literal",
		"{'a': 1":                 "comma or }",
		"{'a' 1}":                 "colon",
		"{1: 2}":                  "key",
		"{'a'}":                   "colon",
		"{'a': 1 'b': 2}":         "comma or }",
		"'abc":                    "closing quote",
		"'a\nb'":                  "closing quote",
		`'\x4'`:                   "digits",
		`'\ud800'`:                "number of a character",
		`'\U00110000'`:            "number of a character",
		`'\N{DASH}'`:              "escape",
		`'\`:                      "escape",
		"b'x'":                    "a literal",
		"'a' 'b'":                 "the end",
		"1.5":                     "the end",
		"010":                     "integer",
		"9223372036854775808":     "integer",
		"2L":                      "integer",
		"-":                       "integer",
		strings.Repeat("[", 33):   "levels",
		strings.Repeat("(", 9999): "levels",
		"'" + strings.Repeat("a", literalLengthMax) + "'": "up to 65536 bytes",
	}
	for text, want := range tests {
		_, err := parseLiteral("literal", text)
		if err == nil {
			t.Errorf("%q is read", excerpt(text))
			continue
		}
		expectFieldError(t, err, want)
		if len(err.Error()) > 3*excerptMax {
			t.Errorf("the error for %q has %d bytes", excerpt(text), len(err.Error()))
		}
	}
}

func TestStringsAreWrittenAsPythonDoes(t *testing.T) {
	for text, want := range map[string]string{
		"abc": "'abc'", "it's": `"it's"`, `"`: `'"'`, `'"`: `'\'"'`, "\\": `'\\'`,
		"\n\r\t\x00\x7f": `'\n\r\t\x00\x7f'`, "é€\U0001F600": `'\xe9\u20ac\U0001f600'`,
	} {
		got := string(appendPythonString(nil, text))
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if back, err := parseLiteral("literal", got); err != nil || back != text {
			t.Errorf("%s reads back as %#v, %v", got, back, err)
		}
	}
}
