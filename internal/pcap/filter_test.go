// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"errors"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

// The frames that filters are tried on, by a letter each.
func filterFrames(t testing.TB) map[byte]frame {
	frames := map[byte]frame{}
	add := func(name byte, link uint16, data []byte) {
		_, frames[name] = parseWhole(link, data)
	}
	add('4', linkEthernet, packet4.frame(t, linkEthernet))
	add('6', linkEthernet, packet6.frame(t, linkEthernet))
	add('v', linkEthernet, packet4.frame(t, linkEthernet, 100, 5))
	add('s', linkSLL, packet4.frame(t, linkSLL))
	add('S', linkSLL2, packet6.frame(t, linkSLL2, 5))
	add('r', linkRaw, packet4.ip())
	var f frame
	f.parse(&record{data: packet4.frame(t, linkEthernet)[:34], length: 65, link: linkEthernet})
	frames['c'] = f // Cut after the IP header.
	return frames
}

// allFilterFrames is every frame of filterFrames.
const allFilterFrames = "46vsSrc"

// filterMatches says which frames each expression matches.
var filterMatches = []struct{ expression, want string }{
	{"", allFilterFrames},
	{" \t\r\n", allFilterFrames},
	{"udp", allFilterFrames},
	{"ip", "4vsrc"},
	{"ip6", "6S"},
	{"tcp", ""},
	{"not tcp and not arp", allFilterFrames},
	{"ip or ip6", allFilterFrames},

	{"host 10.1.2.3", "4vsrc"},
	{"host fe80::1", "6S"},
	{"host 239.4.5.6 or fe80::1", allFilterFrames},
	{"src host 10.1.2.3", "4vsrc"},
	{"dst host 10.1.2.3", ""},
	{"src 10.1.2.3 and dst 239.4.5.6", "4vsrc"},
	{"ip src 10.1.2.3", "4vsrc"},
	{"src and dst host 10.1.2.3", ""},
	{"src or dst host 10.1.2.3", "4vsrc"},
	{"dst and src 10.1.2.3", ""},
	{"dst || src 10.1.2.3", "4vsrc"},
	{"ip6 host ff02::5", "6S"},
	{"arp host 10.1.2.3", ""},
	{"host ::ffff:10.1.2.3", ""},

	{"net 10.0.0.0/8", "4vsrc"},
	{"net 10", "4vsrc"},
	{"net 10.1", "4vsrc"},
	{"net 10.1.2", "4vsrc"},
	{"net 10.1.2.0", ""},
	{"net 10.1/16", "4vsrc"},
	{"net 10.1.0.0 mask 255.255.0.0", "4vsrc"},
	{"src net 10.0.0.0/8", "4vsrc"},
	{"dst net 10.0.0.0/8", ""},
	{"net fe80::/10", "6S"},
	{"ip6 net ff02::/16 or ff05::/16", "6S"},
	{"net 0.0.0.0/0", "4vsrc"},
	{"net ::/0", "6S"},

	{"port 8888", "46vsSr"},
	{"udp port 8888", "46vsSr"},
	{"udp dst port 8888", "46vsSr"},
	{"udp src port 8888", ""},
	{"src port 4000 and dst port 8888", "46vsSr"},
	{"tcp port 8888", ""},
	{"tcp port 8888 or udp port 8888", "46vsSr"},
	{"port 1 or 2 or 8888", "46vsSr"},
	{"port (1 or 8888)", "46vsSr"},
	{"udp dst port (8887 or 8888)", "46vsSr"},
	{"port 0x22b8", "46vsSr"},
	{"port 021270", "46vsSr"},
	{"not port 8888", "c"},
	{"portrange 8000-8999", "46vsSr"},
	{"portrange 8999-8000", "46vsSr"},
	{"dst portrange 8888-8888", "46vsSr"},
	{"src portrange 8000-8999", ""},
	{"udp portrange 8888", "46vsSr"},

	{"ip proto 17", "4vsrc"},
	{`ip proto \udp`, "4vsrc"},
	{"ip proto udp", "4vsrc"},
	{"ip6 proto 17", "6S"},
	{"proto 17", allFilterFrames},
	{`proto \tcp or \udp`, allFilterFrames},
	{"ip proto 6", ""},
	{"ether proto 0x800", "4vsrc"},
	{`ether proto \ip6`, "6S"},
	{"ether proto 0x88a8", "v"},
	{"ether proto 0x8100", "vS"},

	{"ether host 02:00:00:00:00:01", "46vc"},
	{"ether src 2:0:0:0:0:1", "46vc"},
	{"ether dst 02:00:00:00:00:01", ""},
	{"ether dst host 01-00-5e-04-05-06", "46vc"},
	{"multicast", "46vrc"},
	{"ether multicast", "46vrc"},
	{"broadcast", ""},
	{"ip multicast", "4vsrc"},
	{"ip6 multicast", "6S"},
	{"outbound", "sS"},
	{"inbound", ""},

	{"vlan", "vS"},
	{"vlan 5", "vS"},
	{"vlan 100", "v"},
	{"vlan 100 and vlan 5 and udp port 8888", "v"},
	{"not vlan", "46src"},

	{"less 65", "4rc"},
	{"greater 65", "46vsSc"},
	{"len <= 65", "4rc"},
	{"len > 65 and length < 1000", "6vsS"},
	{"len = 65", "4c"},
	{"65 == len", "4c"},
	{"len != 65", "6vsSr"},

	{"udp[0:2] = 4000", "46vsSr"},
	{"udp[2:2] = 8888", "46vsSr"},
	{"udp[8:2] = 0x5304", "46vsSr"},
	{"udp[8:4] = 0x53042061", "46vsSr"},
	{"udp[8] = 0x53 and udp[9] = 4", "46vsSr"},
	{"udp[4:2] - 8 > 20", "46vsSr"},
	{"(udp[8:2] & 0xff00) = 0x5300", "46vsSr"},
	{"udp[8:2] & 0xff00 = 0x5300", "46vsSr"},
	{"(udp[8] = 0x53)", "46vsSr"},
	{"((udp[8])) & 1 = 1", "46vsSr"},
	{"udp[udp[9] + 4] = 0x53", "46vsSr"},
	{"udp[8] << 8 | udp[9] = 0x5304", "46vsSr"},
	{"2 + 3 * 4 = 14", allFilterFrames},
	{"(2 + 3) * 4 = 20", allFilterFrames},
	{"7 - 2 - 1 = 4", allFilterFrames},
	{"17 / 5 = 3 and 17 % 5 = 2", allFilterFrames},
	{"6 ^ 3 = 5 and 1 << 4 >> 1 = 8", allFilterFrames},
	{"0 - 1 = 0xffffffff", allFilterFrames},
	{"-1 = 0xffffffff", allFilterFrames},
	{"1 << len = 0", "46vsSrc"},
	{"ip[8] = 64", "4vsrc"},
	{"ip[6:2] & 0x3fff = 0", "4vsrc"},
	{"ip[0] & 0xf != 5", ""},
	{"ip6[6] = 17", "6S"},
	{"ether[0] & 1 = 1", "46vSrc"},
	{"tcp[0] = 1", ""},
	{"tcp[0] != 1", ""},
	{"not tcp[0] = 1", allFilterFrames},
	// What is beyond the frame refuses it, also if negated, unless nobody asks.
	{"udp[1000] = 1", ""},
	{"not udp[1000] = 1", ""},
	{"ip6 or udp[1000] = 1", "6S"},
	{"udp[0xffffffff:4] = 1 or udp", ""},
	{"1 / (len - len) = 1 or udp", ""},
	{"not udp[0:2] = 1", "46vsSr"},

	{"ip and udp dst port 8888 and not host 1.2.3.4", "4vsr"},
	{"(src host 1.1.1.1 or src host 10.1.2.3) and udp", "4vsrc"},
	{"udp && !(port 1 || port 2)", allFilterFrames},
	{"! ip6", "4vsrc"},
	{"not not ip", "4vsrc"},
	{"host (1.1.1.1 or 10.1.2.3) and port 8888", "4vsr"},
	{"not host 1.1.1.1 and 2.2.2.2", ""},
	{"not host (1.1.1.1 or 10.1.2.3)", "6S"},
	{"host not 10.1.2.3", "6S"},
	{"port 8888 and (4000 or 2)", "46vsSr"},
	// Equal precedence, from left to right: (udp or tcp) and tcp.
	{"udp or tcp and tcp", ""},
	{"tcp and tcp or udp", allFilterFrames},
}

func TestFiltersMatch(t *testing.T) {
	frames := filterFrames(t)
	for _, c := range filterMatches {
		compiled, err := compileFilter(c.expression)
		if err != nil {
			t.Errorf("%q: %v", c.expression, err)
			continue
		}
		var got strings.Builder
		for _, name := range allFilterFrames {
			f := frames[byte(name)]
			if compiled.match(&f) {
				got.WriteString(string(name))
			}
		}
		if got.String() != c.want {
			t.Errorf("%q matches %q, want %q", c.expression, got.String(), c.want)
		}
	}
}

// badFilters says which token of each expression is refused.
var badFilters = []struct{ expression, field, value string }{
	{"nonsense", "filter at byte 0", "nonsense"},
	{"udp port", "filter at byte 8", "end"},
	{"udp prot 8888", "filter at byte 4", "prot"},
	{"port http", "filter at byte 5", "http"},
	{"port 65536", "filter at byte 5", "65536"},
	{"port 1.2.3.4", "filter at byte 5", "1.2.3.4"},
	{"portrange 1 - 2", "filter at byte 12", "-"},
	{"portrange 1-x", "filter at byte 10", "1-x"},
	{"host example.org", "filter at byte 5", "example.org"},
	{"host 10.1", "filter at byte 5", "10.1"},
	{"host 1.2.3.256", "filter at byte 5", "1.2.3.256"},
	{"src 10.0.0.0/8", "filter at byte 12", "/"},
	{"net 10.0.0.1/8", "filter at byte 4", "10.0.0.1"},
	{"net 10.0.0.0/33", "filter at byte 13", "33"},
	{"net fe80::1/10", "filter at byte 4", "fe80::1"},
	{"net 10.0.0.0 mask 255.0.255.0", "filter at byte 18", "255.0.255.0"},
	{"net 1.2.3.4.5", "filter at byte 4", "1.2.3.4.5"},
	{"ip host ::1", "filter at byte 8", "::1"},
	{"ip6 host 1.2.3.4", "filter at byte 9", "1.2.3.4"},
	{"udp host 1.2.3.4", "filter at byte 0", "udp"},
	{"ip port 5", "filter at byte 0", "ip"},
	{"udp proto 5", "filter at byte 0", "udp"},
	{"src proto 5", "filter at byte 4", "proto"},
	{"ip proto 256", "filter at byte 9", "256"},
	{`ip proto \nonsense`, "filter at byte 9", "nonsense"},
	{"ether", "filter at byte 0", "ether"},
	{"ether host 1.2.3.4", "filter at byte 11", "1.2.3.4"},
	{"ether host 1:2:3", "filter at byte 11", "1:2:3"},
	{"ip broadcast", "filter at byte 3", "broadcast"},
	{"udp multicast", "filter at byte 4", "multicast"},
	{"vlan 4096", "filter at byte 5", "4096"},
	{"less than 5", "filter at byte 5", "than"},
	{"8888", "filter at byte 0", "8888"},
	{"udp and 8888", "filter at byte 8", "8888"},
	{"(port 1) or 2", "filter at byte 12", "2"},
	{"udp port 1 2", "filter at byte 11", "2"},
	{"udp and", "filter at byte 7", "end"},
	{"and udp", "filter at byte 0", "and"},
	{"not", "filter at byte 3", "end"},
	{"()", "filter at byte 1", ")"},
	{"(udp", "filter at byte 0", "("},
	{"udp)", "filter at byte 3", ")"},
	{"host (1.1.1.1 or udp)", "filter at byte 17", "udp"},
	{"udp[0:3] = 1", "filter at byte 6", "3"},
	{"udp[0:0] = 1", "filter at byte 6", "0"},
	{"udp[0 = 1", "filter at byte 6", "="},
	{"udp[] = 1", "filter at byte 4", "]"},
	{"udp[0]", "filter at byte 6", "end"},
	{"udp[0] = ", "filter at byte 9", "end"},
	{"len - 5", "filter at byte 7", "end"},
	{"1 / 0 = 1", "filter at byte 4", "0"},
	{"1 << 32 = 1", "filter at byte 5", "32"},
	{"len = 4294967296", "filter at byte 6", "4294967296"},
	{"len = 08", "filter at byte 6", "08"},
	{"udp; ip", "filter at byte 3", ";"},
	{`ip proto \`, "filter at byte 9", `\`},
	{"port é", "filter at byte 5", "\xc3"},
	{strings.Repeat("(", 200) + "udp" + strings.Repeat(")", 200), "filter at byte 100", "("},
	{strings.Repeat("not ", 200) + "udp", "filter at byte 404", "not"},
	{"len = " + strings.Repeat("- ", 200) + "1", "filter at byte 206", "-"},
}

func TestBadFiltersAreRefusedWhereTheyGoWrong(t *testing.T) {
	for _, c := range badFilters {
		_, err := compileFilter(c.expression)
		var field *spead.FieldError
		if !errors.As(err, &field) || field.Field != c.field || field.Value != c.value {
			t.Errorf("%.40q: %v, want %s: %q", c.expression, err, c.field, c.value)
		}
	}
	if _, err := compileFilter(strings.Repeat(" ", filterMaxBytes+1)); err == nil {
		t.Error("a filter of excessive length was compiled")
	}
}
