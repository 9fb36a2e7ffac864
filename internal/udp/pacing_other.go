// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/route"
)

// pace would have the kernel keep to the configured rate. These don't.
func (s *Sender) pace(cfg *SenderConfig, _ []route.Way) error {
	if cfg.Pacing.Rate == 0 {
		return nil
	}
	return &spead.FieldError{Field: "Pacing", Value: "kernel", Allowed: "pacing by software, or Linux"}
}
