// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"time"

	"github.com/gospead/spead/internal/quantile"
)

// TimingStats says how late datagrams left.
type TimingStats struct {
	// Mean is the mean, P50 to P999 are percentiles, right to 2 %, and Max is the latest.
	Mean time.Duration `json:"mean_ns"`
	P50  time.Duration `json:"p50_ns"`
	P90  time.Duration `json:"p90_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	Max  time.Duration `json:"max_ns"`
}

func timingStats(d *quantile.Durations) TimingStats {
	return TimingStats{
		Mean: d.Mean(),
		P50:  d.Quantile(0.5), P90: d.Quantile(0.9), P99: d.Quantile(0.99), P999: d.Quantile(0.999),
		Max: d.Max(),
	}
}

// momentTimes is about the times at which datagrams are due.
type momentTimes struct {
	latest int64
	late   quantile.Durations
}
