// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"io"
	"net"
	"strings"
	"testing"
)

const (
	hello = `{"hello":{"protocol":1,"version":"v1"}}` + "\n"
	setup = `{"setup":{"heap_size":8192,"items":1,"packet_size":1472,"receive_buffer":0,"sockets":1,"max_heaps":4,"queue_heaps":4,"verify":false}}` + "\n"
)

// converse sends text to an agent and gives all that it says until it closes the connection.
func converse(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		// The agent may close the connection before all is written.
		_, _ = io.WriteString(conn, text)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	said, _ := io.ReadAll(conn) // a reset is as good as an end
	return string(said)
}

func TestWhatIsNoRequestEndsTheConnection(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                {"", ""},
		"a web browser":          {"GET / HTTP/1.1\r\n\r\n", "no greeting"},
		"no greeting":            {setup, "no greeting"},
		"greeting cut short":     {`{"hello":{"protocol":1`, "unexpected EOF"},
		"another protocol":       {`{"hello":{"protocol":2,"version":"v1","more":[1]}}` + "\n", "the controller speaks protocol 2"},
		"another version":        {`{"hello":{"protocol":1,"version":"v0"}}` + "\n", "the controller is spead v0"},
		"a trial without setup":  {hello + `{"trial":{"first":1,"seconds":1}}` + "\n", "out of turn"},
		"an end without trial":   {hello + setup + `{"sent":{"heaps":1}}` + "\n", "out of turn"},
		"nothing asked for":      {hello + "{}\n", "out of turn"},
		"an unknown field":       {hello + `{"setup":{"heapsize":1}}` + "\n", `unknown field \"heapsize\"`},
		"two values":             {hello + "{} {}\n", "more than one value"},
		"no JSON":                {hello + "\xff\x00\n", "no request"},
		"too large a number":     {hello + `{"setup":{"heap_size":1e99}}` + "\n", "no request"},
		"a heap of a petabyte":   {hello + strings.Replace(setup, "8192", "1125899906842624", 1), "HeapSize"},
		"a run of no time":       {hello + setup + `{"trial":{"first":1,"seconds":0}}` + "\n", "a run of 0 s"},
		"a run of a year":        {hello + setup + `{"trial":{"first":1,"seconds":3e7}}` + "\n", "up to 3600 s"},
		"less than nothing sent": {hello + setup + `{"trial":{"first":1,"seconds":1}}` + "\n" + `{"sent":{"heaps":-1}}` + "\n", "out of turn"},
		"a trial within a trial": {hello + setup + strings.Repeat(`{"trial":{"first":1,"seconds":1}}`+"\n", 2), "out of turn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, &Agent{Version: "v1"})
			if said := converse(t, address, c.text); !strings.Contains(said, c.want) {
				t.Errorf("the agent said %q, expected %q", said, c.want)
			}
		})
	}
}

func TestAnEndlessLineTakesNoMemory(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	converse(t, address, strings.Repeat("[", 4<<20)) // the answer may be lost in the reset
	l := newLines(nil)
	l.reader.Reset(strings.NewReader(strings.Repeat("[", lineMax+1)))
	if l.reader.Size() != lineMax {
		t.Errorf("lines of %d bytes are read", l.reader.Size())
	}
}

func TestHostileAgentsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":         {"", "doesn't answer"},
		"no greeting":     {"220 mail ready\n", "no greeting"},
		"an error":        {`{"error":"the agent is busy"}` + "\n", "the agent is busy"},
		"no setup":        {hello + "{}\n", "something else than its setup"},
		"another setup":   {hello + `{"setup":{"heap_size":1}}` + "\n", "heap size: 10000 asked for, 1 at the agent"},
		"nonsense":        {hello + "null null\n", "makes no sense"},
		"an endless line": {strings.Repeat("[", 4*lineMax), "a line of more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			t.Cleanup(func() {
				l.Close()
				<-done
			})
			go func() {
				defer close(done)
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, c.text)
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn)
			}()
			ctl := controller()
			err = ctl.Connect(t.Context(), l.Addr().String())
			if err == nil {
				defer ctl.Close()
				err = ctl.Configure()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, expected %q", err, c.want)
			}
		})
	}
}

// FuzzAgent talks nonsense to an agent, which has no address to open sockets at.
func FuzzAgent(f *testing.F) {
	f.Add([]byte(hello + setup))
	f.Add([]byte(hello + `{"trial":{"first":18446744073709551615,"seconds":1e-300}}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		here, there := net.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			a := &Agent{Version: "v1"}
			a.serve(t.Context(), there)
		}()
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			_, _ = io.Copy(io.Discard, here)
		}()
		_, _ = here.Write(text)
		here.Close()
		<-ended
		<-drained
	})
}

// FuzzAnswers takes apart what agents may say.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"received":{"heaps":9223372036854775807,"heaps_begun":-9223372036854775808,"packets_refused":{"x":-1}}}`))
	f.Add([]byte(hello))
	f.Fuzz(func(t *testing.T, line []byte) {
		var a answer
		if decode(line, &a) == nil && a.Received != nil && a.Received.check() == nil {
			l := newLoss(&Sent{Heaps: 10, Packets: 100}, a.Received)
			if l.NeverSeen < 0 || l.Astray < 0 {
				t.Errorf("%+v", l)
			}
			_ = l.String()
		}
		if a.Setup != nil {
			s := controller().Setup
			_ = s.differs(a.Setup)
			_ = a.Setup.check()
		}
		_, _ = decodeHello(line)
	})
}
