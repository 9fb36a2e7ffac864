// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package bench

import "time"

// ProcessorTime isn't told by these systems the same way: it is left out of results.
func ProcessorTime() time.Duration { return 0 }
