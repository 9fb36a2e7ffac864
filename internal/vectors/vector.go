// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment names the variable that makes tests use another folder of vectors.
const environment = "SPEAD_VECTORS"

// Kind says what a vector shows.
type Kind string

// The kinds of vectors.
const (
	// Stream vectors show the heaps that a stream delivers.
	Stream Kind = "stream"
	// Chunk vectors show the chunks that a chunk stream delivers.
	Chunk Kind = "chunk"
)

// Vector is one capture with its expected result. It isn't changed after Load, so it may be used by
// several goroutines.
type Vector struct {
	// Name is the file's name without extension, Description one sentence on what the vector is for.
	Name, Description string
	Kind              Kind
	Options           Options
	// Capture is the path of the capture.
	Capture string
	// Document is the whole of NAME.json.
	Document json.RawMessage

	heaps      []heapEntry
	finalGroup []object
	stats      object
	pointers   heapPointers
}

// All returns the vectors of the given kind in the folder that tests use. The test fails at once if
// there is none.
func All(t testing.TB, kind Kind) []*Vector {
	t.Helper()
	dir, err := Dir()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var selected []*Vector
	for _, v := range loaded {
		if v.Kind == kind {
			selected = append(selected, v)
		}
	}
	if len(selected) == 0 {
		t.Fatalf("no %s vectors in %s", kind, dir)
	}
	return selected
}

// Dir returns the folder of vectors that tests use: SPEAD_VECTORS (an absolute path, as tests run in
// their package's folder) if that is set, else
// testdata/vectors in the module's folder, which is looked for upwards from the working directory.
func Dir() (string, error) {
	if dir := os.Getenv(environment); dir != "" {
		return dir, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "vectors"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("find the vectors: no go.mod in or above the working directory")
		}
	}
}

// Load reads all the vectors in a folder, by name.
func Load(dir string) ([]*Vector, error) {
	names, err := fs.Glob(os.DirFS(dir), "*.json")
	if err != nil {
		return nil, err
	}
	var loaded []*Vector
	for _, name := range names {
		v, err := load(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("load vector %s: %w", name, err)
		}
		loaded = append(loaded, v)
	}
	if len(loaded) == 0 {
		return nil, fmt.Errorf("load vectors: none in %s", dir)
	}
	return loaded, nil
}

func load(path string) (*Vector, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(path, ".json")
	v := &Vector{Name: filepath.Base(base), Capture: base + ".pcap", Document: data}
	if _, err := os.Stat(v.Capture); err != nil {
		v.Capture = base + ".pcapng"
		if _, err := os.Stat(v.Capture); err != nil {
			return nil, err
		}
	}
	head := struct {
		Description *string
		Kind        *Kind
		Options     *Options
	}{&v.Description, &v.Kind, &v.Options}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	switch v.Kind {
	case Stream:
		return v, v.readStream()
	case Chunk:
		return v, nil
	}
	return nil, fmt.Errorf("kind %q is unknown", v.Kind)
}

func (v *Vector) readStream() error {
	whole, err := decodeObject(v.Document)
	if err != nil {
		return err
	}
	if v.heaps, err = readHeaps(v.Document); err != nil {
		return err
	}
	if v.finalGroup, err = objects(whole["final_group"]); err != nil {
		return fmt.Errorf("final_group: %w", err)
	}
	stats, ok := whole["stats"].(object)
	if !ok {
		return errors.New("stats are missing")
	}
	v.stats = stats
	v.pointers, err = v.readPointers()
	return err
}
