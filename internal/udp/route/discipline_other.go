// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package route

import "errors"

// DisciplineOf would tell of the queueing discipline on a way. These systems aren't asked.
func DisciplineOf(Way) (Discipline, error) { return Discipline{}, errors.ErrUnsupported }
