// SPDX-License-Identifier: Apache-2.0

package doctor

import "fmt"

// State is how bad a finding is.
type State int

// The states, in the order of how much they call for something to be done.
const (
	// OK needs nothing.
	OK State = iota
	// Unknown could not be found out; Found says why.
	Unknown
	// Advice costs speed or safety margin.
	Advice
	// Loss loses data, has just lost some, or would as soon as data comes as was asked about.
	Loss
)

var stateNames = [...]string{OK: "ok", Unknown: "unknown", Advice: "advice", Loss: "loss"}

// String gives the state's name: ok, unknown, advice or loss.
func (s State) String() string { return stateNames[s] }

// MarshalText gives the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is what a check has found.
type Finding struct {
	// Check is the check's name, the same on every machine.
	Check string `json:"check"`
	// Subject is what was looked at, such as an interface; empty if it is the machine.
	Subject string `json:"subject,omitempty"`
	State   State  `json:"state"`
	// Found is what there is or, in state Unknown, why that isn't known.
	Found string `json:"found"`
	// Wanted is what would be better; empty if nothing would.
	Wanted string `json:"wanted,omitempty"`
	// Why says why it matters.
	Why string `json:"why"`
	// Fix holds commands that mend it until the machine starts again, Persist what mends it for good.
	Fix     []string `json:"fix,omitempty"`
	Persist []string `json:"persist,omitempty"`
	// Settings are what Fix, the function, would write.
	Settings []Setting `json:"settings,omitempty"`
}

// Setting is a file of the kernel's, and what to write there.
type Setting struct {
	// Path is relative to the root of the system, such as proc/sys/net/core/rmem_max.
	Path  string `json:"path"`
	Value string `json:"value"`
}

// about begins a finding.
func about(check, subject, why string) Finding {
	return Finding{Check: check, Subject: subject, Why: why}
}

func (f Finding) ok(format string, args ...any) Finding {
	f.State, f.Found = OK, fmt.Sprintf(format, args...)
	return f
}

func (f Finding) unknown(format string, args ...any) Finding {
	f.State, f.Found = Unknown, fmt.Sprintf(format, args...)
	return f
}

// bad gives the finding a state that calls for something, which the fields Wanted and Fix say.
func (f Finding) bad(state State, format string, args ...any) Finding {
	f.State, f.Found = state, fmt.Sprintf(format, args...)
	return f
}

// want says what would be better and which commands lead there.
func (f Finding) want(wanted string, fix ...string) Finding {
	f.Wanted, f.Fix = wanted, fix
	return f
}

// sysctl says that a variable of sysctl(8) should have another value.
func (f Finding) sysctl(name, value, wanted string) Finding {
	f.Wanted = wanted
	f.Fix = append(f.Fix, fmt.Sprintf("sysctl -w %s='%s'", name, value))
	f.Persist = append(f.Persist, fmt.Sprintf("echo '%s = %s' >> /etc/sysctl.d/90-spead.conf", name, value))
	f.Settings = append(f.Settings, Setting{sysctlPath(name), value})
	return f
}
