// SPDX-License-Identifier: Apache-2.0

package recv

import "errors"

// The errors that callers are expected to tell apart with errors.Is.
var (
	// ErrStopped: the stream has ended and its last heap was taken.
	ErrStopped = errors.New("receive stream stopped")
	// ErrStarted: sources can't be added to a stream that was started or closed.
	ErrStarted = errors.New("receive stream already started")
	// ErrAccounts: figures that have to add up don't, which is a defect of this package.
	ErrAccounts = errors.New("receive figures don't add up")
	// ErrChunkInUse: the chunk isn't the caller's to give. It was recycled before, or hasn't been handed
	// over.
	ErrChunkInUse = errors.New("chunk is in use already")
	// ErrBadChunk: the chunk has no Data or no Present.
	ErrBadChunk = errors.New("chunk has no memory for data or presence")
	// ErrNoPool: chunks come from ChunkConfig.Fresh, so that there is no pool to give them back to.
	ErrNoPool = errors.New("chunks are not pooled")
)
