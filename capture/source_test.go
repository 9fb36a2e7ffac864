// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/recv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame gives a UDP datagram over IPv4 as Ethernet carries it.
func frame(payload []byte) []byte {
	const ipHeader, udpHeader = 20, 8
	b := make([]byte, 14, 14+ipHeader+udpHeader+len(payload))
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(ipHeader+udpHeader+len(payload)))
	b = append(b, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	b = binary.BigEndian.AppendUint16(b, 1000)
	b = binary.BigEndian.AppendUint16(b, 8888)
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(payload)))
	return append(append(b, 0, 0), payload...)
}

// record gives a frame of which the capture holds the first captured bytes.
func record(frame []byte, captured int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(captured))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
	return append(b, frame[:captured]...)
}

func header() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 65535)
	return binary.LittleEndian.AppendUint32(b, 1)
}

func open(t *testing.T, contents []byte, opts Options) recv.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.pcap")
	if err := os.WriteFile(path, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// drain reads a source to its end. It checks that batches stay valid until the next.
func drain(t *testing.T, s recv.Source) (payloads []string, total recv.Batch, end error) {
	t.Helper()
	for end == nil {
		var b recv.Batch
		end = s.ReadBatch(&b)
		if len(b.Datagrams) > batchDatagrams {
			t.Errorf("a batch has %d datagrams", len(b.Datagrams))
		}
		for _, d := range b.Datagrams {
			payloads = append(payloads, string(d))
		}
		for reason, count := range b.Refused.All() {
			total.Refused[reason] += count
		}
		total.Foreign += b.Foreign
	}
	return payloads, total, end
}

func TestADatagramGoesToItsBatchWhole(t *testing.T) {
	contents := header()
	var want []string
	for i := range 1000 {
		payload := fmt.Appendf(nil, "%0*d", 1+i*7, i)
		want = append(want, string(payload))
		f := frame(payload)
		contents = append(contents, record(f, len(f))...)
	}
	got, total, end := drain(t, open(t, contents, Options{}))
	if end != io.EOF || total.Foreign != 0 || total.Refused.Total() != 0 {
		t.Errorf("end %v, %d foreign, refused %v", end, total.Foreign, total.Refused)
	}
	if len(got) != len(want) {
		t.Fatalf("%d datagrams, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("datagram %d differs", i)
		}
	}
}

func TestWhatIsNoDatagramIsCounted(t *testing.T) {
	whole, tcp, wrong := frame([]byte("whole")), frame([]byte("tcp")), frame([]byte("wrong"))
	tcp[14+9] = 6
	binary.BigEndian.PutUint16(wrong[14+20+4:], 1000)
	empty := frame(nil)
	contents := header()
	for _, r := range [][]byte{
		record(tcp, len(tcp)), record(whole, len(whole)), record(whole, len(whole)-1),
		record(wrong, len(wrong)), record(empty, len(empty)), record(tcp, len(tcp)),
	} {
		contents = append(contents, r...)
	}
	got, total, end := drain(t, open(t, contents, Options{}))
	if end != io.EOF || len(got) != 1 || got[0] != "whole" || total.Foreign != 2 {
		t.Errorf("got %q, %d foreign, end %v", got, total.Foreign, end)
	}
	for _, reason := range []spead.Refusal{spead.RefusedCaptureTruncated, spead.RefusedCaptureMalformed, spead.RefusedEmpty} {
		if total.Refused[reason] != 1 {
			t.Errorf("%v was counted %d times", reason, total.Refused[reason])
		}
	}
}

func TestTheFilterSelects(t *testing.T) {
	f := frame([]byte("x"))
	contents := append(header(), record(f, len(f))...)
	if got, total, _ := drain(t, open(t, contents, Options{Filter: "udp dst port 8888"})); len(got) != 1 || total.Foreign != 0 {
		t.Errorf("%d datagrams, %d foreign", len(got), total.Foreign)
	}
	if got, total, _ := drain(t, open(t, contents, Options{Filter: "udp dst port 1"})); len(got) != 0 || total.Foreign != 1 {
		t.Errorf("%d datagrams, %d foreign", len(got), total.Foreign)
	}
}

func TestACutFileGivesWhatItHas(t *testing.T) {
	f := frame([]byte("x"))
	contents := append(append(header(), record(f, len(f))...), record(f, len(f))...)
	got, _, end := drain(t, open(t, contents[:len(contents)-3], Options{}))
	if len(got) != 1 || !errors.Is(end, io.ErrUnexpectedEOF) {
		t.Errorf("%d datagrams, end %v", len(got), end)
	}
}

func TestWhatCantBeOpenedIsNamed(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gave %v", err)
	}
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte("no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	var wrong *spead.FieldError
	if _, err := Open(path, Options{}); !errors.As(err, &wrong) {
		t.Errorf("a text gave %v", err)
	}
	if err := os.WriteFile(path, header(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Filter: "nonsense"}); !errors.As(err, &wrong) {
		t.Errorf("a filter that isn't one gave %v", err)
	}
}

func TestACloseEndsAWaitingRead(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if _, err := write.Write(header()); err != nil {
		t.Fatal(err)
	}
	reader, err := pcap.NewReader(read, pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &source{path: "pipe", file: read, reader: reader}
	end := make(chan error)
	go func() {
		_, _, err := drain(t, s)
		end <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-end; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the source ended with %v", err)
	}
}

func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	contents := header()
	f := frame(make([]byte, 1472))
	for range 20 * batchDatagrams {
		contents = append(contents, record(f, len(f))...)
	}
	s := open(t, contents, Options{})
	var b recv.Batch
	read := func() {
		b.Datagrams = b.Datagrams[:0]
		if err := s.ReadBatch(&b); err != nil || len(b.Datagrams) != batchDatagrams {
			t.Fatalf("%d datagrams, %v", len(b.Datagrams), err)
		}
	}
	read()
	if allocs := testing.AllocsPerRun(10, read); allocs != 0 {
		t.Errorf("%v allocations per batch", allocs)
	}
}
