// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"net"
)

// The errors that callers are expected to tell apart with errors.Is.
var (
	// ErrClosed: the stream was closed before the heap had left. It wraps net.ErrClosed.
	ErrClosed = fmt.Errorf("send stream closed: %w", net.ErrClosed)
	// ErrQueueFull: there is no room for the batch, and the caller asked not to wait. Nothing was queued.
	ErrQueueFull = errors.New("send queue full")
	// ErrBatchInFlight: the batch was sent before and has not completed yet.
	ErrBatchInFlight = errors.New("batch is still in flight")
	// ErrHeapChanged: the heap was changed while it was in flight, so that it can't be sent any more.
	ErrHeapChanged = errors.New("heap was changed while in flight")
)
