// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"testing"
)

func TestAGroupThatWasStoppedTakesNoStreams(t *testing.T) {
	g, err := NewChunkGroup(ChunkGroupConfig{Chunks: newChunks(2, 80, 4, 4)})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Add(ChunkConfig{Place: testLayout.place}); !errors.Is(err, ErrStarted) {
		t.Errorf("a stream was added: %v", err)
	}
	if _, err := g.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("the group goes on: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}
