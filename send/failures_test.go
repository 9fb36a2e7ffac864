// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailuresAreSummedUpInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := failures{logger: slog.New(slog.NewTextHandler(&log, nil))}
		cause := errors.New("no route")
		for range 1000 {
			f.add(cause)
			f.add(context.Canceled)
			f.add(ErrClosed)
			<-time.After(25 * time.Millisecond)
		}
		f.flush()
		f.flush()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		for i, want := range []string{"count=1 ", "count=400 ", "count=400 ", "count=199 "} {
			if i >= len(lines) || !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "no route") {
				t.Errorf("line %d of %q, want %q", i, lines, want)
			}
		}
		if len(lines) != 4 {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
	})
}

func TestAStreamLogsWhatItCannotSend(t *testing.T) {
	var log bytes.Buffer
	tr := &fakeTransport{fail: map[int]error{0: errors.New("cable cut"), 2: errors.New("cable cut")}}
	s := newTestStream(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, tr)
	for range 3 {
		_, _ = s.Send(t.Context(), heapOf(10))
	}
	s.Close()
	if n := strings.Count(log.String(), "cable cut"); n != 2 {
		t.Errorf("%d lines: %s", n, log.String())
	}
}
