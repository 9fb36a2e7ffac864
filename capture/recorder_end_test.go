// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gospead/spead/internal/udp/tap"
)

// scripted is an origin of which each read gives what was written down.
type scripted struct {
	origin
	reads [][]tap.Datagram
}

func (s *scripted) read(r *Recorder, _ time.Duration) (some bool, err error) {
	if len(s.reads) == 0 {
		return false, nil
	}
	for _, d := range s.reads[0] {
		r.takeDatagram(&d)
	}
	s.reads = s.reads[1:]
	return true, nil
}

// TestTheEndIsTheSameForAllEndpoints has one socket be past the end before another was read.
func TestTheEndIsTheSameForAllEndpoints(t *testing.T) {
	cfg := RecorderConfig{Endpoints: append(loopback(), loopback()...)}
	r, err := NewRecorder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.start()
	end := time.Now()
	late := tap.Datagram{From: capturedTo, To: capturedTo, Nanos: end.UnixNano()}
	early := late
	early.Nanos, early.Socket = late.Nanos-1, 1
	endless := &scripted{origin: r.origin, reads: [][]tap.Datagram{{late}, {early}, {late, early}}}
	for range 100 {
		endless.reads = append(endless.reads, []tap.Datagram{late})
	}
	r.origin = endless
	if err := r.drain(end); err != nil {
		t.Fatal(err)
	}
	if stats := r.Stats(); stats.Datagrams != 2 || len(endless.reads) < 90 {
		t.Errorf("%d datagrams of 2, and %d of 100 reads weren't needed", stats.Datagrams, len(endless.reads))
	}
}

// TestATriggerRightBeforeTheEndIsServed has both come at once.
func TestATriggerRightBeforeTheEndIsServed(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 8 {
		r, err := NewRecorder(RecorderConfig{
			Endpoints: loopback(), Ring: true, Memory: 2 << 20, Path: filepath.Join(t.TempDir(), "a.pcapng"),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Trigger()
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if stats := r.Stats(); stats.Files != 1 {
			t.Fatalf("%d files", stats.Files)
		}
	}
}
