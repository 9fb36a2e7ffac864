// SPDX-License-Identifier: Apache-2.0

// Package search finds the highest rate that a link sustains, by bisection. It knows neither links nor
// clocks: it says which rate to try next, and is told what came of it.
//
// A rate is sustained if so many runs in a row lose nothing; one that loses anything, once, is not. The
// first rate tried is the highest: if that is sustained, there is nothing to search for.
package search
