// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import "time"

// gro says whether receive offload is in use: these systems have none.
func (s *singleReceiver) gro() bool { return false }

// tryRead isn't offered: see Pollable.
func (s *singleReceiver) tryRead(dst [][]byte) ([][]byte, error) { return s.read(dst) }

// wait isn't offered: see Pollable.
func (s *singleReceiver) wait() error { return nil }

// waitFor isn't offered: see Pollable.
func (s *singleReceiver) waitFor(time.Duration) {}

// refresh does nothing: these systems don't tell what they drop.
func (s *singleReceiver) refresh() error { return nil }

func (s *singleReceiver) close() error { return closeConn(s.conn) }
