// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// object is an object in JSON.
type object = map[string]any

// ErrGone: the browser has ended.
var ErrGone = errors.New("the browser has ended")

// message is one of the DevTools protocol, in either direction. A zero byte ends it.
type message struct {
	ID      int    `json:"id,omitempty"`
	Session string `json:"sessionId,omitempty"`
	Method  string `json:"method,omitempty"`
	Params  object `json:"params,omitempty"`
	Result  object `json:"result,omitempty"`
	Error   object `json:"error,omitempty"`
}

// connection speaks the DevTools protocol over two pipes.
type connection struct {
	to, from *os.File
	reading  sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	last    int
	answers map[int]message
	events  []message
	gone    bool
}

// connect starts a browser with its ends of the pipes as files 3 and 4.
func connect(cmd *exec.Cmd) (*connection, error) {
	theirs, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	from, theirsToo, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, to.Close())
	}
	defer theirsToo.Close()
	cmd.ExtraFiles = []*os.File{theirs, theirsToo}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, to.Close(), from.Close())
	}
	c := &connection{to: to, from: from, answers: map[int]message{}}
	c.changed = sync.NewCond(&c.mu)
	c.reading.Go(c.read)
	return c, nil
}

func (c *connection) close() {
	c.to.Close()
	c.from.Close()
	c.reading.Wait()
}

// read takes messages until the browser ends.
func (c *connection) read() {
	in := bufio.NewReader(c.from)
	for {
		text, err := in.ReadBytes(0)
		var m message
		if err == nil {
			err = json.Unmarshal(text[:len(text)-1], &m)
		}
		c.mu.Lock()
		switch {
		case err != nil:
			c.gone = true
		case m.ID > 0:
			c.answers[m.ID] = m
		default:
			c.events = append(c.events, m)
		}
		c.changed.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// call calls a method and waits for its result.
func (c *connection) call(session, method string, params object) (object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	id := c.last
	text, err := json.Marshal(message{ID: id, Session: session, Method: method, Params: params})
	if err != nil {
		return nil, err
	}
	if _, err := c.to.Write(append(text, 0)); err != nil {
		return nil, err
	}
	for {
		if m, ok := c.answers[id]; ok {
			delete(c.answers, id)
			if m.Error != nil {
				return nil, fmt.Errorf("%s: %v", method, m.Error["message"])
			}
			return m.Result, nil
		}
		if c.gone {
			return nil, fmt.Errorf("%s: %w", method, ErrGone)
		}
		c.changed.Wait()
	}
}

// await waits until an event has happened.
func (c *connection) await(session, event string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.find(session, event)) == 0 {
		if c.gone {
			return fmt.Errorf("%s: %w", event, ErrGone)
		}
		c.changed.Wait()
	}
	return nil
}

// happened gives the parameters of all events of a kind.
func (c *connection) happened(session, event string) []object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(session, event)
}

func (c *connection) find(session, event string) (found []object) {
	for _, m := range c.events {
		if m.Session == session && m.Method == event {
			found = append(found, m.Params)
		}
	}
	return found
}

func decode(text string) ([]byte, error) { return base64.StdEncoding.DecodeString(text) }
