// SPDX-License-Identifier: Apache-2.0

// Package pcap turns capture files into the UDP datagrams that they hold.
//
// A capture passes through four steps, each in files of its own:
//
//	bytes      gzip or plain, told by their first bytes         input.go
//	records    pcap (by gopacket's pcapgo) or pcapng            classic.go, ng.go, ng_interface.go
//	frames     link header, VLAN tags, IPv4 or IPv6, UDP        link.go, frame.go, ipv6.go
//	datagrams  what the filter lets through                     reader.go, filter*.go
//
// # Records
//
// Classic pcap files are read by pcapgo, with its limit on a record's length lowered to MaxFrame.
// Its reader of pcapng (version 1.7.7) can't be guarded from outside: it panics where int has 32 bits
// if a frame names an interface beyond 2^31, reads on past the end of a block whose frame claims to
// be longer, keeps every name of a name resolution block, and allocates for a frame's options. So
// pcapng is read here, one block at a time, through a window of fixed size; the tests compare it
// with pcapgo's.
//
// A file that ends within a record, or a record that contradicts itself, ends the reading with an
// error that names the record, its offset and the field, after all the good records before it.
//
// # Frames
//
// A frame ends up in one of three ways:
//
//   - It is an unfragmented UDP datagram, and its payload is delivered.
//   - It is one, but the capture holds only its beginning or its lengths contradict each other. It
//     is delivered with that refusal and without payload, so that it is counted.
//   - It is foreign: something else, or not what the filter asks for. Foreign counts it, by kind.
//
// This is what spead2 does with Ethernet and Linux cooked captures of IPv4. In addition there are
// VLAN tags, IPv6, and more link types. Bytes after the IP packet are ignored, and UDP checksums
// over IPv4 aren't looked at, as in spead2. Over IPv6 the UDP checksum is the only protection of
// the addresses (RFC 8200, section 8.1), and hosts drop datagrams in which it is wrong: they are
// refused as malformed here, unless it is zero or was left for the network card to compute, as it
// is in captures on the sending host. The filter "ip" limits a capture to what spead2 takes.
//
// # Filter
//
// Filters are written in the language of pcap-filter(7), or rather in that part of it which can tell
// one UDP datagram from another:
//
//	udp, ip, ip6                         also tcp, icmp, arp and so on, which are never true
//	[ip|ip6] [src|dst] host ADDRESS      "host" may be left out after src and dst
//	[ip|ip6] [src|dst] net 10.0.0.0/8    or net 10, net 10.1, net 10.1.0.0 mask 255.255.0.0
//	[udp] [src|dst] port 8888
//	[udp] [src|dst] portrange 8000-8999
//	[ip|ip6] proto 17                    or a name: \udp, also without backslash
//	ether proto 0x800                    or a name: \ip
//	ether [src|dst] [host] MAC
//	[ether|ip|ip6] multicast, [ether] broadcast
//	vlan [ID]                            the frame has a tag (with that id)
//	inbound, outbound                    in Linux cooked captures
//	less N, greater N                    length on the wire: at most, at least
//	udp[8:2] = 0x5304                    ether, ip, ip6 or udp; 1, 2 or 4 bytes; len
//
// src and dst may also be "src or dst" (the default) and "src and dst". Comparisons are = == != < <=
// > >= between expressions of 32-bit unsigned numbers with + - * / % & | ^ << >>. A comparison is
// false for frames without the header that it looks into, and one that looks beyond the captured
// bytes or divides by zero makes the whole filter refuse the frame.
//
// Primitives are combined by and (&&), or (||), which have equal precedence, not (!), and
// parentheses. A value without a keyword takes those of the value before: "port 1 or 2",
// "host (a or b)".
//
// Unlike in libpcap, "vlan" doesn't change what the rest of the filter means, and VLAN tags and IPv6
// extension headers are always looked through: "port 8888" matches tagged frames too, and udp[...]
// works over IPv6. Names of hosts and services aren't looked up.
package pcap
