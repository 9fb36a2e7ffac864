// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

const vectorsDirectory = "../../testdata/vectors"

// countPackets reads a capture and counts the well-formed SPEAD packets in it, and refusals.
func countPackets(t *testing.T, path string, opts Options) (packets int, refusals map[spead.Refusal]int, foreign Foreign) {
	t.Helper()
	r, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	refusals = map[spead.Refusal]int{}
	for {
		d, err := r.Next()
		if errors.Is(err, io.EOF) {
			return packets, refusals, r.Foreign()
		}
		if err != nil {
			t.Fatal(err)
		}
		refusal := d.Refusal
		if refusal == spead.Accepted {
			refusal = decodeOnly(d.Payload)
		}
		if refusal == spead.Accepted {
			packets++
		} else {
			refusals[refusal]++
		}
	}
}

// decodeOnly says whether the payload is one SPEAD packet.
func decodeOnly(payload []byte) spead.Refusal {
	var p wire.Packet
	size, refusal := p.Decode(payload)
	if refusal == spead.Accepted && size != len(payload) {
		return spead.RefusedTrailingBytes
	}
	return refusal
}

// TestFileVectorsHaveAsManyPacketsAsInSpead2 decodes what comes out of each file vector.
func TestFileVectorsHaveAsManyPacketsAsInSpead2(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(vectorsDirectory, "file_*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no file vectors", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var vector struct {
				Options struct{ Filter string }
				Stats   struct{ Packets int }
			}
			if err := json.Unmarshal(text, &vector); err != nil {
				t.Fatal(err)
			}
			capture := strings.TrimSuffix(path, ".json") + ".pcap"
			packets, refusals, _ := countPackets(t, capture, Options{Filter: vector.Options.Filter})
			if packets != vector.Stats.Packets {
				t.Errorf("%d packets, want %d; refused: %v", packets, vector.Stats.Packets, refusals)
			}
		})
	}
}

func TestNoiseIsCountedByKind(t *testing.T) {
	noise := filepath.Join(vectorsDirectory, "file_noise.pcap")
	// The frame over IPv6 is a SPEAD packet, with the checksum that it would have over IPv4.
	packets, refusals, foreign := countPackets(t, noise, Options{})
	if packets != 5 || len(refusals) != 1 || refusals[spead.RefusedCaptureMalformed] != 1 {
		t.Errorf("%d packets, refused: %v", packets, refusals)
	}
	if want := (Foreign{NotIP: 3, Protocol: 4, Fragment: 2}); foreign != want {
		t.Errorf("foreign = %+v, want %+v", foreign, want)
	}
	// What spead2 sees of it.
	packets, refusals, foreign = countPackets(t, noise, Options{Filter: "ip"})
	if packets != 5 || len(refusals) != 0 || foreign.Filtered != 1 {
		t.Errorf("with a filter: %d packets, refused: %v, foreign: %+v", packets, refusals, foreign)
	}
}

func TestFramesCapturedShortAreRefusedOneByOne(t *testing.T) {
	packets, refusals, _ := countPackets(t, filepath.Join(vectorsDirectory, "file_snaplen.pcap"), Options{})
	if packets != 9 || len(refusals) != 1 || refusals[spead.RefusedCaptureTruncated] != 2 {
		t.Errorf("%d packets, refused: %v", packets, refusals)
	}
}

func TestAllVectorsAreReadWithoutForeignFrames(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(vectorsDirectory, "*.pcap"))
	if err != nil || len(paths) < 100 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		_, refusals, foreign := countPackets(t, path, Options{})
		if name := filepath.Base(path); name != "file_noise.pcap" && foreign.Total() != 0 {
			t.Errorf("%s: foreign = %+v", name, foreign)
		}
		if refusals[spead.RefusedCaptureMalformed] != 0 && filepath.Base(path) != "file_noise.pcap" {
			t.Errorf("%s: refused: %v", path, refusals)
		}
	}
}
