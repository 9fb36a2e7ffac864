// SPDX-License-Identifier: Apache-2.0

// Package monitor watches receive streams: it takes their heaps and throws them away, samples their
// statistics at an interval, and says how fast data comes, what is lost, and where.
//
//	consume.go     takes a stream's heaps, as fast as they come or as a consumer of a given speed would
//	tally.go       what heaps tell that statistics don't: times between them, holes, substreams
//	loss.go        the kinds of loss: what they are counted in, where they happen, what helps
//	sampler.go     two readings of one stream → rates, losses, a verdict; asks no clock
//	history.go     the latest points of a stream, of which there is a limited number
//	snapshot.go    what is known of all streams at one time: what the views show
//	monitor.go     the loop: reads all streams once an interval and tells who waits
//
// The views are packages of their own and only show snapshots: screen the terminal's, web the
// browser's.
package monitor
