// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/frames"
)

// ring is an origin that takes frames from a device.
type ring struct {
	ring *frames.Ring
	// members are what keeps this machine in multicast groups.
	members   []*net.UDPConn
	inlet     inlet
	endpoints []netip.AddrPort
	segments  pcap.Segments
	whole     *pcap.Matcher
	tagged    []byte
}

// openRing begins to take frames.
func (c *RecorderConfig) openRing() (origin, []inlet, error) {
	device, err := udp.ParseInterface(c.Interface)
	if err == nil && device == nil || err == nil && !isEthernet(device.Name) {
		err = &spead.FieldError{Field: "Interface", Value: c.Interface, Allowed: "one that carries Ethernet frames, or the loopback"}
	}
	if err != nil {
		return nil, nil, named(netip.AddrPort{}, err)
	}
	o := &ring{endpoints: c.Endpoints}
	o.inlet = inlet{device: device.Name, deviceBefore: deviceDrops(device.Name)}
	if o.whole, err = pcap.NewMatcher(""); err != nil {
		return nil, nil, err
	}
	if err := o.join(c, device.Name); err != nil {
		return nil, nil, err
	}
	o.ring, err = frames.Open(frames.Config{Device: device.Index, Endpoints: c.Endpoints, Bytes: c.BufferSize})
	if err != nil {
		closeAll(o.members)
		var field *spead.FieldError
		if errors.As(err, &field) {
			err = field.Within("capture.RecorderConfig")
		}
		return nil, nil, err
	}
	return o, []inlet{o.inlet}, nil
}

// isEthernet says whether a device's frames are Ethernet's: its type is ARPHRD_ETHER or
// ARPHRD_LOOPBACK. Where that can't be told, it is.
func isEthernet(device string) bool {
	text, err := os.ReadFile("/sys/class/net/" + device + "/type")
	kind := strings.TrimSpace(string(text))
	return err != nil || kind == "1" || kind == "772"
}

// join makes this machine a member of the multicast groups.
func (o *ring) join(c *RecorderConfig, device string) error {
	for _, e := range c.Endpoints {
		if !e.Addr().IsMulticast() {
			continue
		}
		member, err := udp.Join(e.Addr().Unmap(), device, c.Senders)
		if err != nil {
			closeAll(o.members)
			return named(e, err)
		}
		o.members = append(o.members, member)
	}
	return nil
}

func (o *ring) read(r *Recorder, wait time.Duration) (some bool, err error) {
	frames, err := o.ring.Read(wait)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range frames {
		o.take(r, &frames[i])
	}
	return len(frames) > 0, err
}

// take hands a frame to the recorder, taken apart if it is joined. Frames that aren't whole are
// captured as they are, so that they are seen to be cut.
func (o *ring) take(r *Recorder, f *frames.Frame) {
	each := func(frame []byte) {
		if f.Tag != 0 {
			frame = o.tag(frame, f.Tag)
		}
		if o.whole.Match(frame) {
			r.takeFrame(f.Nanos, frame, o.whole.PayloadBytes())
		}
	}
	if f.Segment == 0 || !o.segments.Each(f.Data, f.Segment, each) {
		each(f.Data)
	}
}

// tag puts a VLAN tag into a frame, where the kernel has taken it from.
func (o *ring) tag(frame []byte, tag uint32) []byte {
	const addressesBytes = 12
	if len(frame) < addressesBytes {
		return frame
	}
	o.tagged = append(o.tagged[:0], frame[:addressesBytes]...)
	o.tagged = binary.BigEndian.AppendUint32(o.tagged, tag)
	o.tagged = append(o.tagged, frame[addressesBytes:]...)
	return o.tagged
}

func (o *ring) drops(int) (system, device int64) {
	return o.ring.Drops(), deviceDrops(o.inlet.device) - o.inlet.deviceBefore
}

func (o *ring) addrs() []netip.AddrPort { return o.endpoints }

func (o *ring) settles() time.Duration { return frames.Settles }

func (o *ring) wake() { o.ring.Wake() }

func (o *ring) close() error {
	closeAll(o.members)
	if err := o.ring.Close(); err != nil {
		return fmt.Errorf("close the packet ring: %w", err)
	}
	return nil
}
