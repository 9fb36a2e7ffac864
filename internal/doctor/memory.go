// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strconv"
	"strings"
)

func hugePages(v *view) []Finding {
	f := about("huge-pages", "", "memory for heaps may be put on huge pages, of which some have to be set aside, or which the kernel makes up itself")
	text, err := v.text("proc/meminfo")
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	total, _ := field(text, "HugePages_Total")
	free, _ := field(text, "HugePages_Free")
	size, _ := field(text, "Hugepagesize")
	return []Finding{f.ok("%s set aside, %s free, of %s each", total, free, size)}
}

func transparentPages(v *view) []Finding {
	const file = "sys/kernel/mm/transparent_hugepage/enabled"
	f := about("transparent-huge-pages", "", "memory for heaps asks for huge pages (madvise), which take less time to come by and to look up")
	text, err := v.text(file)
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	mode := chosen(text)
	if mode != "never" {
		return []Finding{f.ok("%s", mode)}
	}
	f.Settings = []Setting{{file, "madvise"}}
	f.Persist = []string{"the kernel's argument transparent_hugepage=madvise"}
	return []Finding{f.bad(Advice, "%s", mode).want("madvise", "echo madvise > /"+file)}
}

// chosen is the word in brackets among several.
func chosen(text string) string {
	_, after, _ := strings.Cut(text, "[")
	word, _, found := strings.Cut(after, "]")
	if !found {
		return text
	}
	return word
}

func swap(v *view) []Finding {
	const name = "vm.swappiness"
	f := about("swap", name, "a receiver whose memory is on disk loses data until it is back")
	text, err := v.text("proc/swaps")
	if err != nil {
		return []Finding{f.unknown("%v", err)}
	}
	areas := strings.Count(text, "\n") // the first line names the columns
	if areas == 0 {
		return []Finding{f.ok("there is none")}
	}
	swappiness, err := v.number(sysctlPath(name))
	switch {
	case err != nil:
		return []Finding{f.unknown("%v", err)}
	case swappiness <= 10:
		return []Finding{f.ok("%d areas, used with reluctance %d", areas, swappiness)}
	}
	return []Finding{f.bad(Advice, "%d areas, used with reluctance %d", areas, swappiness).sysctl(name, strconv.Itoa(10), "10 or less, or no swap")}
}
