// SPDX-License-Identifier: Apache-2.0

package errno

import (
	"errors"
	"sync/atomic"
	"syscall"
)

// kindsMax bounds the kinds of errors that are counted each for itself.
const kindsMax = 12

// Count is how often the system answered with one error.
type Count struct {
	// Errno is the error; 0 stands for all that found no place in the table or have no number.
	Errno syscall.Errno
	// Count says how often it was met, retries included.
	Count int64
}

// Table counts errors by their number, up to a limit of kinds. Any goroutine may add and read. The
// zero value is empty.
type Table struct {
	entries [kindsMax]entry
	others  atomic.Int64
}

// entry is one kind of error. Its number is set before it counts.
type entry struct {
	errno atomic.Uintptr // 0: not in use
	count atomic.Int64
}

// Add counts an error by the number within it.
func (t *Table) Add(err error) {
	var errno syscall.Errno
	errors.As(err, &errno)
	t.AddErrno(errno)
}

// AddErrno counts an error that is at hand as a number; 0 is one without.
func (t *Table) AddErrno(errno syscall.Errno) {
	if errno == 0 {
		t.others.Add(1)
		return
	}
	for i := range t.entries {
		e := &t.entries[i]
		if e.errno.Load() == 0 {
			e.errno.CompareAndSwap(0, uintptr(errno))
		}
		if e.errno.Load() == uintptr(errno) {
			e.count.Add(1)
			return
		}
	}
	t.others.Add(1)
}

// Counts gives what was counted, in the order in which the kinds appeared; nil if there was nothing.
func (t *Table) Counts() []Count {
	var counts []Count
	for i := range t.entries {
		e := &t.entries[i]
		if n := e.count.Load(); n > 0 {
			counts = append(counts, Count{syscall.Errno(e.errno.Load()), n})
		}
	}
	if n := t.others.Load(); n > 0 {
		counts = append(counts, Count{0, n})
	}
	return counts
}
