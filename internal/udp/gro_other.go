// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

// gro says whether receive offload is in use: these systems have none.
func (s *singleReceiver) gro() bool { return false }
