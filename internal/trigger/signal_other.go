// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package trigger

// OnSignal does nothing: there is no signal for it.
func OnSignal(func()) (end func()) { return func() {} }
