// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"fmt"
	"strings"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// elementsMost is how many elements of a value are printed; of larger ones only the shape is.
const elementsMost = 100

// appendText makes the text of a heap: a line, and one for each item, descriptor and value that is
// asked for. An error is about the heap's meaning.
func (c *consumer) appendText(h *recv.Heap) error {
	o := &c.printer.options
	c.textf("heap %d at %.6f s: %v", h.Cnt(), time.Since(c.printer.started).Seconds(), h.Flavour())
	if !h.Complete() {
		c.appendIncomplete(h)
		return nil
	}
	c.textf(", %d bytes\n", h.Received())
	if o.Descriptors {
		for d, err := range h.Descriptors() {
			c.appendDescriptor(&d, err)
		}
	}
	c.appendItems(h)
	if o.Values {
		return c.appendValues(h)
	}
	return nil
}

func (c *consumer) textf(format string, args ...any) {
	c.text = fmt.Appendf(c.text, format, args...)
}

func (c *consumer) appendIncomplete(h *recv.Heap) {
	c.textf(", incomplete: %d", h.Received())
	if h.Length() >= 0 {
		c.textf(" of %d", h.Length())
	}
	c.textf(" bytes\n")
	if c.printer.options.PayloadRanges {
		for start, end := range h.Ranges() {
			c.textf("  received bytes %d to %d\n", start, end-1)
		}
	}
	c.appendItems(h)
}

func (c *consumer) appendItems(h *recv.Heap) {
	for item := range h.Items() {
		switch {
		case item.ID == spead.DescriptorID:
		case item.Immediate:
			c.textf("  item %v: immediate %#x\n", item.ID, item.Number)
		default:
			c.textf("  item %v: %d bytes\n", item.ID, len(item.Value))
		}
	}
}

func (c *consumer) appendDescriptor(d *spead.Descriptor, err error) {
	if err != nil {
		c.textf("  descriptor of %v: %s\n", d.ID, oneLine(err))
		return
	}
	c.textf("  descriptor of %v: %q (%q), shape %v, ", d.ID, d.Name, d.Description, d.Shape)
	if d.DType == nil {
		c.textf("format %v\n", d.Format)
		return
	}
	order := "C"
	if d.FortranOrder {
		order = "Fortran"
	}
	c.textf("dtype %v in %s order\n", d.DType, order)
}

func (c *consumer) appendValues(h *recv.Heap) error {
	changed, err := c.group.Update(h)
	for _, item := range changed {
		if shape := item.ValueShape(); shape.Elements() > elementsMost {
			c.textf("  %s: elements of shape %v\n", item.Name, shape)
			continue
		}
		value, err := item.Value()
		if err != nil {
			return err
		}
		if text, ok := value.(string); ok {
			value = fmt.Sprintf("%q", text)
		}
		c.textf("  %s = %v\n", item.Name, value)
	}
	return err
}

// oneLine gives an error's text; errors that were joined stand in lines of their own.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
