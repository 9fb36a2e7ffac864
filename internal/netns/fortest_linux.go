// SPDX-License-Identifier: Apache-2.0

package netns

import "testing"

// ForTest gives a test a namespace until it ends. Where none can be had, the test is skipped.
func ForTest(t testing.TB) *Namespace {
	t.Helper()
	n, err := New()
	if err != nil {
		t.Skipf("needs network namespaces, which take root and the command ip: %v", err)
	}
	t.Cleanup(n.Close)
	return n
}
