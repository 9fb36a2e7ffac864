// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/gospead/spead/internal/monitor"
	"github.com/gospead/spead/internal/monitor/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scenes are the scenarios by name, and played those that a test has played.
var (
	scenes = map[string]func() (*scenario.Recorded, error){"trouble": scenario.Trouble, "well": scenario.Well}
	played = map[string]*monitor.Snapshot{}
)

// play gives a scenario's end, with its clock set to UTC.
func play(t *testing.T, name string) *monitor.Snapshot {
	t.Helper()
	if played[name] == nil {
		synctest.Test(t, func(t *testing.T) {
			recorded, err := scenes[name]()
			if err != nil {
				t.Fatal(err)
			}
			played[name] = recorded.Latest()
		})
	}
	snap := *played[name]
	snap.Time = snap.Time.UTC()
	snap.Streams = slices.Clone(snap.Streams)
	return &snap
}

var sequences = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// content is a frame without its styles.
func content(m tea.Model) string { return sequences.ReplaceAllString(m.View().Content, "") }

// pressed gives the model after some keys.
func pressed(m tea.Model, keys ...string) tea.Model {
	for _, k := range keys {
		press := tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
		switch k {
		case "tab":
			press = tea.KeyPressMsg{Code: tea.KeyTab}
		case "down":
			press = tea.KeyPressMsg{Code: tea.KeyDown}
		case "up":
			press = tea.KeyPressMsg{Code: tea.KeyUp}
		}
		m, _ = m.Update(press)
	}
	return m
}

func newModel(snap *monitor.Snapshot, width, height int) tea.Model {
	var m tea.Model = model{}
	m, _ = m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m, _ = m.Update(snap)
	return m
}

// TestFrames compares frames with testdata; with UPDATE_GOLDEN set, it writes them there.
func TestFrames(t *testing.T) {
	trouble, well := play(t, "trouble"), play(t, "well")
	for _, c := range []struct {
		name          string
		snap          *monitor.Snapshot
		width, height int
		keys          []string
	}{
		{"loss", trouble, 80, 24, nil},
		{"traffic", trouble, 80, 24, []string{"tab"}},
		{"timing", trouble, 80, 24, []string{"3"}},
		{"substreams", trouble, 80, 24, []string{"4"}},
		{"second", trouble, 80, 24, []string{"down"}},
		{"by-rate", trouble, 80, 24, []string{"s", "s"}},
		{"paused", trouble, 80, 24, []string{"p"}},
		{"large", trouble, 120, 50, nil},
		{"well", well, 80, 24, nil},
		{"small", trouble, 40, 10, nil},
		{"nothing", nil, 80, 24, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := content(pressed(newModel(c.snap, c.width, c.height), c.keys...))
			for i, l := range strings.Split(got, "\n") {
				if n := utf8.RuneCountInString(l); n != c.width || i >= c.height {
					t.Errorf("line %d has %d columns of %d", i+1, n, c.width)
				}
			}
			file := filepath.Join("testdata", c.name+".txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got+"\n", "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnySizeIsFilled(t *testing.T) {
	snap := play(t, "trouble")
	for width := range 130 {
		for _, height := range []int{0, 1, 2, 3, 5, 8, 13, 24, 60} {
			for page := range pages {
				v := view{width: width, height: height, page: page, address: "http://127.0.0.1:8080"}
				expectSize(t, v, v.frame(snap))
			}
		}
	}
}

// expectSize allows a mark where there is no room for anything.
func expectSize(t *testing.T, v view, rows []line) {
	t.Helper()
	if len(rows) != max(1, v.height) {
		t.Fatalf("%d×%d: %d lines", v.width, v.height, len(rows))
	}
	for _, l := range rows {
		if l.width() != max(1, v.width) && l.width() != v.width {
			t.Fatalf("%d×%d: %d columns", v.width, v.height, l.width())
		}
	}
}

func TestKeysSelectSortAndPause(t *testing.T) {
	snap := play(t, "trouble")
	m := newModel(snap, 80, 24)
	selected := func(m tea.Model) string {
		return strings.Fields(regexp.MustCompile(`▸ \S+`).FindString(content(m)))[1]
	}
	for _, c := range []struct{ keys, want string }{
		{"", "239.2.1.11:7148"}, // the one that loses
		{"j", "10.17.4.30:7149"},
		{"jjk", "10.17.4.30:7149"},
		{"kkk", "239.2.1.11:7148"},
		{"jjjjjjjjj", "239.2.1.10:7148"},
		{"s", "10.17.4.30:7148"},
		{"ss", "239.2.1.11:7148"},
		{"jss", "10.17.4.30:7149"}, // stays selected, wherever it is
	} {
		if got := selected(pressed(m, strings.Split(c.keys, "")...)); c.keys != "" && got != c.want {
			t.Errorf("%q selects %s, expected %s", c.keys, got, c.want)
		}
	}
	paused := pressed(m, "p")
	later := *snap
	later.Time = later.Time.Add(time.Hour)
	after, _ := paused.Update(&later)
	if content(after) != content(paused) {
		t.Error("what is paused changes")
	}
	if on := pressed(after, "p"); !strings.Contains(content(on), "01:02:00") {
		t.Error("what was paused doesn't go on:\n" + content(on))
	}
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		if _, cmd := m.Update(key); cmd == nil {
			t.Errorf("%s doesn't quit", key)
		}
	}
}

func TestLinesAndTotals(t *testing.T) {
	snap := play(t, "trouble")
	for name, got := range map[string]string{"lines": Lines(snap), "totals": Totals(snap)} {
		want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if os.Getenv("UPDATE_GOLDEN") != "" {
			err = os.WriteFile(filepath.Join("testdata", name+".txt"), []byte(got), 0o644)
			want = []byte(got)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNamesCantSteerTheTerminal(t *testing.T) {
	snap := play(t, "well")
	snap.Streams[0].Name = "evil\x1b[2J\x07\u009b"
	snap.Streams[0].Notes = []string{"\x1b]0;title\x07"}
	frame := sequences.ReplaceAllString(Picture(snap, 0, 80, 24), "") + Lines(snap) + Totals(snap)
	if strings.ContainsAny(frame, "\x1b\x07\u009b") {
		t.Errorf("%q", frame)
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for n, want := range map[float64]string{0: "0 b/s", 7: "7 b/s", 0.25: "0.25 b/s", 999: "999 b/s", 999.7: "1.00 kb/s", 1234: "1.23 kb/s", 45678: "45.7 kb/s", 987654321: "988 Mb/s", 12.41e9: "12.4 Gb/s"} {
		if got := scaled(n, "b/s"); got != want {
			t.Errorf("%v: %q, expected %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1 000", -1234567: "-1 234 567", 123456: "123 456"} {
		if got := whole(n); got != want {
			t.Errorf("%v: %q, expected %q", n, got, want)
		}
	}
	for s, want := range map[monitor.Seconds]string{-1: "never", 0: "0s", 20e-6: "20µs", 1.5e-3: "1.5ms", 2: "2s", 12.345: "12.3s", 600: "10m", 7260: "2h1m"} {
		if got := duration(s); got != want {
			t.Errorf("%v: %q, expected %q", s, got, want)
		}
	}
}

// TestTheViewEndsWithItsContext runs the program without a terminal.
func TestTheViewEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	recorded := &ended{}
	if err := run(ctx, recorded, "", tea.WithInput(strings.NewReader("")), tea.WithOutput(&strings.Builder{})); err != nil {
		t.Error(err)
	}
}

// ended is a monitor without snapshots.
type ended struct{}

func (*ended) Next(context.Context, int64) *monitor.Snapshot { return nil }
