// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/inspect"
)

// reportIn reads a report as JSON.
func reportIn(t *testing.T, text string) *inspect.Report {
	t.Helper()
	var r inspect.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return &r
}

func TestInspectNamesWhatIsMissingOfACapture(t *testing.T) {
	packets := packetsSent(t, "--heaps", "30", "--heap-size", "4000", "--flavour", "64-48") // 3 each, and the stop
	packets = slices.Delete(packets, 48, 57)                                                // heaps 17 to 19
	packets = slices.Delete(packets, 10, 11)                                                // a part of heap 4
	capture := writeCapture(t, packets)
	r := runBuilt(t, "inspect", capture)
	r.expect(t, exitOK, `(?s)^1 stream of SPEAD-64-48, 4000-byte heaps in 3 packets each, .*, `+
		`3 heaps missing \(cnt 17-19\), 1 heap incomplete \(1 packet missing\)\.\n`+
		`Lost before the capture: 10 packets aren't in it: .*\n`+
		`stream 1: 127\.0\.0\.1:7147 to 127\.0\.0\.1:7148, SPEAD-64-48\n.*heap 4: .*1 stop.*0x1000  Test item 0`, `^$`)
	report := reportIn(t, runBuilt(t, "inspect", capture, "--json").out)
	if l := report.Loss; l.Packets != 10 || l.Before != 10 || l.Heaps != 3 || l.Incomplete != 1 || !l.Exact {
		t.Errorf("%+v", l)
	}
}

// TestInspectUnderstandsAllVectors looks at every shared capture, by itself and as text.
func TestInspectUnderstandsAllVectors(t *testing.T) {
	paths, err := filepath.Glob(vector("*.pcap"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range paths {
		r := runHere("inspect", path, "--json")
		report := reportIn(t, r.out)
		var seen int64
		for i := range report.Streams {
			seen += report.Streams[i].Pace.Packets
		}
		if (r.code == exitOK) != (seen > 0) {
			t.Errorf("%s: exit code %d, %s", path, r.code, r.remarks)
		}
		if text := runHere("inspect", path); text.code != r.code || text.out == "" {
			t.Errorf("%s: exit code %d, %q", path, text.code, text.out)
		}
	}
}

func TestInspectReadsSeveralFilesAsOne(t *testing.T) {
	packets := packetsSent(t, "--heaps", "10", "--heap-size", "1000")
	first, second := writeCapture(t, packets[:5]), writeCapture(t, packets[5:])
	report := reportIn(t, runHere("inspect", first, second, "--json").out)
	if len(report.Streams) != 1 || report.Streams[0].Heaps.Complete != 11 || report.Loss.Packets != 0 {
		t.Errorf("%+v", report)
	}
}

func TestInspectTellsOfFilesThatCantBeRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.pcap")
	runBuilt(t, "inspect", missing).expect(t, exitFail, `^$`, `^spead inspect: open .*none\.pcap: no such file or directory\n$`)
	text := writeText(t, "text.pcap", "this is no capture")
	runHere("inspect", text).expect(t, exitFail, `^$`, `text\.pcap: read capture header: magic number: `)
	whole, err := os.ReadFile(writeCapture(t, packetsSent(t, "--heaps", "4", "--heap-size", "1000")))
	if err != nil {
		t.Fatal(err)
	}
	cut := writeText(t, "cut.pcap", string(whole[:len(whole)-10]))
	runHere("inspect", cut).expect(t, exitFail, `^1 stream of SPEAD-64-40, 1000-byte heaps`, `unexpected EOF\n$`)
	runHere("inspect", vector("strings.pcap"), "--filter", "udp port 1").expect(t, exitFail,
		`^There is no UDP datagram in it`, `^spead inspect: no SPEAD stream found\n$`)
}

func TestInspectEndsByItselfWhereNothingComes(t *testing.T) {
	runBuilt(t, "inspect", "127.0.0.1:0", "--duration", "10ms").expect(t, exitFail, `^Nothing came: `,
		`^spead inspect: listening on 127\.0\.0\.1:\d+ for 10ms; .*\nspead inspect: no SPEAD stream found\n$`)
}

func TestInspectRefusesWhatCantBeListenedOn(t *testing.T) {
	address := listen(t).LocalAddr().String()
	runBuilt(t, "inspect", address).expect(t, exitFail, `^$`, `^spead inspect: listen on `+address+`: [^\n]+\n$`)
	runBuilt(t, "inspect", "239.1.2.3:0", "--interface", "nonsuch0").expect(t, exitUsage, `^$`, `--interface: "nonsuch0"`)
}

func TestInspectRefusesWrongCommandLines(t *testing.T) {
	vector := vector("strings.pcap")
	for _, c := range []struct{ line, field, value, allowed string }{
		{"inspect", "SOURCE", `"none"`, "one or more"},
		{"inspect eth0", "SOURCE", `"eth0"`, "port, :port, host:port"},
		{"inspect 127.0.0.1:0 --duration 5", "--duration", `"5"`, "with its unit"},
		{"inspect 127.0.0.1:0 --buffer 8Mb", "--buffer", `"8Mb"`, "64KiB or 8MiB"},
		{"inspect 127.0.0.1:0 --filter udp", "--filter", `"udp"`, "capture files"},
		{"inspect 239.1.2.3:0 --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"inspect 239.1.2.3:0 --source-filter 239.1.1.1", "--source-filter", `239.1.1.1`, "unicast addresses"},
		{"inspect " + vector + " --filter udp_dst_port_7148", "--filter at byte 0", `"udp_dst_port_7148"`, "a primitive"},
	} {
		runHere(strings.Fields(c.line)...).expect(t, exitUsage, `^$`, `^spead inspect: `+
			regexp.QuoteMeta(c.field+": "+c.value+" is not allowed: expected ")+`[^\n]*`+regexp.QuoteMeta(c.allowed)+`[^\n]*\n$`)
	}
}

// TestInspectExamplesAreRight has the flags and sources of the help's examples read.
func TestInspectExamplesAreRight(t *testing.T) {
	cmd := newInspect(console{io.Discard, io.Discard})
	for line := range strings.Lines(cmd.Example) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " | ")
		words := strings.Fields(strings.ReplaceAll(line, "'udp dst port 7148'", "udp"))
		if len(words) < 3 || words[0] != "spead" || words[1] != "inspect" {
			t.Errorf("%q is another command", line)
			continue
		}
		example := newInspect(console{io.Discard, io.Discard})
		if err := example.ParseFlags(words[2:]); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		var o inspectOptions
		if files, err := o.sort(t.Context(), example.Flags().Args()); err != nil || len(files)+len(o.live.UDP)+len(o.live.TCP) == 0 {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// Example_inspect shows what spead inspect makes of a capture in which packets are missing.
func Example_inspect() {
	r := runHere("inspect", vector("lost_ooo.pcap"))
	for line := range strings.Lines(r.out) {
		fmt.Println(strings.TrimRight(line, " \n"))
	}
	// Output:
	// 1 stream of SPEAD-64-48, 149-byte heaps in 6 packets each, 21.4 Mb/s, 4 heaps incomplete (6 packets missing).
	// Lost before the capture: 6 packets aren't in it: the sender, the network or whoever captured lost them.
	//
	// stream 1: 10.232.0.62:40879 to 239.111.232.137:8888, SPEAD-64-48
	//   rate      21.4 Mb/s, 40.0 k packets/s, 3.20 k heaps/s, over 600 µs
	//   packets   25, of bytes: 65 (84%), 80 (12%), 237 (4%)
	//   heaps     2 complete, of bytes: 149; packets each: 6; 4 incomplete
	//   cnt       50 to 55 in steps of 1; none missing
	//             heap 51: 125 of 149 bytes, 1 packet missing
	//             heap 52: 124 of 149 bytes, 1 packet missing
	//             heap 53: 124 of 149 bytes, 1 packet missing
	//             heap 54: 75 of 149 bytes, 3 packets missing
	//   items     2
	//     0x1318  block  u8 (None,), 149 bytes  [20, 161, 194, 134, 67, 197, …]  once
	//     0x3e1c  num    u32, immediate         1004                             once
}
