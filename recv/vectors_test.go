// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"encoding/json"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/internal/heapjson"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/recv"
)

// TestVectors receives each capture of the shared vectors and compares with what spead2 made of it.
// SPEAD_VECTORS names another folder of the same form.
func TestVectors(t *testing.T) {
	for _, v := range vectors.All(t, vectors.Stream) {
		t.Run(v.Name, func(t *testing.T) {
			vectors.Check(t, v, receive(t, v))
		})
	}
	for _, v := range vectors.All(t, vectors.Chunk) {
		t.Run(v.Name, func(t *testing.T) { checkChunks(t, v) })
	}
}

// receive lets the library receive a vector's capture.
func receive(t *testing.T, v *vectors.Vector) vectors.Result {
	t.Helper()
	o := v.Options
	s, err := recv.NewStream(recv.Config{
		MaxHeaps:          o.MaxHeaps,
		Substreams:        o.Substreams,
		BugCompat:         spead.BugCompat(o.BugCompat),
		KeepStop:          !o.StopOnStopItem,
		RequireHeapLength: !o.AllowUnsizedHeaps,
		AllowOutOfOrder:   o.AllowOutOfOrder,
		Incomplete:        !o.ContiguousOnly,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	source, err := capture.Open(v.Capture, capture.Options{Filter: o.Filter})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddSource(source); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var result vectors.Result
	var group spead.ItemGroup
	encoder := heapjson.Encoder{PayloadRanges: o.IncompleteKeepPayloadRanges}
	for h := range s.Heaps(t.Context()) {
		line, err := encoder.Append(nil, h, &group)
		if err != nil {
			t.Logf("heap %d: %v", h.Cnt(), err)
		}
		result.Heaps = append(result.Heaps, line)
		h.Release()
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	result.FinalGroup = heapjson.AppendGroup(nil, &group)
	result.Stats = stats(t, s.Stats())
	return result
}

// stats gives the statistics under the names that they have in JSON, and checks that nothing has
// disappeared without a number.
func stats(t *testing.T, st recv.Stats) map[string]int64 {
	t.Helper()
	if st.PacketsSeen != st.PacketsAccepted+st.Refused.Total() {
		t.Errorf("packets: %d seen, %d accepted, %d refused", st.PacketsSeen, st.PacketsAccepted, st.Refused.Total())
	}
	if st.PayloadBytesInFlight != 0 || st.PayloadBytesAccepted != st.PayloadBytesDelivered+st.PayloadBytesDiscarded.Total() {
		t.Errorf("payload: %d bytes accepted, %d delivered, %d in flight, %d discarded", st.PayloadBytesAccepted,
			st.PayloadBytesDelivered, st.PayloadBytesInFlight, st.PayloadBytesDiscarded.Total())
	}
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	named := make(map[string]int64)
	for name, member := range members {
		var n int64
		if json.Unmarshal(member, &n) == nil {
			named[name] = n
		}
	}
	return named
}
