// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"slices"
	"strings"
)

func testRules() []rule {
	return []rule{
		{"tests", "wait for what you wait for: a channel, Wait, a synctest bubble; mend or delete the test; skip one only for what the machine lacks, as \"needs …\"", checkTests},
		{"refusals", "give it a name in refusalNames, and a test that has a packet refused for it", checkRefusals},
	}
}

func checkTests(m *module, report reporter) {
	for _, f := range m.files {
		if !f.isTest() {
			continue
		}
		f.uses(func(n ast.Node, importPath, name string) {
			if importPath == "time" && name == "Sleep" {
				report(f.line(n), "time.Sleep in a test")
			}
		})
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isSkip(call) && !saysWhatItNeeds(call) {
				report(f.line(n), "a skipped test that doesn't say what it needs")
			}
			return true
		})
	}
}

func isSkip(call *ast.CallExpr) bool {
	return slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, calledMethod(call))
}

// saysWhatItNeeds says whether a skip is for want of something that this machine doesn't have: its
// reason begins with the word "needs".
func saysWhatItNeeds(call *ast.CallExpr) bool {
	if len(call.Args) == 0 {
		return false
	}
	reason, ok := call.Args[0].(*ast.BasicLit)
	return ok && strings.HasPrefix(reason.Value, `"needs `)
}

// calledMethod is the name of the method that is called on a plain variable, or "".
func calledMethod(call *ast.CallExpr) string {
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if _, ok := sel.X.(*ast.Ident); ok {
			return sel.Sel.Name
		}
	}
	return ""
}

func checkRefusals(m *module, report reporter) {
	tested := map[string]bool{}
	named := map[string]bool{}
	for _, f := range m.files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && f.isTest() {
				tested[id.Name] = true
			}
			if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == "refusalNames" {
				addKeys(named, spec)
			}
			return true
		})
	}
	for _, f := range m.files {
		if f.name != "refusal.go" {
			continue
		}
		for _, id := range refusalConstants(f) {
			if !named[id.Name] {
				report(f.line(id), "%s has no name", id.Name)
			}
			if !tested[id.Name] {
				report(f.line(id), "%s is in no test", id.Name)
			}
		}
	}
}

// refusalConstants gives the constants Refused…; the zero value and the count are no refusals.
func refusalConstants(f *file) []*ast.Ident {
	var found []*ast.Ident
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, id := range spec.Names {
				if strings.HasPrefix(id.Name, "Refused") {
					found = append(found, id)
				}
			}
		}
		return true
	})
	return found
}

// addKeys adds the keys of a table whose keys are constants and whose values aren't "".
func addKeys(keys map[string]bool, spec *ast.ValueSpec) {
	ast.Inspect(spec, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			key, isName := pair.Key.(*ast.Ident)
			value, isText := pair.Value.(*ast.BasicLit)
			if isName && isText && value.Value != `""` {
				keys[key.Name] = true
			}
		}
		return true
	})
}
