// SPDX-License-Identifier: Apache-2.0

// Package remote measures a link from end to end: a controller sends heaps to an agent, on another
// machine or the same, and searches for the highest rate at which none is lost (internal/bench/search).
//
// The two talk over TCP in lines of JSON, of 64 KiB at most. The controller speaks first, and each
// request has one answer, or an error after which the connection is closed:
//
//	hello   protocol and version; they have to be the same at both ends
//	setup   what heaps and sockets are like; the answer says what the agent made of it
//	trial   a run begins; the answer has the UDP port of a fresh socket
//	sent    the run has ended, with how much was sent; the answer is what came
//
// Requests have deadlines, so that a controller that vanishes leaves the agent free for the next. An
// agent serves one controller at a time and tells others so. Anything that isn't a request in its turn,
// and any setup beyond the agent's limits, ends the connection with an error that says why.
//
// Nothing on the wire marks the end of a run: when the controller says that all is sent, the agent waits
// until nothing has come for a while. What was lost is told apart by reason from the figures of both
// ends.
package remote
