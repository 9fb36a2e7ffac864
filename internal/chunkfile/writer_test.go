// SPDX-License-Identifier: Apache-2.0

package chunkfile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChunksGoToOneFileOrToOneEach(t *testing.T) {
	dir := t.TempDir()
	big := bytes.Repeat([]byte{7}, 3*pieceBytes+5)
	for _, c := range []struct {
		name string
		want map[string][]byte
	}{
		{"all", map[string][]byte{"all": append(bytes.Clone(big), 1, 2)}},
		{"chunk-{id}.bin", map[string][]byte{"chunk-3.bin": big, "chunk-12.bin": {1, 2}}},
		{"{id}-{id}", map[string][]byte{"3-3": big, "12-12": {1, 2}}},
	} {
		w := New(filepath.Join(dir, c.name))
		for _, chunk := range []struct {
			id   int64
			data []byte
		}{{3, big}, {12, []byte{1, 2}}} {
			if err := w.Write(t.Context(), chunk.id, chunk.data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for name, want := range c.want {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, want %d: %v", name, len(got), len(want), err)
			}
		}
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "*.part")); parts != nil {
		t.Errorf("left over: %v", parts)
	}
}
