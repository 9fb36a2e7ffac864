// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/gospead/spead/internal/browser"
	"github.com/gospead/spead/internal/monitor"
	"github.com/gospead/spead/internal/monitor/scenario"
	"github.com/gospead/spead/internal/monitor/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is a server on loopback.
type served struct {
	t   *testing.T
	url string
	end func()

	mu    sync.Mutex
	paths []string
}

func serve(t *testing.T, m web.Monitor) *served {
	t.Helper()
	s := &served{t: t}
	inner, err := web.NewHandler(m, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	noting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.paths = append(s.paths, r.URL.Path)
		s.mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- web.Serve(ctx, l, noting, nil) }()
	s.url = "http://" + l.Addr().String()
	s.end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.end)
	return s
}

func (s *served) get(path string) *http.Response {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// played is the scenario, once a test has played it.
var played *scenario.Recorded

func trouble(t *testing.T) *scenario.Recorded {
	t.Helper()
	if played != nil {
		return played
	}
	synctest.Test(t, func(t *testing.T) {
		var err error
		if played, err = scenario.Trouble(); err != nil {
			t.Fatal(err)
		}
	})
	return played
}

func TestEverythingIsInTheAPI(t *testing.T) {
	recorded := trouble(t)
	s := serve(t, recorded)
	var report struct {
		Snapshot map[string]any
		History  [][]monitor.Point
	}
	answer := s.get("/api")
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil {
		t.Fatal(err)
	}
	if answer.Header.Get("Content-Type") != "application/json" || len(report.History) != 5 || len(report.History[0]) != 120 {
		t.Errorf("%v, %d histories", answer.Header, len(report.History))
	}
	if report.Snapshot["health"] != "losing" || len(report.Snapshot["streams"].([]any)) != 5 {
		t.Errorf("%v", report.Snapshot)
	}
}

func TestEventsComeAndEndWithTheServer(t *testing.T) {
	s := serve(t, trouble(t))
	answer := s.get("/api/events")
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, `data: {"seq":120,`) {
		t.Errorf("%.60q, %v", line, err)
	}
	s.end()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Errorf("events end with %v", err)
	}
}

func TestWatchersAreLimited(t *testing.T) {
	s := serve(t, trouble(t))
	for i := range 65 {
		want := http.StatusOK
		if i == 64 {
			want = http.StatusServiceUnavailable
		}
		if answer := s.get("/api/events"); answer.StatusCode != want {
			t.Fatalf("watcher %d: %s", i, answer.Status)
		}
	}
}

func TestOnlyWhatThereIsIsAnswered(t *testing.T) {
	s := serve(t, trouble(t))
	for path, want := range map[string]int{
		"/": 200, "/app.js": 200, "/style.css": 200, "/icon.svg": 200,
		"/nonsense": 404, "/handler.go": 404, "/assets/": 404, "/metrics": 404, "/api/": 404,
	} {
		answer := s.get(path)
		if answer.StatusCode != want {
			t.Errorf("%s: %s", path, answer.Status)
		}
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self'") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	answer, err := http.Post(s.url+"/api", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", answer.Status)
	}
}

// TestALoopbackAddressIsForItsOwnMachine: a page elsewhere can have its name resolve to 127.0.0.1.
func TestALoopbackAddressIsForItsOwnMachine(t *testing.T) {
	s := serve(t, trouble(t))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 200, "localhost:" + port: 200, "LOCALHOST": 200, "[::1]:" + port: 200, "[::1]": 200, "127.1.2.3": 200,
		"elsewhere.example:" + port: 421, "elsewhere.example": 421, "localhost.elsewhere.example": 421, "10.1.2.3:" + port: 421,
	} {
		for _, path := range []string{"/", "/api", "/metrics"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if refused := answer.StatusCode == http.StatusMisdirectedRequest; refused != (want == http.StatusMisdirectedRequest) {
				t.Errorf("%s of %s: %s", path, host, answer.Status)
			}
		}
	}
}

// failingListener gives one connection and then fails.
type failingListener struct {
	net.Listener
	given *closing
}

// closing notes that a connection was closed.
type closing struct {
	net.Conn
	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func (l *failingListener) Accept() (net.Conn, error) {
	if l.given != nil {
		return nil, errors.New("no more connections")
	}
	conn, err := l.Listener.Accept()
	l.given = &closing{Conn: conn}
	return l.given, err
}

func TestAServerWhoseListenerFailsLeavesNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	failing := &failingListener{Listener: l}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(t.Context(), failing, http.NotFoundHandler(), nil) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := <-ended; err == nil || !failing.given.closed.Load() {
		t.Errorf("%v, connection closed: %v", err, failing.given.closed.Load())
	}
}

// TestAServerThatHasEndedIsGone: the address is free again.
func TestAServerThatHasEndedIsGone(t *testing.T) {
	s := serve(t, trouble(t))
	s.get("/")
	s.end()
	l, err := net.Listen("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestThePageInABrowser goes without where there is none.
func TestThePageInABrowser(t *testing.T) {
	chromium, err := browser.Start(t.Context())
	if errors.Is(err, browser.ErrNone) {
		t.Log("goes without:", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer chromium.Close()
	s := serve(t, trouble(t))
	for _, w := range []browser.Window{{Width: 1280, Height: 900}, {Width: 1280, Height: 900, Dark: true}, {Width: 390, Height: 800, Phone: true}} {
		page, err := chromium.Open(s.url, w, `document.title.includes("Losing")`)
		if err != nil {
			t.Fatal(err)
		}
		lookAt(t, page)
		for _, url := range page.Requests() {
			if !strings.HasPrefix(url, s.url+"/") {
				t.Errorf("the page asks for %s", url)
			}
		}
		for _, line := range page.Complaints() {
			t.Error(line)
		}
	}
}

func lookAt(t *testing.T, page *browser.Page) {
	t.Helper()
	text, err := page.Evaluate("document.body.innerText.replaceAll('\u202f', ' ')")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Losing data", "239.2.1.11:7148: 272 packets dropped at the socket: buffer full", "lost 272 packets",
		"10.17.4.2:8001", "2195456 bytes are missing", "23.6 Mb/s", "stopped", "Substreams",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q isn't on the page:\n%s", want, text)
		}
	}
	wide, err := page.Evaluate("String(document.documentElement.scrollWidth - innerWidth)")
	if err != nil || wide != "0" {
		t.Errorf("the page is %s pixels too wide, %v", wide, err)
	}
	reachable, err := page.Evaluate(`document.querySelector("#streams tbody tr:nth-child(4)").click(), document.getElementById("state").textContent`)
	if err != nil || !strings.HasPrefix(reachable, "nothing comes any more") {
		t.Errorf("the fourth stream is %q, %v", reachable, err)
	}
}
