// SPDX-License-Identifier: Apache-2.0

package pattern

import "testing"

func BenchmarkFill(b *testing.B) {
	heap := make([]byte, 1<<20)
	b.SetBytes(int64(len(heap)))
	for b.Loop() {
		Fill(heap, 12345)
	}
	if Differs(heap, 12345) != -1 {
		b.Error("what was filled differs")
	}
}

func BenchmarkDiffers(b *testing.B) {
	heap := make([]byte, 1<<20)
	Fill(heap, 12345)
	b.SetBytes(int64(len(heap)))
	for b.Loop() {
		if Differs(heap, 12345) != -1 {
			b.Fatal("what was filled differs")
		}
	}
}
