// SPDX-License-Identifier: Apache-2.0

// Package ring has a queue that lies in a ring of memory, which grows when it has to.
package ring
