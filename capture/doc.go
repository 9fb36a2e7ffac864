// SPDX-License-Identifier: Apache-2.0

// Package capture reads capture files: Open gives a source for a recv.Stream, so that package recv
// itself doesn't link the file formats.
//
//	source, err := capture.Open("night.pcap", capture.Options{Filter: "udp dst port 7148"})
//	// ...
//	err = stream.AddSource(source)
//
// The files are pcap, of either byte order and resolution, and pcapng, also compressed by gzip. Of
// them the UDP datagrams over IPv4 and IPv6 are taken, under Ethernet (with VLAN tags), Linux cooked
// capture, raw IP or loopback headers; other frames are counted in recv.Stats.ForeignFrames. Datagrams
// that were captured short or contradict themselves are refused and counted. As in spead2, they are
// read as fast as the stream takes them, whatever their times.
package capture
