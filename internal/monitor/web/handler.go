// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gospead/spead/internal/monitor"
)

//go:embed assets
var assets embed.FS

// Monitor is what is shown: a *monitor.Monitor.
type Monitor interface {
	// Latest gives the latest snapshot, nil before the first.
	Latest() *monitor.Snapshot
	// Next waits for one later than the one of the number; nil if there are no more.
	Next(ctx context.Context, after int64) *monitor.Snapshot
	// History gives the points of all streams that are kept.
	History() [][]monitor.Point
}

const (
	// watchersMax is how many may wait for events at a time.
	watchersMax = 64
	// eventTimeout is how long a watcher may take for an event.
	eventTimeout = 10 * time.Second
)

// handler answers requests.
type handler struct {
	monitor  Monitor
	watchers chan struct{} // holds a value for each
}

// NewHandler returns a handler of all paths. metrics answers /metrics.
func NewHandler(m Monitor, metrics http.Handler) (http.Handler, error) {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	h := &handler{m, make(chan struct{}, watchersMax)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api", h.api)
	mux.HandleFunc("GET /api/events", h.events)
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /", http.FileServerFS(files))
	return guard(local(mux)), nil
}

// local has what comes to a loopback address come by that address's own names. A browser sends other
// names there if a page elsewhere has had its own resolve to this machine, to read what isn't for it.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, isTCP := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if isTCP && at.IP.IsLoopback() && !isLoopback(r.Host) {
			http.Error(w, "ask for 127.0.0.1, [::1] or localhost: this address is for its own machine", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback says whether a host, with or without a port, is a name of this machine for itself.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// guard has browsers load nothing from elsewhere, and ask for everything anew.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// report is what /api answers.
type report struct {
	Snapshot *monitor.Snapshot `json:"snapshot"`
	// History has the points of each stream, in the order of the snapshot's.
	History [][]monitor.Point `json:"history"`
}

// api answers with the latest snapshot; right after the start, it waits for the first.
func (h *handler) api(w http.ResponseWriter, r *http.Request) {
	snap := h.monitor.Next(r.Context(), 0)
	if snap == nil {
		http.Error(w, "the monitor has ended", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// Who doesn't take the answer gets none.
	_ = json.NewEncoder(w).Encode(report{snap, h.monitor.History()})
}

// events answers with each snapshot from now on, until there are no more or the client leaves.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	select {
	case h.watchers <- struct{}{}:
		defer func() { <-h.watchers }()
	default:
		http.Error(w, "too many watch already", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	seq := int64(0)
	for {
		snap := h.monitor.Next(r.Context(), seq)
		if snap == nil || sendEvent(w, control, snap) != nil {
			return
		}
		seq = snap.Seq
	}
}

// sendEvent writes a snapshot and has it sent at once.
func sendEvent(w http.ResponseWriter, control *http.ResponseController, snap *monitor.Snapshot) error {
	text, err := json.Marshal(snap)
	if err != nil {
		return err
	}
	// The server's own limit is for answers that end.
	if err := control.SetWriteDeadline(time.Now().Add(eventTimeout)); err != nil {
		return err
	}
	for _, part := range [][]byte{[]byte("data: "), text, []byte("\n\n")} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return control.Flush()
}
