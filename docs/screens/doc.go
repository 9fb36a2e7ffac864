// SPDX-License-Identifier: Apache-2.0

// Package screens makes the pictures in this folder: what spead monitor shows of a scripted night, on a
// terminal (as SVG, by svg.go) and in a browser (as PNG, by an installed Chromium).
//
//	UPDATE_SCREENS=1 go test ./docs/screens
//
// makes them anew. Without that, the test checks that the pictures of the terminal are what it shows now.
package screens
