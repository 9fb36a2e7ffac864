// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect gives both ends of a connection.
func connect(t *testing.T) (here, there *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

func newGatherer(t *testing.T, conn *net.TCPConn) *Gatherer {
	t.Helper()
	g, err := New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// piecesOf makes random pieces, some of which are empty.
func piecesOf(rnd *rand.Rand, n, sizeMax int) [][]byte {
	pieces := make([][]byte, n)
	for i := range pieces {
		pieces[i] = make([]byte, max(0, rnd.IntN(sizeMax+1)-sizeMax/10))
		for j := range pieces[i] {
			pieces[i][j] = byte(rnd.Uint32())
		}
	}
	return pieces
}

func TestAllPiecesArriveInOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ pieces, sizeMax int }{{0, 0}, {1, 0}, {1, 1}, {1, 5 << 20}, {5000, 100}, {300, 20_000}, {64, 300_000}} {
		here, there := connect(t)
		if err := errors.Join(here.SetWriteBuffer(256<<10), there.SetReadBuffer(1<<20)); err != nil {
			t.Fatal(err)
		}
		g := newGatherer(t, here)
		all := make(chan []byte, 1)
		go func() {
			content, _ := io.ReadAll(there)
			all <- content
		}()
		var want []byte
		for range 3 {
			pieces := piecesOf(rnd, c.pieces, c.sizeMax)
			written := bytes.Join(pieces, nil)
			if n, err := g.Write(pieces); n != len(written) || err != nil {
				t.Fatalf("%+v: %d of %d bytes were written: %v", c, n, len(written), err)
			}
			want = append(want, written...)
		}
		here.Close()
		if got := <-all; !bytes.Equal(got, want) {
			t.Errorf("%+v: %d bytes came that aren't the %d sent", c, len(got), len(want))
		}
		if len(want) > 0 && g.Calls() == 0 {
			t.Error("no calls were counted")
		}
	}
}

func TestAnErrorTellsWhatLeft(t *testing.T) {
	here, there := connect(t)
	if err := errors.Join(here.SetWriteBuffer(8<<10), there.SetReadBuffer(8<<10)); err != nil {
		t.Fatal(err)
	}
	g := newGatherer(t, here)
	pieces := piecesOf(rand.New(rand.NewPCG(3, 4)), 1000, 50_000)
	all := bytes.Join(pieces, nil)
	if err := here.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := g.Write(pieces); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("with a deadline that has passed, %d bytes were written: %v", n, err)
	}
	if err := here.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := g.Write(pieces)
	if n == 0 || n >= len(all) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("to a peer that doesn't read, %d bytes were written: %v", n, err)
	}
	got := make([]byte, n)
	if _, err := io.ReadFull(there, got); err != nil || !bytes.Equal(got, all[:n]) {
		t.Errorf("other bytes came: %v", err)
	}
	there.SetLinger(0)
	there.Close()
	if err := here.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n, err := g.Write(pieces); n >= len(all) || err == nil {
		t.Errorf("after a reset, %d bytes were written: %v", n, err)
	}
	here.Close()
	if n, err := g.Write(pieces); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close, %d bytes were written: %v", n, err)
	}
}

func TestCloseEndsAWaitingWrite(t *testing.T) {
	here, there := connect(t)
	if err := errors.Join(here.SetWriteBuffer(8<<10), there.SetReadBuffer(8<<10)); err != nil {
		t.Fatal(err)
	}
	g := newGatherer(t, here)
	result := make(chan error)
	go func() {
		_, err := g.Write([][]byte{make([]byte, 64<<20)})
		result <- err
	}()
	if _, err := io.ReadFull(there, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	here.Close()
	if err := <-result; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the write ended with %v", err)
	}
}
