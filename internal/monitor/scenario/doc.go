// SPDX-License-Identifier: Apache-2.0

// Package scenario is a night's trouble in two minutes, for tests and pictures of what a monitor shows:
// real streams, whose sources are scripted. It is played in a bubble of testing/synctest, where the two
// minutes take a moment and always go the same.
package scenario
