// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// chunkCapture is a capture of some heaps for a description that it comes with.
func chunkCapture(t *testing.T) (description, capture string) {
	t.Helper()
	return writeText(t, "cnt.yaml", byCnt), writeCapture(t, packetsSent(t, "--heaps", "30", "--heap-size", "4000"))
}

// TestChunksThatCantBeWrittenAreAFailure runs the built command where there is no room, no folder, no
// permission, and no reader any more.
func TestChunksThatCantBeWrittenAreAFailure(t *testing.T) {
	description, capture := chunkCapture(t)
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "chunk-0.part")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	full, none := `no space left on device`, `no such file or directory`
	if _, err := os.Stat("/dev/full"); err != nil {
		full = none
	}
	for _, c := range []struct{ name, output, remarks string }{
		{"no room in a file", "/dev/full", full},
		{"no room for a file each", filepath.Join(dir, "chunk-{id}"), full},
		{"no folder", filepath.Join(dir, "none", "all"), none},
		{"no folder for a file each", filepath.Join(dir, "none", "{id}"), none},
		{"a folder", filepath.Join(dir, "folder"), `is a directory`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runBuilt(t, "chunk", description, capture, "--output", c.output)
			r.expect(t, exitFail, `^chunk 0: `, `(?m)^spead chunk: .*`+c.remarks+`$`)
		})
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "chunk*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAReaderOfChunksThatGoesAwayEndsTheCommand(t *testing.T) {
	description, capture := chunkCapture(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, "chunk", description, capture, "--output", pipe).begin()
	r, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Error(err)
	}
	r.Close()
	p.result().expect(t, exitFail, `^chunk 0: `, `(?m)^spead chunk: write .*: broken pipe$`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	p = newProcess(t, "chunk", description, capture, "--output", "-")
	p.cmd.Stdout = writer
	if code := p.begin().wait(); code == exitOK {
		t.Error("what was written is lost, and the exit code is 0")
	}
}

// TestInterruptedChunksAreHandedOver: what was being filled is printed and written, then the statistics
// come.
func TestInterruptedChunksAreHandedOver(t *testing.T) {
	packets := packetsSent(t, "--heaps", "6", "--heap-size", "4000")
	dir := t.TempDir()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		output := filepath.Join(dir, "chunk-{id}")
		p := newProcess(t, "chunk", writeText(t, "cnt.yaml", byCnt), "127.0.0.1:0", "--json", "--keep-stop", "--window", "1", "--output", output).begin()
		conn, err := net.Dial("udp", p.remarks.await(t, `receiving on (.*)\n`))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, packet := range packets {
			if _, err := conn.Write(packet); err != nil {
				t.Fatal(err)
			}
		}
		p.out.await(t, `"chunk":0,.*\n`) // the next one has begun
		interrupt(t, p, signal).expect(t, exitOK, `^\{"chunk":0,"present":3,.*\n\{"chunk":1,"present":[012],.*\n\{"stats":\{.*\}\}\n$`, ``)
		for id := range 2 {
			name := strings.ReplaceAll(output, "{id}", strconv.Itoa(id))
			if info, err := os.Stat(name); err != nil || info.Size() != 16000 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	}
}

// TestAPipeThatNobodyReadsIsInterrupted: the command waits for a reader, but not after Ctrl-C.
func TestAPipeThatNobodyReadsIsInterrupted(t *testing.T) {
	description, capture := chunkCapture(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, "chunk", description, capture, "--output", pipe).begin()
	p.out.await(t, `chunk 0: .*\n`)
	interrupt(t, p, os.Interrupt).expect(t, exitFail, `^chunk 0: .*\n$`, `(?m)^spead chunk: open .*: nobody reads the pipe$`)
}
