// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/gospead/spead"
)

func TestAReaderGivesTheSameHeapsInPiecesOfAnySize(t *testing.T) {
	memory := packetsOf(t, 88, heapOf(10, 1), heapOf(1000, 2), heapOf(0, 3))
	for name, r := range map[string]io.Reader{
		"all at once":          bytes.NewReader(memory),
		"byte by byte":         iotest.OneByteReader(bytes.NewReader(memory)),
		"the end with data":    iotest.DataErrReader(bytes.NewReader(memory)),
		"nothing now and then": iotest.HalfReader(bytes.NewReader(memory)),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewStream(Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			if err := errors.Join(s.AddReader(r), s.Start()); err != nil {
				t.Fatal(err)
			}
			if got := drain(t, s); !slices.Equal(got, []spead.HeapCnt{1, 2, 3}) || s.Err() != nil {
				t.Errorf("heaps %v, error %v", got, s.Err())
			}
		})
	}
}

func TestAReaderThatFailsEndsWithItsError(t *testing.T) {
	broken := errors.New("tape torn")
	memory := packetsOf(t, 88, heapOf(10, 1))
	s, err := NewStream(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := io.MultiReader(bytes.NewReader(memory), bytes.NewReader(memory[:20]), iotest.ErrReader(broken))
	if err := errors.Join(s.AddReader(r), s.Start()); err != nil {
		t.Fatal(err)
	}
	if got := drain(t, s); len(got) != 1 || !errors.Is(s.Err(), broken) {
		t.Errorf("heaps %v, error %v", got, s.Err())
	}
	if st := s.Stats(); st.Refused[spead.RefusedShortPointers] != 1 || st.SkippedBytes != 20 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestClosingAStreamClosesAPipeThatItWaitsFor(t *testing.T) {
	r, w := io.Pipe()
	s, err := NewStream(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.AddReader(r), s.Start(), s.Close(), s.Err()); err != nil {
		t.Error(err)
	}
	if _, err := w.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("writing to the pipe gave %v", err)
	}
}
