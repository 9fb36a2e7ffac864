// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"testing"
)

const benchmarkElements = 1 << 16

// benchmarkValues measures getting and setting the values of an item, and checks them.
func benchmarkValues[T Number](b *testing.B, it *Item, v []T) {
	b.Run("set", func(b *testing.B) {
		b.SetBytes(int64(len(v)) * it.ItemSizeBits() / 8)
		b.ReportAllocs()
		for b.Loop() {
			if err := SetValues(it, v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.SetBytes(int64(len(v)) * it.ItemSizeBits() / 8)
		b.ReportAllocs()
		for b.Loop() {
			got, err := Values[T](it)
			if err != nil || got[len(v)-1] != v[len(v)-1] {
				b.Fatal(got[len(v)-1], err)
			}
		}
	})
}

func BenchmarkValues(b *testing.B) {
	wide, narrow := make([]float32, benchmarkElements), make([]uint16, benchmarkElements)
	for i := range benchmarkElements {
		wide[i], narrow[i] = float32(i), uint16(i%1000)
	}
	items := map[string]*Item{
		"f4 little":  dtypeItem(b, "<f4", benchmarkElements),
		"f4 big":     dtypeItem(b, ">f4", benchmarkElements),
		"f4 Fortran": item(b, Descriptor{DType: dtype(b, "<f4"), Shape: Shape{benchmarkElements / 64, 64}, FortranOrder: true}),
	}
	for name, it := range items {
		b.Run(name, func(b *testing.B) { benchmarkValues(b, it, wide) })
	}
	for _, text := range []string{"u10", "u12", "u16"} {
		b.Run(text, func(b *testing.B) { benchmarkValues(b, formatItem(b, text, benchmarkElements), narrow) })
	}
}
