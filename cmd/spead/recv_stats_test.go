// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"testing"

	"github.com/gospead/spead/recv"
)

// TestEveryFigureIsInTheSum adds statistics in which every number is 1 to others.
func TestEveryFigureIsInTheSum(t *testing.T) {
	var ones, sum recv.Stats
	setOnes(reflect.ValueOf(&ones).Elem())
	addStats(&sum, &ones)
	if !reflect.DeepEqual(sum, ones) {
		t.Errorf("the sum is\n%+v, expected\n%+v", sum, ones)
	}
}

func setOnes(v reflect.Value) {
	switch v.Kind() {
	case reflect.Int64:
		v.SetInt(1)
	case reflect.Array:
		for i := range v.Len() {
			setOnes(v.Index(i))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			setOnes(field)
		}
	}
}
