// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// put appends a record of 10 bytes, and says whether there was room.
func put(s *Spool, number int) bool {
	room := s.Room(10)
	if room == nil {
		return false
	}
	s.Keep(fmt.Appendf(room, "%09d\n", number))
	return true
}

func open(t *testing.T, cfg Config) *Spool {
	t.Helper()
	if cfg.BlockBytes == 0 {
		cfg.BlockBytes, cfg.Blocks = 64, 4
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// records is what put has written from one number up to another.
func records(from, until int) string {
	var b []byte
	for i := from; i < until; i++ {
		b = fmt.Appendf(b, "%09d\n", i)
	}
	return string(b)
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// gate is an output that waits.
type gate struct {
	bytes.Buffer
	open chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	return g.Buffer.Write(b)
}

func TestAllIsWrittenInOrder(t *testing.T) {
	for _, direct := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "all")
		s, err := New(Config{Path: path, Direct: direct, BlockBytes: 1000, Blocks: 1 << 16})
		if direct && err != nil {
			t.Log("this file system or operating system knows no direct writing:", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Begin([]byte("head\n"))
		const count = 250000 // more than is staged at once
		for i := range count {
			if !put(s, i) {
				t.Fatal("no room")
			}
		}
		s.End([]byte("tail\n"))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != "head\n"+records(0, count)+"tail\n" {
			t.Errorf("direct: %v: %d bytes, or others than were written", direct, len(got))
		}
		if files, written, _ := s.Progress(); files != 1 || written != 10*count+10 {
			t.Errorf("%d files, %d bytes", files, written)
		}
	}
}

func TestWithoutMemoryThereIsNoRoomAndLaterThereIs(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	s := open(t, Config{Output: g})
	s.Begin(nil)
	n := 0
	for put(s, n) {
		n++
	}
	if n != 4*6 {
		t.Errorf("there was room for %d records", n)
	}
	close(g.open)
	for !put(s, n) { // the writer gives blocks back
	}
	s.End(nil)
	if err := s.Close(); err != nil || g.String() != records(0, n+1) {
		t.Errorf("%v, %q", err, g.String())
	}
}

func TestTheRingKeepsTheLatest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "event.bin")
	s := open(t, Config{Path: path, Ring: true, Numbered: true})
	save := func() {
		s.Begin([]byte("head\n"))
		s.End([]byte("tail\n"))
	}
	for i := range 1000 {
		if !put(s, i) {
			t.Fatal("no room in a ring")
		}
	}
	save()
	save() // of nothing
	for i := 1000; i < 1003; i++ {
		for !put(s, i) { // what is still to be written isn't overwritten
		}
	}
	s.Begin([]byte("head\n"))
	for i := 1003; i < 1020; i++ {
		for !put(s, i) {
		}
	}
	s.End([]byte("tail\n"))
	put(s, 2000) // never saved
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for number, want := range []string{records(1000-22, 1000), "", records(1000, 1020)} {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf("event-%05d.bin", number+1))
		if got := content(t, name); got != "head\n"+want+"tail\n" {
			t.Errorf("%s has %q, expected %q", name, got, want)
		}
	}
}

func TestNumbersGoOnAndTheOldestGo(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a-00007.x", "a-00009.x", "a-9.x", "a-00010.y", "b-00020.x", "a-.x", "a-00099"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Config{Path: filepath.Join(folder, "a.x"), Numbered: true, Files: 3})
	for i := range 4 {
		s.Begin(nil)
		put(s, i)
		s.End(nil)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"a-.x", "a-00010.y", "a-00011.x", "a-00012.x", "a-00013.x", "a-00099", "a-9.x", "b-00020.x"}
	if !slices.Equal(names, want) {
		t.Errorf("there are %v, expected %v", names, want)
	}
	if got := content(t, filepath.Join(folder, "a-00013.x")); got != records(3, 4) {
		t.Errorf("the last has %q", got)
	}
}

// failing fails after some bytes.
type failing struct {
	bytes.Buffer
	left int
}

func (f *failing) Write(b []byte) (int, error) {
	n := min(f.left, len(b))
	f.left -= n
	f.Buffer.Write(b[:n])
	if n < len(b) {
		return n, errors.New("full")
	}
	return n, nil
}

func TestAFailureIsToldAndNeverWaitedFor(t *testing.T) {
	f := &failing{left: 100}
	s := open(t, Config{Output: f})
	s.Begin([]byte("head"))
	for i := range 1000 {
		for !put(s, i) {
		}
	}
	<-s.Failed()
	s.End(nil)
	if err := s.Close(); err == nil || err.Error() != "full" {
		t.Error(err)
	}
	if f.Len() != 100 {
		t.Errorf("%d bytes were written", f.Len())
	}
}

func TestPathsThatCantBeWrittenAreKnownAtOnce(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere", "a.x")
	for _, cfg := range []Config{{}, {Ring: true}, {Numbered: true}, {Numbered: true, Ring: true}, {Direct: true}} {
		cfg.Path, cfg.BlockBytes, cfg.Blocks = nowhere, 64, 1
		s, err := New(cfg)
		if err == nil {
			s.Close()
			t.Errorf("%+v: no error", cfg)
		}
		if !errors.Is(err, os.ErrNotExist) && !cfg.Direct {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestTryingLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	s := open(t, Config{Path: filepath.Join(folder, "a.x"), Ring: true, Numbered: true})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) > 0 {
		t.Errorf("there is %v", entries)
	}
}

func TestIdleIsWhenNothingWaits(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	s := open(t, Config{Output: g})
	if s.Idle(); s.IsOpen() {
		t.Error("open before it was begun")
	}
	s.Begin([]byte("head"))
	put(s, 1)
	if s.Flush(); s.FileBytes() != 14 {
		t.Errorf("%d bytes", s.FileBytes())
	}
	s.Flush()
	put(s, 2)
	s.Flush()
	if s.Idle() {
		t.Error("idle while blocks wait")
	}
	close(g.open)
	s.End(nil)
	if err := s.Close(); err != nil || !strings.HasPrefix(g.String(), "head"+records(1, 3)) {
		t.Error(err, g.String())
	}
}
