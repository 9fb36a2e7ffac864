// SPDX-License-Identifier: Apache-2.0

// Package rewrite changes the immediate values of items in packets, in place: what replay takes to have
// a stream that is sent again and again move forward.
//
// A Survey looks at all packets once and measures by how much an item moves from the first to what
// would follow the last. Apply adds a multiple of that. Values wrap at the width that the packet's flavour
// gives them. Nothing else of a packet is touched, and nothing of what is no SPEAD packet.
package rewrite
