// SPDX-License-Identifier: Apache-2.0

// Package browser runs a headless Chromium for tests and pictures of web pages, where one is installed.
package browser
