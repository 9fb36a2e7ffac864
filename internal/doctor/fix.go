// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Repair is what became of a setting.
type Repair struct {
	Setting
	// Err says why it couldn't be written; nil if it was.
	Err error
}

// Fix writes the settings that Wanted gives, below root, which is / but for tests.
// Only files that are there are written: they are the kernel's. It goes on after errors.
func Fix(findings []Finding, root string) (repairs []Repair) {
	for _, s := range Wanted(findings) {
		repairs = append(repairs, Repair{s, write(filepath.Join(root, filepath.FromSlash(s.Path)), s.Value)})
	}
	return repairs
}

// Wanted gives the settings of findings that call for something: what Fix would write.
func Wanted(findings []Finding) (settings []Setting) {
	for _, f := range findings {
		if f.State == Advice || f.State == Loss {
			settings = append(settings, f.Settings...)
		}
	}
	return settings
}

func write(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w: it takes root", err)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(value + "\n")
	return errors.Join(err, file.Close())
}
