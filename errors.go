// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"errors"
	"fmt"
)

// ErrNoValue says that an item has no value: none was received or set since it was described.
var ErrNoValue = errors.New("item has no value")

// FieldError says that a value is not allowed where it was given: in a configuration, a descriptor,
// an item's value or a file. It is found with errors.As.
type FieldError struct {
	// Field names what was wrong, such as "send.UDPConfig.MaxPacketSize".
	Field string
	// Value is what was found.
	Value any
	// Allowed says what would have been accepted, such as "56 to 65507".
	Allowed string
}

// Error names the field, what was found and what is allowed.
func (e *FieldError) Error() string {
	if s, ok := e.Value.(string); ok {
		return fmt.Sprintf("%s: %q is not allowed: expected %s", e.Field, s, e.Allowed)
	}
	return fmt.Sprintf("%s: %v is not allowed: expected %s", e.Field, e.Value, e.Allowed)
}

// Within returns the error with its field named as part of a configuration: "TTL" within
// "send.UDPConfig" is "send.UDPConfig.TTL".
func (e *FieldError) Within(config string) *FieldError {
	return &FieldError{config + "." + e.Field, e.Value, e.Allowed}
}
