// SPDX-License-Identifier: Apache-2.0

// Package trigger calls a function when somebody outside the process asks for it: by a signal, or by an
// HTTP request.
package trigger
