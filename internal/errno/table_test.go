// SPDX-License-Identifier: Apache-2.0

package errno

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
)

func TestErrorsAreCountedByTheirNumber(t *testing.T) {
	var table Table
	if table.Counts() != nil {
		t.Error("an empty table has counts")
	}
	var want []Count
	for errno := syscall.Errno(1); errno <= kindsMax; errno++ {
		for range errno {
			table.Add(os.NewSyscallError("test", errno))
		}
		want = append(want, Count{errno, int64(errno)})
	}
	table.Add(syscall.Errno(kindsMax + 1)) // the table is full
	table.Add(errors.New("no number"))
	want = append(want, Count{0, 2})
	if got := table.Counts(); !slices.Equal(got, want) {
		t.Errorf("counted %v, expected %v", got, want)
	}
}
