// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestEndpointsAreReadAsOperatorsWriteThem(t *testing.T) {
	for _, c := range []struct {
		text string
		side side
		want []string
	}{
		{"10.0.0.1:7148", sending(), []string{"10.0.0.1:7148"}},
		{"spead://10.0.0.1:7148", sending(), []string{"10.0.0.1:7148"}},
		{"10.0.0.1:7148,10.0.0.2:7149", sending(), []string{"10.0.0.1:7148", "10.0.0.2:7149"}},
		{" 10.0.0.1:7148 , 10.0.0.2:7149 ", sending(), []string{"10.0.0.1:7148", "10.0.0.2:7149"}},
		{"239.1.2.3+2:7148", sending(), []string{"239.1.2.3:7148", "239.1.2.4:7148", "239.1.2.5:7148"}},
		{"spead://239.1.2.3+1:7148,spead://239.2.0.0+0:1", sending(), []string{"239.1.2.3:7148", "239.1.2.4:7148", "239.2.0.0:1"}},
		{"239.1.2.255+1:7148", sending(), []string{"239.1.2.255:7148", "239.1.3.0:7148"}},
		{"10.0.0.1+1:7148", sending(), []string{"10.0.0.1:7148", "10.0.0.2:7148"}},
		{"[::1]:7148", sending(), []string{"[::1]:7148"}},
		{"[ff02::5%2]:7148", sending(), []string{"[ff02::5%2]:7148"}},
		{"[::ffff:10.0.0.1]:7148", sending(), []string{"10.0.0.1:7148"}},
		{"[ff05::1]+1:7148", sending(), []string{"[ff05::1]:7148", "[ff05::2]:7148"}},
		{"7148", receiving(), []string{"0.0.0.0:7148"}},
		{":7148", receiving(), []string{"0.0.0.0:7148"}},
		{"0", receiving(), []string{"0.0.0.0:0"}},
		{"127.0.0.1:0", receiving(), []string{"127.0.0.1:0"}},
		{"[::]:7148", receiving(), []string{"[::]:7148"}},
		{"7148,7149", receiving(), []string{"0.0.0.0:7148", "0.0.0.0:7149"}},
		{"239.1.2.3+1:7148", receiving(), []string{"239.1.2.3:7148", "239.1.2.4:7148"}},
		{"spead://:7148", receiving(), []string{"0.0.0.0:7148"}},
	} {
		got, err := parseEndpoints(t.Context(), c.text, c.side)
		if err != nil || !slices.Equal(texted(got), c.want) {
			t.Errorf("%q: %v, error %v", c.text, got, err)
		}
	}
}

func TestWhatIsNoEndpointIsRefused(t *testing.T) {
	refused := func(s side, texts ...string) {
		for _, text := range texts {
			got, err := parseEndpoints(t.Context(), text, s)
			var usage usageError
			if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), s.argument+": ") {
				t.Errorf("%q: %v, error %v", text, got, err)
			}
		}
	}
	refused(sending(),
		"[ff05::1+1]:7148",
		"",
		"7148",
		":7148",
		"10.0.0.1",
		"10.0.0.1:",
		"10.0.0.1:0",
		"10.0.0.1:65536",
		"10.0.0.1:-1",
		"10.0.0.1:+1",
		"10.0.0.1:http",
		"10.0.0.1:1,",
		",10.0.0.1:1",
		"10.0.0.1:1 10.0.0.2:1",
		"::1:7148",
		"[::1:7148",
		"::1]:7148",
		"[10.0.0.1]:7148",
		"10.0.0.1/24:7148",
		"http://10.0.0.1:7148",
		"239.1.2.3+:7148",
		"239.1.2.3+-1:7148",
		"239.1.2.3+x:7148",
		"239.1.2.3+4096:7148",
		"239.1.2.3+99999:7148",
		"239.255.255.254+2:7148",
		"255.255.255.255+1:7148",
		"223.255.255.255+1:7148",
	)
	refused(receiving(),
		"",
		":",
		"+1:7148",
		"65536",
		"eth0",
	)
}

func texted(list []netip.AddrPort) (texts []string) {
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return texts
}

func TestNamesAreLookedUp(t *testing.T) {
	got, err := parseEndpoints(t.Context(), "localhost:7148", sending())
	if err != nil || len(got) != 1 || !got[0].Addr().IsLoopback() {
		t.Errorf("%v, error %v", got, err)
	}
}

func TestTheNumberOfEndpointsIsLimited(t *testing.T) {
	if got, err := parseEndpoints(t.Context(), "10.0.0.0+4095:1", sending()); err != nil || len(got) != endpointsMax {
		t.Errorf("%d endpoints, error %v", len(got), err)
	}
	many := strings.Repeat("10.0.0.1:1,", endpointsMax) + "10.0.0.1:1"
	if _, err := parseEndpoints(t.Context(), many, sending()); err == nil {
		t.Errorf("%d endpoints were taken", endpointsMax+1)
	}
}

func FuzzEndpoints(f *testing.F) {
	for _, seed := range []string{"10.0.0.1:7148", "239.1.2.3+7:7148", "spead://[ff02::5%eth0]:1", "7148", ":0,[::]+1:2"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, listens bool) {
		s := sending()
		if listens {
			s = receiving()
		}
		host, more, port, ok := splitEndpoint(text, s)
		if !ok {
			return
		}
		if more < 0 || more > 65535 || port == 0 && !listens || host == "" && !listens {
			t.Errorf("%q: host %q, %d more, port %d", text, host, more, port)
		}
		if a, err := netip.ParseAddr(host); err == nil && more == 0 {
			again, _, samePort, ok := splitEndpoint(fmt.Sprint(netip.AddrPortFrom(a, port)), s)
			if !ok || samePort != port || again != a.String() {
				t.Errorf("%q: host %q and port %d, then host %q and port %d, %v", text, host, port, again, samePort, ok)
			}
		}
	})
}
