// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
)

// The exit codes, which the help of the whole command explains.
const (
	// exitOK: all went well, also if it was ended by Ctrl-C.
	exitOK = 0
	// exitFail: something failed, or what was to be verified was lost or differed.
	exitFail = 1
	// exitUsage: a command line that can't be carried out; nothing was done.
	exitUsage = 2
)

func main() {
	os.Exit(run(os.Args[1:], console{os.Stdout, os.Stderr}))
}

// run carries out a command line and returns the exit code.
func run(args []string, c console) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C ends the command in order, a later one at once. Some programs, such as timeout(1),
	// send a signal twice and mean it once.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	out := &results{to: c.out}
	c.out = out
	root := newRoot(c)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = out.err() // of commands that don't look at each line that they print
	}
	return c.report(cmd.CommandPath(), err)
}

// console is where a command writes.
type console struct {
	// out takes results, remarks everything else.
	out, remarks io.Writer
}

// remark writes a line about the command rather than of it.
func (c console) remark(format string, args ...any) {
	fmt.Fprintf(c.remarks, format+"\n", args...)
}

// logger returns a logger for the library, which only speaks up when something is worth a remark.
func (c console) logger() *slog.Logger {
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(c.remarks, &slog.HandlerOptions{ReplaceAttr: plain}))
}

func newRoot(c console) *cobra.Command {
	root := &cobra.Command{
		Use:   "spead",
		Short: "Send and receive SPEAD streams",
		Long: `spead sends and receives streams in SPEAD, the Streaming Protocol for Exchanging Astronomical Data.

Begin with "spead demo". To try two machines, or two terminals, run "spead recv" on one and
"spead send" on the other.

Exit codes: 0 if all went well, also when ended by Ctrl-C; 1 if something failed, or what was to be
verified was lost or differed; 2 for a command line that can't be carried out. If whoever reads the
output closes it, as head does, the command ends at the next line by SIGPIPE, which shells show as 141.

Results go to standard output, everything else to standard error. Progress is only shown on terminals.`,
		Version:       readBuild().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usageError{&spead.FieldError{Field: "command", Value: args[0], Allowed: commandNames(cmd) + "; see spead --help"}}
		},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetOut(c.out)
	root.SetErr(c.remarks)
	root.AddCommand(
		newDemo(c),
		newSend(c),
		newRecv(c),
		newChunk(c),
		newCapture(c),
		newReplay(c),
		newCompare(c),
		newInspect(c),
		newMonitor(c),
		newBench(c),
		newDoctor(c),
		newDissector(c),
		newVersion(c),
	)
	return root
}

// commandNames lists a command's own commands for a sentence.
func commandNames(cmd *cobra.Command) string {
	var names []string
	for _, own := range cmd.Commands() {
		if own.IsAvailableCommand() && own.Name() != "help" && own.Name() != "completion" {
			names = append(names, own.Name())
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
