// SPDX-License-Identifier: Apache-2.0

// Package errno counts the errors that a system answers with, each kind for itself, in bounded memory
// and without locks.
package errno
