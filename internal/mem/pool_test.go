// SPDX-License-Identifier: Apache-2.0

package mem

import "testing"

func TestClassesAreTight(t *testing.T) {
	for class := range classCount - 20 {
		size := ClassBytes(class)
		if got := ClassOf(size); got != class {
			t.Fatalf("ClassOf(ClassBytes(%d) = %d) = %d", class, size, got)
		}
		if got := ClassOf(size + 1); got != class+1 {
			t.Fatalf("ClassOf(%d) = %d, want the class after %d", size+1, got, class)
		}
	}
}
