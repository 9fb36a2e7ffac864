// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/gospead/spead/recv"
)

// EachCount gives every count of the statistics by its name in JSON, with that of the table that it is
// in before it: "refused.bad_magic". Lists are left out.
func EachCount(s *recv.Stats, found func(name, value string)) error {
	counts := *s
	counts.Sources, counts.Senders, counts.Custom = nil, nil, nil
	text, err := json.Marshal(&counts)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	name, table := "", ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch v := token.(type) {
		case string:
			name = v
		case json.Number:
			found(table+name, v.String())
		case json.Delim:
			// Of the tables, the first to be opened is the whole, which has no name.
			table = ""
			if v == '{' && name != "" {
				table = name + "."
			}
		}
	}
}
