// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/inspect"
)

// defaultQueueBytes is a second at half a gigabit, or 50 ms at 10 Gb/s.
const defaultQueueBytes = 64 << 20

// Config configures a Live.
type Config struct {
	// UDP and TCP are what to listen on: addresses of this machine, unspecified ones, or for UDP multicast
	// groups, which are joined. With port 0 the system chooses. At least one of them in all.
	UDP, TCP []netip.AddrPort
	// Interface is where groups are joined: a name, an address or an index. Default (empty): the kernel
	// chooses.
	Interface string
	// Senders are whose datagrams groups are joined for. Default (none): everybody's.
	Senders []netip.Addr
	// BufferSize is the size of each socket's receive buffer in bytes. Default (0): 64 MiB with the
	// privilege to exceed net.core.rmem_max, 8 MiB without.
	BufferSize int
	// QueueBytes bounds what is read but not looked at yet. Default (0) 64 MiB.
	QueueBytes int64
}

// Live reads sockets.
type Live struct {
	queue   *queue
	sockets []*socket
	servers []*server
	stopped atomic.Bool
	once    sync.Once
	closed  error
	// packets and bytes count what has been read.
	packets, bytes atomic.Int64
}

// Listen opens all sockets. What comes from then on waits in them until Run. Errors: *spead.FieldError,
// or the system's.
func Listen(cfg Config) (*Live, error) {
	if cfg.QueueBytes < 0 {
		return nil, &spead.FieldError{Field: "feed.Config.QueueBytes", Value: cfg.QueueBytes, Allowed: "at least 1, or 0 for the default"}
	}
	if cfg.QueueBytes == 0 {
		cfg.QueueBytes = defaultQueueBytes
	}
	l := &Live{queue: newQueue(cfg.QueueBytes)}
	if err := l.open(cfg); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Live) open(cfg Config) error {
	for _, address := range cfg.UDP {
		s, err := l.openSocket(cfg, address)
		if err != nil {
			return fmt.Errorf("listen on %v: %w", address, err)
		}
		l.sockets = append(l.sockets, s)
	}
	for _, address := range cfg.TCP {
		s, err := l.openServer(address)
		if err != nil {
			return fmt.Errorf("listen on tcp://%v: %w", address, err)
		}
		l.servers = append(l.servers, s)
	}
	return nil
}

// Addrs gives what is listened on.
func (l *Live) Addrs() []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range l.sockets {
		list = append(list, s.receiver.LocalAddr())
	}
	for _, s := range l.servers {
		list = append(list, s.address)
	}
	return list
}

// Read gives how many datagrams and bytes have been read so far. Any goroutine may call it.
func (l *Live) Read() (packets, bytes int64) { return l.packets.Load(), l.bytes.Load() }

// Run gives in what comes until ctx ends, and then what had come by then. It may be called once, and
// closes l. Errors: the first one of a socket.
func (l *Live) Run(ctx context.Context, in *inspect.Inspector) error {
	defer context.AfterFunc(ctx, l.stop)()
	return l.look(in, l.read())
}

// read starts the readers, which tell of their end.
func (l *Live) read() (ends <-chan error) {
	failures := make(chan error, len(l.sockets)+len(l.servers))
	var readers sync.WaitGroup
	for _, s := range l.sockets {
		readers.Go(func() { failures <- s.read() })
	}
	for _, s := range l.servers {
		readers.Go(func() { failures <- s.serve() })
	}
	go func() {
		readers.Wait()
		close(failures)
		close(l.queue.parcels)
	}()
	return failures
}

// look gives in what is read until the readers have ended.
func (l *Live) look(in *inspect.Inspector, ends <-chan error) error {
	for _, s := range l.sockets {
		in.Listening(s.receiver.LocalAddr(), s.receiver.BufferSize())
	}
	for _, s := range l.servers {
		in.Listening(s.address, 0)
	}
	for p := range l.queue.parcels {
		p.give(in)
		l.queue.taken(p)
	}
	var err error
	for end := range ends {
		err = errors.Join(err, end)
	}
	return errors.Join(err, l.Close())
}

// stop makes the readers come to their end.
func (l *Live) stop() {
	l.stopped.Store(true)
	for _, s := range l.sockets {
		s.stop()
	}
	for _, s := range l.servers {
		s.stop()
	}
}

// Close closes all sockets. Without Run it has to be called; otherwise it need not.
func (l *Live) Close() error {
	l.once.Do(func() {
		l.stop()
		for _, s := range l.sockets {
			l.closed = errors.Join(l.closed, s.receiver.Close())
		}
		for _, s := range l.servers {
			s.listener.Close() // again, if it was served
		}
	})
	return l.closed
}
