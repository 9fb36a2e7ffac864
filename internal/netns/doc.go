// SPDX-License-Identifier: Apache-2.0

// Package netns gives tests network namespaces of their own: devices, routes and limits that nobody
// else sees, and that are gone with the test. It takes Linux, root and the command ip; elsewhere New
// says so, and ForTest skips the test with that reason.
package netns
