// SPDX-License-Identifier: Apache-2.0

package dissector

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInstallingReplacesEarlierVersionsOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "plugins", "of", "mine")
	for range 2 {
		path, err := Install(folder)
		if err != nil {
			t.Fatal(err)
		}
		if written, err := os.ReadFile(path); err != nil || string(written) != Source() {
			t.Errorf("%s isn't the source: %v", path, err)
		}
	}
	path := filepath.Join(folder, FileName)
	for earlier, replaced := range map[string]bool{"-- " + mark + ", long ago": true, "-- mine": false} {
		if err := os.WriteFile(path, []byte(earlier), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Install(folder)
		left, _ := os.ReadFile(path)
		if (err == nil) != replaced || (string(left) == Source()) != replaced {
			t.Errorf("over %q: %v", earlier, err)
		}
	}
	if _, err := Install(path); err == nil {
		t.Error("a folder that is a file is taken")
	}
}

func TestTheFolderIsTheUsersOwn(t *testing.T) {
	t.Setenv("HOME", filepath.FromSlash("/somewhere/else"))
	t.Setenv("AppData", filepath.FromSlash("/somewhere/else"))
	folder, err := Folder()
	if err != nil || !strings.HasPrefix(folder, filepath.FromSlash("/somewhere/else")) {
		t.Errorf("%s, %v", folder, err)
	}
}

// TestTheSourceIsLua has compilers of Lua look at it, of the oldest and the newest version that
// Wireshark comes with, as far as they are there.
func TestTheSourceIsLua(t *testing.T) {
	for _, compiler := range []string{"luac5.2", "luac5.3", "luac5.4", "luac"} {
		path, err := exec.LookPath(compiler)
		if err != nil {
			t.Logf("not tried with %s: %v", compiler, err)
			continue
		}
		command := exec.Command(path, "-p", "-")
		command.Stdin = strings.NewReader(Source())
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", compiler, err, output)
		}
	}
}
