// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

func TestNoWriterIsRefused(t *testing.T) {
	_, err := NewWriter(Config{}, nil)
	var refused *spead.FieldError
	if !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
}

func TestManyPacketsAreWrittenAtOnce(t *testing.T) {
	var buffer bytes.Buffer
	s, err := NewWriter(Config{MaxPacketSize: 9000, MaxHeaps: 64}, &buffer)
	if err != nil {
		t.Fatal(err)
	}
	b := manyHeaps(64, 8192)
	if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if cnts := heapCntsOf(t, buffer.Bytes()); len(cnts) != 64 {
		t.Errorf("%d packets", len(cnts))
	}
	if st := s.Stats().Transport; st.Packets != 64 || st.Calls > 20 {
		t.Errorf("statistics: %+v", st)
	}
}

// fickleWriter takes any number of the bytes that it is given, and keeps them.
type fickleWriter struct {
	rnd  *rand.Rand
	kept []byte
	err  error
}

func (f *fickleWriter) Write(b []byte) (int, error) {
	switch f.rnd.IntN(4) {
	case 0: // short
		n := f.rnd.IntN(len(b) + 1)
		f.kept = append(f.kept, b[:n]...)
		return n, nil
	case 1:
		n := f.rnd.IntN(len(b))
		f.kept = append(f.kept, b[:n]...)
		return n, f.err
	default:
		f.kept = append(f.kept, b...)
		return len(b), nil
	}
}

// TestTransportsOfBytesTellExactlyWhatWasTaken compares what a writer and a connection got with what
// the transport says that they took.
func TestTransportsOfBytesTellExactlyWhatWasTaken(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		f := &fickleWriter{rnd: rnd, err: errors.New("disk full")}
		w := &writerTransport{w: f}
		var want []byte
		for range 1 + rnd.IntN(5) {
			want = append(want, writeThrough(t, w, randomDatagrams(rnd))...)
		}
		if !bytes.Equal(f.kept, want) {
			t.Fatalf("seed %d: %d bytes were taken, %d reported", seed, len(f.kept), len(want))
		}
	}
}

func randomDatagrams(rnd *rand.Rand) []wire.Datagram {
	d := make([]wire.Datagram, 1+rnd.IntN(64))
	for i := range d {
		content := make([]byte, 56+rnd.IntN(20_000))
		for j := range content {
			content[j] = byte(rnd.Uint32())
		}
		d[i] = wire.Datagram{Header: content[:40], Payload: [][]byte{content[40:50], content[50:]}, Size: len(content)}
	}
	return d
}

// writeThrough writes datagrams as the sender does, and gives the bytes that were taken as the
// transport reports them.
func writeThrough(t *testing.T, w transport, d []wire.Datagram) (reported []byte) {
	t.Helper()
	for first := 0; first < len(d); {
		n, err := w.WriteBatch(d[first:])
		for i := first; i < first+n; i++ {
			reported = d[i].AppendTo(reported)
		}
		first += n
		if err == nil {
			continue
		}
		bytes, cause := takenBytes(err)
		if !errors.Is(cause, io.ErrShortWrite) && cause.Error() != "disk full" {
			t.Fatal(cause)
		}
		reported = append(reported, d[first].AppendTo(nil)[:bytes]...)
		first++
	}
	return reported
}
