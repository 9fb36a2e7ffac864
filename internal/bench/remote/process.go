// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
)

// Listening is what an agent's program says first on standard error, before its address.
const Listening = "listening on "

// StartAgent runs a program that is an agent for one controller, and gives its address. wait waits for
// its end, which comes when its controller leaves; when ctx ends, the program is killed.
func StartAgent(ctx context.Context, program string, args ...string) (address string, wait func(), err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	remarks, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start an agent: %w", err)
	}
	reader := bufio.NewReaderSize(remarks, lineMax)
	line, err := reader.ReadSlice('\n')
	found := regexp.MustCompile(Listening + `(\S+)\s`).FindSubmatch(line)
	if err != nil || found == nil {
		cancelled := ctx.Err()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return "", nil, errors.Join(cancelled, fmt.Errorf("start an agent: it said %.300q", line))
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, reader)
	}()
	return string(found[1]), func() {
		<-drained
		_ = cmd.Wait() // what it had to say, it said to its controller
	}, nil
}
