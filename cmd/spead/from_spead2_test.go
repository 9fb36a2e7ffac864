// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheFlagsThatSpead2sUsersAreToldOfExist looks at every `spead command --flag` of the document, and
// at the flags of spead2 that are said to be the same here.
func TestTheFlagsThatSpead2sUsersAreToldOfExist(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../docs/from-spead2.md"))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string][]string{}
	for _, cmd := range ownCommands(newRoot(console{io.Discard, io.Discard})) {
		flags[cmd.CommandPath()] = flagNames(cmd)
	}
	found := 0
	check := func(command, flag string) {
		found++
		if !slices.Contains(flags[command], flag) {
			t.Errorf("%s has no --%s", command, flag)
		}
	}
	for _, match := range regexp.MustCompile("`(spead [a-z ]+?) --([\\w-]+)").FindAllStringSubmatch(string(text), -1) {
		check(match[1], match[2])
	}
	command := ""
	for line := range strings.Lines(string(text)) {
		if heading := regexp.MustCompile("^\\| spead2_\\w+ \\| `(spead \\w+)`").FindStringSubmatch(line); heading != nil {
			command = heading[1]
		}
		columns := strings.Split(line, "|")
		if len(columns) < 4 || !strings.HasPrefix(strings.TrimSpace(columns[2]), "the same") {
			continue
		}
		for _, flag := range regexp.MustCompile("`--([\\w-]+)`").FindAllStringSubmatch(columns[1], -1) {
			check(command, flag[1])
		}
	}
	if found < 20 {
		t.Errorf("only %d flags were found", found)
	}
}
