// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"testing"
)

// expectValues takes the values of an item as T.
func expectValues[T Number](t *testing.T, it *Item, want ...T) {
	t.Helper()
	got, err := Values[T](it)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v as %v: %v, %v; want %v", it.typeName(), reflect.TypeFor[T](), got, err, want)
	}
}

// receive gives an item the bytes of a hexadecimal string.
func receive(t *testing.T, it *Item, wire string) *Item {
	t.Helper()
	if err := it.SetRaw(RawItem{Value: unhex(t, wire)}); err != nil {
		t.Fatal(err)
	}
	return it
}

func TestValuesAreHadAsAnyTypeThatHoldsThem(t *testing.T) {
	type phase int16
	u12 := receive(t, formatItem(t, "u12", 3), "abcdef1230")
	expectValues[uint16](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[int16](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[phase](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[int](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[uint64](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[float32](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[complex128](t, u12, 0xabc, 0xdef, 0x123)
	expectValues[int16](t, receive(t, formatItem(t, "i12", 3), "abcdef1230"), -1348, -529, 291)
	expectValues[uint16](t, receive(t, formatItem(t, "u16", 2), "0102fffe"), 0x102, 0xfffe)
	expectValues[uint16](t, receive(t, dtypeItem(t, "<u2", 2), "0102fffe"), 0x201, 0xfeff)
	expectValues[int32](t, receive(t, dtypeItem(t, "<i2", 2), "0102fffe"), 0x201, -257)
	expectValues[float32](t, receive(t, dtypeItem(t, "<f2", 2), "00bc007c"), -1, float32(math.Inf(1)))
	expectValues[float64](t, receive(t, dtypeItem(t, ">f4", 2), "3f800000c0000000"), 1, -2)
	expectValues[complex64](t, receive(t, dtypeItem(t, ">c8", 1), "3f800000c0000000"), 1-2i)
	expectValues[complex128](t, receive(t, dtypeItem(t, "<c8", 1), "0000803f000000c0"), 1-2i)
	expectValues[bool](t, receive(t, dtypeItem(t, "?", 3), "000102"), false, true, true)
	expectValues[bool](t, receive(t, formatItem(t, "b3", 3), "0180"), false, false, true)
	expectValues[bool](t, receive(t, formatItem(t, "b100", 2), "00000000000000000000000010"+"000000000000000000000000"), true, false)
	expectValues[int64](t, receive(t, dtypeItem(t, ">m8[s]"), "ffffffffffffffff"), -1)
	expectValues[uint8](t, receive(t, formatItem(t, "c8", Variable), "6869"), 'h', 'i')
	expectValues[uint16](t, receive(t, dtypeItem(t, "S1", 2), "6869"), 'h', 'i')
	expectValues[uint8](t, receive(t, formatItem(t, "u8", 0), ""))
}

func TestValuesOfTypesThatCannotHoldThemAreRefused(t *testing.T) {
	refuses := func(err error) {
		t.Helper()
		expectFieldError(t, err, "can hold")
	}
	u12 := receive(t, formatItem(t, "u12"), "abc0")
	_, err := Values[uint8](u12)
	refuses(err)
	_, err = Values[int8](u12)
	refuses(err)
	_, err = Values[bool](u12)
	refuses(err)
	i12 := receive(t, formatItem(t, "i12"), "abc0")
	_, err = Values[uint64](i12)
	refuses(err)
	u25 := receive(t, formatItem(t, "u25"), "00000000")
	_, err = Values[float32](u25)
	refuses(err)
	_, err = Values[complex64](u25)
	refuses(err)
	u64 := receive(t, formatItem(t, "u64"), "ffffffffffffffff")
	_, err = Values[int64](u64)
	refuses(err)
	_, err = Values[float64](u64)
	refuses(err)
	_, err = Values[uint64](receive(t, formatItem(t, "u65"), "000000000000000000"))
	refuses(err)
	_, err = Values[float32](receive(t, formatItem(t, "f64"), "0000000000000000"))
	refuses(err)
	_, err = Values[float64](receive(t, dtypeItem(t, "c8"), "0000000000000000"))
	refuses(err)
	_, err = Values[complex64](receive(t, dtypeItem(t, "c16"), "00000000000000000000000000000000"))
	refuses(err)
	_, err = Values[uint8](receive(t, formatItem(t, "b1"), "80"))
	refuses(err)
	_, err = Values[uint8](receive(t, formatItem(t, "u8,u8"), "8080"))
	refuses(err)
	_, err = Values[uint8](receive(t, dtypeItem(t, "S2"), "8080"))
	refuses(err)
	_, err = Values[uint8](receive(t, dtypeItem(t, "[('a', 'u1')]"), "80"))
	refuses(err)
}

func TestFortranOrderIsTurnedIntoLogicalOrder(t *testing.T) {
	it := item(t, Descriptor{DType: dtype(t, ">u2"), Shape: Shape{2, 3}, FortranOrder: true})
	receive(t, it, "000100040002000500030006")
	expectValues[uint16](t, it, 1, 2, 3, 4, 5, 6)
	expectValues[float64](t, it, 1, 2, 3, 4, 5, 6)
	if little, err := it.AppendLittleEndian([]byte("x")); err != nil || string(little) != "x\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00" {
		t.Errorf("little-endian: % x, %v", little, err)
	}
	if err := SetValues(it, []int{6, 5, 4, 3, 2, 1}); err != nil {
		t.Fatal(err)
	}
	if b, _ := it.Bytes(); fmt.Sprintf("%x", b) != "000600030005000200040001" {
		t.Errorf("set: % x", b)
	}
	v, err := it.Value()
	if diff := sameValue(t, v, []any{[]any{uint64(6), uint64(5), uint64(4)}, []any{uint64(3), uint64(2), uint64(1)}}); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestValuesShareMemoryWhereTheyCan(t *testing.T) {
	native := "<u4"
	if hostIsBig() {
		native = ">u4"
	}
	it := dtypeItem(t, native, 2)
	if err := SetValues(it, []uint32{1, 2}); err != nil {
		t.Fatal(err)
	}
	v, err := Values[uint32](it)
	if err != nil {
		t.Fatal(err)
	}
	v[1] = 7
	expectValues[uint32](t, it, 1, 7)
	// An odd address is no place for numbers: these are copied.
	memory := make([]byte, 16)
	if err := it.LeaseBytes(memory[1:9]); err != nil {
		t.Fatal(err)
	}
	expectValues[uint32](t, it, 0, 0)
}

func TestValuesAreHadAndSetWithoutAllocation(t *testing.T) {
	for _, it := range []*Item{formatItem(t, "u8", 3), dtypeItem(t, ">f8", 3), formatItem(t, "u12", Variable)} {
		v := []uint8{1, 2, 3}
		f := []float64{1, 2, 3}
		allocations := testing.AllocsPerRun(100, func() {
			var err error
			if it.DType != nil {
				err = SetValues(it, f)
			} else {
				err = SetValues(it, v)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 0 {
			t.Errorf("%v: %v allocations to set", it.typeName(), allocations)
		}
	}
	it := formatItem(t, "u8", Variable)
	if err := it.SetBytes([]byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	raw := RawItem{Value: []byte{3, 4, 5}}
	allocations := testing.AllocsPerRun(100, func() {
		if err := it.LeaseRaw(raw); err != nil {
			t.Fatal(err)
		}
		if v, err := Values[uint8](it); err != nil || len(v) != 3 {
			t.Fatal(v, err)
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations to take a value", allocations)
	}
}

func TestSettingValuesChecksTheirRange(t *testing.T) {
	expect := func(err error, fits bool) {
		t.Helper()
		if fits && err != nil {
			t.Error(err)
		}
		if !fits {
			expectFieldError(t, err, "value")
		}
	}
	u12, i12 := formatItem(t, "u12", 1), formatItem(t, "i12", 1)
	for _, v := range []int64{-1, 0, 4095, 4096, math.MinInt64, math.MaxInt64} {
		expect(SetValues(u12, []int64{v}), v >= 0 && v <= 4095)
	}
	for _, v := range []int64{-2049, -2048, 0, 2047, 2048, math.MinInt64} {
		expect(SetValues(i12, []int64{v}), v >= -2048 && v <= 2047)
	}
	expect(SetValues(formatItem(t, "i64", 1), []uint64{1 << 63}), false)
	expect(SetValues(formatItem(t, "u64", 1), []uint64{1 << 63}), true)
	f2, f4, f8 := dtypeItem(t, "f2", 1), dtypeItem(t, "f4", 1), dtypeItem(t, "f8", 1)
	expect(SetValues(f4, []float64{0.1}), true)
	expectValues[float32](t, f4, 0.1)
	expect(SetValues(f4, []float64{1e39}), false)
	expect(SetValues(f4, []float64{math.Inf(-1)}), true)
	expect(SetValues(f4, []float64{math.NaN()}), true)
	expect(SetValues(f2, []float64{65519.99}), true)
	expectValues[float32](t, f2, 65504)
	expect(SetValues(f2, []float32{65520}), false)
	expect(SetValues(f4, []int{1 << 24}), true)
	expect(SetValues(f4, []int{1<<24 + 1}), false)
	expect(SetValues(f8, []uint64{math.MaxUint64}), false)
	expect(SetValues(f8, []int64{math.MaxInt64}), false)
	expect(SetValues(f8, []int64{math.MinInt64}), true)
	expect(SetValues(f2, []int{2049}), false)
	expect(SetValues(f4, []complex64{1}), false)
	expect(SetValues(f4, []bool{true}), false)
	expect(SetValues(u12, []bool{true}), false)
	expect(SetValues(u12, []float32{1}), false)
	expect(SetValues(formatItem(t, "b1", 1), []uint8{1}), false)
	c16 := dtypeItem(t, ">c16", 1)
	expect(SetValues(c16, []complex64{1 - 2i}), true)
	expectValues[complex128](t, c16, 1-2i)
	expect(SetValues(c16, []float32{3}), true)
	expect(SetValues(dtypeItem(t, ">c8", 1), []complex128{complex(0, 1e300)}), false)
	expect(SetValues(c16, []bool{true}), false)
	expect(SetValues(formatItem(t, "c8", Variable), []uint8{0x80}), false)
	expect(SetValues(formatItem(t, "c8", Variable), []uint8{'h', 'i'}), true)
	expectFieldError(t, SetValues(u12, []int{1, 2}), "elements")
	expectFieldError(t, SetValues(formatItem(t, "u8", 3, Variable), []int{1, 2}), "elements")
	expectFieldError(t, SetValues(formatItem(t, "u8,u8"), []int{1}), "type")
	expectFieldError(t, SetValues(dtypeItem(t, "S2"), []int{1}), "type")
	expectFieldError(t, SetValues(formatItem(t, "u65"), []int{1}), "type")
}

func TestRefusedValuesChangeNothing(t *testing.T) {
	it := formatItem(t, "u12", 2)
	if err := SetValues(it, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		SetValues(it, []int{3, 4096}), it.SetValue([]int{3, -1}), it.SetValue([]int{3}), it.SetBytes(nil),
	} {
		expectFieldError(t, err, "item")
	}
	expectValues[int](t, it, 1, 2)
	if it.Version() != 2 {
		t.Errorf("version %d", it.Version())
	}
}

// TestIntegersOfAllWidthsAreTheSameEitherWay compares Values with Value, and SetValues with SetValue.
func TestIntegersOfAllWidthsAreTheSameEitherWay(t *testing.T) {
	for width := int64(1); width <= wordBits; width++ {
		r := newSource(uint64(width))
		for _, code := range []string{"u", "i"} {
			it := formatItem(t, code+fmt.Sprint(width), Variable)
			d := it.Descriptor
			d.Shape = Shape{1 + r.Int64N(40)}
			list := r.value(&d).([]any)
			if err := it.SetValue(list); err != nil {
				t.Fatal(err)
			}
			want, _ := it.Bytes()
			want = slices.Clone(want)
			// The memory is used again: nothing of what it held may stay.
			if err := it.SetBytes(bytes.Repeat([]byte{0xff}, len(want))); err != nil {
				t.Fatal(err)
			}
			checkIntegers(t, it, list, want)
		}
	}
}

func checkIntegers(t *testing.T, it *Item, list []any, want []byte) {
	t.Helper()
	words := make([]uint64, len(list))
	for i := range list {
		n, _ := numberOf(reflect.ValueOf(list[i]))
		words[i] = n.word
	}
	var err error
	if it.Format[0].Code == CodeInt {
		v, _ := valuesOfBytes[int64](bytesOfValues(words))
		err = SetValues(it, v)
	} else {
		err = SetValues(it, words)
	}
	if got, _ := it.Bytes(); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%v: % x, %v; want % x", it.Format, got, err, want)
	}
	for _, sum := range []func() (uint64, error){
		sumOf[uint8](it), sumOf[int8](it), sumOf[uint16](it), sumOf[int16](it), sumOf[uint32](it), sumOf[int32](it),
		sumOf[uint64](it), sumOf[int64](it),
	} {
		got, err := sum()
		if err != nil {
			continue
		}
		var sumWant uint64
		for i := range words {
			sumWant += words[i] * uint64(i+1)
		}
		// Values of variable length that are smaller than a byte may gain zeros.
		if got != sumWant {
			t.Fatalf("%v: sum %x, want %x", it.Format, got, sumWant)
		}
	}
}

// sumOf makes a sum over the values as T in which their places count.
func sumOf[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](it *Item) func() (uint64, error) {
	return func() (sum uint64, err error) {
		v, err := Values[T](it)
		for i := range v {
			sum += uint64(v[i]) * uint64(i+1)
		}
		return sum, err
	}
}

func TestBigIntsAreOfAnyWidth(t *testing.T) {
	it := receive(t, formatItem(t, "i72", 2), "15eaae610056065e30ffffffffffffffffff")
	list, err := it.BigInts()
	if err != nil || fmt.Sprint(list) != "[404292185852794527280 -1]" {
		t.Errorf("%v, %v", list, err)
	}
	list, err = receive(t, formatItem(t, "u64"), "ffffffffffffffff").BigInts()
	if err != nil || fmt.Sprint(list) != "[18446744073709551615]" {
		t.Errorf("%v, %v", list, err)
	}
	_, err = receive(t, formatItem(t, "f64"), "ffffffffffffffff").BigInts()
	expectFieldError(t, err, "integers")
	beyond := new(big.Int).Lsh(big.NewInt(1), 71)
	expectFieldError(t, it.SetValue([]*big.Int{beyond, beyond}), "i72")
	if err := it.SetValue([]*big.Int{beyond.Neg(beyond), big.NewInt(5)}); err != nil {
		t.Error(err)
	}
	if b, _ := it.Bytes(); fmt.Sprintf("%x", b) != "800000000000000000000000000000000005" {
		t.Errorf("set: %x", b)
	}
	expectFieldError(t, formatItem(t, "u8").SetValue(beyond), "u1")
}
