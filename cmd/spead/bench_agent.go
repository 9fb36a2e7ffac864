// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/bench/remote"
)

func newBenchAgent(c console) *cobra.Command {
	a := remote.Agent{Version: readBuild().identity()}
	cmd := &cobra.Command{
		Use:   "agent LISTEN",
		Short: "Receive what spead bench control sends, on the machine at the other end of a link",
		Long: `Serve controllers ("spead bench control") until interrupted, one at a time: receive what they send
and tell them what came.

LISTEN is a port, :port, host:port or [v6]:port. Controllers connect there by TCP, and send heaps to the
same port by UDP; with port 0 the system chooses both. Nothing is sent anywhere but back to a controller
on its connection. Anybody who can reach the port can have up to 2 GiB of memory taken, and 4 GiB of
socket buffers with the privilege for those, for as long as he stays connected.`,
		Example: `  spead bench agent 7148
  spead bench agent 10.1.2.3:7148 --once`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong("LISTEN", fmt.Sprintf("%d arguments", len(args)), "one endpoint; see --help")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return serveAgent(cmd.Context(), c, &a, args[0]) },
	}
	addSwitch(cmd, &a.Once, "once", "end after the first controller, or if none comes within 30 s")
	return cmd
}

// serveAgent listens and serves.
func serveAgent(ctx context.Context, c console, a *remote.Agent, listen string) error {
	s := receiving()
	s.argument, s.allowed = "LISTEN", "port, :port, host:port or [v6]:port"
	list, err := parseEndpoints(ctx, listen, s)
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0].Addr().IsMulticast() {
		return wrong("LISTEN", listen, s.allowed)
	}
	a.Port = list[0].Port()
	l, err := net.Listen("tcp", list[0].String())
	if err != nil {
		return err
	}
	c.remark("spead bench agent: %s%v", remote.Listening, l.Addr())
	a.Logf = func(format string, args ...any) { c.remark("spead bench agent: "+format, args...) }
	return a.Serve(ctx, l)
}
