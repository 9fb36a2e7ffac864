// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"go/token"
	"strings"
)

func stateRules() []rule {
	return []rule{
		{"state", "put it in the value that needs it, or make it a constant; give a table its value where it is declared", checkState},
	}
}

func checkState(m *module, report reporter) {
	for _, f := range m.files {
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				report(f.line(fn), "init runs by itself")
			}
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR || f.isTest() {
				continue
			}
			for _, spec := range group.Specs {
				if !isEmbedded(group) {
					checkVariables(f, spec.(*ast.ValueSpec), report)
				}
			}
		}
	}
}

// isEmbedded says whether a variable, which isn't exported, is a file's contents: go:embed has no other
// place for them.
func isEmbedded(group *ast.GenDecl) bool {
	if group.Doc == nil || len(group.Specs) != 1 || group.Specs[0].(*ast.ValueSpec).Names[0].IsExported() {
		return false
	}
	last := group.Doc.List[len(group.Doc.List)-1]
	return strings.HasPrefix(last.Text, "//go:embed ")
}

func checkVariables(f *file, spec *ast.ValueSpec, report reporter) {
	for i, name := range spec.Names {
		var value ast.Expr
		if i < len(spec.Values) {
			value = spec.Values[i]
		}
		switch {
		case name.Name == "_": // var _ Interface = Type{}: for the compiler alone.
		case strings.HasPrefix(name.Name, "Err") && value != nil:
		case isTable(value) && !name.IsExported():
		default:
			report(f.line(spec), "%s is neither an error (Err…) nor a table of its package", name.Name)
		}
	}
}

// isTable says whether a value is an array, a slice or a map, written out.
func isTable(value ast.Expr) bool {
	literal, ok := value.(*ast.CompositeLit)
	if !ok {
		return false
	}
	switch literal.Type.(type) {
	case *ast.ArrayType, *ast.MapType:
		return true
	}
	return false
}
