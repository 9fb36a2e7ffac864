// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// commandLines finds our command lines in a text: what stands after one of these beginnings, up to a pipe
// or a file for the output.
func commandLines(text string) (lines [][]string) {
	begin := regexp.MustCompile(`^(?:  (?:sudo )?spead|go run \./cmd/spead|\./spead) `)
	word := regexp.MustCompile(`'[^']*'|[^\s']+`)
	for line := range strings.Lines(text) {
		prompt := begin.FindString(line)
		if prompt == "" {
			continue
		}
		command, _, _ := strings.Cut(line[len(prompt):], " |")
		command, _, _ = strings.Cut(command, " >")
		words := word.FindAllString(command, -1)
		for i := range words {
			words[i] = strings.Trim(words[i], "'")
		}
		lines = append(lines, words)
	}
	return lines
}

// checkLine checks that a command line would be carried out: that there is such a command, that it
// takes these flags with these values, and so many arguments.
func checkLine(t *testing.T, words []string) {
	t.Helper()
	root := newRoot(console{io.Discard, io.Discard})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	cmd, rest, err := root.Find(words)
	if err == nil && cmd == root && !strings.HasPrefix(words[0], "-") {
		t.Errorf("spead %s: there is no such command", strings.Join(words, " "))
		return
	}
	if err == nil {
		cmd.InitDefaultHelpFlag()
		err = cmd.ParseFlags(rest)
	}
	if help, _ := cmd.Flags().GetBool("help"); err == nil && !help {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("spead %s: %v", strings.Join(words, " "), err)
	}
}

func TestExamplesOfTheHelpAreCommandLines(t *testing.T) {
	for _, cmd := range ownCommands(newRoot(console{io.Discard, io.Discard})) {
		lines := commandLines(cmd.Example)
		if len(lines) == 0 {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, words := range lines {
			if path := "spead " + strings.Join(words, " "); !strings.HasPrefix(path, cmd.CommandPath()) {
				t.Errorf("%s has the example %q", cmd.CommandPath(), path)
			}
			checkLine(t, words)
		}
	}
}

func TestExamplesOfTheDocumentsAreCommandLines(t *testing.T) {
	found := 0
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/decisions/*.md"} {
		names, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, words := range commandLines(string(text)) {
				found++
				checkLine(t, words)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d command lines were found", found)
	}
}

// TestExamplesRun runs the examples that take neither time nor other ends.
func TestExamplesRun(t *testing.T) {
	runHere("version").expect(t, exitOK, `^spead \S+.* go1\.\S+ \w+/\w+\n$`, `^$`)
	r := runHere("version", "--json")
	var b build
	if err := json.Unmarshal([]byte(r.out), &b); err != nil || b != readBuild() || b.Version == "" {
		t.Errorf("%+v, %v", b, err)
	}
	runBuilt(t, "version", "--json").expect(t, exitOK, `^\{"version":".*"go":"go1`, `^$`)
}

// TestEveryFlagIsCompleted checks that shells offer the values of flags that have few, and files only
// where files are meant.
func TestEveryFlagIsCompleted(t *testing.T) {
	const noFiles = ":4\n" // cobra's directive, in the last line
	for _, cmd := range ownCommands(newRoot(console{io.Discard, io.Discard})) {
		path := strings.Fields(cmd.CommandPath())[1:]
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			kind := f.Value.Type()
			if kind == "bool" || f.Name == "help" {
				return
			}
			r := runHere(slices.Concat([]string{"__complete"}, path, []string{"--" + f.Name, ""})...)
			if wants := kind != "FILE" && kind != "PATH"; strings.HasSuffix(r.out, noFiles) != wants {
				t.Errorf("%s --%s %s: completed by %q", cmd.CommandPath(), f.Name, kind, r.out)
			}
		})
	}
	for line, want := range map[string]string{
		"send --layout ":  "auto\nequal\nstandard\n:4\n",
		"send --flavour ": "64-8\n64-16\n64-24\n64-32\n64-40\n64-48\n64-56\n:4\n",
		"recv ":           "pcap\npcapng\ncap\ngz\n:8\n",
		"chunk ":          "yaml\nyml\njson\n:8\n",
		"bench control ":  ":4\n",
	} {
		words := append(strings.Fields(line), "")
		if r := runHere(append([]string{"__complete"}, words...)...); r.out != want {
			t.Errorf("%q: completed by %q", line, r.out)
		}
	}
}

// manFolder is where the man pages are.
var manFolder = filepath.Join("..", "..", "docs", "man")

// TestManPagesAreUpToDate compares the man pages with those that the commands make; go generate writes
// them.
func TestManPagesAreUpToDate(t *testing.T) {
	pages := manPages(t)
	if os.Getenv("SPEAD_WRITE_MAN") != "" {
		writeManPages(t, pages)
	}
	there, err := filepath.Glob(filepath.Join(manFolder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		if pages[filepath.Base(name)] == nil {
			t.Errorf("%s is of no command: run go generate ./cmd/spead", name)
		}
	}
	for name, page := range pages {
		if got, err := os.ReadFile(filepath.Join(manFolder, name)); err != nil || !bytes.Equal(got, page) {
			t.Errorf("%s isn't up to date: run go generate ./cmd/spead", name)
		}
	}
}

// manPages makes a page for each command.
func manPages(t *testing.T) map[string][]byte {
	t.Helper()
	pages := map[string][]byte{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.DisableAutoGenTag = true // which has the date
		date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
		header := &doc.GenManHeader{Section: "1", Manual: "spead", Source: "spead", Date: &date}
		var page bytes.Buffer
		if err := doc.GenMan(cmd, header, &page); err != nil {
			t.Fatal(err)
		}
		pages[strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"] = page.Bytes()
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				visit(sub)
			}
		}
	}
	visit(newRoot(console{io.Discard, io.Discard}))
	return pages
}

func writeManPages(t *testing.T, pages map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(manFolder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(manFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, page := range pages {
		if err := os.WriteFile(filepath.Join(manFolder, name), page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
