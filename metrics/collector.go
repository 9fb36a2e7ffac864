// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// Receiver is a stream that receives: a *recv.Stream or a *recv.ChunkStream.
type Receiver interface {
	// Stats gives a snapshot. Any goroutine may call it.
	Stats() recv.Stats
}

// Sender is a stream that sends: a *send.Stream.
type Sender interface {
	// Stats gives a snapshot. Any goroutine may call it.
	Stats() send.Stats
}

// Collector collects the statistics of any number of streams. Its methods may be called from any
// goroutine.
type Collector struct {
	recv *recvFigures
	send *sendFigures

	mu        sync.Mutex
	receivers map[string]Receiver
	senders   map[string]Sender
}

// NewCollector returns a collector without streams, ready to be registered.
func NewCollector() *Collector {
	return &Collector{
		recv:      newRecvFigures(),
		send:      newSendFigures(),
		receivers: map[string]Receiver{},
		senders:   map[string]Sender{},
	}
}

// AddReceiver adds a stream under a name that no other receiver has. Errors: *spead.FieldError.
func (c *Collector) AddReceiver(name string, r Receiver) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.receivers[name]; taken || name == "" {
		return &spead.FieldError{Field: "name", Value: name, Allowed: "a name that no other receiver has"}
	}
	c.receivers[name] = r
	return nil
}

// AddSender adds a stream under a name that no other sender has. Errors: *spead.FieldError.
func (c *Collector) AddSender(name string, s Sender) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.senders[name]; taken || name == "" {
		return &spead.FieldError{Field: "name", Value: name, Allowed: "a name that no other sender has"}
	}
	c.senders[name] = s
	return nil
}

// Remove removes the receiver and the sender of a name, if there are any. A scrape that has begun may
// still ask them for their statistics.
func (c *Collector) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.receivers, name)
	delete(c.senders, name)
}

// Describe is for the registry.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	c.recv.describe(descs)
	c.send.describe(descs)
}

// Collect is for the registry.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	receivers, senders := maps.Clone(c.receivers), maps.Clone(c.senders)
	c.mu.Unlock()
	for name, r := range receivers {
		stats := r.Stats()
		c.recv.collect(sink{metrics, name}, &stats)
	}
	for name, s := range senders {
		stats := s.Stats()
		c.send.collect(sink{metrics, name}, &stats)
	}
}

// sink takes the metrics of one stream.
type sink struct {
	metrics chan<- prometheus.Metric
	stream  string
}

// put gives a metric its value. The labels are those besides the stream.
func (s sink) put(m metric, value float64, labels ...string) {
	s.metrics <- prometheus.MustNewConstMetric(m.desc, m.kind, value, append([]string{s.stream}, labels...)...)
}

// metric is a name with its meaning.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// counter describes a figure that only grows.
func counter(name, help string, labels ...string) metric {
	return metric{describe(name, help, labels), prometheus.CounterValue}
}

// gauge describes a figure that goes up and down.
func gauge(name, help string, labels ...string) metric {
	return metric{describe(name, help, labels), prometheus.GaugeValue}
}

func describe(name, help string, labels []string) *prometheus.Desc {
	return prometheus.NewDesc("spead_"+name, help, append([]string{"stream"}, labels...), nil)
}

// figure is a metric with the field of the statistics S that it shows.
type figure[S any] struct {
	metric
	of func(*S) int64
}
