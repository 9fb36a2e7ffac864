// SPDX-License-Identifier: Apache-2.0

// Package web shows what a monitor knows to browsers and programs:
//
//	/             the page: assets, embedded; it asks nobody but this server
//	/api          the latest snapshot and the history of the last minutes, as JSON
//	/api/events   each snapshot when it is made, as server-sent events
//	/metrics      what a handler of the caller's says
//
// handler.go answers requests, server.go has the timeouts and the end of the server.
package web
