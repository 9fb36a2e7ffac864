// SPDX-License-Identifier: Apache-2.0

// Package nap sleeps for less than a millisecond. Go's own timers wait in epoll, whose granularity that
// is.
package nap
