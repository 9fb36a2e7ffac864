// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// peerRate finds the rate in what a peer prints.
func peerRate(output []byte) (float64, bool) {
	found := regexp.MustCompile(`([0-9.]+(?:e[+-]?[0-9]+)?) MB/s`).FindSubmatch(output)
	if found == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(found[1]), 64)
	return v * 1e6, err == nil && v > 0
}

// measurePeer is one run of the peer.
func (o *Send) measurePeer(ctx context.Context, size int64) (r Run, err error) {
	heaps := o.Heaps(size)
	err = o.withDestination(func(to netip.AddrPort) error {
		cmd := exec.CommandContext(ctx, o.Peer, "-n", fmt.Sprint(heaps), "-H", fmt.Sprint(size),
			"-p", fmt.Sprint(o.PacketSize), to.Addr().String(), fmt.Sprint(to.Port()))
		output, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("run %s: %w: %.200q", o.Peer, err, output)
		}
		rate, ok := peerRate(output)
		if !ok {
			return fmt.Errorf("run %s: no rate in MB/s in its output: %.200q", o.Peer, output)
		}
		took := time.Duration(float64(heaps*size) / rate * float64(time.Second))
		r = newRun(heaps*size, took, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		return nil
	})
	return r, err
}
