// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

const licenceLine = "// SPDX-License-Identifier: Apache-2.0"

func commentRules() []rule {
	return []rule{
		{"licence", "start the file with " + licenceLine + " and an empty line", checkLicence},
		{"package-doc", "write doc.go: the package's idea in a page, above the package clause", checkPackageDoc},
		{"exported-doc", "say what it is: unit, default, limits, errors, who owns memory and until when", checkExportedDoc},
		{"config-doc", "say the field's unit, its limits, and what the zero value means", checkConfigDoc},
		{"remarks", "do it now, or give the issue: #number; mend what the linter found", checkRemarks},
	}
}

func checkLicence(m *module, report reporter) {
	for _, f := range m.files {
		if !strings.HasPrefix(f.source, licenceLine+"\n\n") {
			report(f.name, "no licence line")
		}
	}
}

func checkPackageDoc(m *module, report reporter) {
	documented := map[string]bool{}
	for _, f := range m.files {
		documented[f.folder()] = documented[f.folder()] ||
			strings.HasSuffix("/"+f.name, "/doc.go") && f.syntax.Doc.Text() != ""
	}
	for _, folder := range sortedKeys(documented) {
		if !documented[folder] {
			report(folder, "no doc.go with a package comment")
		}
	}
}

func checkExportedDoc(m *module, report reporter) {
	for _, f := range m.files {
		if f.isTest() {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				checkFunctionDoc(f, d, report)
			case *ast.GenDecl:
				checkGroupDoc(f, d, report)
			}
		}
	}
}

func checkFunctionDoc(f *file, d *ast.FuncDecl, report reporter) {
	if d.Name.IsExported() && ast.IsExported(receiverName(d)) && d.Doc == nil {
		report(f.line(d), "%s has no comment", d.Name.Name)
	}
}

// receiverName is the name of a method's type; for a function, "F" stands in.
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return "F"
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// checkGroupDoc looks at constants, variables and types. One comment may serve a whole group of
// constants or variables.
func checkGroupDoc(f *file, d *ast.GenDecl, report reporter) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			checkTypeDoc(f, s, s.Doc != nil || d.Doc != nil && !d.Lparen.IsValid(), report)
		case *ast.ValueSpec:
			documented := s.Doc != nil || s.Comment != nil || d.Doc != nil
			if i := slices.IndexFunc(s.Names, (*ast.Ident).IsExported); i >= 0 && !documented {
				report(f.line(s), "%s has no comment", s.Names[i].Name)
			}
		}
	}
}

func checkTypeDoc(f *file, s *ast.TypeSpec, documented bool, report reporter) {
	if !s.Name.IsExported() {
		return
	}
	if !documented {
		report(f.line(s), "%s has no comment", s.Name.Name)
	}
	if methods, ok := s.Type.(*ast.InterfaceType); ok {
		checkMethodDoc(f, methods, report)
	}
}

func checkMethodDoc(f *file, methods *ast.InterfaceType, report reporter) {
	for _, field := range methods.Methods.List {
		for _, name := range field.Names {
			if name.IsExported() && field.Doc == nil && field.Comment == nil {
				report(f.line(field), "%s has no comment", name.Name)
			}
		}
	}
}

// zeroWords are the ways to say what a field is when nobody sets it.
var zeroWords = []string{"default", "zero", "nil", "empty", "false", "0", "at least one", "must", "required"}

func checkConfigDoc(m *module, report reporter) {
	says := regexp.MustCompile(`(?i)\b(` + strings.Join(zeroWords, "|") + `)\b`)
	for _, f := range m.files {
		if f.isTest() {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !strings.HasSuffix(spec.Name.Name, "Config") {
				return true
			}
			if fields, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range fields.Fields.List {
					checkConfigField(f, field, says, report)
				}
			}
			return true
		})
	}
}

func checkConfigField(f *file, field *ast.Field, says *regexp.Regexp, report reporter) {
	comment := field.Doc.Text() + field.Comment.Text()
	for _, name := range field.Names {
		switch {
		case comment == "":
			report(f.line(field), "%s has no comment", name.Name)
		case !says.MatchString(comment):
			report(f.line(field), "%s doesn't say its default (%s)", name.Name, strings.Join(zeroWords, ", "))
		}
	}
}

func checkRemarks(m *module, report reporter) {
	later := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	issue := regexp.MustCompile(`#\d+`)
	switched := regexp.MustCompile(`^//\s*(nolint|lint:ignore|lint:file-ignore)\b`)
	for _, f := range m.files {
		eachComment(f, func(c *ast.Comment) {
			if later.MatchString(c.Text) && !issue.MatchString(c.Text) {
				report(f.line(c), "a thing to do without an issue's number")
			}
			if switched.MatchString(c.Text) {
				report(f.line(c), "a linter switched off")
			}
		})
	}
}

func eachComment(f *file, found func(c *ast.Comment)) {
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			found(c)
		}
	}
}
