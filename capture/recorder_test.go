// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
)

func loopback() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")} }

// recording is a recorder that runs.
type recording struct {
	*Recorder
	t      *testing.T
	sender *net.UDPConn
	ended  chan error
	stop   context.CancelFunc
}

func startRecorder(t *testing.T, cfg RecorderConfig) *recording {
	t.Helper()
	if cfg.Endpoints == nil {
		cfg.Endpoints = loopback()
	}
	r, err := NewRecorder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	rec := &recording{r, t, sender, make(chan error, 1), stop}
	go func() { rec.ended <- r.Run(ctx) }()
	t.Cleanup(func() { stop(); sender.Close() })
	return rec
}

// send sends datagrams from one number up to another to the first endpoint, and waits until they are
// seen.
func (r *recording) send(from, until int) {
	r.t.Helper()
	for i := from; i < until; i++ {
		if _, err := r.sender.WriteToUDPAddrPort(numbered(i), r.Addrs()[0]); err != nil {
			r.t.Fatal(err)
		}
		for i%10 == 9 && r.Stats().Seen < int64(i-9) { // so that the socket's buffer holds them
			runtime.Gosched()
		}
	}
	for r.Stats().Seen < int64(until) {
		runtime.Gosched()
	}
}

// numbered is a datagram of a kilobyte with a number.
func numbered(i int) []byte { return fmt.Appendf(make([]byte, 1000)[:0], "%0*d", 1000, i) }

func (r *recording) end() RecorderStats {
	r.t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Fatal(err)
	}
	return r.Stats()
}

// expect checks that a capture holds the datagrams from one number up to another.
func expect(t *testing.T, capture []byte, from, until int) {
	t.Helper()
	r, err := pcap.NewReader(bytes.NewReader(capture), pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < until; i++ {
		d, err := r.Next()
		if err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
		if d.Refusal != spead.Accepted || !bytes.Equal(d.Payload, numbered(i)) {
			t.Fatalf("datagram %d is %.1000q", i, d.Payload)
		}
	}
	if d, err := r.Next(); err == nil {
		t.Fatalf("there is one more: %.1000q", d.Payload)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDatagramsAreRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcapng")
	var piped bytes.Buffer
	for _, cfg := range []RecorderConfig{{}, {NoGRO: true}, {Filter: "dst host 127.0.0.1"}, {Memory: 2 << 20}, {Output: &piped}} {
		if cfg.Output == nil {
			cfg.Path = path
		}
		r := startRecorder(t, cfg)
		r.send(0, 100)
		stats := r.end()
		if stats.Seen != 100 || stats.Datagrams != 100 || stats.Bytes != 100000 || stats.Lost() != 0 || stats.Files != 1 {
			t.Errorf("%+v", stats)
		}
		if cfg.Output != nil {
			expect(t, piped.Bytes(), 0, 100)
			continue
		}
		b := readFile(t, path)
		if stats.FileBytes != int64(len(b)) {
			t.Errorf("%d bytes were written to a file of %d", stats.FileBytes, len(b))
		}
		expect(t, b, 0, 100)
	}
}

func TestTheFilterLeavesOut(t *testing.T) {
	r := startRecorder(t, RecorderConfig{Filter: "greater 5000"})
	r.send(0, 10)
	if stats := r.end(); stats.Seen != 10 || stats.Filtered != 10 || stats.Datagrams != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestARecordingEndsAfterTheCount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcapng")
	for _, p := range []string{path, ""} {
		r := startRecorder(t, RecorderConfig{Path: p, Count: 7})
		for i := range 10 {
			if _, err := r.sender.WriteToUDPAddrPort(numbered(i), r.Addrs()[0]); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		if stats := r.Stats(); stats.Datagrams != 7 {
			t.Errorf("%+v", stats)
		}
	}
	expect(t, readFile(t, path), 0, 7)
}

func TestARecordingEndsAfterTheDuration(t *testing.T) {
	r := startRecorder(t, RecorderConfig{Duration: time.Millisecond})
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

func TestFilesRotateAndHoldEverythingOnce(t *testing.T) {
	folder := t.TempDir()
	r := startRecorder(t, RecorderConfig{Path: filepath.Join(folder, "a.pcapng"), FileSize: fileSizeMin})
	r.send(0, 500) // each begins with zeros that stand nowhere else
	stats := r.end()
	from := 0
	for n := range int(stats.Files) {
		b := readFile(t, filepath.Join(folder, fmt.Sprintf("a-%05d.pcapng", n+1)))
		until := from + bytes.Count(b, numbered(0)[:900])
		if len(b) > fileSizeMin || n+1 < int(stats.Files) && len(b) < fileSizeMin-1500 {
			t.Errorf("file %d has %d bytes", n+1, len(b))
		}
		expect(t, b, from, until)
		from = until
	}
	if stats.Files != 5 || from != 500 {
		t.Errorf("%d files with %d datagrams", stats.Files, from)
	}
}

func TestFilesRotateByTime(t *testing.T) {
	folder := t.TempDir()
	r := startRecorder(t, RecorderConfig{Path: filepath.Join(folder, "a.pcapng"), FileTime: 1, Files: 2})
	for i := range 5 {
		r.send(i, i+1)
	}
	if stats := r.end(); stats.Files != 5 {
		t.Errorf("%d files", stats.Files)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	expect(t, readFile(t, filepath.Join(folder, "a-00004.pcapng")), 3, 4)
	expect(t, readFile(t, filepath.Join(folder, "a-00005.pcapng")), 4, 5)
}

func TestATriggerSavesWhatIsInMemory(t *testing.T) {
	folder := t.TempDir()
	r := startRecorder(t, RecorderConfig{Path: filepath.Join(folder, "a.pcapng"), Ring: true, Memory: recorderMemoryMin})
	r.send(0, 50)
	r.Trigger()
	for r.Stats().Files == 0 {
		runtime.Gosched()
	}
	r.send(50, 60)
	r.Trigger()
	for r.Stats().Files == 1 {
		runtime.Gosched()
	}
	r.send(60, 70)
	if stats := r.end(); stats.Files != 2 || stats.Datagrams != 70 {
		t.Errorf("%+v", stats)
	}
	expect(t, readFile(t, filepath.Join(folder, "a-00001.pcapng")), 0, 50)
	expect(t, readFile(t, filepath.Join(folder, "a-00002.pcapng")), 50, 60)
}

func TestWhatComesAfterATriggerIsSavedAsWell(t *testing.T) {
	folder := t.TempDir()
	r := startRecorder(t, RecorderConfig{Path: filepath.Join(folder, "a.pcapng"), Ring: true, After: time.Hour})
	r.send(0, 10)
	r.Trigger()
	r.send(10, 20)
	r.Trigger() // it goes on
	r.send(20, 30)
	if stats := r.end(); stats.Files != 1 {
		t.Errorf("%+v", stats)
	}
	expect(t, readFile(t, filepath.Join(folder, "a-00001.pcapng")), 0, 30)
}

// stuck is an output that takes nothing until it is opened.
type stuck struct {
	bytes.Buffer
	open chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.open
	return s.Buffer.Write(b)
}

// TestASlowWriterLosesByName has the output not take anything.
func TestASlowWriterLosesByName(t *testing.T) {
	out := &stuck{open: make(chan struct{})}
	r := startRecorder(t, RecorderConfig{Output: out, Memory: recorderMemoryMin})
	const count = 4000
	r.send(0, count)
	before := r.Stats()
	if before.WriterDrops == 0 || before.Seen != before.Datagrams+before.WriterDrops || before.KernelDrops != 0 {
		t.Errorf("%+v", before)
	}
	close(out.open)
	stats := r.end()
	if stats.WriterDrops != before.WriterDrops {
		t.Errorf("%+v", stats)
	}
	reader, err := pcap.NewReader(bytes.NewReader(out.Bytes()), pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for _, err = reader.Next(); err == nil; _, err = reader.Next() {
		n++
	}
	comment := fmt.Sprintf("%20d datagrams lost", stats.WriterDrops)
	if n != stats.Datagrams || !bytes.Contains(out.Bytes(), []byte(comment)) {
		t.Errorf("the file has %d of %d datagrams, or doesn't tell %q", n, stats.Datagrams, comment)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestAFailureToWriteEndsTheRecording(t *testing.T) {
	r := startRecorder(t, RecorderConfig{Output: failingWriter{}})
	if err := <-r.ended; err == nil || err.Error() != "full" {
		t.Error(err)
	}
}

func TestWrongRecordersAreRefusedByField(t *testing.T) {
	for field, cfg := range map[string]RecorderConfig{
		"Endpoints": {},
		"Path":      {Endpoints: loopback(), Path: "x", Output: &bytes.Buffer{}},
		"Memory":    {Endpoints: loopback(), Memory: 1},
		"FileSize":  {Endpoints: loopback(), Path: "x", FileSize: 5},
		"FileTime":  {Endpoints: loopback(), Path: "x", FileTime: -1},
		"Count":     {Endpoints: loopback(), Count: -1},
		"Duration":  {Endpoints: loopback(), Duration: -1},
		"After":     {Endpoints: loopback(), Path: "x", After: 1},
		"Interface": {Endpoints: loopback(), PacketRing: true},
		"Files":     {Endpoints: loopback(), Path: "x", Files: 3},
		"Ring":      {Endpoints: loopback(), Path: "x", Ring: true, FileSize: 1 << 20},
		"Direct":    {Endpoints: loopback(), Direct: true},
		"Senders":   {Endpoints: loopback(), Senders: []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
	} {
		r, err := NewRecorder(cfg)
		var wrong *spead.FieldError
		if !errors.As(err, &wrong) || wrong.Field != "capture.RecorderConfig."+field {
			t.Errorf("%s: %v", field, err)
		}
		if r != nil {
			r.Close()
		}
	}
	if _, err := NewRecorder(RecorderConfig{Endpoints: loopback(), Ring: true}); err == nil {
		t.Error("a ring without a path")
	}
}

func TestARecorderRunsOnce(t *testing.T) {
	r, err := NewRecorder(RecorderConfig{Endpoints: loopback()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if err := r.Run(context.Background()); err == nil {
		t.Error("it has run after Close")
	}
}
