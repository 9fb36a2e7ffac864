// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// Namespace is a network namespace with a thread in it.
type Namespace struct {
	work chan func()
	done chan struct{}
	tid  int
}

// New makes a namespace with nothing but a loopback interface, which is up. Errors: there is no
// privilege for it.
func New() (*Namespace, error) {
	n := &Namespace{work: make(chan func()), done: make(chan struct{})}
	entered := make(chan error)
	go n.run(entered)
	if err := <-entered; err != nil {
		return nil, err
	}
	if err := n.IP("link set lo up"); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// run keeps a thread in the namespace. It stays locked, so that the thread ends with the goroutine
// and no other ever runs in the namespace.
func (n *Namespace) run(entered chan<- error) {
	defer close(n.done)
	runtime.LockOSThread()
	n.tid = syscall.Gettid()
	err := syscall.Unshare(syscall.CLONE_NEWNET)
	entered <- err
	if err != nil {
		return
	}
	for f := range n.work {
		f()
	}
}

// Do calls f with a thread in the namespace: the sockets that f opens are in it for good. The
// goroutines that f starts are not in the namespace.
func (n *Namespace) Do(f func()) {
	finished := make(chan struct{})
	n.work <- func() {
		defer close(finished)
		f()
	}
	<-finished
}

// IP runs the command ip in the namespace, once for each line of arguments.
func (n *Namespace) IP(lines ...string) error {
	return n.command("ip", lines...)
}

// Sysctl sets the namespace's variables, each written as name=value.
func (n *Namespace) Sysctl(settings ...string) error {
	var lines []string
	for _, s := range settings {
		lines = append(lines, "-w "+s)
	}
	return n.command("sysctl", lines...)
}

// TC runs the command tc in the namespace, once for each line of arguments.
func (n *Namespace) TC(lines ...string) error {
	return n.command("tc", lines...)
}

func (n *Namespace) command(name string, lines ...string) (err error) {
	n.Do(func() {
		for _, line := range lines {
			output, failure := exec.Command(name, strings.Fields(line)...).CombinedOutput()
			if failure != nil {
				err = fmt.Errorf("%s %s: %w: %s", name, line, failure, output)
				return
			}
		}
	})
	return err
}

// Connect joins two namespaces by a pair of devices, named as told.
func (n *Namespace) Connect(device string, peer *Namespace, peerDevice string) error {
	return n.IP(
		fmt.Sprintf("link add %s type veth peer name %s netns %d", device, peerDevice, peer.tid),
	)
}

// Close ends the namespace. The sockets in it keep it alive until they are closed.
func (n *Namespace) Close() {
	close(n.work)
	<-n.done
}
