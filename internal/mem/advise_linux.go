// SPDX-License-Identifier: Apache-2.0

package mem

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages (transparent ones, of which the administrator need not set any
// aside). If there are none, the memory is as good as any. Preconditions: b is aligned.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }

// present has all pages of b there.
func present(b []byte) { touch(b) }
