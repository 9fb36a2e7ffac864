// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
)

// usageError is about the command line: nothing was done.
type usageError struct {
	error
}

// Unwrap gives the error without the verdict.
func (u usageError) Unwrap() error { return u.error }

// flagOfField gives the flags that configuration fields are set by. Other fields aren't the user's.
var flagOfField = map[string]string{
	"send.Config.MaxPacketSize":         "--packet-size",
	"send.Config.MaxHeaps":              "--max-heaps",
	"send.Config.Rate":                  "--rate",
	"send.Config.BurstSize":             "--burst",
	"send.Config.BurstRateRatio":        "--burst-rate-ratio",
	"send.UDPConfig.Endpoints":          "ENDPOINT",
	"send.UDPConfig.Source":             "--source",
	"send.UDPConfig.Interface":          "--interface",
	"send.UDPConfig.TTL":                "--ttl",
	"send.UDPConfig.BufferSize":         "--buffer",
	"send.UDPConfig.Pacing":             "--pacing",
	"recv.Config.BugCompat":             "--bug-compat",
	"recv.Config.MaxHeaps":              "--max-heaps",
	"recv.Config.Substreams":            "--substreams",
	"recv.Config.MaxHeaps × Substreams": "--max-heaps × --substreams",
	"recv.Config.QueueHeaps":            "--queue-heaps",
	"recv.Config.MaxHeapLength":         "--max-heap-length",
	"recv.Config.MaxMemory":             "--max-memory",
	"recv.Config.MaxPool":               "--max-pool",
	"recv.Config.MaxItems":              "--max-items",
	"recv.Config.QueueBytes":            "--queue-bytes",
	"recv.Config.Reserve":               "--reserve",
	"recv.UDPConfig.Address":            "SOURCE",
	"recv.UDPConfig.Interface":          "--interface",
	"recv.UDPConfig.BufferSize":         "--buffer",
	"recv.UDPConfig.MaxPacketSize":      "--packet-size",
	"capture.RecorderConfig.Endpoints":  "ENDPOINT",
	"capture.RecorderConfig.Interface":  "--interface",
	"capture.RecorderConfig.Senders":    "--source-filter",
	"capture.RecorderConfig.BufferSize": "--buffer",
	"capture.RecorderConfig.Path":       "--write",
	"capture.RecorderConfig.Files":      "--files",
	"capture.RecorderConfig.Ring":       "--trigger",
	"capture.RecorderConfig.After":      "--trigger-after",
	"capture.RecorderConfig.Direct":     "--direct",
	"capture.ReplayConfig.Endpoint":     "ENDPOINT",
	"capture.ReplayConfig.Source":       "--source",
	"capture.ReplayConfig.Interface":    "--interface",
	"capture.ReplayConfig.TTL":          "--ttl",
	"capture.ReplayConfig.BufferSize":   "--buffer",
	"capture.ReplayConfig.Rewrite":      "--rewrite-item",
	"capture.ReplayConfig.Rate":         "--rate",
	"feed.Config.Address":               "SOURCE",
	"feed.Config.Interface":             "--interface",
	"feed.Config.Senders":               "--source-filter",
	"feed.Config.BufferSize":            "--buffer",
	"recv.UDPConfig.Sockets":            "--sockets",
	"recv.UDPConfig.Senders":            "--source-filter",
	"recv.TCPConfig.Address":            "SOURCE",
	"recv.TCPConfig.MaxPacketSize":      "--packet-size",
	"recv.TCPConfig.BufferSize":         "--buffer",
	"recv.TCPConfig.Connections":        "--connections",
	"heap length":                       "--heap-size",
	"number of items":                   "--items",
	"remote.Setup.HeapSize":             "--heap-sizes",
	"remote.Setup.Sockets":              "--sockets",
}

// byFlag names the flag where an error names the field of a configuration that the flag sets.
func byFlag(err error) error {
	var field *spead.FieldError
	if !errors.As(err, &field) {
		return err
	}
	if flag, ok := flagOfField[field.Field]; ok {
		return usageError{&spead.FieldError{Field: flag, Value: field.Value, Allowed: field.Allowed}}
	}
	return err
}

// report writes an error in one line and gives the exit code.
func (c console) report(command string, err error) int {
	if err == nil {
		return exitOK
	}
	var usage usageError
	if !errors.As(err, &usage) {
		c.remark("%s: %s", command, oneLine(err))
		return exitFail
	}
	text := oneLine(err) + "; see --help"
	var field *spead.FieldError
	if errors.As(err, &field) {
		text = field.Error()
	}
	c.remark("%s: %s", command, text)
	return exitUsage
}

// oneLine gives an error's text; errors that were joined stand in lines of their own.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// wrong refuses a value of a flag or argument.
func wrong(field string, value any, allowed string) error {
	return usageError{&spead.FieldError{Field: field, Value: value, Allowed: allowed}}
}

// atLeastOne asks for arguments.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return wrong(what, "none", "one or more; see --help")
		}
		return nil
	}
}

// noArguments asks for none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return wrong("argument", args[0], "none; see --help")
	}
	return nil
}
