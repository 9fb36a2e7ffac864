// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// names says which file is next.
type names struct {
	path     string
	numbered bool
	most     int   // how many are kept; 0: all
	numbers  []int // of those that there are, in order
}

func newNames(cfg *Config) (names, error) {
	n := names{path: cfg.Path, numbered: cfg.Numbered, most: cfg.Files}
	if !n.numbered {
		return n, nil
	}
	entries, err := os.ReadDir(filepath.Dir(n.path))
	if err != nil {
		return n, err
	}
	for _, e := range entries {
		if number, ok := n.numberOf(e.Name()); ok {
			n.numbers = append(n.numbers, number)
		}
	}
	slices.Sort(n.numbers)
	return n, nil
}

// split gives what stands before a number and after it: "night-" and ".pcapng" of night.pcapng.
func (n *names) split() (before, after string) {
	after = filepath.Ext(n.path)
	return strings.TrimSuffix(n.path, after) + "-", after
}

// numberOf reads the number of a file in the same folder.
func (n *names) numberOf(name string) (int, bool) {
	before, after := n.split()
	digits, ok := strings.CutPrefix(name, filepath.Base(before))
	digits, ending := strings.CutSuffix(digits, after)
	if !ok || !ending || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil && n.name(number) == before+digits+after
}

func (n *names) name(number int) string {
	before, after := n.split()
	return fmt.Sprintf("%s%05d%s", before, number, after)
}

// next is the name of the next file.
func (n *names) next() (name string, number int) {
	if !n.numbered {
		return n.path, 0
	}
	number = 1
	if len(n.numbers) > 0 {
		number = n.numbers[len(n.numbers)-1] + 1
	}
	return n.name(number), number
}

// create opens the next file, and removes the oldest if there are too many.
func (n *names) create(direct bool) (target, error) {
	name, number := n.next()
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if n.numbered {
		flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	}
	t, err := openTarget(name, flags, direct)
	if err != nil || !n.numbered {
		return t, err
	}
	n.numbers = append(n.numbers, number)
	for n.most > 0 && len(n.numbers) > n.most {
		if err := os.Remove(n.name(n.numbers[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return t, err
		}
		n.numbers = slices.Delete(n.numbers, 0, 1)
	}
	return t, nil
}

func openTarget(name string, flags int, direct bool) (target, error) {
	if direct {
		return openDirect(name, flags)
	}
	file, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return nil, err
	}
	return &plainFile{file: file}, nil
}

// try makes sure that files can be made where they are to be.
func (n *names) try() error {
	file, err := os.CreateTemp(filepath.Dir(n.path), "."+filepath.Base(n.path)+"-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
