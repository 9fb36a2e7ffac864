// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/recv"
)

// openStreams gives a stream for each source, or one for all of them, ready to be started. If one
// can't be opened, those before are closed.
func openStreams(ctx context.Context, c console, o *recvOptions, sources []string) ([]*recv.Stream, error) {
	perStream := [][]string{sources}
	if !o.joint {
		perStream = slices.Collect(slices.Chunk(sources, 1))
	}
	o.stream.Logger = c.logger()
	var streams []*recv.Stream
	for _, sources := range perStream {
		s, err := o.openStream(ctx, sources)
		if err != nil {
			closeStreams(streams)
			return nil, err
		}
		streams = append(streams, s)
		if addrs := s.Addrs(); len(addrs) > 0 {
			c.remark("spead recv: receiving on %s", strings.Trim(fmt.Sprint(addrs), "[]"))
		}
	}
	return streams, nil
}

// closeStreams closes streams of which nothing is expected any more.
func closeStreams(streams []*recv.Stream) {
	for _, s := range streams {
		s.Close()
	}
}

func (o *recvOptions) openStream(ctx context.Context, sources []string) (*recv.Stream, error) {
	s, err := recv.NewStream(o.stream)
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if err := o.addSource(ctx, s, source); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// receiver is what sources are added to.
type receiver interface {
	AddUDP(cfg recv.UDPConfig) error
	AddTCP(cfg recv.TCPConfig) error
	AddSource(src recv.Source) error
}

func (o *recvOptions) addSource(ctx context.Context, s receiver, source string) error {
	if isCapture(source) {
		return o.addCapture(s, source)
	}
	if o.filter != "" {
		return wrong("--filter", o.filter, "nothing, unless all sources are capture files")
	}
	text, isTCP := strings.CutPrefix(source, tcpScheme)
	endpoints, err := parseEndpoints(ctx, text, receiving())
	if err != nil {
		return err
	}
	for _, e := range endpoints {
		if isTCP {
			cfg := o.tcp
			cfg.Address = e
			if err := s.AddTCP(cfg); err != nil {
				return fmt.Errorf("listen on %v: %w", e, err)
			}
			continue
		}
		cfg := o.udp
		cfg.Address = e
		if err := s.AddUDP(cfg); err != nil {
			return fmt.Errorf("listen on %v: %w", e, err)
		}
	}
	return nil
}

// isCapture says whether a source is a file: it exists, or looks like a file by its folder or its
// ending. A port isn't one, whatever files there are, nor is what is to be reached by TCP.
func isCapture(source string) bool {
	if _, isPort := parsePort(source, receiving()); isPort || strings.HasPrefix(source, tcpScheme) {
		return false
	}
	if _, err := os.Stat(source); err == nil {
		return true
	}
	if strings.ContainsRune(strings.TrimPrefix(source, endpointScheme), os.PathSeparator) {
		return true
	}
	name := strings.TrimSuffix(source, ".gz")
	return slices.Contains([]string{".pcap", ".pcapng", ".cap"}, filepath.Ext(name))
}

func (o *recvOptions) addCapture(s receiver, path string) error {
	source, err := capture.Open(path, capture.Options{Filter: o.filter})
	if err != nil {
		return byFilter(err)
	}
	return s.AddSource(source)
}
