// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/gospead/spead/internal/inspect"
	"github.com/gospead/spead/internal/pcap"
)

// Capture gives in the datagrams of a capture file that match a filter; an empty one matches all. It
// returns nil when ctx ends, too. Errors: *spead.FieldError for a filter or a file that isn't understood,
// the system's, or that of a file which is found to be corrupt after what it gave before.
func Capture(ctx context.Context, in *inspect.Inspector, path, filter string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// A file that is a pipe may have nothing to read for long.
	defer context.AfterFunc(ctx, func() { file.Close() })()
	reader, err := pcap.NewReader(file, pcap.Options{Filter: filter})
	if err == nil {
		err = copyAll(in, reader)
		in.Count(netip.AddrPort{}, inspect.Counts{Foreign: reader.Foreign().Total()})
		in.Captured(inspect.CaptureLoss(reader.Losses()))
	}
	switch {
	case errors.Is(err, io.EOF), ctx.Err() != nil && errors.Is(err, os.ErrClosed):
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

func copyAll(in *inspect.Inspector, reader *pcap.Reader) error {
	for {
		d, err := reader.Next()
		if err != nil {
			return err
		}
		in.Add(inspect.Datagram{Source: d.Source, Destination: d.Destination, Time: d.Time, Payload: d.Payload, Refusal: d.Refusal})
	}
}
