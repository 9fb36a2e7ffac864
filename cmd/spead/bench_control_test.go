// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// controlFlags make runs that are short, and small enough for a socket's buffer.
const controlFlags = " --heap-sizes 4kB,10kB --packet-size 1472 --items 2 --verify --rate 20Mbps --burst 4kB --runs 2 --duration 20ms"

func TestBenchLoopbackRunsBothEnds(t *testing.T) {
	runBuilt(t, strings.Fields("bench loopback"+controlFlags)...).expect(t, exitOK,
		`(?s)^heaps of 4000 .*no heap lost in 2 runs of 20ms in a row\n.*0\.0200 .* 1 .* sustained .*10000.*0\.0\d+ Gb/s is sustained`, `^$`)
}

func TestBenchControlAndAgentOfTheBuiltCommand(t *testing.T) {
	agent := newProcess(t, "bench", "agent", "127.0.0.1:0").begin()
	address := agent.remarks.await(t, `listening on (127\.0\.0\.1:\d+)\n`)
	r := runBuilt(t, strings.Fields("bench control "+address+controlFlags+" --json")...)
	r.expect(t, exitOK, `^\{"results":\[.*\]\}\n$`, `^$`)
	var got struct{ Results []controlResult }
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatal(err)
	}
	for _, one := range got.Results {
		if !one.Found || one.Rate <= 0 || len(one.Runs) != 2 || one.Runs[0].Came.Heaps != one.Runs[0].Sent.Heaps {
			t.Errorf("%+v", one)
		}
	}
	if len(got.Results) != 2 {
		t.Errorf("%d results", len(got.Results))
	}
	runBuilt(t, strings.Fields("bench control "+address+" --sockets 3 --runs 1 --rate 20Mbps --duration 1ms")...).
		expect(t, exitFail, `.*`, `^spead bench control: heaps of 8KiB: the agent: [^\n]*Sockets: 3 is not allowed[^\n]*\n$`)
	agent.remarks.await(t, `controller \S+ has left after 4 runs\n(?s:.*)Sockets`)
}

func TestBenchControlWithoutAnAgent(t *testing.T) {
	address := listen(t).LocalAddr().String() // a UDP port
	runHere("bench", "control", address).expect(t, exitFail, `^$`, `^spead bench control: connect to the agent: [^\n]*refused\n$`)
	runHere("bench", "control", address, "--lowest", "2Gbps", "--highest", "1Gbps").
		expect(t, exitUsage, `^$`, `^spead bench control: --highest: .* at least --lowest\n$`)
	runHere("bench", "control").expect(t, exitUsage, `^$`, `^spead bench control: AGENT: `)
	runHere("bench", "agent", "239.1.2.3:1").expect(t, exitUsage, `^$`, `^spead bench agent: LISTEN: `)
	runHere("bench", "agent").expect(t, exitUsage, `^$`, `^spead bench agent: LISTEN: `)
}

func TestBenchMemAsTableAndJSON(t *testing.T) {
	flags := strings.Fields(" --heap-sizes 8,4KiB,100kB --items 2 --total 200kB --repeats 1")
	runHere(append([]string{"bench", "mem"}, flags...)...).expect(t, exitOK, `(?s)^ heap size .*\n +8 .*\n +4KiB .*\n +100000 `, `^$`)
	r := runHere(append([]string{"bench", "mem", "--json"}, flags...)...)
	r.expect(t, exitOK, `^\{"results":\[\{"heap_size":8,.*"heaps_verified":2,`, `^$`)
	runHere("bench", "mem", "--heap-sizes", "8", "--items", "9").expect(t, exitUsage, ``, `--heap-size: 8 is not allowed`)
}
