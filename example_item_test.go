// SPDX-License-Identifier: Apache-2.0

package spead_test

import (
	"fmt"
	"log"

	"github.com/gospead/spead"
)

func ExampleValues() {
	it, err := spead.NewItem(spead.Descriptor{
		ID:     0x1000,
		Name:   "samples",
		Shape:  spead.Shape{spead.Variable},
		Format: spead.Format{{Code: 'i', Bits: 12}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := it.SetRaw(spead.RawItem{ID: 0x1000, Value: []byte{0xab, 0xcd, 0xef, 0x12, 0x30}}); err != nil {
		log.Fatal(err)
	}
	samples, err := spead.Values[int16](it)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(samples)
	// Output: [-1348 -529 291]
}

func ExampleSetValues() {
	dtype, err := spead.ParseDType(">u2")
	if err != nil {
		log.Fatal(err)
	}
	it, err := spead.NewItem(spead.Descriptor{ID: 0x1000, Name: "gains", Shape: spead.Shape{2, 2}, DType: dtype})
	if err != nil {
		log.Fatal(err)
	}
	if err := spead.SetValues(it, []uint16{1, 2, 3, 4}); err != nil {
		log.Fatal(err)
	}
	content, err := it.Bytes()
	fmt.Printf("% x %v, version %d\n", content, err, it.Version())
	fmt.Println(spead.SetValues(it, []int{1, 2, 3, 65536}))
	// Output:
	// 00 01 00 02 00 03 00 04 <nil>, version 2
	// item "gains" (0x1000) value: 65536 is not allowed: expected >u2
}

func ExampleItemGroup() {
	var group spead.ItemGroup
	temperature, err := group.Add(spead.Descriptor{
		Name:        "temperature",
		Description: "of the receiver, in kelvin",
		Format:      spead.Format{{Code: 'f', Bits: 64}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := group.Add(spead.Descriptor{
		Name:   "site",
		Shape:  spead.Shape{spead.Variable},
		Format: spead.Format{{Code: 'c', Bits: 8}},
	}); err != nil {
		log.Fatal(err)
	}
	if err := temperature.SetValue(14.5); err != nil {
		log.Fatal(err)
	}
	if site, ok := group.Item("site"); ok {
		if err := site.SetText("Karoo"); err != nil {
			log.Fatal(err)
		}
	}
	for it := range group.Items() {
		v, err := it.Value()
		fmt.Println(it.ID, it.Name, v, err)
	}
	// Output:
	// 0x1000 temperature 14.5 <nil>
	// 0x1001 site Karoo <nil>
}
