// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/dissector"
)

func TestTheDissectorIsPrinted(t *testing.T) {
	r := runBuilt(t, "dissector")
	if r.code != exitOK || r.out != dissector.Source() || r.remarks != "" {
		t.Errorf("exit code %d, %d bytes, remarked %q", r.code, len(r.out), r.remarks)
	}
	runHere("dissector", "eth0").expect(t, exitUsage, `^$`, `^spead dissector: argument: "eth0" is not allowed`)
}

func TestTheDissectorIsInstalled(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("AppData", home)
	r := runBuilt(t, "dissector", "--install")
	r.expect(t, exitOK, `spead\.lua\n$`, `^$`)
	path := strings.TrimSpace(r.out)
	written, err := os.ReadFile(path)
	if err != nil || string(written) != dissector.Source() {
		t.Errorf("%s: %v", path, err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	runBuilt(t, "dissector", "--install").expect(t, exitFail, `^$`, `another dissector: move it away first\n$`)
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(path), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	runBuilt(t, "dissector", "--install").expect(t, exitFail, `^$`, `^spead dissector: [^\n]+\n$`)
}
