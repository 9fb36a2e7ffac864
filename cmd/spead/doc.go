// SPDX-License-Identifier: Apache-2.0

// Command spead sends and receives SPEAD streams.
//
//	spead demo     send and receive in one process, check everything, show the rate
//	spead send     send test heaps to one or more endpoints
//	spead recv     receive from endpoints or capture files; print heaps as text or as JSON lines
//	spead monitor  watch endpoints: rates, what is lost and where; in the terminal and on a web page
//	spead chunk    put heaps into chunks as a description says; print a line for each, write them
//	spead bench    measure sending, receiving, pacing, and links from end to end
//	spead version  print what this program was built from
//
// Each has --help with examples. Flags are in flags.go, their units in units.go, endpoints as
// operators write them in endpoint.go. What goes to standard output is the result; progress and
// remarks go to standard error, progress only if that is a terminal.
//
// Exit codes: 0 if all went well, also when ended by Ctrl-C; 1 if something failed, or what was to be
// verified was lost or differed; 2 for a command line that can't be carried out, which one line on
// standard error explains: the flag, the value and what is allowed. Who closes the pipe that results go to
// ends the command by SIGPIPE.
//
// Completion for shells comes from "spead completion"; the man pages in docs/man are made of the help.
package main

//go:generate env SPEAD_WRITE_MAN=1 go test -count 1 -run TestManPagesAreUpToDate .
