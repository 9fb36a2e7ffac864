// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// byCnt places heaps of 4000 bytes by their cnt, 4 to a chunk.
const byCnt = `# heaps of a test
heap_bytes: 4000
indices:
  - {name: cnt, item: 0x1, first: 1, count: 4, endless: true}
side:
  - {item: 2, bytes: 4}
`

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestChunksArePrintedAndWritten(t *testing.T) {
	packets := packetsSent(t, "--heaps", "6", "--heap-size", "4000")
	capture := writeCapture(t, slices.Delete(packets, 6, 9)) // without heap 3; heap 1 has descriptors
	yaml := writeText(t, "cnt.yaml", byCnt)
	json := writeText(t, "cnt.json", `{"heap_bytes": 4000, "indices": [{"item": "0x1", "first": 1, "count": 4, "endless": true}]}`)
	dir := t.TempDir()
	for _, c := range []struct {
		name         string
		args         []string
		out, remarks string
	}{
		{"a line for each", []string{yaml, capture},
			`(?s)^chunk 0: 2 of 4 present, 8000 bytes in \S+ s.*\nchunk 1: 2 of 4 present, 8000 bytes in .*\n  rejected for its length: 2\n.*heaps_discarded.rejected: 2\n`, `^$`},
		{"with presence", []string{json, capture, "--presence"}, `(?s)^chunk 0:.*\n  0101\nchunk 1: .*\n  1100\n`, `^$`},
		{"as JSON", []string{json, capture, "--json", "--presence"},
			`^\{"chunk":0,"present":2,"missing":2,"heaps":2,.*"presence":"0101"\}\n\{"chunk":1,.*\n\{"stats":\{.*\},"rejected":\{"index 0":0,"length":2\}\}\n$`, `^$`},
		{"not more than wanted", []string{yaml, capture, "--count", "1"}, `^chunk 0: [^\n]*\n  `, `^$`},
		{"data to standard output", []string{yaml, capture, "--output", "-"}, `^(?s:.{1000})`, `chunk 0: 2 of 4`},
		{"a file each", []string{yaml, capture, "--output", filepath.Join(dir, "chunk-{id}.bin")}, `chunk 1`, `^$`},
		{"a file for all", []string{yaml, capture, "--output", filepath.Join(dir, "all.bin")}, `chunk 1`, `^$`},
		{"two streams", []string{yaml, capture, capture, "--group", "--lossless"}, `chunk 0: 2 of 4 present, .*`, `^$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			runHere(append([]string{"chunk"}, c.args...)...).expect(t, exitOK, c.out, c.remarks)
		})
	}
	all, err := os.ReadFile(filepath.Join(dir, "all.bin"))
	if err != nil || len(all) != 32000 {
		t.Fatalf("%d bytes in all: %v", len(all), err)
	}
	for i, name := range []string{"chunk-0.bin", "chunk-1.bin"} {
		one, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !slices.Equal(one, all[i*16000:][:16000]) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
}

func TestWrongDescriptionsAreRefused(t *testing.T) {
	capture := writeCapture(t, packetsSent(t, "--heaps", "1", "--heap-size", "100"))
	for _, c := range []struct{ name, text, remarks string }{
		{"nothing of the kind", "{]", `read .*: yaml`},
		{"a field too many", "heap_byte: 4000", `unknown field "heap_byte"`},
		{"no heap size", "indices: []", `placement.Spec.HeapBytes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			runHere("chunk", writeText(t, "bad.yaml", c.text), capture).expect(t, exitFail, `^$`, c.remarks)
		})
	}
	runHere("chunk", filepath.Join(t.TempDir(), "none.yaml"), capture).expect(t, exitFail, `^$`, `no such file`)
	runHere("chunk", "only.yaml").expect(t, exitUsage, `^$`, `PLACEMENT SOURCE`)
}

func TestChunksLargerThanMemoryAreRefused(t *testing.T) {
	capture := writeCapture(t, packetsSent(t, "--heaps", "1", "--heap-size", "100"))
	huge := writeText(t, "huge.yaml", "{heap_bytes: 1000000000, indices: [{item: 1, count: 2000000000, endless: true}]}")
	runHere("chunk", huge, capture).expect(t, exitFail, `^$`, `8 chunks of 200000000\d+ bytes are more than --max-memory 8589934592`)
	small := writeText(t, "small.yaml", byCnt)
	runHere("chunk", small, capture, "--max-memory", "100KB").expect(t, exitFail, `^$`, `8 chunks of 16020 bytes`)
	runHere("chunk", small, capture, "--max-memory", "100KB", "--chunks", "2").expect(t, exitOK, ``, `^$`)
}
