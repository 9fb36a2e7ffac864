// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/gospead/spead/internal/monitor"
)

// Monitor is what is shown: a *monitor.Monitor.
type Monitor interface {
	// Next waits for a snapshot later than the one of the number; nil if there are no more.
	Next(ctx context.Context, after int64) *monitor.Snapshot
}

// model is what is shown now. It is a value, as bubbletea wants it.
type model struct {
	view
	// latest is the latest snapshot, and held the one that is shown while paused.
	latest, held *monitor.Snapshot
}

// Run shows snapshots on the terminal until the user quits or ctx ends. address is the web page's, or
// "". Errors: the terminal's.
func Run(ctx context.Context, m Monitor, address string) error {
	return run(ctx, m, address)
}

func run(ctx context.Context, m Monitor, address string, options ...tea.ProgramOption) error {
	ctx, cancel := context.WithCancel(ctx)
	first := model{view: view{width: 80, height: 24, address: address}}
	program := tea.NewProgram(first, append(options, tea.WithoutSignalHandler())...)
	var feeding sync.WaitGroup
	feeding.Go(func() {
		for snap := m.Next(ctx, 0); snap != nil; snap = m.Next(ctx, snap.Seq) {
			program.Send(snap)
		}
		program.Quit()
	})
	_, err := program.Run()
	cancel()
	feeding.Wait()
	return err
}

// Init has nothing to do.
func (m model) Init() tea.Cmd { return nil }

// Update takes a snapshot, a key or a size.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case *monitor.Snapshot:
		m.latest = msg
	case tea.WindowSizeMsg:
		if msg.Width > 0 && msg.Height > 0 { // some terminals don't know
			m.width, m.height = msg.Width, msg.Height
		}
	case tea.KeyPressMsg:
		return m.press(msg.String())
	}
	return m, nil
}

func (m model) press(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "ctrl+c", "esc":
		return m, tea.Quit
	case "s":
		m.order = (m.order + 1) % orderCount
	case "p", "space":
		m.paused, m.held = !m.paused, m.latest
	case "tab", "right", "l":
		m.page = (m.page + 1) % len(pages)
	case "shift+tab", "left", "h":
		m.page = (m.page + len(pages) - 1) % len(pages)
	case "1", "2", "3", "4":
		m.page = int(key[0] - '1')
	case "up", "k":
		m.selectBy(-1)
	case "down", "j":
		m.selectBy(1)
	}
	return m, nil
}

// selectBy selects the stream before or behind.
func (m *model) selectBy(step int) {
	if s := m.snapshot(); s != nil && len(s.Streams) > 0 {
		streams := m.sorted(s)
		at := min(max(0, m.chosen(streams)+step), len(streams)-1)
		m.selected = streams[at].Name
	}
}

func (m *model) snapshot() *monitor.Snapshot {
	if m.paused {
		return m.held
	}
	return m.latest
}

// View draws the frame.
func (m model) View() tea.View {
	v := tea.NewView(m.ansi(m.snapshot()))
	v.AltScreen = true
	v.WindowTitle = "spead monitor"
	return v
}
