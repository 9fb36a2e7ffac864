// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writePeer makes a program that prints a text.
func writePeer(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "peer")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nprintf '%s ' \"$@\" >\"$0.args\"\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPeerIsMeasuredInTurn(t *testing.T) {
	peer := writePeer(t, "echo 12.5 MB/s\n")
	o := Send{PacketSize: 9000, Total: 1 << 20, Repeats: 2, Peer: peer}
	r, err := o.Measure(t.Context(), 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	if r.PeerBytesPerSecond != 12.5e6 || r.Ratio <= 0 || r.RatioLowest > r.Ratio || r.RatioHighest < r.Ratio {
		t.Errorf("%+v", r)
	}
	args, err := os.ReadFile(peer + ".args")
	if err != nil || !strings.HasPrefix(string(args), "-n 16 -H 65536 -p 9000 127.0.0.1 ") {
		t.Errorf("called with %q, %v", args, err)
	}
}

func TestAPeerThatFailsIsAnError(t *testing.T) {
	for name, script := range map[string]string{
		"no rate":   "echo fast\n",
		"exit code": "echo 5 MB/s\nexit 3\n",
		"rate of 0": "echo 0 MB/s\n",
	} {
		o := Send{PacketSize: 9000, Total: 1, Repeats: 1, Peer: writePeer(t, script)}
		if r, err := o.Measure(t.Context(), 1024); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
