// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package mem

// adviseHuge does nothing: these systems choose themselves.
func adviseHuge([]byte) {}

// present has all pages of b there.
func present(b []byte) { touch(b) }
