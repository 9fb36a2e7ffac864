// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Protocol is the version of the protocol that this package speaks.
const Protocol = 1

const (
	// lineMax is the longest line, in bytes with its end.
	lineMax = 64 << 10
	// patience is how long an answer, or a request that has to follow at once, may take.
	patience = 30 * time.Second
	// trialMax is the longest run.
	trialMax = time.Hour
)

// Hello says who speaks.
type Hello struct {
	Protocol int    `json:"protocol"`
	Version  string `json:"version"`
}

// request is what a controller sends: one of its members.
type request struct {
	Hello *Hello `json:"hello,omitempty"`
	Setup *Setup `json:"setup,omitempty"`
	Trial *trial `json:"trial,omitempty"`
	Sent  *sent  `json:"sent,omitempty"`
}

// trial announces a run.
type trial struct {
	// First is the cnt of the first heap.
	First uint64 `json:"first"`
	// Seconds is how long it takes.
	Seconds float64 `json:"seconds"`
}

// sent ends a run.
type sent struct {
	Heaps int64 `json:"heaps"`
}

// answer is what an agent sends: one of its members.
type answer struct {
	Error    string    `json:"error,omitempty"`
	Hello    *Hello    `json:"hello,omitempty"`
	Setup    *Setup    `json:"setup,omitempty"`
	Ready    *ready    `json:"ready,omitempty"`
	Received *Received `json:"received,omitempty"`
}

// ready says where heaps may be sent to.
type ready struct {
	Port uint16 `json:"port"`
}

// ErrLine says that a line is too long.
var ErrLine = fmt.Errorf("a line of more than %d bytes", lineMax)

// lines are the two directions of a connection.
type lines struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newLines(conn net.Conn) *lines {
	return &lines{conn: conn, reader: bufio.NewReaderSize(conn, lineMax)}
}

// write sends v as a line.
func (l *lines) write(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(text) >= lineMax {
		return ErrLine
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err = l.conn.Write(append(text, '\n'))
	return err
}

// read gives the next line, which has to come within a time.
func (l *lines) read(within time.Duration) ([]byte, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, err
	}
	line, err := l.reader.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, ErrLine
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	}
	return line, err
}

// decode reads a line that holds one value and nothing that v doesn't know.
func decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value in a line")
	}
	return nil
}

// decodeHello reads a greeting, whatever else a later version may say in it.
func decodeHello(line []byte) (Hello, error) {
	var r struct {
		Hello *Hello `json:"hello"`
		Error string `json:"error"`
	}
	err := json.Unmarshal(line, &r)
	switch {
	case err != nil:
		return Hello{}, fmt.Errorf("no greeting of a spead bench: %w", err)
	case r.Error != "":
		return Hello{}, errors.New(r.Error)
	case r.Hello == nil:
		return Hello{}, errors.New("no greeting of a spead bench")
	}
	return *r.Hello, nil
}

// differs says how two ends differ that should be the same; empty: they don't.
func (h Hello) differs(other Hello) string {
	if h.Protocol != other.Protocol {
		return fmt.Sprintf("the controller speaks protocol %d (spead %.200s), the agent protocol %d (spead %.200s): use the same version at both ends",
			h.Protocol, h.Version, other.Protocol, other.Version)
	}
	if h.Version != other.Version {
		return fmt.Sprintf("the controller is spead %.200s, the agent is spead %.200s: use the same version at both ends", h.Version, other.Version)
	}
	return ""
}
