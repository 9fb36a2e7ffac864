// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// module is what the rules look at: all that is in the module's folder, the Go files parsed.
type module struct {
	// path is the module's path, from go.mod.
	path string
	// files holds the Go files, in the order of their names.
	files []*file
	// texts holds the other files that people read or run, by name.
	texts map[string]string
	// names has every file and folder, by its name with slashes, relative to the module.
	names map[string]bool
}

// file is one Go file.
type file struct {
	name   string // with slashes, relative to the module
	source string
	syntax *ast.File
	fset   *token.FileSet
}

// isTest says whether only tests are built with the file.
func (f *file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// folder is the package's folder; "." is the module's own.
func (f *file) folder() string { return path.Dir(f.name) }

// line gives a node's place as people and editors write it.
func (f *file) line(n ast.Node) string {
	return at(f.name, f.fset.Position(n.Pos()).Line)
}

// lineCount is the number of lines from a node's first to its last.
func (f *file) lineCount(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}

// imported gives the path that the file imports, by the name under which the file knows it.
func (f *file) imported() map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(p)
		if name == "v2" {
			name = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// uses calls found for every pkg.Name in the file, with the import path of pkg.
func (f *file) uses(found func(n ast.Node, importPath, name string)) {
	imported := f.imported()
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := sel.X.(*ast.Ident); ok && imported[pkg.Name] != "" {
				found(n, imported[pkg.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// newModule makes a module of files with their contents. go.mod has to be among them.
func newModule(contents map[string]string) (*module, error) {
	m := &module{texts: map[string]string{}, names: map[string]bool{".": true}}
	for _, name := range sortedKeys(contents) {
		for p := name; p != "."; p = path.Dir(p) {
			m.names[p] = true
		}
		if !strings.HasSuffix(name, ".go") {
			m.texts[name] = contents[name]
			continue
		}
		f := &file{name: name, source: contents[name], fset: token.NewFileSet()}
		var err error
		f.syntax, err = parser.ParseFile(f.fset, name, f.source, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, f)
	}
	first, _, _ := strings.Cut(m.texts["go.mod"], "\n")
	m.path = strings.TrimSpace(strings.TrimPrefix(first, "module"))
	return m, nil
}

// readModule reads the module that the test runs in.
func readModule() (*module, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	contents := map[string]string{}
	var others []string
	err = filepath.WalkDir(root, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, p)
		name = filepath.ToSlash(name)
		switch {
		case name == ".git":
			if entry.IsDir() {
				return filepath.SkipDir
			}
		case !entry.Type().IsRegular() || !isRead(name):
			others = append(others, name)
		default:
			b, err := os.ReadFile(p)
			contents[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m, err := newModule(contents)
	if err == nil {
		for _, name := range others {
			m.names[name] = true
		}
	}
	return m, err
}

// isRead says whether a file is for the rules to read, other than for its name.
func isRead(name string) bool {
	switch path.Ext(name) {
	case ".go", ".md", ".mod", ".txt", ".yml", ".yaml", ".sh":
		return !strings.Contains(name, "testdata/fuzz/")
	}
	return path.Dir(name) == ".ci" || name == ".gitignore"
}

// moduleRoot walks up to go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// at gives a place as people and editors write it.
func at(name string, line int) string { return fmt.Sprintf("%s:%d", name, line) }
