// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os/exec"
	"strings"
	"testing"
)

// monitorOnATerminal runs the built command on a terminal that script(1) makes; nil if there is no such
// command.
func monitorOnATerminal(t *testing.T) (p *process, keys io.Writer) {
	t.Helper()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Log("goes without a terminal:", err)
		return nil, nil
	}
	p = newProcess(t)
	p.cmd.Args = []string{script, "-qec", "stty rows 24 cols 80; exec " + p.cmd.Path + " monitor 127.0.0.1:0 --interval 20ms", "/dev/null"}
	p.cmd.Path = script
	p.cmd.Env = append(p.cmd.Env, "TERM=xterm-256color")
	keys, err = p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return p.begin(), keys
}

// The view is in the terminal's other screen, which these begin and end.
const (
	otherScreen = `\x1b\[\?1049h`
	leaveScreen = "\x1b[?1049l"
)

func TestTheTerminalIsLeftAsItWas(t *testing.T) {
	p, keys := monitorOnATerminal(t)
	if p == nil {
		return
	}
	p.out.await(t, `(?s)`+otherScreen+`.*NOTHING HAS COME YET`)
	if _, err := io.WriteString(keys, "\t"); err != nil {
		t.Fatal(err)
	}
	p.out.await(t, `refused`)
	if _, err := io.WriteString(keys, "q"); err != nil {
		t.Fatal(err)
	}
	r := p.result()
	r.expect(t, exitOK, `: received 0 packets, 0 heaps, 0 bytes of payload in \d+ s\r\n  nothing came\r\n$`, `^$`)
	if !strings.Contains(r.out, leaveScreen) {
		t.Errorf("the terminal is left in the other screen: %q", r.out)
	}
}

// TestCtrlCEndsTheView sends the key, which is no signal in a view that reads keys.
func TestCtrlCEndsTheView(t *testing.T) {
	p, keys := monitorOnATerminal(t)
	if p == nil {
		return
	}
	p.out.await(t, `(?s)`+otherScreen+`.*NOTHING HAS COME YET`)
	if _, err := io.WriteString(keys, "\x03"); err != nil {
		t.Fatal(err)
	}
	if r := p.result(); r.code != exitOK || !strings.Contains(r.out, leaveScreen) {
		t.Errorf("exit code %d: %q", r.code, r.out)
	}
}
