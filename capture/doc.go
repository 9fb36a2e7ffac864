// SPDX-License-Identifier: Apache-2.0

// Package capture receives from capture files.
//
// Open gives the UDP datagrams of a file that tcpdump, Wireshark or the like has written (pcap or
// pcapng, plain or compressed by gzip) as a source for a recv.Stream:
//
//	source, err := capture.Open("night.pcap", capture.Options{Filter: "udp dst port 7148"})
//	// ...
//	err = stream.AddSource(source)
//
// What isn't UDP over IP, fragments, and what the filter leaves out are counted as foreign frames;
// datagrams of which the capture holds only a part are refused and counted. Datagrams come as fast as
// the stream takes them, without regard to when they were captured, and none is lost.
//
// It is a package of its own so that programs that only use the network don't link the code for
// files.
package capture
