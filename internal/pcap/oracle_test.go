// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// readRecords reads all records of a capture. Data is copied.
func readRecords(capture []byte) (all []record, err error) {
	in, err := openRecords(bytes.NewReader(capture))
	if err != nil {
		return nil, err
	}
	for {
		var r record
		if err := in.next(&r); err != nil {
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
		r.data = bytes.Clone(r.data)
		all = append(all, r)
	}
}

// comparePcapgo compares what is read of a pcapng capture with what pcapgo's reader finds.
func comparePcapgo(t *testing.T, name string, capture []byte) {
	t.Helper()
	got, err := readRecords(capture)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(capture), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Errorf("%s: pcapgo: %v", name, err)
		return
	}
	for i, g := range got {
		data, info, err := r.ReadPacketData()
		if err != nil {
			t.Errorf("%s: pcapgo: record %d: %v", name, i, err)
			return
		}
		link, _ := info.AncillaryData[0].(layers.LinkType)
		if !bytes.Equal(data, g.data) || info.Length != int(g.length) || uint16(link) != g.link || !info.Timestamp.Equal(g.time) {
			t.Errorf("%s: record %d: %d of %d bytes, link %d, %v; pcapgo: %d of %d bytes, link %d, %v", name, i,
				len(g.data), g.length, g.link, g.time, len(data), info.Length, link, info.Timestamp)
		}
	}
	if _, _, err := r.ReadPacketData(); !errors.Is(err, io.EOF) {
		t.Errorf("%s: pcapgo goes on after %d records: %v", name, len(got), err)
	}
}

// Binary resolutions are left out: pcapgo scales them by a whole number, which is inexact.
func TestPcapngIsReadAsByPcapgo(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(vectorsDirectory, "file_pcapng*.pcap"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, path := range paths {
		capture, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		comparePcapgo(t, path, capture)
	}
	for _, order := range orders {
		for _, resolution := range []byte{3, 6, 9, 12} {
			file := ngFile{order: order}
			file.section()
			file.iface(linkEthernet, file.option(2, []byte("eth0")...), file.option(9, resolution), file.option(0))
			for size := range 40 {
				file.enhanced(0, uint64(size)<<40+uint64(size)*999, make([]byte, size), 100)
			}
			comparePcapgo(t, "generated", file.bytes)
		}
	}
	comparePcapgo(t, "good capture", goodCaptures(t)["pcapng"])
}

func TestPcapngWrittenByPcapgoIsRead(t *testing.T) {
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.AddInterface(pcapgo.NgInterface{Name: "any", LinkType: layers.LinkTypeLinuxSLL, SnapLength: 9000})
	if err != nil {
		t.Fatal(err)
	}
	for i, link := range []uint16{linkEthernet, linkSLL, linkEthernet} {
		frame := packet6.frame(t, link)
		info := gopacket.CaptureInfo{Timestamp: testTime, CaptureLength: len(frame), Length: len(frame)}
		if i == 1 {
			info.InterfaceIndex = second
		}
		if err := w.WritePacket(info, frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	comparePcapgo(t, "pcapgo's", out.Bytes())
	got, _, err := readAll(out.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDatagrams(t, got, []packet{packet6, packet6, packet6}, time.Nanosecond)
}

func TestClassicWrittenByPcapgoIsRead(t *testing.T) {
	var out bytes.Buffer
	w := pcapgo.NewWriterNanos(&out)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	frame := packet4.frame(t, linkEthernet)
	info := gopacket.CaptureInfo{Timestamp: testTime, CaptureLength: len(frame), Length: len(frame)}
	if err := w.WritePacket(info, frame); err != nil {
		t.Fatal(err)
	}
	file := classicFile{order: binary.LittleEndian, nanoseconds: true, link: linkEthernet}
	file.start()
	file.add(frame, len(frame))
	if !bytes.Equal(out.Bytes(), file.bytes) {
		t.Error("the tests' own writer writes something else than pcapgo's")
	}
	got, _, err := readAll(out.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDatagrams(t, got, []packet{packet4}, time.Nanosecond)
}
