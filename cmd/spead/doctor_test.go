// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/doctor"
)

// TestTheDoctorFindsWhatItFinds checks the form of the answer and that the exit code is that of the
// findings: this machine may be well or not.
func TestTheDoctorFindsWhatItFinds(t *testing.T) {
	r := runBuilt(t, "doctor", "127.0.0.1:7148", "--rate", "10Gbps", "--packet-size", "8972", "--sender", "127.0.0.1", "--json")
	if !doctor.Supported() {
		r.expect(t, exitOK, `^$`, `the checks are for Linux, and this is `+runtime.GOOS)
		return
	}
	states, checks := map[string]int{}, map[string]bool{}
	var summary map[string]int
	decoder := json.NewDecoder(strings.NewReader(r.out))
	for decoder.More() {
		var line struct {
			Check, State, Found, Why string
			Summary                  map[string]int
		}
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if summary = line.Summary; summary != nil {
			break
		}
		if line.Check == "" || line.Found == "" || line.Why == "" {
			t.Errorf("%+v", line)
		}
		states[line.State]++
		checks[line.Check] = true
	}
	for state, n := range states {
		if summary[state] != n {
			t.Errorf("%d findings are %s, the summary says %v", n, state, summary)
		}
	}
	for _, check := range []string{"receive-buffer", "path-mtu", "reverse-path", "link", "clock"} {
		if !checks[check] {
			t.Errorf("no finding of %s", check)
		}
	}
	r.expectDoctorsCode(t, summary["loss"] > 0)
}

// expectDoctorsCode checks the exit code, and that it is explained.
func (r result) expectDoctorsCode(t *testing.T, loses bool) {
	t.Helper()
	if loses {
		r.expect(t, exitFail, ``, `spead doctor: something here loses data\n$`)
	} else {
		r.expect(t, exitOK, ``, `^$`)
	}
}

func TestTheDoctorIsReadable(t *testing.T) {
	if !doctor.Supported() {
		return
	}
	r := runBuilt(t, "doctor", "--interface", "lo")
	loses := strings.Contains("\n"+r.out, "\nloss ")
	r.expectDoctorsCode(t, loses)
	r.expect(t, r.code, `(?s)^\w+ +receive-buffer net\.core\.rmem_max: \d+.*\n\w+ +link lo: .*\d+ ok, \d+ unknown, \d+ with advice, \d+ that lose data\n`, ``)
}

func TestWhatTheDoctorCantPrintIsAFailure(t *testing.T) {
	if !doctor.Supported() {
		return
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	reader, closed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer closed.Close()
	for _, line := range []string{"doctor", "doctor --json", "dissector"} {
		for _, out := range []*os.File{full, closed} {
			p := newProcess(t, strings.Fields(line)...)
			p.cmd.Stdout = out
			if code := p.begin().wait(); code == exitOK {
				t.Errorf("%s: what was printed is lost, and the exit code is 0", line)
			}
		}
	}
}
