// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"bytes"
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameValue compares what Value gives; floats by their bits, so that NaNs are equal to themselves.
func sameValue(t *testing.T, got, want any) string {
	t.Helper()
	return cmp.Diff(want, got, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }),
		cmp.Comparer(func(a, b float32) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
		cmp.Comparer(func(a, b float64) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
		cmp.Comparer(func(a, b complex64) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
		cmp.Comparer(func(a, b complex128) bool { return fmt.Sprint(a) == fmt.Sprint(b) }))
}

// TestEveryTypeRoundTrips: random descriptors and values go through bytes and come back.
func TestEveryTypeRoundTrips(t *testing.T) {
	for seed := range uint64(1000) {
		r := newSource(seed)
		d := r.descriptor()
		sent, err := NewItem(d)
		if err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, d, err)
		}
		value := r.value(&d)
		if err := sent.SetValue(value); err != nil {
			t.Fatalf("seed %d: %v: %v", seed, sent.typeName(), err)
		}
		received := carry(t, sent, r)
		got, err := received.Value()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := sameValue(t, got, value); diff != "" {
			t.Fatalf("seed %d: %v %v: %s", seed, sent.typeName(), d.Shape, diff)
		}
		checkAgain(t, received, sent)
	}
}

// carry describes and sends an item, with a random flavour and trailing bytes or as an immediate.
func carry(t *testing.T, sent *Item, r source) *Item {
	t.Helper()
	f, err := NewFlavour(48, BugCompat(r.IntN(8)))
	if err != nil {
		t.Fatal(err)
	}
	rawDescriptor, err := sent.Raw(f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := rawDescriptor.Descriptor(f.BugCompat())
	if err != nil || !d.Equal(&sent.Descriptor) {
		t.Fatalf("descriptor %+v comes back as %+v, %v", sent.Descriptor, d, err)
	}
	received, err := NewItem(d)
	if err != nil {
		t.Fatal(err)
	}
	content, err := sent.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	raw := RawItem{ID: d.ID, Value: content}
	switch {
	case sent.AllowImmediate() && len(content) <= f.HeapAddressBytes():
		raw.Immediate = true
		raw.Value = append(make([]byte, f.HeapAddressBytes()-len(content)), content...)
	case !d.Shape.IsVariable():
		raw.Value = append(bytes.Clone(content), 0xff, 0xff)
	}
	if err := received.SetRaw(raw); err != nil {
		t.Fatalf("%v %v: %v", received.typeName(), d.Shape, err)
	}
	if received.Immediate() != raw.Immediate || !reflect.DeepEqual(received.ValueShape(), sent.ValueShape()) {
		t.Fatalf("%v received as %v", sent.ValueShape(), received.ValueShape())
	}
	return received
}

// checkAgain sets the received value anew, and expects the same bytes.
func checkAgain(t *testing.T, received, sent *Item) {
	t.Helper()
	value, err := received.Value()
	if err != nil {
		t.Fatal(err)
	}
	if err := received.SetValue(value); err != nil {
		t.Fatal(err)
	}
	got, _ := received.Bytes()
	want, _ := sent.Bytes()
	if !bytes.Equal(got, want) {
		t.Fatalf("%v: bytes % x become % x", sent.typeName(), want, got)
	}
}

// TestEveryPrefixOfAValueIsRefusedOrShorter: no number of bytes makes an item panic.
func TestEveryPrefixOfAValueIsRefusedOrShorter(t *testing.T) {
	for seed := range uint64(300) {
		r := newSource(seed)
		d := r.descriptor()
		sent, err := NewItem(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := sent.SetValue(r.value(&d)); err != nil {
			t.Fatal(err)
		}
		whole, _ := sent.Bytes()
		for n := range len(whole) {
			err := sent.LeaseRaw(RawItem{Value: whole[:n]})
			if !d.Shape.IsVariable() {
				expectFieldError(t, err, "elements")
			} else if err != nil {
				t.Fatalf("seed %d: %d of %d bytes: %v", seed, n, len(whole), err)
			}
		}
	}
}
