// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

// sockaddr isn't needed: package net gives addresses as such.
type sockaddr struct{}
