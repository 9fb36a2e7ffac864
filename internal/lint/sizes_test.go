// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	fileLinesMax     = 400
	loopLinesMax     = 200
	functionLinesMax = 70
	parametersMax    = 4
	nestingMax       = 3
	// A test that sweeps two or three things has its check one deeper.
	testNestingMax  = 4
	packageFilesMax = 28
	// The command has a file or two for each subcommand, whatever their number.
	commandFilesMax = 40
)

func sizeRules() []rule {
	return []rule{
		{"file-size", "split the file by subject, and name the parts by noun", checkFileSize},
		{"function-size", "give the parts that have a name of their own a function of their own", checkFunctionSize},
		{"parameters", "take a struct, or two functions instead of a bool", checkParameters},
		{"nesting", "return early, or make the inner part a function", checkNesting},
		{"package-size", "look for the package within the package", checkPackageSize},
		{"names", "name it by what it holds", checkNames},
	}
}

func checkFileSize(m *module, report reporter) {
	for _, f := range m.files {
		most := fileLinesMax
		if f.name == "send/sender.go" || f.name == "recv/reader.go" {
			most = loopLinesMax
		}
		if n := strings.Count(f.source, "\n"); n > most {
			report(f.name, "%d lines, %d allowed", n, most)
		}
	}
}

func checkFunctionSize(m *module, report reporter) {
	for _, f := range m.files {
		for _, decl := range f.syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.lineCount(fn); n > functionLinesMax {
				report(f.line(fn), "%s has %d lines, %d allowed", fn.Name.Name, n, functionLinesMax)
			}
		}
	}
}

// checkParameters passes fuzzers over: what is fuzzed can't be a struct.
func checkParameters(m *module, report reporter) {
	for _, f := range m.files {
		if strings.HasSuffix(f.name, "_fuzz_test.go") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncType); ok {
				kinds := parameterTypes(fn)
				if len(kinds) > parametersMax {
					report(f.line(fn), "%d parameters, %d allowed", len(kinds), parametersMax)
				}
				for i := 1; i < len(kinds); i++ {
					if kinds[i] == "bool" && kinds[i-1] == "bool" {
						report(f.line(fn), "two bool parameters in a row")
					}
				}
			}
			return true
		})
	}
}

// parameterTypes gives a function's parameters in order: the type's name, or "" if it has none.
func parameterTypes(fn *ast.FuncType) []string {
	var kinds []string
	for _, field := range fn.Params.List {
		kind := ""
		if id, ok := field.Type.(*ast.Ident); ok {
			kind = id.Name
		}
		kinds = append(kinds, slices.Repeat([]string{kind}, max(1, len(field.Names)))...)
	}
	return kinds
}

func checkNesting(m *module, report reporter) {
	for _, f := range m.files {
		most := nestingMax
		if f.isTest() {
			most = testNestingMax
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			var body *ast.BlockStmt
			switch fn := n.(type) {
			case *ast.FuncDecl:
				body = fn.Body
			case *ast.FuncLit:
				body = fn.Body
			}
			if body == nil {
				return true
			}
			if deepest, depth := deepestStatement(body); depth > most {
				report(f.line(deepest), "%d deep, %d allowed", depth, most)
			}
			return true
		})
	}
}

// deepestStatement finds the first of the most deeply nested statements of a function, and how deep
// it is. A function within counts for itself, and an else-if is as deep as its if.
func deepestStatement(body *ast.BlockStmt) (deepest ast.Node, depth int) {
	elseIfs := map[ast.Node]bool{}
	var stack []ast.Node
	level := 0
	step := func(n ast.Node) int {
		if isNesting(n) && !elseIfs[n] {
			return 1
		}
		return 0
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			last := len(stack) - 1
			level -= step(stack[last])
			stack = stack[:last]
			return false
		}
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		if branch, ok := n.(*ast.IfStmt); ok && branch.Else != nil {
			elseIfs[branch.Else] = true
		}
		level += step(n)
		if level > depth {
			deepest, depth = n, level
		}
		stack = append(stack, n)
		return true
	})
	return deepest, depth
}

func isNesting(n ast.Node) bool {
	switch n.(type) {
	case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return true
	}
	return false
}

func checkPackageSize(m *module, report reporter) {
	subjects := map[string]map[string]bool{}
	for _, f := range m.files {
		if f.isTest() {
			continue
		}
		if subjects[f.folder()] == nil {
			subjects[f.folder()] = map[string]bool{}
		}
		subjects[f.folder()][subject(f.name)] = true
	}
	for _, folder := range sortedKeys(subjects) {
		most := packageFilesMax
		if folder == "cmd/spead" {
			most = commandFilesMax
		}
		if n := len(subjects[folder]); n > most {
			report(folder, "%d files, %d allowed", n, most)
		}
	}
}

// subject is a file's name without the system that it is for: variants for several answer one
// question.
func subject(name string) string {
	base := strings.TrimSuffix(name, ".go")
	for _, system := range []string{"_linux", "_windows", "_unix", "_other"} {
		base = strings.TrimSuffix(base, system)
	}
	return base
}

func checkNames(m *module, report reporter) {
	vague := []string{"util", "utils", "common", "helper", "helpers", "types", "manager", "misc"}
	for _, name := range sortedKeys(m.names) {
		base, isGo := strings.CutSuffix(path.Base(name), ".go")
		base = strings.TrimSuffix(base, "_test")
		if (isGo || path.Ext(base) == "") && slices.Contains(vague, base) {
			report(name, "%s says nothing", base)
		}
	}
}
