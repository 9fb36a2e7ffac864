// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gospead/spead/internal/monitor"
	"github.com/gospead/spead/internal/monitor/screen"
	"github.com/gospead/spead/internal/monitor/web"
	"github.com/gospead/spead/metrics"
	"github.com/gospead/spead/recv"
)

// watch watches sources until ctx ends, the user quits or the time is over.
func watch(ctx context.Context, c console, o *monitorOptions, sources []string) error {
	const intervalLeast = 10 * time.Millisecond
	if o.interval < intervalLeast {
		return wrong("--interval", o.interval, "10ms or more")
	}
	ctx, cancel := o.limited(ctx)
	defer cancel()
	onScreen := !o.json && isTerminal(c.out)
	if !onScreen {
		o.stream.Logger = c.logger()
	}
	streams, watched, err := o.openWatched(ctx, c, sources)
	defer closeStreams(streams)
	if err != nil {
		return err
	}
	listener, err := o.openListener(ctx, c)
	if err != nil {
		return err
	}
	for _, s := range streams {
		if err := s.Start(); err != nil {
			return err
		}
	}
	m := monitor.New(o.interval, watched)
	var errs [3]error
	var running sync.WaitGroup
	running.Go(func() { errs[0] = m.Run(ctx) })
	address := ""
	if listener != nil {
		address = "http://" + listener.Addr().String()
		running.Go(func() {
			errs[1] = serve(ctx, listener, pages{m, watched, slog.NewLogLogger(c.logger().Handler(), slog.LevelWarn)})
			if errs[1] != nil {
				cancel()
			}
		})
	}
	if onScreen {
		errs[2] = screen.Run(ctx, m, address)
	} else {
		errs[2] = o.printSnapshots(ctx, c, m)
	}
	cancel()
	running.Wait()
	if errs[2] == nil {
		errs[2] = o.printEnd(c, m.Latest())
	}
	return errors.Join(errs[:]...)
}

// limited ends ctx when the time is over.
func (o *monitorOptions) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.duration > 0 {
		return context.WithTimeout(ctx, o.duration)
	}
	return context.WithCancel(ctx)
}

// openWatched opens a stream for each source.
func (o *monitorOptions) openWatched(ctx context.Context, c console, sources []string) ([]*recv.Stream, []monitor.Watched, error) {
	o.stream.KeepStop, o.stream.Incomplete = true, true
	o.stream.AllowOutOfOrder = !o.inOrder
	o.stream.CntStep = uint64(o.cntStep)
	var streams []*recv.Stream
	var watched []monitor.Watched
	for i, source := range sources {
		if isCapture(source) {
			return streams, nil, wrong("SOURCE", source, "an endpoint; spead recv reads capture files")
		}
		s, err := o.openStream(ctx, []string{source})
		if err != nil {
			return streams, nil, err
		}
		streams = append(streams, s)
		name := source
		if addrs := s.Addrs(); len(addrs) > 0 {
			text := strings.Trim(fmt.Sprint(addrs), "[]")
			c.remark("spead monitor: receiving on %s", text)
			if len(addrs) == 1 {
				name = text
			}
		}
		if slices.ContainsFunc(watched, func(w monitor.Watched) bool { return w.Name == name }) {
			name = fmt.Sprintf("%s #%d", name, i+1)
		}
		watched = append(watched, monitor.Watched{
			Name: name, Stream: s, Substreams: max(1, o.stream.Substreams), QueueLimit: o.stream.QueueHeaps,
			CntStep: o.stream.CntStep, ConsumerRate: o.consumerRate,
		})
	}
	return streams, watched, nil
}

// openListener opens the web page's socket; nil if there is none.
func (o *monitorOptions) openListener(ctx context.Context, c console) (net.Listener, error) {
	if o.listen == "" {
		return nil, nil
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return nil, err
	}
	c.remark("spead monitor: web page at http://%v", l.Addr())
	return l, nil
}

// pages is what the web page is made of.
type pages struct {
	monitor *monitor.Monitor
	watched []monitor.Watched
	log     *log.Logger
}

// serve answers the web page's requests.
func serve(ctx context.Context, l net.Listener, p pages) error {
	collector := metrics.NewCollector()
	registry := prometheus.NewRegistry()
	h, err := web.NewHandler(p.monitor, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	err = errors.Join(err, registry.Register(collector))
	for _, w := range p.watched {
		err = errors.Join(err, collector.AddReceiver(w.Name, w.Stream))
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return web.Serve(ctx, l, h, p.log)
}

// printSnapshots prints each interval's figures until ctx ends; the last figures are printEnd's.
func (o *monitorOptions) printSnapshots(ctx context.Context, c console, m *monitor.Monitor) error {
	for snap := m.Next(ctx, 0); snap != nil && ctx.Err() == nil; snap = m.Next(ctx, snap.Seq) {
		var err error
		if o.json {
			err = json.NewEncoder(c.out).Encode(snap)
		} else {
			_, err = fmt.Fprint(c.out, screen.Lines(snap))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printEnd prints the last figures: with --json as one more object, otherwise what there was in all.
func (o *monitorOptions) printEnd(c console, snap *monitor.Snapshot) error {
	if o.json {
		return json.NewEncoder(c.out).Encode(snap)
	}
	_, err := fmt.Fprint(c.out, screen.Totals(snap))
	return err
}
