// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// buildDir is where the command is built; TestMain removes it.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "spead-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFail)
	}
	buildDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// built builds the command, once, with the race detector if the tests have it.
var built = sync.OnceValues(func() (path string, err error) {
	// The ending is what Windows asks for; others don't mind.
	path = filepath.Join(buildDir, "spead.exe")
	args := []string{"build", "-buildvcs=false", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
})

// stuckAfter is when a process is made to end and to say on standard error what it was doing, so that
// the test fails by name.
const stuckAfter = time.Minute

// process is the built command, running.
type process struct {
	t            *testing.T
	cmd          *exec.Cmd
	out, remarks *output
	ended        chan struct{}
	code         int
}

// newProcess prepares to run the built command.
func newProcess(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stuckAfter)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, path, args...), ended: make(chan struct{})}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGQUIT) }
	p.cmd.WaitDelay = stuckAfter / 10 // until it is killed, where there is no such signal
	p.out, p.remarks = newOutput(p.ended), newOutput(p.ended)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.remarks
	// The race detector would let each process wait a second at its end, for races that come late.
	p.cmd.Env = append(os.Environ(), "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	return p
}

// begin runs it. It is killed with the test if it doesn't end before.
func (p *process) begin() *process {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		var exit *exec.ExitError
		if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) && !errors.Is(err, context.DeadlineExceeded) {
			p.t.Error(err)
		}
		p.code = p.cmd.ProcessState.ExitCode()
	}()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// wait waits for the end and gives the exit code.
func (p *process) wait() int {
	<-p.ended
	return p.code
}

// output keeps what a process writes.
type output struct {
	ended   <-chan struct{}
	changed chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

func newOutput(ended <-chan struct{}) *output {
	return &output{ended: ended, changed: make(chan struct{}, 1)}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the text matches, and gives what the pattern's first group matches.
func (o *output) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		if found := re.FindStringSubmatch(o.String()); found != nil {
			return found[len(found)-1]
		}
		select {
		case <-o.changed:
		case <-o.ended:
			if !re.MatchString(o.String()) {
				t.Fatalf("%q never came, but %q", pattern, o)
			}
		}
	}
}

// result is what a command line led to.
type result struct {
	out, remarks string
	code         int
}

// result waits for the end.
func (p *process) result() result {
	code := p.wait()
	return result{p.out.String(), p.remarks.String(), code}
}

// runBuilt runs the built command to its end.
func runBuilt(t *testing.T, args ...string) result {
	t.Helper()
	return newProcess(t, args...).begin().result()
}

// runHere runs a command line in this process to its end.
func runHere(args ...string) result {
	var out, remarks bytes.Buffer
	code := run(args, console{&out, &remarks})
	return result{out.String(), remarks.String(), code}
}

// expect checks the exit code and that standard output and standard error match the patterns.
func (r result) expect(t *testing.T, code int, out, remarks string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, expected %d", r.code, code)
	}
	if !regexp.MustCompile(out).MatchString(r.out) {
		t.Errorf("printed %q, expected %q", r.out, out)
	}
	if !regexp.MustCompile(remarks).MatchString(r.remarks) {
		t.Errorf("remarked %q, expected %q", r.remarks, remarks)
	}
}
