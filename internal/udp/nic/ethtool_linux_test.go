// SPDX-License-Identifier: Apache-2.0

package nic

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/netns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheLoopbackInterfaceHasFeatures(t *testing.T) {
	d, err := Read("lo")
	if err != nil {
		t.Fatal(err)
	}
	if on, there := d.Features["loopback"]; !on || !there {
		t.Errorf("features: %v", d.Features)
	}
	if d.Rings != nil || d.Pause != nil {
		t.Errorf("rings %v, pause %v", d.Rings, d.Pause)
	}
}

func TestWhatADriverSaysIsRead(t *testing.T) {
	n := netns.ForTest(t)
	if err := n.IP("link add veth0 type veth peer name veth1"); err != nil {
		t.Fatal(err)
	}
	n.Do(func() {
		d, err := Read("veth0")
		if err != nil || d.Driver != "veth" {
			t.Errorf("%+v, %v", d, err)
		}
		if _, there := d.Features["rx-gro"]; !there {
			t.Errorf("features: %v", d.Features)
		}
		if _, there := d.Counters["peer_ifindex"]; !there {
			t.Errorf("counters: %v", d.Counters)
		}
	})
}

func TestInterfacesThatArentThereAreErrors(t *testing.T) {
	for _, name := range []string{"nonsuch0", "", strings.Repeat("x", 16)} {
		if d, err := Read(name); !errors.Is(err, unix.ENODEV) {
			t.Errorf("%q: %+v, %v", name, d, err)
		}
	}
}
