// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// reporter takes a finding: where it is, as "file:line" or a file's name, and what it is.
type reporter func(where, format string, args ...any)

// rule is one of the house rules.
type rule struct {
	name string
	// fix says what to do about a finding.
	fix   string
	check func(m *module, report reporter)
}

func houseRules() []rule {
	return slices.Concat(sizeRules(), commentRules(), importRules(), stateRules(), testRules(), documentRules(), identifierRules())
}

// findings runs a rule over a module.
func (r rule) findings(m *module) []string {
	var found []string
	r.check(m, func(where, format string, args ...any) {
		found = append(found, where+": "+fmt.Sprintf(format, args...))
	})
	return found
}

func TestTheModuleKeepsTheHouseRules(t *testing.T) {
	m, err := readModule()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range houseRules() {
		t.Run(r.name, func(t *testing.T) {
			if found := r.findings(m); len(found) > 0 {
				t.Errorf("%s\nfix: %s", strings.Join(found, "\n"), r.fix)
			}
		})
	}
}

func TestEveryRuleStandsInTheTableOfDocGo(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range houseRules() {
		if !strings.Contains(string(doc), "\n//\t"+r.name+" ") {
			t.Errorf("doc.go has no row for %s", r.name)
		}
	}
}

func TestEveryRuleFindsWhatBreaksIt(t *testing.T) {
	tried := map[string]bool{}
	rules := map[string]rule{}
	for _, r := range houseRules() {
		rules[r.name] = r
	}
	for _, s := range samples() {
		t.Run(s.rule+"/"+s.name, func(t *testing.T) {
			tried[s.rule] = true
			contents := maps.Clone(s.files)
			contents["go.mod"] += "module example.org/m\n" + s.goMod
			m, err := newModule(contents)
			if err != nil {
				t.Fatal(err)
			}
			if found := rules[s.rule].findings(m); len(found) != s.want {
				t.Errorf("%d findings, want %d:\n%s", len(found), s.want, strings.Join(found, "\n"))
			}
		})
	}
	for _, name := range sortedKeys(rules) {
		if !tried[name] {
			t.Errorf("%s has no sample", name)
		}
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
