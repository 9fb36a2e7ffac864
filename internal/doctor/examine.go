// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"runtime"
	"slices"
)

// checks are all there are, in the order in which findings are reported.
var checks = [...]func(*view) []Finding{
	receiveBuffer, sendBuffer, defaultBuffer, optionMemory, udpMemory, privilege,
	socketLosses, backlogLosses, budgetSqueezes, interfaceLosses, driverLosses,
	linkState, linkSpeed, linkMTU,
	rings, offloads, flowControl, moderation,
	interruptSpread, interruptNode, receiveSteering,
	reversePath, connectionTracking,
	memberships, membershipLimit, querier,
	pathMTU,
	frequency, containerLimit, affinity,
	hugePages, transparentPages, swap,
	clock, timers, equalSegments,
}

// Examine runs all checks. It returns when they are done, which takes no time unless Querier is set;
// ctx ends that wait. The findings are in the order of doc.go's table.
func Examine(ctx context.Context, cfg Config, s System) (findings []Finding) {
	v := newView(ctx, cfg, s)
	for _, check := range checks {
		findings = append(findings, check(v)...)
	}
	return findings
}

func newView(ctx context.Context, cfg Config, s System) *view {
	v := &view{System: s, Config: cfg, ctx: ctx}
	if v.Hiccup == 0 {
		v.Hiccup = defaultHiccup
	}
	if v.PacketSize == 0 {
		v.PacketSize = defaultPacketSize
	}
	v.Interfaces = v.chooseInterfaces()
	return v
}

// chooseInterfaces gives the interfaces to look at: those asked for; or else those of the routes to
// the endpoints; or else all that have a card and are up.
func (v *view) chooseInterfaces() (names []string) {
	if len(v.Config.Interfaces) > 0 {
		return v.Config.Interfaces
	}
	for _, e := range v.Endpoints {
		if name, err := v.Route(e.Addr()); err == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, name := range v.names("sys/class/net") {
		state, err := v.text("sys/class/net/" + name + "/operstate")
		if len(v.names("sys/class/net/"+name+"/device")) > 0 && err == nil && state == "up" {
			names = append(names, name)
		}
	}
	return names
}

// Supported says whether there are checks for the system that this runs on.
func Supported() bool { return runtime.GOOS == "linux" }

// Worst is the worst state among findings.
func Worst(findings []Finding) (worst State) {
	for _, f := range findings {
		worst = max(worst, f.State)
	}
	return worst
}
