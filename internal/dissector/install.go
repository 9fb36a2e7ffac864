// SPDX-License-Identifier: Apache-2.0

package dissector

import (
	_ "embed" // for the source
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// FileName is what the dissector is called in a folder of plugins.
const FileName = "spead.lua"

// mark is in every version of the source, and tells it from a file of the same name.
const mark = `"spead dissector" prints this file`

//go:embed spead.lua
var source string

// Source is the dissector: Lua for Wireshark 3.0 and later.
func Source() string { return source }

// Folder is where Wireshark looks for the user's own Lua plugins.
func Folder() (string, error) {
	if runtime.GOOS == "windows" {
		config, err := os.UserConfigDir()
		return filepath.Join(config, "Wireshark", "plugins"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "lib", "wireshark", "plugins"), err
}

// Install writes the dissector to a folder, which it makes if need be, and gives the file's path. An
// earlier version is replaced. Errors: the system's, and there is a file of the same name that is
// something else.
func Install(folder string) (path string, err error) {
	path = filepath.Join(folder, FileName)
	present, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case !strings.Contains(string(present), mark):
		return "", fmt.Errorf("%s is another dissector: move it away first", path)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(source), 0o666)
}
