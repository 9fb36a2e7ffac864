// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWhatIsWantedIsWritten mends a machine that is a folder.
func TestWhatIsWantedIsWritten(t *testing.T) {
	m := newMachine()
	m.files["proc/sys/net/core/rmem_max"] = "212992\n"
	m.files["sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"] = "powersave\n"
	m.files["proc/sys/net/ipv4/conf/all/rp_filter"] = "1\n"
	folder := t.TempDir()
	for name, text := range m.files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.Interfaces = []string{"eth0"}
	m.Root = os.DirFS(folder)
	before := Examine(t.Context(), m.Config, m.System)
	if state := Worst(before); state != Loss {
		t.Errorf("before: %v", state)
	}
	repairs := Fix(before, folder)
	for _, r := range repairs {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if len(repairs) != 3 {
		t.Errorf("%d repairs: %+v", len(repairs), repairs)
	}
	after := Examine(t.Context(), m.Config, m.System)
	if len(Wanted(after)) > 0 || Worst(after) != OK {
		t.Errorf("after: %+v", Wanted(after))
	}
}

// TestOnlyTheKernelsFilesAreWritten has settings of which there are no files.
func TestOnlyTheKernelsFilesAreWritten(t *testing.T) {
	folder := t.TempDir()
	repairs := Fix([]Finding{{State: Loss, Settings: []Setting{{"proc/sys/none", "1"}}}, {State: OK, Settings: []Setting{{"x", "1"}}}}, folder)
	if len(repairs) != 1 || repairs[0].Err == nil {
		t.Errorf("%+v", repairs)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
