// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"sync/atomic"
	"syscall"
)

// errnosMax bounds the kinds of errors that are counted each for itself.
const errnosMax = 12

// ErrnoCount is how often the system answered with one error.
type ErrnoCount struct {
	// Errno is the error; 0 stands for all that found no place in the table or have no number.
	Errno syscall.Errno
	// Count says how often it was met, retries included.
	Count int64
}

// ErrnoTable counts errors by their number, up to a limit of kinds. One goroutine at a time adds; any
// may read. The zero value is empty.
type ErrnoTable struct {
	entries [errnosMax]errnoEntry
	others  atomic.Int64
}

// errnoEntry is one kind of error. Its number is set before it counts.
type errnoEntry struct {
	errno atomic.Uintptr // 0: not in use
	count atomic.Int64
}

// Add counts an error by the number within it.
func (t *ErrnoTable) Add(err error) {
	var errno syscall.Errno
	errors.As(err, &errno)
	t.add(errno)
}

func (t *ErrnoTable) add(errno syscall.Errno) {
	if errno == 0 {
		t.others.Add(1)
		return
	}
	for i := range t.entries {
		e := &t.entries[i]
		if e.errno.Load() == 0 {
			e.errno.Store(uintptr(errno))
		}
		if e.errno.Load() == uintptr(errno) {
			e.count.Add(1)
			return
		}
	}
	t.others.Add(1)
}

// Counts gives what was counted, in the order in which the kinds appeared; nil if there was nothing.
func (t *ErrnoTable) Counts() []ErrnoCount {
	var counts []ErrnoCount
	for i := range t.entries {
		e := &t.entries[i]
		if n := e.count.Load(); n > 0 {
			counts = append(counts, ErrnoCount{syscall.Errno(e.errno.Load()), n})
		}
	}
	if n := t.others.Load(); n > 0 {
		counts = append(counts, ErrnoCount{0, n})
	}
	return counts
}
