// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vector gives the path of a shared capture, which these tests use as a file like any other.
func vector(name string) string { return filepath.Join("..", "..", "testdata", "vectors", name) }

func TestVerificationFindsWhatIsWrong(t *testing.T) {
	// Six heaps of 3 packets each, and the stop heap.
	packets := packetsSent(t, "--heaps", "6", "--heap-size", "4000", "--verify")
	if len(packets) != 19 {
		t.Fatalf("%d packets, expected 19", len(packets))
	}
	for _, c := range []struct {
		name         string
		change       func(packets [][]byte) [][]byte
		flags        []string
		code         int
		out, remarks string
	}{
		{"all is well", func(p [][]byte) [][]byte { return p },
			nil, exitOK, `Verified 6 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `^$`},
		{"in another order", func(p [][]byte) [][]byte { slices.Reverse(p[:18]); return p },
			[]string{"--out-of-order"}, exitOK, `Verified 6 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `^$`},
		{"a byte differs", func(p [][]byte) [][]byte { p[7][len(p[7])-1] ^= 0x40; return p },
			nil, exitFail, `Verified 5 heaps, 1 differ, 0 are missing, 0 are repeated\n$`,
			`heap 3: item 0x1000 differs at word \d+: [0-9a-f]{8}, expected [0-9a-f]{8}\nspead recv: 1 of 6 heaps differ from what was sent, 0 are missing\n$`},
		{"a heap never came", func(p [][]byte) [][]byte { return slices.Delete(p, 6, 9) },
			nil, exitFail, `Verified 5 heaps, 0 differ, 1 are missing, 0 are repeated\n$`, `spead recv: 1 heaps are missing, 5 are verified\n$`},
		{"a packet never came", func(p [][]byte) [][]byte { return slices.Delete(p, 7, 8) },
			nil, exitFail, `Verified 5 heaps, 0 differ, 1 are missing, 0 are repeated\n$`, `spead recv: 1 heaps are missing, 5 are verified\n$`},
		{"a packet of the last heap never came", func(p [][]byte) [][]byte { return slices.Delete(p, 16, 17) },
			nil, exitFail, `Verified 5 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `1 heaps were incomplete at the end, 5 are verified\n$`},
		{"incomplete heaps are shown but not verified", func(p [][]byte) [][]byte { return slices.Delete(p, 7, 8) },
			[]string{"--incomplete"}, exitFail, `(?s)heap 3 .*incomplete.*Verified 5 heaps, 0 differ, 1 are missing, 0 are repeated\n$`, `1 heaps are missing`},
		{"every second heap never came", func(p [][]byte) [][]byte { return slices.Concat(p[:3], p[6:9], p[12:15], p[18:]) },
			nil, exitFail, `Verified 3 heaps, 0 differ, 2 are missing, 0 are repeated\n$`, `2 heaps are missing, 3 are verified\n$`},
		{"every second heap was sent elsewhere", func(p [][]byte) [][]byte { return slices.Concat(p[:3], p[6:9], p[12:15], p[18:]) },
			[]string{"--every", "2"}, exitOK, `Verified 3 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `^$`},
		{"a heap is none of every second", func(p [][]byte) [][]byte { return p },
			[]string{"--every", "2"}, exitFail, `Verified 3 heaps, 3 differ`, `heap 2: has a cnt that --every 2 leaves out\n`},
		{"a heap came twice and another never", func(p [][]byte) [][]byte { return slices.Concat(p[:6], p[3:6], p[9:]) },
			nil, exitFail, `Verified 6 heaps, 0 differ, 1 are missing, 1 are repeated\n$`, `1 heaps are missing`},
		{"there is nothing to verify", func(p [][]byte) [][]byte { return p[18:] },
			nil, exitFail, `Verified 0 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, `there was no heap to verify\n$`},
		{"heaps of something else", func(p [][]byte) [][]byte { p[18][len(p[18])-1]++; return p[18:] },
			[]string{"--keep-stop"}, exitFail, `Verified 0 heaps`, `there was no heap to verify\n$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeCapture(t, c.change(cloned(packets)))
			for _, more := range [][]string{{"--quiet"}, nil} {
				args := append(append([]string{"recv", path, "--verify"}, c.flags...), more...)
				out := c.out
				if more != nil && slices.Contains(c.flags, "--incomplete") {
					out = `^Received`
				}
				runHere(args...).expect(t, c.code, out, c.remarks)
			}
		})
	}
}

func TestVerificationIsPartOfTheJSON(t *testing.T) {
	packets := packetsSent(t, "--heaps", "3", "--heap-size", "400", "--verify")
	r := runHere("recv", writeCapture(t, slices.Delete(packets, 1, 2)), "--verify", "--json")
	r.expect(t, exitFail, `"verify":\{"verified":2,"differing":0,"missing":1,"repeated":0\}\}\n$`, `1 heaps are missing, 2 are verified\n$`)
}

// TestHeapsAsText holds the whole text, but for the times, of heaps with all that may be printed.
func TestHeapsAsText(t *testing.T) {
	packets := packetsSent(t, "--heaps", "2", "--heap-size", "24", "--items", "2", "--verify", "--flavour", "64-48")
	r := runHere("recv", writeCapture(t, packets), "--descriptors", "--values")
	r.expect(t, exitOK, `^heap 1 at \d+\.\d{6} s: SPEAD-64-48, 410 bytes
  descriptor of 0x1000: "Test item 0" \("A test item with arbitrary value"\), shape \(3,\), dtype >u4 in C order
  descriptor of 0x1001: "Test item 1" \("A test item with arbitrary value"\), shape \(3,\), dtype >u4 in C order
  item 0x1000: 12 bytes
  item 0x1001: 12 bytes
  Test item 0 = \[48271 182605794 1291394886\]
  Test item 1 = \[1914720637 2078669041 407355683\]
heap 2 at \d+\.\d{6} s: SPEAD-64-48, 24 bytes
  item 0x1000: 12 bytes
  item 0x1001: 12 bytes
  Test item 0 = .*
  Test item 1 = .*
Received 2 heaps, 434 bytes of payload
heaps: 2
`, `^$`)
}

func TestIncompleteHeapsAsText(t *testing.T) {
	r := runHere("recv", vector("lost_ooo.pcap"), "--incomplete", "--payload-ranges", "--out-of-order")
	r.expect(t, exitOK, `(?s)heap 51 at .* s: SPEAD-64-48, incomplete: \d+ of \d+ bytes\n  received bytes \d+ to \d+\n`, ``)
	r = runHere("recv", vector("lost_ooo.pcap"), "--out-of-order", "--quiet")
	r.expect(t, exitOK, `^Received 2 heaps`, ``)
}

// TestHeapsAsJSON holds the form of heaps, which is that of the vectors.
func TestHeapsAsJSON(t *testing.T) {
	packets := packetsSent(t, "--heaps", "1", "--heap-size", "12")
	r := runHere("recv", writeCapture(t, packets), "--json")
	heaps, numbers := readResult(t, r.out)
	if r.code != exitOK || len(heaps) != 1 || numbers["heaps"] != 1 {
		t.Fatalf("%+v", r)
	}
	const want = `{"cnt":1,"flavour":[4,64,40],"is_start":false,"is_end":false,"complete":true,` +
		`"descriptors":[{"id":4096,"name":"Test item 0","description":"A test item with arbitrary value",` +
		`"shape":[3],"order":"C","dtype":">u4","format":null,` +
		`"numpy_header":"{'descr': '>u4', 'fortran_order': False, 'shape': (3,)}"}],` +
		`"items":[{"id":4096,"name":"Test item 0","shape":[3],"dtype":"<u4","value":[0,0,0],` +
		`"sha256":"15ec7bf0b50732b49f8228e07d24365338f9e3ab994b00af08e5a3bffe55fd8b","len":12,"immediate":false}],` +
		`"raw_items":[{"id":4096,"immediate":false,"len":12,"hex":"000000000000000000000000"}]}`
	if same(t, heaps[0], []byte(want)) {
		return
	}
	t.Errorf("%s\nexpected\n%s", heaps[0], want)
}

// same says whether two JSON documents are the same but for the order of members.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	var texts [2]string
	for i, document := range [][]byte{a, b} {
		var v any
		if err := json.Unmarshal(document, &v); err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return texts[0] == texts[1]
}

func TestAsManyHeapsAsAskedForArePrinted(t *testing.T) {
	packets := packetsSent(t, "--heaps", "5", "--heap-size", "400")
	path := writeCapture(t, packets)
	for count, want := range map[string]int{"0": 5, "1": 1, "3": 3, "5": 5, "9": 5} {
		r := runHere("recv", path, "--count", count)
		r.expect(t, exitOK, `\nReceived \d+ heaps`, `^$`)
		if got := strings.Count(r.out, "SPEAD-64-40"); got != want {
			t.Errorf("--count %s: %d heaps, expected %d", count, got, want)
		}
	}
}

func TestSourcesAreStreamsOfTheirOwnUnlessJoint(t *testing.T) {
	packets := packetsSent(t, "--heaps", "3", "--heap-size", "4000", "--verify")
	even, odd := [][]byte{}, [][]byte{}
	for i, p := range packets[:len(packets)-1] {
		if i%2 == 0 {
			even = append(even, p)
		} else {
			odd = append(odd, p)
		}
	}
	first, second := writeCapture(t, even), writeCapture(t, odd)
	runHere("recv", first, second, "--out-of-order", "--quiet").expect(t, exitOK, `^Received 0 heaps`, ``)
	runHere("recv", first, second, "--out-of-order", "--quiet", "--joint", "--verify").
		expect(t, exitOK, `(?s)^Received 3 heaps.*Verified 3 heaps, 0 differ, 0 are missing, 0 are repeated\n$`, ``)
	whole := writeCapture(t, packets)
	runHere("recv", whole, whole, "--quiet", "--verify").expect(t, exitOK, `(?s)^Received 6 heaps.*Verified 6 heaps`, `^$`)
	runHere("recv", whole, whole, "--json").expect(t, exitOK, `"heaps":6,`, `^$`)
}

func TestCapturesAreFilesOfAnyName(t *testing.T) {
	content, err := os.ReadFile(vector("strings.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"night", "7148", "a:1", "localhost"} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, source := range []string{"night", "." + string(os.PathSeparator) + "7148", "localhost"} {
		runHere("recv", source, "--quiet").expect(t, exitOK, `^Received [1-9]`, `^$`)
	}
	runHere("recv", "night", "--filter", "udp dst port 1", "--quiet").expect(t, exitOK, `(?s)^Received 0 heaps.*foreign_frames: [1-9]`, `^$`)
	runHere("recv", "night", "--filter", "udp dst port 8888", "--quiet").expect(t, exitOK, `^Received [1-9]`, `^$`)
}

func TestFilesThatCantBeReadAreNamed(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent")
	for path, remark := range map[string]string{
		"absent.pcap":      `open absent\.pcap: `,
		"absent.pcapng.gz": `open absent\.pcapng\.gz: `,
		absent:             `absent: `,
		dir:                `read capture header: `,
		text:               `notes\.txt: read capture header: magic number: "6e 6f 20 63" is not allowed: expected that of a pcap or pcapng file`,
	} {
		runHere("recv", path).expect(t, exitFail, `^$`, `^spead recv: [^\n]*`+remark+`[^\n]*\n$`)
	}
}

func TestATruncatedCaptureGivesWhatItHas(t *testing.T) {
	packets := packetsSent(t, "--heaps", "5", "--heap-size", "400", "--verify")
	content, err := os.ReadFile(writeCapture(t, packets))
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(cut, content[:len(content)-200], 0o600); err != nil {
		t.Fatal(err)
	}
	r := runHere("recv", cut, "--json")
	heaps, _ := readResult(t, r.out)
	if r.code != exitFail || len(heaps) != 4 {
		t.Errorf("exit code %d, %d heaps", r.code, len(heaps))
	}
	r.expect(t, exitFail, ``, `spead recv: [^\n]*cut\.pcap: [^\n]*record 5[^\n]*\n$`)
}
