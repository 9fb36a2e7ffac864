// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/dissector"
)

func newDissector(c console) *cobra.Command {
	install := false
	cmd := &cobra.Command{
		Use:   "dissector",
		Short: "Print a dissector for Wireshark and tshark",
		Long: `Print a dissector for Wireshark and tshark: Lua, for Wireshark 3.0 and later.

It takes every flavour over UDP and TCP: header, item pointers and payload; which packets belong to a
heap, with gaps, duplicates and late ones; descriptors, and the items by their names and with their
values when a heap is complete. Broken packets are refused under the names that spead recv counts them
as. All of it can be filtered for: spead.heap_cnt == 698, spead.item.name == "timestamp", spead.gap.

UDP streams are found by their first bytes. Where that fails, set the port or use Decode As. The
preferences of SPEAD have the port, PySPEAD's deviations, and how much of each heap is kept.

--install puts it where Wireshark looks for the user's own plugins, and prints the path. An earlier
version is replaced.`,
		Example: `  spead dissector --install
  spead dissector > spead.lua
  tshark -X lua_script:spead.lua -r night.pcapng -Y spead.refusal
  tshark -2 -X lua_script:spead.lua -r night.pcapng -T fields -e spead.value.name -e spead.value.text`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			text := dissector.Source()
			if install {
				folder, err := dissector.Folder()
				if err != nil {
					return err
				}
				path, err := dissector.Install(folder)
				if err != nil {
					return err
				}
				text = path + "\n"
			}
			_, err := io.WriteString(c.out, text)
			return err
		},
	}
	addSwitch(cmd, &install, "install", "put it into Wireshark's folder for the user's own plugins, and print the path")
	return cmd
}
