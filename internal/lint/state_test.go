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
				checkVariables(f, spec.(*ast.ValueSpec), report)
			}
		}
	}
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
