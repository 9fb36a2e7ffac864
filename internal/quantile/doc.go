// SPDX-License-Identifier: Apache-2.0

// Package quantile collects durations for their percentiles, in the same memory however many they are.
package quantile
