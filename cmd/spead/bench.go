// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"
)

func newBench(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine sends and receives",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchSend(c), newBenchPace(c), newBenchMem(c),
		newBenchLoopback(c), newBenchControl(c), newBenchAgent(c))
	return cmd
}
