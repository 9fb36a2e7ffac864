// SPDX-License-Identifier: Apache-2.0

package packetizer

import "github.com/gospead/spead"

// start checks a heap, plans it and puts the cursor at its beginning; where it can't be sent, at its
// end.
func (c *Cursor) start(h *Heap, cnt spead.HeapCnt, cut Cut) error {
	*c = Cursor{}
	if err := h.CheckCnt(cnt); err != nil {
		return err
	}
	p, err := h.Plan(cut)
	if err != nil {
		return err
	}
	c.Start(h, cnt, &p)
	return nil
}

// check says why a heap can't be sent.
func (h *Heap) check(cnt spead.HeapCnt, cut Cut) error { return new(Cursor).start(h, cnt, cut) }
