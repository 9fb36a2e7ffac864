// SPDX-License-Identifier: Apache-2.0

package spead

// Variable marks the one dimension of a Shape whose length follows from an item's size.
const Variable = -1

// Shape gives the length of each dimension; a scalar has none. At most one may be Variable.
type Shape []int64
