// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package nic

import "errors"

// Read answers errors.ErrUnsupported: only Linux has this interface to drivers.
func Read(string) (Device, error) { return Device{}, errors.ErrUnsupported }
