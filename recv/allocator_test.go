// SPDX-License-Identifier: Apache-2.0

package recv

import "testing"

func TestClassesAreTight(t *testing.T) {
	for class := range classCount - 20 {
		size := classBytes(class)
		if got := classOf(size); got != class {
			t.Fatalf("classOf(classBytes(%d) = %d) = %d", class, size, got)
		}
		if got := classOf(size + 1); got != class+1 {
			t.Fatalf("classOf(%d) = %d, want the class after %d", size+1, got, class)
		}
	}
}
