// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

const architecture = "docs/architecture.md"

// samplesFile breaks the rules on purpose.
const samplesFile = "internal/lint/samples_test.go"

// walkFiles show ways through the code. At least so many files are named in each.
var walkFiles = map[string]int{"doc.go": 0, "README.md": 0, "send/doc.go": 4, "recv/doc.go": 4, architecture: 10}

func documentRules() []rule {
	return []rule{
		{"walks", "make the table say what the code does now", checkWalks},
		{"documents", "cite what readers of this repository can open; write paths relative to it", checkDocuments},
		{"dependencies", "write down in docs/decisions what it is for and why not without it", checkDependencies},
	}
}

// goFileName finds the names of Go files in prose, with the folders before them.
const goFileName = `[\w./-]*\b\w+\.go\b`

func checkWalks(m *module, report reporter) {
	for _, name := range sortedKeys(walkFiles) {
		text, found := m.text(name)
		if !found {
			continue
		}
		if n := len(regexp.MustCompile(goFileName).FindAllString(text, -1)); n < walkFiles[name] {
			report(name, "%d Go files are named, expected %d or more", n, walkFiles[name])
		}
		for line := range strings.Lines(text) {
			m.checkWalkLine(name, line, report)
		}
	}
}

// checkWalkLine looks for the files of one line. A name without a folder may be in any folder that
// the line names before, in that of the text itself, or in the module's own.
func (m *module) checkWalkLine(name, line string, report reporter) {
	folders := []string{".", path.Dir(name)}
	for _, folder := range regexp.MustCompile(`\b(internal|cmd)/\w+`).FindAllString(line, -1) {
		if !m.names[folder] {
			report(name, "%s does not exist", folder)
		}
	}
	for _, goFile := range regexp.MustCompile(goFileName).FindAllString(line, -1) {
		exists := slices.ContainsFunc(folders, func(folder string) bool {
			return m.names[path.Join(folder, goFile)]
		})
		if !exists {
			report(name, "%s does not exist", goFile)
		}
		folders = append(folders, path.Dir(goFile))
	}
}

// text gives a file's text, whether it is Go or not.
func (m *module) text(name string) (text string, found bool) {
	for _, f := range m.files {
		if f.name == name {
			return f.source, true
		}
	}
	text, found = m.texts[name]
	return text, found
}

func checkDocuments(m *module, report reporter) {
	for _, f := range m.files {
		if f.name != samplesFile {
			m.checkDocument(f.name, f.source, report)
		}
	}
	for _, name := range sortedKeys(m.texts) {
		if !strings.Contains(name, "testdata/") {
			m.checkDocument(name, m.texts[name], report)
		}
	}
}

func (m *module) checkDocument(name, text string, report reporter) {
	// A folder where people keep their work, or one beside the checkout.
	private := regexp.MustCompile(`(^|[^\w.])/(home|root|work|Users)/|\.\./shared\b`)
	// A requirement's number in a document that isn't here.
	row := regexp.MustCompile(`\b[A-Z]-\d{1,3}\b`)
	document := regexp.MustCompile(`[\w./-]*\w\.md\b`)
	number := 0
	for line := range strings.Lines(text) {
		number++
		if p := private.FindString(line); p != "" {
			report(at(name, number), "%q is on somebody's machine", p)
		}
		if r := row.FindString(line); r != "" && !strings.Contains(line, `"`+r+`"`) {
			report(at(name, number), "%s stands in no document here", r)
		}
		for _, cited := range document.FindAllString(line, -1) {
			if !strings.Contains(line, "://") && !m.names[path.Clean(cited)] && !m.names[path.Join(path.Dir(name), cited)] {
				report(at(name, number), "%s does not exist", cited)
			}
		}
	}
}

func checkDependencies(m *module, report reporter) {
	var decisions strings.Builder
	for name, text := range m.texts {
		if path.Dir(name) == "docs/decisions" {
			decisions.WriteString(text)
		}
	}
	required := regexp.MustCompile(`(?m)^(?:require\s+|tool\s+|\t)([\w.-]+\.[\w.-]+/\S+)(.*)$`)
	for _, match := range required.FindAllStringSubmatch(m.texts["go.mod"], -1) {
		if !strings.Contains(match[2], "// indirect") && !strings.Contains(decisions.String(), match[1]) {
			report("go.mod", "%s stands in no decision", match[1])
		}
	}
}
