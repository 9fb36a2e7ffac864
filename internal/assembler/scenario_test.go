// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write what comes out into the scenarios")

// TestScenarios plays testdata/*.txt: blocks of commands, a line of dashes, and what they say.
//
//	new [max-heaps=] [substreams=] [max-length=] [max-items=] [max-ranges=] [memory=] [bug-compat=]
//	    [out-of-order] [merge-overlaps] [keep-stop] [require-length]
//	packet cnt= [len=] [off=] [payload=] [bits=] [ID=VALUE | ID@ADDRESS]...
//	flush
//	counters
//
// What is not given is 0, but a packet without len= has no HEAP_LENGTH. An accepted packet says
// nothing, a refused one why; then come the heaps that were finished, with their items. The model
// has to agree with it all.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	said := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			playFile(t, file, said)
		})
	}
	for _, reason := range []spead.Refusal{
		spead.RefusedStopped, spead.RefusedUnsized, spead.RefusedNoHeap, spead.RefusedHeapLimit,
		spead.RefusedMemoryLimit, spead.RefusedItemLimit, spead.RefusedLengthMismatch, spead.RefusedLengthTooSmall,
		spead.RefusedFlavourMismatch, spead.RefusedBehind, spead.RefusedGap, spead.RefusedDuplicate, spead.RefusedOverlap,
	} {
		if !said[reason.String()] {
			t.Errorf("no scenario has a packet refused as %v", reason)
		}
	}
}

func playFile(t *testing.T, file string, said map[string]bool) {
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := scenario{t: t, said: said}
	var result strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(old)), "\n\n") {
		commands, want, played := strings.Cut(block+"\n", "----\n")
		if !played {
			result.WriteString(commands + "\n") // a comment by itself
			continue
		}
		s.out.Reset()
		for line := range strings.Lines(commands) {
			s.play(strings.TrimSpace(line))
		}
		if got := s.out.String(); got != want && !*rewrite {
			t.Errorf("%s\ngot:\n%swant:\n%s", commands, got, want)
		}
		result.WriteString(commands + "----\n" + s.out.String() + "\n")
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSuffix(result.String(), "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

type scenario struct {
	t    *testing.T
	w    *twin
	out  strings.Builder
	said map[string]bool
}

func (s *scenario) play(line string) {
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(line, "#") {
		return
	}
	switch fields[0] {
	case "new":
		s.begin(fields[1:])
	case "packet":
		stopped := s.w.real.Stopped()
		if refusal := s.w.add(s.packet(fields[1:]).decode(s.t)); refusal != spead.Accepted {
			s.said[refusal.String()] = true
			fmt.Fprintf(&s.out, "refused: %v\n", refusal)
		}
		if s.w.real.Stopped() && !stopped {
			s.out.WriteString("stopped\n")
		}
	case "flush":
		s.w.flush()
	case "counters":
		c := s.w.real.Counters()
		fmt.Fprintf(&s.out, "started %d, single packet %d, search %d; live %d heaps with %d bytes\n",
			c.HeapsStarted, c.SinglePacketHeaps, c.SearchDist, c.LiveHeaps, c.LiveBytes)
	default:
		s.t.Fatalf("%q is no command", line)
	}
}

func (s *scenario) begin(fields []string) {
	var cfg Config
	var memory int64
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		number, _ := strconv.ParseInt(value, 0, 64)
		switch key {
		case "max-heaps":
			cfg.MaxHeaps = int(number)
		case "substreams":
			cfg.Substreams = int(number)
		case "max-length":
			cfg.MaxHeapLength = number
		case "max-items":
			cfg.MaxItems = int(number)
		case "max-ranges":
			cfg.MaxRanges = int(number)
		case "bug-compat":
			cfg.BugCompat = spead.BugCompat(number)
		case "memory":
			memory = number
		case "out-of-order":
			cfg.AllowOutOfOrder = true
		case "merge-overlaps":
			cfg.MergeOverlaps = true
		case "keep-stop":
			cfg.KeepStop = true
		case "require-length":
			cfg.RequireHeapLength = true
		default:
			s.t.Fatalf("%q is no option", field)
		}
	}
	s.w = newTwin(s.t, cfg)
	s.w.placer.limit = memory
	s.w.seen = s.print
}

func (s *scenario) packet(fields []string) sketch {
	p := sketch{length: wire.Unsized, bits: 48}
	for _, field := range fields {
		i := strings.IndexAny(field, "=@")
		if i < 0 {
			s.t.Fatalf("%q is no part of a packet", field)
		}
		number, err := strconv.ParseInt(field[i+1:], 0, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		switch key := field[:i]; key {
		case "cnt":
			p.cnt = spead.HeapCnt(number)
		case "len":
			p.length = number
		case "off":
			p.offset = number
		case "payload":
			p.payload = int(number)
		case "bits":
			p.bits = int(number)
		default:
			p.pointers = append(p.pointers, s.pointer(p.bits, field, uint64(number)))
		}
	}
	return p
}

func (s *scenario) pointer(bits int, field string, value uint64) wire.Pointer {
	i := strings.IndexAny(field, "=@")
	id, err := strconv.ParseUint(field[:i], 0, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	if field[i] == '@' {
		return wire.AddressPointer(bits, spead.ItemID(id), value)
	}
	return wire.ImmediatePointer(bits, spead.ItemID(id), value)
}

// print writes a finished heap. Where an item is, its first byte tells.
func (s *scenario) print(h *Heap) {
	state := "incomplete"
	if h.Complete() {
		state = "complete"
	}
	fmt.Fprintf(&s.out, "heap %d %v: %s, length %d, received %d of at least %d",
		h.Cnt(), h.End(), state, h.Length(), h.Received(), h.MinLength())
	for start, end := range h.Ranges() {
		fmt.Fprintf(&s.out, " %d-%d", start, end)
	}
	if h.IsCtrl(spead.CtrlStart) {
		s.out.WriteString(", start")
	}
	if h.IsCtrl(spead.CtrlStop) {
		s.out.WriteString(", stop")
	}
	s.out.WriteByte('\n')
	for item := range h.Items() {
		switch {
		case item.Immediate:
			fmt.Fprintf(&s.out, "  %v = %d\n", item.ID, item.Number)
		case len(item.Value) == 0:
			fmt.Fprintf(&s.out, "  %v, empty\n", item.ID)
		default:
			fmt.Fprintf(&s.out, "  %v @ %d, %d bytes\n", item.ID, placeOf(h.Cnt(), item.Value[0]), len(item.Value))
		}
	}
}
