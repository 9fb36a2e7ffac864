// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// netlinkBuffer is as much as the kernel puts into one datagram of an answer.
const netlinkBuffer = 64 << 10

// ErrTorn: an answer of the kernel isn't what rtnetlink(7) describes.
var ErrTorn = errors.New("netlink message cut off")

// ask puts a question to the kernel's routing (rtnetlink(7)) and calls each with the messages of its
// answer. A dump is a question after many things, whose answer has an end; others are answered by one
// message.
func ask(kind uint16, dump bool, body []byte, each func(message) error) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return os.NewSyscallError("socket NETLINK_ROUTE", err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, question(kind, dump, body), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto NETLINK_ROUTE", err)
	}
	buffer := make([]byte, netlinkBuffer)
	for done := false; !done; {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvfrom NETLINK_ROUTE", err)
		}
		if done, err = readAnswer(buffer[:n], each); err != nil {
			return err
		}
		done = done || !dump
	}
	return nil
}

// question lays a request: a header (struct nlmsghdr) and its body.
func question(kind uint16, dump bool, body []byte) []byte {
	flags := uint16(unix.NLM_F_REQUEST)
	if dump {
		flags |= unix.NLM_F_DUMP
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = append(b, make([]byte, 8)...) // sequence number and sender: nobody else uses the socket
	return append(b, body...)
}

// message is one message of an answer, without its header.
type message struct {
	kind uint16
	body []byte
}

// readAnswer calls each with the messages in one datagram. done says that the answer ends there.
func readAnswer(b []byte, each func(message) error) (done bool, err error) {
	for len(b) > 0 {
		var m message
		if m, b, err = cutMessage(b); err != nil {
			return false, err
		}
		switch m.kind {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return false, refusal(m.body)
		}
		if err := each(m); err != nil {
			return false, err
		}
	}
	return false, nil
}

// refusal is the error in a message of that kind: the errno, as a negative number, and the request.
func refusal(body []byte) error {
	if len(body) < 4 {
		return ErrTorn
	}
	errno := syscall.Errno(-int32(binary.NativeEndian.Uint32(body)))
	return os.NewSyscallError("rtnetlink", errno)
}

// cutMessage takes the first message off.
func cutMessage(b []byte) (m message, rest []byte, err error) {
	if len(b) < unix.SizeofNlMsghdr {
		return m, nil, ErrTorn
	}
	size := binary.NativeEndian.Uint32(b)
	m.kind = binary.NativeEndian.Uint16(b[4:])
	if size < unix.SizeofNlMsghdr || uint64(size) > uint64(len(b)) {
		return m, nil, fmt.Errorf("%w: %d bytes of %d", ErrTorn, len(b), size)
	}
	m.body = b[unix.SizeofNlMsghdr:size]
	return m, b[min(aligned(int(size)), len(b)):], nil
}

// readAttributes calls each with the attributes (struct rtattr) that b holds.
func readAttributes(b []byte, each func(kind uint16, value []byte) error) error {
	for len(b) > 0 {
		if len(b) < unix.SizeofRtAttr {
			return ErrTorn
		}
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if size < unix.SizeofRtAttr || size > len(b) {
			return fmt.Errorf("%w: %d bytes of an attribute of %d", ErrTorn, len(b), size)
		}
		if err := each(kind&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), b[unix.SizeofRtAttr:size]); err != nil {
			return err
		}
		b = b[min(aligned(size), len(b)):]
	}
	return nil
}

// appendAttribute adds an attribute.
func appendAttribute(b []byte, kind uint16, value []byte) []byte {
	size := unix.SizeofRtAttr + len(value)
	b = binary.NativeEndian.AppendUint16(b, uint16(size))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, aligned(size)-size)...)
}

// number reads an attribute's value that is a number of 32 bits.
func number(value []byte) (uint32, error) {
	if len(value) < 4 {
		return 0, ErrTorn
	}
	return binary.NativeEndian.Uint32(value), nil
}

// aligned rounds a size up to what messages and attributes are aligned to.
func aligned(size int) int { return (size + 3) &^ 3 }
