// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// neededBuffer is how large a receiver's socket buffer has to be, and why. The kernel doubles what it
// is asked for, so that its own bookkeeping is paid for.
func (v *view) neededBuffer() (bytesNeeded int64, because string) {
	perHiccup := int64(math.Ceil(v.Rate * v.Hiccup))
	if perHiccup <= standardBuffer {
		return standardBuffer, "what a receiver asks for by default"
	}
	return perHiccup, fmt.Sprintf("what comes in %g ms at %s: %s per ms", v.Hiccup*1e3, gigabits(v.Rate), sizeText(v.Rate/1e3))
}

func receiveBuffer(v *view) []Finding {
	const name = "net.core.rmem_max"
	f := about("receive-buffer", name, "a receiver that is kept from its socket loses whatever its buffer has no room for")
	limit, err := v.number(sysctlPath(name))
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	needed, because := v.neededBuffer()
	if limit >= needed {
		return []Finding{f.ok("%d; %d is %s", limit, needed, because)}
	}
	f = f.bad(Loss, "%d", limit)
	if privileged, err := v.privileged(); err == nil && privileged {
		f = f.bad(Advice, "%d, which holds for programs without CAP_NET_ADMIN; this one has it", limit)
	}
	return []Finding{f.
		sysctl(name, strconv.FormatInt(needed, 10), fmt.Sprintf("%d or more: %s", needed, because))}
}

func sendBuffer(v *view) []Finding {
	const name = "net.core.wmem_max"
	f := about("send-buffer", name, "a sender with a small buffer waits for the card more often; nothing is lost")
	limit, err := v.number(sysctlPath(name))
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case limit >= standardSendBuffer:
		return []Finding{f.ok("%d; a sender asks for %d by default", limit, standardSendBuffer)}
	}
	return []Finding{f.bad(Advice, "%d", limit).
		sysctl(name, strconv.Itoa(standardSendBuffer), fmt.Sprintf("%d or more: what a sender asks for by default", standardSendBuffer))}
}

func defaultBuffer(v *view) []Finding {
	const name = "net.core.rmem_default"
	f := about("default-receive-buffer", name, "programs that don't ask for a buffer get this one")
	return v.atLeast(f, name, 212992, "the kernel's own default or more")
}

func optionMemory(v *view) []Finding {
	const name = "net.core.optmem_max"
	f := about("option-memory", name, "a socket that joins many groups, or chosen senders of one, keeps their list in this")
	return v.atLeast(f, name, 20480, "20480 or more")
}

// atLeast finds a number of the system ok or, if it is less than that, advises to raise it.
func (v *view) atLeast(f Finding, name string, least int64, want string) []Finding {
	size, err := v.number(sysctlPath(name))
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case size >= least:
		return []Finding{f.ok("%d", size)}
	}
	return []Finding{f.bad(Advice, "%d", size).sysctl(name, strconv.FormatInt(least, 10), want)}
}

// udpMemory compares what all of UDP may take together with what the receivers' buffers may hold.
func udpMemory(v *view) []Finding {
	const name = "net.ipv4.udp_mem"
	f := about("udp-memory", name, "when all UDP sockets together hold more than this many pages, datagrams are dropped")
	pages, err := v.number(sysctlPath(name))
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	each, _ := v.neededBuffer()
	needed := 2 * each * int64(max(1, len(v.Endpoints)))
	limit := pages * int64(os.Getpagesize())
	if limit >= needed {
		return []Finding{f.ok("%s at most", sizeText(float64(limit)))}
	}
	more := strconv.FormatInt(needed/int64(os.Getpagesize())+1, 10)
	return []Finding{f.bad(Loss, "%s at most", sizeText(float64(limit))).
		sysctl(name, strings.Join([]string{more, more, more}, " "), fmt.Sprintf("%s for %d receivers", sizeText(float64(needed)), max(1, len(v.Endpoints))))}
}

// netAdmin is the bit of CAP_NET_ADMIN among a process's capabilities (capabilities(7)).
const netAdmin = 12

// privileged says whether this process may exceed limits of buffers, with SO_RCVBUFFORCE.
func (v *view) privileged() (bool, error) {
	status, err := v.text("proc/self/status")
	if err != nil {
		return false, err
	}
	digits, found := field(status, "CapEff")
	mask, err := strconv.ParseUint(digits, 16, 64)
	if !found || err != nil {
		return false, fmt.Errorf("proc/self/status has no CapEff")
	}
	return mask>>netAdmin&1 != 0, nil
}

func privilege(v *view) []Finding {
	f := about("privilege", "", "with CAP_NET_ADMIN a receiver takes a buffer of any size, whatever net.core.rmem_max says")
	privileged, err := v.privileged()
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case privileged:
		return []Finding{f.ok("this process has CAP_NET_ADMIN")}
	}
	return []Finding{f.ok("this process has no CAP_NET_ADMIN: net.core.rmem_max holds; setcap cap_net_admin+ep on the program would lift it")}
}
