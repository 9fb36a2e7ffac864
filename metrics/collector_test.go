// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/metrics"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type receiver recv.Stats

func (r receiver) Stats() recv.Stats { return recv.Stats(r) }

type sender send.Stats

func (s sender) Stats() send.Stats { return send.Stats(s) }

// number gives every number in v a value of its own, from next on, and returns the values.
func number(v reflect.Value, next *int64) (values []int64) {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		*next++
		v.SetInt(*next)
		values = append(values, *next)
	case reflect.Array:
		for i := range v.Len() {
			values = append(values, number(v.Index(i), next)...)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			values = append(values, number(field, next)...)
		}
	}
	return values
}

// gathered gives the value of every metric, and all names.
func gathered(t *testing.T, c prometheus.Collector) (values map[int64]string, names map[string]bool) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values, names = map[int64]string{}, map[string]bool{}
	for _, family := range families {
		names[family.GetName()] = true
		for _, m := range family.GetMetric() {
			values[int64(m.GetCounter().GetValue()+m.GetGauge().GetValue())] = family.GetName()
		}
	}
	return values, names
}

func TestEveryFigureIsShown(t *testing.T) {
	var received recv.Stats
	var sent send.Stats
	next := int64(1000)
	received.Refused[spead.Accepted] = 0 // counted apart
	want := number(reflect.ValueOf(&received).Elem(), &next)
	want = append(want, number(reflect.ValueOf(&sent).Elem(), &next)...)
	c := metrics.NewCollector()
	if err := errors.Join(c.AddReceiver("in", receiver(received)), c.AddSender("out", sender(sent))); err != nil {
		t.Fatal(err)
	}
	values, _ := gathered(t, c)
	for _, value := range want {
		if values[value] == "" && value != received.Refused[spead.Accepted] {
			t.Errorf("field number %d of recv.Stats and send.Stats is in no metric: give it a line in recv.go or send.go", value-1000)
		}
	}
}

func full(t *testing.T) *metrics.Collector {
	t.Helper()
	local := netip.MustParseAddrPort("127.0.0.1:7148")
	received := recv.Stats{
		PacketsSeen: 10, PacketsAccepted: 7, KernelDrops: 5, Custom: []int64{3},
		Sources: []recv.Traffic{
			{Addr: local, Packets: 6, Bytes: 600, Refused: 1, KernelDrops: 2, First: time.Unix(100, 0), Last: time.Unix(200, 0)},
			{Packets: 3, Bytes: 300, KernelDrops: 3, First: time.Unix(90, 0), Last: time.Unix(150, 0)},
			{Packets: 1, Bytes: 100, Refused: 2, First: time.Unix(80, 0), Last: time.Unix(250, 5e8)},
			{Addr: netip.MustParseAddrPort("127.0.0.1:7149")},
		},
	}
	received.Refused[spead.RefusedBadMagic] = 3
	received.HeapsDiscarded[recv.DiscardOldest] = 4
	sent := send.Stats{Packets: 12, HeapsInFlight: 2}
	sent.Transport.Errors = []send.ErrnoCount{{Errno: syscall.ENOBUFS, Count: 8}}
	sent.Transport.Paths = []send.PathStats{{GSO: send.GSOActive}, {GSO: send.GSODisabled}}
	c := metrics.NewCollector()
	if err := errors.Join(c.AddReceiver("beam", receiver(received)), c.AddSender("beam", sender(sent))); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLossIsShownByReasonAndPlace(t *testing.T) {
	expected := `
# HELP spead_recv_kernel_drops_total Packets that the kernel dropped because a socket's buffer was full.
# TYPE spead_recv_kernel_drops_total counter
spead_recv_kernel_drops_total{stream="beam"} 5
# HELP spead_recv_source_kernel_drops_total Packets that the kernel dropped at a source because its buffer was full.
# TYPE spead_recv_source_kernel_drops_total counter
spead_recv_source_kernel_drops_total{source="127.0.0.1:7148",stream="beam"} 2
spead_recv_source_kernel_drops_total{source="127.0.0.1:7149",stream="beam"} 0
spead_recv_source_kernel_drops_total{source="other",stream="beam"} 3
# HELP spead_recv_source_first_packet_timestamp_seconds When a source's first packet was read.
# TYPE spead_recv_source_first_packet_timestamp_seconds gauge
spead_recv_source_first_packet_timestamp_seconds{source="127.0.0.1:7148",stream="beam"} 100
spead_recv_source_first_packet_timestamp_seconds{source="other",stream="beam"} 80
# HELP spead_recv_source_last_packet_timestamp_seconds When a source's latest packet was read.
# TYPE spead_recv_source_last_packet_timestamp_seconds gauge
spead_recv_source_last_packet_timestamp_seconds{source="127.0.0.1:7148",stream="beam"} 200
spead_recv_source_last_packet_timestamp_seconds{source="other",stream="beam"} 250.5
# HELP spead_send_transport_errors_total Failed calls by the system's error number, those included that were made again; 0 for all others.
# TYPE spead_send_transport_errors_total counter
spead_send_transport_errors_total{errno="` + errnoLabel(syscall.ENOBUFS) + `",stream="beam"} 8
# HELP spead_send_gso_active Whether segmentation offload is in use towards an endpoint, by its place in the list.
# TYPE spead_send_gso_active gauge
spead_send_gso_active{endpoint="0",stream="beam"} 1
spead_send_gso_active{endpoint="1",stream="beam"} 0
`
	names := regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(expected, -1)
	var wanted []string
	for _, name := range names {
		wanted = append(wanted, name[1])
	}
	if err := testutil.CollectAndCompare(full(t), strings.NewReader(expected), wanted...); err != nil {
		t.Error(err)
	}
}

func errnoLabel(e syscall.Errno) string {
	text, _ := json.Marshal(uint64(e))
	return string(text)
}

func TestEveryReasonIsThereFromTheBeginning(t *testing.T) {
	c := metrics.NewCollector()
	if err := c.AddReceiver("beam", receiver{}); err != nil {
		t.Fatal(err)
	}
	for name, count := range map[string]int{
		"spead_recv_packets_refused_total":   int(spead.RefusalCount) - 1,
		"spead_recv_heaps_discarded_total":   len(recv.Discards{}),
		"spead_recv_packets_tolerated_total": len(recv.Tolerated{}),
	} {
		if n := testutil.CollectAndCount(c, name); n != count {
			t.Errorf("%s: %d, expected %d", name, n, count)
		}
	}
}

func TestNamesAreConventional(t *testing.T) {
	problems, err := testutil.CollectAndLint(full(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestStreamsComeAndGo(t *testing.T) {
	c := full(t)
	var field *spead.FieldError
	for _, err := range []error{c.AddReceiver("beam", receiver{}), c.AddReceiver("", receiver{}), c.AddSender("beam", sender{})} {
		if !errors.As(err, &field) || field.Field != "name" {
			t.Errorf("%v", err)
		}
	}
	c.Remove("beam")
	c.Remove("none")
	if n := testutil.CollectAndCount(c); n != 0 {
		t.Errorf("%d metrics without a stream", n)
	}
	if err := c.AddReceiver("beam", receiver{}); err != nil {
		t.Error(err)
	}
}

// TestTheDashboardAsksForWhatThereIs reads the dashboard's queries.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(text) {
		t.Fatal("grafana.json is no JSON")
	}
	_, names := gathered(t, full(t))
	asked := regexp.MustCompile(`spead_\w+`).FindAllString(string(text), -1)
	if len(asked) < 10 {
		t.Errorf("%d metrics in the dashboard", len(asked))
	}
	for _, name := range asked {
		if !names[name] {
			t.Errorf("grafana.json asks for %s", name)
		}
	}
}
