// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/gospead/spead/internal/browser"
	"github.com/gospead/spead/internal/monitor/scenario"
	"github.com/gospead/spead/internal/monitor/screen"
	"github.com/gospead/spead/internal/monitor/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pngMax is how large a picture may be, in bytes.
const pngMax = 200_000

func update() bool { return os.Getenv("UPDATE_SCREENS") != "" }

func play(t *testing.T) *scenario.Recorded {
	t.Helper()
	var recorded *scenario.Recorded
	synctest.Test(t, func(t *testing.T) {
		var err error
		if recorded, err = scenario.Trouble(); err != nil {
			t.Fatal(err)
		}
	})
	return recorded
}

// TestScreens makes the pictures if that is asked for, and otherwise looks whether they are still true.
func TestScreens(t *testing.T) {
	recorded := play(t)
	snap := *recorded.Latest()
	snap.Time = snap.Time.UTC()
	for _, c := range []struct {
		file                string
		page, width, height int
	}{
		{"monitor-terminal.svg", 0, 80, 24},
		{"monitor-timing.svg", 2, 80, 24},
		{"monitor-large.svg", 0, 120, 48},
	} {
		got := SVG(screen.Picture(&snap, c.page, c.width, c.height))
		if update() {
			if err := os.WriteFile(c.file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s isn't what the terminal shows now: UPDATE_SCREENS=1 go test ./docs/screens", c.file)
		}
	}
	if update() {
		takePictures(t, recorded)
	}
	for _, file := range []string{"monitor-web.png", "monitor-web-dark.png", "monitor-web-phone.png"} {
		if info, err := os.Stat(file); err != nil || info.Size() > pngMax {
			t.Errorf("%s: %v, or larger than %d bytes", file, err, pngMax)
		}
	}
}

// takePictures takes those of the web page.
func takePictures(t *testing.T, recorded *scenario.Recorded) {
	chromium, err := browser.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	handler, err := web.NewHandler(recorded, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- web.Serve(ctx, l, handler, nil) }()
	for file, w := range map[string]browser.Window{
		"monitor-web.png":       {Width: 1200, Height: 1180},
		"monitor-web-dark.png":  {Width: 1200, Height: 760, Dark: true},
		"monitor-web-phone.png": {Width: 390, Height: 844, Phone: true},
	} {
		page, err := chromium.Open("http://"+l.Addr().String(), w, `document.title.includes("Losing")`)
		if err != nil {
			t.Fatal(err)
		}
		png, err := page.Screenshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := errors.Join(<-ended, chromium.Close()); err != nil {
		t.Error(err)
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	svg := SVG("a <b> & \x1b[1;97;41m c \x1b[0m▁█\n\x1b[90mgrey\x1b[7mreverse\x1b[0m")
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
	for _, want := range []string{
		`width="133" height="60"`, "a\u00a0&lt;b&gt;\u00a0&amp;\u00a0", `fill="#c62828"`, `height="2.25" fill="#d7dae0"`, `height="18.00"`,
		"font-weight=\"bold\">\u00a0c\u00a0</text>", `fill="#8a93a2">grey</text>`, `fill="#14171c">reverse</text>`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q isn't in\n%s", want, svg)
		}
	}
}
