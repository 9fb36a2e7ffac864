// SPDX-License-Identifier: Apache-2.0

// Package nic asks the drivers of network cards how they are set up and what they have lost, as
// ethtool(8) does. It only reads: nothing here changes a card or takes it from its work.
package nic
