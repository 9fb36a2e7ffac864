// SPDX-License-Identifier: Apache-2.0

// Package lint holds the house rules as tests. It has no other code: `go test ./...` runs it, and a
// rule that is broken says where, what, and what to do instead.
//
// A rule is a function from the parsed module to findings. The samples beside the rules are small
// modules that break them, so that a rule that has gone blind is found as well. Nothing is compiled
// or type-checked, only parsed: files of every operating system are seen, and it takes no time.
//
//	rule               what it holds
//	licence            the first line is the SPDX line, the second is empty
//	file-size          400 lines a file; 200 for the two loops, send/sender.go and recv/reader.go
//	function-size      70 lines a function
//	parameters         4 parameters at most, no two bool parameters in a row
//	nesting            if, for, switch and select at most 3 deep, 4 in tests
//	package-size       28 files a package, 40 in cmd/spead; tests don't count, variants for systems count once
//	names              no util, common, helpers, types or manager
//	package-doc        doc.go in every package, with the package comment
//	exported-doc       every exported name has a comment
//	config-doc         every field of a …Config says its unit, limits and default
//	remarks            what is left to do has an issue's number; no linter switched off
//	imports            who may import whom; packages outside the module only where they belong
//	pure               no clock, network, file, log or lock in the cores
//	unsafe             unsafe only in internal/udp, internal/mem and files named *_unsafe.go
//	output             flags and standard output only in cmd and tests
//	state              no init, no package-level variable but errors, assertions, tables and embedded files
//	tests              no time.Sleep; nothing skipped but for what the machine lacks, said as "needs …"
//	refusals           every spead.Refusal has a name and a test
//	walks              files and packages named in doc.go and docs/architecture.md exist
//	documents          documents that are cited exist; no paths of somebody's machine
//	identifiers        names that docs/from-spead2.md gives exist
//	dependencies       every direct dependency stands in docs/decisions
//
// A rule that is wrong is changed here, with its sample and this table, not worked around.
package lint
