// SPDX-License-Identifier: Apache-2.0

package inproc_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// A sender and a receiver in one process, as a test of what uses them may have them.
func Example() {
	queue, err := inproc.NewQueue(0)
	if err != nil {
		log.Fatal(err)
	}
	sender, err := send.NewInproc(send.Config{}, queue)
	if err != nil {
		log.Fatal(err)
	}
	defer sender.Close()
	receiver, err := recv.NewStream(recv.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer receiver.Close()
	if err := receiver.AddInproc(queue); err != nil {
		log.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	heap := send.NewHeap(spead.Flavour{})
	heap.AddItem(0x1000, []byte("hello"))
	heap.AddStart()
	if _, err := sender.Send(ctx, heap); err != nil {
		log.Fatal(err)
	}
	received, err := receiver.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for item := range received.Items() {
		fmt.Printf("%v %q\n", item.ID, item.Value)
	}
	received.Release()
	// Output:
	// 0x1000 "hello"
	// 0x6 "\x00\x00\x00\x00\x00"
}
