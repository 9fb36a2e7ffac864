// SPDX-License-Identifier: Apache-2.0

//go:build unix

package recv

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/mem"
)

// TestChunksLieInMemoryOfAnyKind has a chunk in a mapped file and one in memory on huge pages.
func TestChunksLieInMemoryOfAnyKind(t *testing.T) {
	const size, present, extra = 80, 4, 4
	file, err := os.Create(filepath.Join(t.TempDir(), "chunk"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(size + present + extra); err != nil {
		t.Fatal(err)
	}
	mapped, err := syscall.Mmap(int(file.Fd()), 0, size+present+extra, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	huge := mem.Alloc(4<<20, mem.Options{Huge: true})
	cfg := testChunkConfig(0)
	cfg.Window = 1
	for _, memory := range [][]byte{huge, mapped} { // the last is filled first
		cfg.Chunks = append(cfg.Chunks, &Chunk{Data: memory[:size:size], Present: memory[size:][:present:present], Extra: memory[size+present:]})
	}
	s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1, 2, 5, 6), batch: 3})
	first, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := (summary{0, "0110"}); summarize(first) != got || !bytes.Equal(second.Present, first.Present) || second.Data[20] != 21 {
		t.Errorf("chunks %v and %v, %d", summarize(first), summarize(second), second.Data[20])
	}
	// The stream doesn't touch memory after Close.
	if err := syscall.Munmap(mapped); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file.Name())
	if err != nil || written[20] != 7 || written[40] != 14 || string(written[size:]) != "\x00\x01\x01\x00\x00\x01\x02\x00" {
		t.Errorf("the file holds %v: %v", written, err)
	}
}
