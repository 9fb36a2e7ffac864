// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
)

// comparison is the document that says what spead2's names are here.
const comparison = "docs/from-spead2.md"

func identifierRules() []rule {
	return []rule{
		{"identifiers", "write what it is called now", checkIdentifiers},
	}
}

// checkIdentifiers looks for the names of library packages in code: package.Name, package.Type.Name.
func checkIdentifiers(m *module, report reporter) {
	text := m.texts[comparison]
	declared := m.exportedNames()
	packages := map[string]bool{}
	for name := range declared {
		first, _, _ := strings.Cut(name, ".")
		packages[first] = true
	}
	code := regexp.MustCompile("`[^`]+`")
	name := regexp.MustCompile(`\b(\w+)\.[A-Z]\w*(\.[A-Z]\w*)?`)
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, span := range code.FindAllString(ours(line), -1) {
			for _, found := range name.FindAllStringSubmatch(span, -1) {
				if packages[found[1]] && !declared[found[0]] {
					report(at(comparison, number), "%s does not exist", found[0])
				}
			}
		}
	}
}

// ours is what a line says of this module: all of it, but for the first column of a table.
func ours(line string) string {
	if rest, isRow := strings.CutPrefix(line, "|"); isRow {
		_, rest, _ = strings.Cut(rest, "|")
		return rest
	}
	return line
}

// exportedNames gives what library packages outside internal and cmd declare: package.Name, and
// package.Type.Name for methods and fields, embedded ones among them as far as they are the package's
// own.
func (m *module) exportedNames() map[string]bool {
	names := map[string]bool{}
	embedded := map[string][]string{}
	for _, f := range m.files {
		if f.isTest() || under(f.folder(), []string{"internal", "cmd"}) {
			continue
		}
		prefix := f.syntax.Name.Name + "."
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[prefix+d.Name.Name] = true
				} else {
					names[prefix+receiverName(d)+"."+d.Name.Name] = true
				}
			case *ast.GenDecl:
				addDeclared(names, embedded, prefix, d)
			}
		}
	}
	addPromoted(names, embedded)
	return names
}

func addDeclared(names map[string]bool, embedded map[string][]string, prefix string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range s.Names {
				names[prefix+id.Name] = true
			}
		case *ast.TypeSpec:
			names[prefix+s.Name.Name] = true
			if fields, ok := s.Type.(*ast.StructType); ok {
				addFields(names, embedded, prefix+s.Name.Name, fields)
			}
		}
	}
}

func addFields(names map[string]bool, embedded map[string][]string, owner string, fields *ast.StructType) {
	for _, field := range fields.Fields.List {
		for _, id := range field.Names {
			names[owner+"."+id.Name] = true
		}
		if id, ok := field.Type.(*ast.Ident); ok && field.Names == nil {
			names[owner+"."+id.Name] = true
			embedded[owner] = append(embedded[owner], strings.TrimSuffix(owner, path.Ext(owner))+"."+id.Name)
		}
	}
}

// addPromoted adds the names that structs have from those that they embed, one level deep.
func addPromoted(names map[string]bool, embedded map[string][]string) {
	promoted := map[string]bool{}
	for owner, inner := range embedded {
		for name := range names {
			for _, i := range inner {
				if rest, found := strings.CutPrefix(name, i+"."); found {
					promoted[owner+"."+rest] = true
				}
			}
		}
	}
	for name := range promoted {
		names[name] = true
	}
}
