-- SPDX-License-Identifier: Apache-2.0
--
-- A Wireshark dissector for SPEAD, the Streaming Protocol for Exchanging Astronomical Data, in every
-- flavour (SPEAD-64-8 to SPEAD-64-56), over UDP and TCP. "spead dissector" prints this file.
--
--     tshark -X lua_script:spead.lua -r night.pcapng -Y 'spead.heap_cnt == 698' -V
--     tshark -X lua_script:spead.lua -r night.pcapng -T fields -e spead.heap_cnt -e spead.value.text
--     wireshark: Help, About Wireshark, Folders, Personal Lua Plugins: put it there
--
-- UDP streams are found by their first bytes. Where that fails, set the port (Edit, Preferences,
-- Protocols, SPEAD) or use Decode As; TCP streams need one of the two.
--
-- From packet to values, in the order of this file:
--     bytes and numbers -> packet (decode) -> heap (track) -> descriptors and values -> tree
-- What a receiver of this project would refuse is refused here, under the name that "spead recv"
-- counts it as. It runs with Lua 5.2 to 5.4, that is, Wireshark 3.0 and later.

local spead = Proto("spead", "Streaming Protocol for Exchanging Astronomical Data")

-- Preferences ---------------------------------------------------------------------------------------

spead.prefs.port = Pref.uint("UDP and TCP port", 0, "A port that always carries SPEAD; 0: none")
spead.prefs.heuristic = Pref.bool("Find SPEAD by its first bytes", true, "Look at every UDP datagram")
spead.prefs.track = Pref.bool("Follow heaps", true,
    "Link the packets of a heap, put heaps together, decode descriptors and values")
spead.prefs.heap_max = Pref.uint("Bytes to keep of each heap", 4194304,
    "Descriptors and values beyond this are not decoded")
spead.prefs.total_max = Pref.uint("Bytes to keep of all heaps", 67108864, "Beyond this, values are not shown again")
spead.prefs.tolerant = Pref.bool("Take what SKA-Low stations send", true,
    "Packets without PAYLOAD_OFFSET and HEAP_LENGTH, or with PAYLOAD_LENGTH 0, as with --dialect ska-low")
spead.prefs.bug_widths = Pref.bool("PySPEAD: widths in descriptors", false, "As with --bug-compat 1")
spead.prefs.bug_shape_bit = Pref.bool("PySPEAD: bit 1 marks variable dimensions", false, "As with --bug-compat 2")
spead.prefs.bug_swap_endian = Pref.bool("PySPEAD: byte order of numpy types is swapped", false, "As with --bug-compat 4")

-- Fields --------------------------------------------------------------------------------------------

local NULL, HEAP_CNT, HEAP_LENGTH, PAYLOAD_OFFSET, PAYLOAD_LENGTH, DESCRIPTOR, STREAM_CTRL =
    "0", "1", "2", "3", "4", "5", "6"

-- Ids are hexadecimal text here, because Lua's numbers don't hold 64 bits in every version.
local reserved_names = {
    [NULL] = "NULL", [HEAP_CNT] = "HEAP_CNT", [HEAP_LENGTH] = "HEAP_LENGTH",
    [PAYLOAD_OFFSET] = "PAYLOAD_OFFSET", [PAYLOAD_LENGTH] = "PAYLOAD_LENGTH",
    [DESCRIPTOR] = "DESCRIPTOR", [STREAM_CTRL] = "STREAM_CTRL",
}
local ctrl_names = { [0] = "start", [1] = "descriptor reissue", [2] = "stop", [3] = "descriptor update" }

-- What the items of SKA-Low stations are called, which send no descriptors.
local station_names = {
    ["1011"] = "frequency", ["1027"] = "sync_time", ["1600"] = "timestamp", ["3000"] = "beam_and_channel",
    ["3001"] = "antenna_info", ["3010"] = "scan_id", ["3300"] = "samples",
}

local f = {
    magic = ProtoField.uint8("spead.magic", "Magic", base.HEX),
    version = ProtoField.uint8("spead.version", "Version"),
    id_width = ProtoField.uint8("spead.item_id_width", "Bytes of mode and item id"),
    address_width = ProtoField.uint8("spead.address_width", "Bytes of heap address"),
    flavour = ProtoField.string("spead.flavour", "Flavour"),
    reserved = ProtoField.uint16("spead.reserved", "Reserved", base.HEX),
    item_count = ProtoField.uint16("spead.item_count", "Item pointers"),
    heap_cnt = ProtoField.uint64("spead.heap_cnt", "Heap cnt"),
    heap_length = ProtoField.uint64("spead.heap_length", "Heap length"),
    payload_offset = ProtoField.uint64("spead.payload_offset", "Payload offset"),
    payload_length = ProtoField.uint64("spead.payload_length", "Payload length"),
    stream_ctrl = ProtoField.uint64("spead.stream_ctrl", "Stream control"),
    payload = ProtoField.bytes("spead.payload", "Payload"),
    refusal = ProtoField.string("spead.refusal", "Refused"),
    tolerance = ProtoField.string("spead.tolerance", "Tolerated"),
    -- an item pointer
    item = ProtoField.none("spead.item", "Item"),
    item_immediate_mode = ProtoField.bool("spead.item.is_immediate", "Immediate"),
    item_id = ProtoField.uint64("spead.item.id", "Id", base.HEX),
    item_name = ProtoField.string("spead.item.name", "Name"),
    item_immediate = ProtoField.uint64("spead.item.immediate", "Value"),
    item_address = ProtoField.uint64("spead.item.address", "Address"),
    -- the heap that the packet belongs to
    heap_complete = ProtoField.bool("spead.heap.complete", "Complete with this packet"),
    heap_received = ProtoField.uint64("spead.heap.received", "Payload received so far"),
    heap_packets = ProtoField.uint32("spead.heap.packets", "Packets"),
    heap_first = ProtoField.framenum("spead.heap.first_frame", "First packet", base.NONE, frametype.NONE),
    heap_previous = ProtoField.framenum("spead.heap.previous_frame", "Previous packet", base.NONE, frametype.NONE),
    heap_next = ProtoField.framenum("spead.heap.next_frame", "Next packet", base.NONE, frametype.NONE),
    heap_last = ProtoField.framenum("spead.heap.complete_in", "Complete in", base.NONE, frametype.NONE),
    heap_frame = ProtoField.framenum("spead.heap.frame", "Packet", base.NONE, frametype.NONE),
    -- an item of a heap that is complete
    value = ProtoField.none("spead.value", "Value"),
    value_id = ProtoField.uint64("spead.value.id", "Id", base.HEX),
    value_name = ProtoField.string("spead.value.name", "Name"),
    value_immediate = ProtoField.uint64("spead.value.immediate", "Immediate"),
    value_bytes = ProtoField.bytes("spead.value.bytes", "Bytes"),
    value_text = ProtoField.string("spead.value.text", "Text"),
    -- a descriptor
    descriptor = ProtoField.none("spead.descriptor", "Descriptor"),
    descriptor_id = ProtoField.uint64("spead.descriptor.id", "Id", base.HEX),
    descriptor_name = ProtoField.string("spead.descriptor.name", "Name"),
    descriptor_description = ProtoField.string("spead.descriptor.description", "Description"),
    descriptor_shape = ProtoField.string("spead.descriptor.shape", "Shape"),
    descriptor_format = ProtoField.string("spead.descriptor.format", "Format"),
    descriptor_dtype = ProtoField.string("spead.descriptor.dtype", "Numpy header"),
    -- SKA-Low stations
    station_channel = ProtoField.uint32("spead.ska_low.logical_channel", "Logical channel"),
    station_packet = ProtoField.uint32("spead.ska_low.packet", "Number of the packet"),
    station_beam = ProtoField.uint16("spead.ska_low.beam", "Beam"),
    station_frequency = ProtoField.uint16("spead.ska_low.frequency_channel", "Frequency channel"),
    station_substation = ProtoField.uint8("spead.ska_low.substation", "Substation"),
    station_subarray = ProtoField.uint8("spead.ska_low.subarray", "Subarray"),
    station_station = ProtoField.uint16("spead.ska_low.station", "Station"),
}
for _, field in pairs(f) do table.insert(spead.fields, field) end

-- Experts -------------------------------------------------------------------------------------------

local function malformed(name, text)
    return ProtoExpert.new("spead.refused." .. name, "Refused as " .. name .. ": " .. text,
        expert.group.MALFORMED, expert.severity.ERROR)
end

local function sequence(name, text, severity)
    return ProtoExpert.new("spead." .. name, text, expert.group.SEQUENCE, severity)
end

local refusals = {
    capture_truncated = malformed("capture_truncated", "the capture holds only the beginning of the packet"),
    short_header = malformed("short_header", "fewer than the 8 bytes of a header"),
    bad_magic = malformed("bad_magic", "the first two bytes are not 0x53 0x04"),
    bad_flavour = malformed("bad_flavour", "the widths in the header are zero or do not add up to 8 bytes"),
    short_pointers = malformed("short_pointers", "the packet ends within its item pointers"),
    missing_item = malformed("missing_item", "HEAP_CNT, PAYLOAD_OFFSET or PAYLOAD_LENGTH is absent"),
    short_payload = malformed("short_payload", "the packet ends within its payload"),
    past_heap = malformed("past_heap", "the payload reaches beyond the HEAP_LENGTH of the same packet"),
    trailing_bytes = malformed("trailing_bytes", "the datagram goes on after the packet"),
}
local notes = {
    gap = sequence("gap", "Gap: payload before this packet's has not come", expert.severity.WARN),
    behind = sequence("behind", "Behind: fills a gap; a receiver takes it only with out-of-order allowed",
        expert.severity.NOTE),
    duplicate = sequence("duplicate", "Duplicate: the payload starts within what was received", expert.severity.WARN),
    overlap = sequence("overlap", "Overlap: the payload runs into what was received", expert.severity.WARN),
    late = sequence("late", "Late: the heap is complete already", expert.severity.WARN),
    repeated_cnt = sequence("repeated_cnt", "A heap with this cnt was complete or in progress before", expert.severity.NOTE),
    length_mismatch = sequence("length_mismatch", "HEAP_LENGTH is not that of the heap's earlier packets", expert.severity.WARN),
    length_too_small = sequence("length_too_small", "HEAP_LENGTH is less than what earlier packets of the heap imply",
        expert.severity.WARN),
    flavour_mismatch = sequence("flavour_mismatch", "The flavour is not that of the heap's earlier packets", expert.severity.WARN),
    incomplete = sequence("incomplete", "Nothing more came of this heap, which is incomplete", expert.severity.WARN),
    complete = sequence("complete", "The heap is complete", expert.severity.CHAT),
    start = sequence("start", "Start of the stream", expert.severity.CHAT),
    stop = sequence("stop", "Stop: receivers' streams end here", expert.severity.CHAT),
    tolerated = sequence("tolerated", "Only receivers with a dialect, such as ska-low, take this packet", expert.severity.NOTE),
    past_address = sequence("past_address", "An item's address is beyond the heap, which is never complete",
        expert.severity.WARN),
    bad_descriptor = ProtoExpert.new("spead.bad_descriptor", "A descriptor that is none", expert.group.MALFORMED,
        expert.severity.WARN),
}
for _, table_of in ipairs({ refusals, notes }) do
    for _, e in pairs(table_of) do table.insert(spead.experts, e) end
end

-- Bytes and numbers ---------------------------------------------------------------------------------

-- number reads n bytes, big-endian. It is exact up to 53 bits; what has to be exact beyond is text.
local function number(s, first, n)
    local v = 0
    for i = first, first + n - 1 do v = v * 256 + s:byte(i) end
    return v
end

-- hex gives n bytes in hexadecimal, without leading zeros.
local hex_formats = {}
local function hex(s, first, n)
    local format = hex_formats[n] or string.rep("%02x", n)
    hex_formats[n] = n <= 8 and format or nil
    return string.match(string.format(format, s:byte(first, first + n - 1)), "^0*(.+)$")
end

local function unsigned(digits) return UInt64.fromhex(digits) end

-- decimal writes a number that is whole without a fraction, whatever kind of number Lua has for it.
local function decimal(v) return string.format("%.0f", v) end

-- printable makes text of bytes that may be anything.
local function printable(bytes)
    return (bytes:sub(1, 256):gsub("[^\32-\126]", function(c) return string.format("\\x%02x", c:byte()) end))
end

-- pointer_at takes apart the item pointer whose first byte is s's byte at first.
local function pointer_at(s, first, address_width)
    local id_width = 8 - address_width
    local head = s:byte(first)
    local immediate = head >= 128
    local id = hex(string.char(head % 128) .. s:sub(first + 1, first + id_width - 1), 1, id_width)
    return {
        immediate = immediate, id = id, word = s:sub(first, first + 7),
        digits = hex(s, first + id_width, address_width), value = number(s, first + id_width, address_width),
    }
end

-- Packets -------------------------------------------------------------------------------------------

-- A packet's special items: what it says of itself, its pointers that aren't special, and where its
-- payload is.
--
-- decode returns the packet as far as it goes, and the name of the refusal, if any.
local function decode(s, tolerant)
    local p = { pointers = {}, size = 0 }
    if #s < 8 then return p, "short_header" end
    if s:byte(1) ~= 0x53 or s:byte(2) ~= 0x04 then return p, "bad_magic" end
    p.id_width, p.address_width = s:byte(3), s:byte(4)
    if p.id_width == 0 or p.address_width == 0 or p.id_width + p.address_width ~= 8 then return p, "bad_flavour" end
    p.count = number(s, 7, 2)
    p.payload_start = 8 + 8 * p.count
    local fits = math.min(p.count, math.floor((#s - 8) / 8))
    local special = {}
    for i = 1, fits do
        local pointer = pointer_at(s, 1 + 8 * i, p.address_width)
        p.pointers[i] = pointer
        if pointer.immediate and #pointer.id == 1 and pointer.id >= HEAP_CNT and pointer.id <= PAYLOAD_LENGTH then
            special[pointer.id] = pointer -- of several the last one counts
        end
    end
    if fits < p.count then return p, "short_pointers" end
    p.cnt = special[HEAP_CNT] and special[HEAP_CNT].digits
    p.heap_length = special[HEAP_LENGTH] and special[HEAP_LENGTH].value
    p.offset = special[PAYLOAD_OFFSET] and special[PAYLOAD_OFFSET].value
    p.length = special[PAYLOAD_LENGTH] and special[PAYLOAD_LENGTH].value
    local rest = #s - p.payload_start
    if tolerant and p.cnt and p.length and not p.offset and not p.heap_length and (p.length == rest or p.length == 0) then
        p.tolerance = p.length < rest and "implied_offset, implied_length" or "implied_offset"
        p.offset, p.length, p.heap_length = 0, rest, rest
    end
    if not (p.cnt and p.offset and p.length) then return p, "missing_item" end
    if tolerant and p.length == 0 and rest > 0 and not p.tolerance then
        p.tolerance, p.length = "implied_length", rest
    end
    if p.length > rest then return p, "short_payload" end
    p.size = p.payload_start + p.length
    if special[HEAP_LENGTH] and not p.tolerance then
        local past = unsigned(special[PAYLOAD_OFFSET].digits) + unsigned(special[PAYLOAD_LENGTH].digits)
        if past > unsigned(special[HEAP_LENGTH].digits) then return p, "past_heap" end
    end
    return p, nil
end

-- looks_like says whether a datagram is SPEAD beyond reasonable doubt: a good header, and a heap cnt
-- among pointers that all fit.
local function looks_like(s)
    local p, refusal = decode(s, true)
    return p.cnt ~= nil and refusal ~= "bad_flavour"
end

-- Heaps ---------------------------------------------------------------------------------------------

-- What a capture can't ask for more of.
local RANGES_MAX, POINTERS_MAX, FRAMES_SHOWN, ELEMENTS_SHOWN, FIELDS_MAX = 4096, 65536, 64, 16, 64

local live      -- the newest heap of each stream and cnt
local packets   -- what was found out about each packet when it was seen first
local described -- descriptors: by stream, destination and source; then by id; in the order of frames
local kept      -- bytes kept of complete heaps

local function reset()
    live, packets, described, kept = {}, {}, {}, 0
end
spead.init = reset
reset()

-- places are where descriptors hold, the nearest first: the stream, all that goes to the same
-- destination, all that one machine sends.
local function places(pinfo)
    local source, destination = tostring(pinfo.src), tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    return { source .. ":" .. pinfo.src_port .. ">" .. destination, ">" .. destination, source .. ">" }
end

local function new_heap(packet)
    return {
        address_width = packet.address_width, length = packet.heap_length, received = 0, ranges = {}, pieces = {},
        pointers = {}, known = {}, frames = {}, least = 0, first_words = nil,
    }
end

-- words is the packet's pointers as they came: two first packets of heaps that differ in nothing else
-- but a timestamp differ here.
local function words(packet)
    local all = {}
    for i, pointer in ipairs(packet.pointers) do all[i] = pointer.word end
    return table.concat(all)
end

-- heap_of finds the heap that a packet belongs to, or begins one.
local function heap_of(packet, key, found)
    local heap = live[key]
    local whole = packet.heap_length == packet.length
    local restarts = heap and packet.offset == 0 and packet.length > 0 and heap.first_words and heap.first_words ~= words(packet)
    if heap and not whole and not restarts and not (heap.complete and packet.offset == 0) then return heap end
    if heap then found[#found + 1] = "repeated_cnt" end
    local fresh = new_heap(packet)
    -- A packet that is a whole heap leaves one in progress alone, as in spead2.
    if not (heap and whole and not heap.complete) then live[key] = fresh end
    return fresh
end

-- add_range adds [first, past) to the heap's payload. It returns a note if it had to refuse it.
local function add_range(heap, first, past)
    local ranges = heap.ranges
    local at = #ranges
    while at > 0 and ranges[at].first > first do at = at - 1 end
    local before, after = ranges[at], ranges[at + 1]
    if before and first < before.past then return "duplicate" end
    if after and past > after.first then return "overlap" end
    local note = nil
    if first > (before and before.past or 0) then note = "gap" elseif after then note = "behind" end
    if #ranges >= RANGES_MAX then return note end
    if before and before.past == first then
        before.past = past
    else
        before = { first = first, past = past }
        at = at + 1
        table.insert(ranges, at, before)
    end
    if after and after.first == past then
        before.past = after.past
        table.remove(ranges, at + 1)
    end
    heap.received = heap.received + past - first
    return note, true
end

-- take_pointers collects the heap's pointers, each once. Their addresses say how long it is at least.
local function take_pointers(heap, packet)
    for _, pointer in ipairs(packet.pointers) do
        local special = #pointer.id == 1 and pointer.id >= HEAP_CNT and pointer.id <= PAYLOAD_LENGTH
        if not pointer.immediate then heap.least = math.max(heap.least, pointer.value) end
        if not special and not heap.known[pointer.word] and #heap.pointers < POINTERS_MAX then
            heap.known[pointer.word] = true
            heap.pointers[#heap.pointers + 1] = pointer
            pointer.order = #heap.pointers
        end
    end
end

-- refuses says why a heap would not take a packet that is well-formed.
local function refuses(heap, packet)
    if heap.complete then return "late" end
    if heap.length and packet.heap_length and heap.length ~= packet.heap_length then return "length_mismatch" end
    local past = heap.ranges[#heap.ranges]
    if packet.heap_length and packet.heap_length < math.max(heap.least, past and past.past or 0) then return "length_too_small" end
    if heap.address_width ~= packet.address_width then return "flavour_mismatch" end
    return nil
end

-- take gives a packet to its heap.
local function take(heap, packet, s, found)
    local note = refuses(heap, packet)
    if note then
        found[#found + 1] = note
        return
    end
    local added = true
    if packet.length > 0 then
        note, added = add_range(heap, packet.offset, packet.offset + packet.length)
        found[#found + 1] = note
    end
    if not added then return end
    if packet.offset == 0 then heap.first_words = words(packet) end
    heap.length = heap.length or packet.heap_length
    take_pointers(heap, packet)
    if packet.length > 0 and packet.offset < spead.prefs.heap_max then
        heap.pieces[#heap.pieces + 1] = { first = packet.offset, bytes = s:sub(packet.payload_start + 1, packet.size) }
    end
end

-- items gives what a complete heap consists of, in spead2's order: addressed items by address, then
-- immediates by value; of equals, the one that came first.
local function items(pointers, payload, length)
    table.sort(pointers, function(a, b)
        if a.immediate ~= b.immediate then return b.immediate end
        if a.value ~= b.value then return a.value < b.value end
        return a.order < b.order
    end)
    local list = {}
    for i, pointer in ipairs(pointers) do
        local follower = pointers[i + 1]
        local past = follower and not follower.immediate and follower.value or length
        if pointer.id == NULL then
            past = nil -- ends the item before, and is none
        elseif pointer.immediate then
            list[#list + 1] = { id = pointer.id, immediate = true, digits = pointer.digits,
                bytes = pointer.word:sub(-pointer.address_width) }
        elseif past > pointer.value then
            list[#list + 1] = { id = pointer.id, first = pointer.value, length = past - pointer.value,
                bytes = past <= #payload and payload:sub(pointer.value + 1, past) or nil }
        end
    end
    return list
end

-- finish puts a complete heap together.
local function finish(heap, frame)
    heap.complete, heap.completed_in = true, frame
    table.sort(heap.pieces, function(a, b) return a.first < b.first end)
    local bytes = {}
    for i, piece in ipairs(heap.pieces) do bytes[i] = piece.bytes end
    heap.payload = table.concat(bytes)
    for _, pointer in ipairs(heap.pointers) do pointer.address_width = heap.address_width end
    heap.items = items(heap.pointers, heap.payload, heap.length)
    heap.pieces, heap.known, heap.pointers, heap.ranges = nil, nil, nil, nil
end

-- Descriptors ---------------------------------------------------------------------------------------

local function field_widths(address_width)
    if spead.prefs.bug_widths then return 4, 8 end
    return 1 + 8 - address_width, 1 + address_width
end

local function shape_of(bytes, width)
    local shape = { text = nil }
    local flag = spead.prefs.bug_shape_bit and 2 or 1
    local texts = {}
    for first = 1, #bytes - width + 1, width do
        local variable = math.floor(bytes:byte(first) / flag) % 2 == 1
        shape[#shape + 1] = variable and -1 or number(bytes, first + 1, width - 1)
        texts[#texts + 1] = variable and "?" or decimal(shape[#shape])
    end
    shape.text = "(" .. table.concat(texts, ", ") .. ")"
    return shape
end

local function format_of(bytes, width)
    local format = { text = nil }
    local texts = {}
    for first = 1, #bytes - width + 1, width do
        local field = { code = string.char(bytes:byte(first)), bits = number(bytes, first + 1, width - 1) }
        format[#format + 1] = field
        texts[#texts + 1] = printable(field.code) .. decimal(field.bits)
    end
    format.text = table.concat(texts, ", ")
    return format
end

-- read_numpy takes what it understands out of a numpy header: plain types, and the shape.
local function read_numpy(d)
    local order, code, size = d.dtype:match("'descr':%s*'([<>|=]?)([iufcbSV])(%d+)'")
    if code then
        d.plain = { code = code, size = tonumber(size), little = order == "<" }
        if spead.prefs.bug_swap_endian then d.plain.little = order == ">" end
    end
    d.fortran = d.dtype:find("'fortran_order':%s*True") ~= nil
    local shape = { text = printable(d.dtype:match("'shape':%s*(%b())") or "?") }
    for dimension in shape.text:gmatch("%d+") do shape[#shape + 1] = tonumber(dimension) end
    d.shape = shape
end

-- embedded puts together the packets that a descriptor item consists of, commonly one.
local function embedded(s)
    local whole = nil
    local first = 1
    while first <= #s do
        local packet, refusal = decode(s:sub(first), false)
        if refusal and refusal ~= "trailing_bytes" then break end
        if packet.offset == 0 then whole = whole or { cnt = packet.cnt, payload = "", pointers = {}, width = packet.address_width } end
        if whole and whole.cnt == packet.cnt and packet.offset == #whole.payload then
            whole.payload = whole.payload .. s:sub(first + packet.payload_start, first + packet.size - 1)
            whole.length = packet.heap_length or whole.length
            for _, pointer in ipairs(packet.pointers) do
                pointer.order, pointer.address_width = #whole.pointers + 1, packet.address_width
                whole.pointers[#whole.pointers + 1] = pointer
            end
        end
        first = first + packet.size
    end
    return whole
end

-- describe decodes the bytes of a DESCRIPTOR item. It returns nil for what a receiver throws away.
local function describe(s)
    local whole = embedded(s)
    if not whole or whole.length and whole.length ~= #whole.payload then return nil end
    local format_width, shape_width = field_widths(whole.width)
    local d = { name = "", description = "", dtype = "", raw = s, shape = shape_of("", 1), format = format_of("", 1) }
    for _, item in ipairs(items(whole.pointers, whole.payload, #whole.payload)) do
        local bytes = item.bytes or ""
        if item.id == "10" then d.name = bytes
        elseif item.id == "11" then d.description = bytes
        elseif item.id == "12" then d.shape = shape_of(bytes, shape_width)
        elseif item.id == "13" then d.format = format_of(bytes, format_width)
        elseif item.id == "14" and item.immediate then d.id = item.digits
        elseif item.id == "15" then d.dtype = bytes
        end
    end
    if not d.id or d.id == NULL then return nil end
    if d.dtype ~= "" then read_numpy(d) end
    return d
end

-- learn remembers the descriptors of a complete heap. One that is sent again, as most are, costs nothing.
local function learn(heap, pinfo, where)
    for _, item in ipairs(heap.items) do
        local d = item.id == DESCRIPTOR and item.bytes and describe(item.bytes)
        item.descriptor = d or nil
        for _, place in ipairs(d and where or {}) do
            described[place] = described[place] or {}
            local list = described[place][d.id] or {}
            described[place][d.id] = list
            if #list == 0 or list[#list].descriptor.raw ~= d.raw then
                list[#list + 1] = { frame = pinfo.number, descriptor = d }
            end
        end
    end
end

-- descriptor_for finds what was known of an item when a frame came or, if that was nothing, what
-- became known of it later.
local function descriptor_for(id, frame, where)
    for _, place in ipairs(where) do
        local list = described[place] and described[place][id]
        for i = list and #list or 0, 1, -1 do
            if list[i].frame <= frame or i == 1 then return list[i].descriptor end
        end
    end
    return nil
end

-- Values --------------------------------------------------------------------------------------------

-- bits takes n bits out of bytes, as bytes that have the same value as a number.
local function bits(s, position, n)
    local out, carry, have = {}, 0, (8 - n % 8) % 8
    for i = position, position + n - 1 do
        carry = carry * 2 + math.floor(s:byte(math.floor(i / 8) + 1) / 2 ^ (7 - i % 8)) % 2
        have = have + 1
        if have == 8 then
            out[#out + 1] = string.char(math.floor(carry))
            carry, have = 0, 0
        end
    end
    return table.concat(out)
end

-- signed writes bytes as a number in two's complement of n bits.
local function signed(bytes, n)
    if n <= 53 then
        local v = number(bytes, 1, #bytes)
        return decimal(v >= 2 ^ (n - 1) and v - 2 ^ n or v)
    end
    local digits = hex(bytes, 1, #bytes)
    local negative = math.floor(bytes:byte(1) / 2 ^ ((n - 1) % 8)) % 2 == 1
    if negative then
        local top = string.char(math.floor(bytes:byte(1) + (n % 8 > 0 and 256 - 2 ^ (n % 8) or 0)))
        digits = string.rep("f", 16 - 2 * #bytes) .. hex(top .. bytes:sub(2), 1, #bytes)
    end
    return tostring(Int64.fromhex(digits))
end

-- half reads a floating-point number of 16 bits.
local function half(bytes)
    local word = number(bytes, 1, 2)
    local sign = word >= 0x8000 and -1 or 1
    local exponent, fraction = math.floor(word / 1024) % 32, word % 1024
    if exponent == 0 then return sign * fraction * 2 ^ -24 end
    if exponent == 31 then return fraction == 0 and sign * math.huge or 0 / 0 end
    return sign * (1 + fraction / 1024) * 2 ^ (exponent - 15)
end

local function real(bytes)
    if #bytes == 2 then return string.format("%.9g", half(bytes)) end
    if #bytes == 4 then return string.format("%.9g", (Struct.unpack(">f", bytes))) end
    if #bytes == 8 then return string.format("%.17g", (Struct.unpack(">d", bytes))) end
    return "0x" .. hex(bytes, 1, #bytes)
end

-- element writes one field of n bits, whose bytes are big-endian.
local function element(code, bytes, n)
    if code == "f" then return real(bytes) end
    if code == "b" then return number(bytes, 1, #bytes) ~= 0 and "true" or "false" end
    if n > 64 then return "0x" .. hex(bytes, 1, #bytes) end
    if code == "u" then return tostring(unsigned(hex(bytes, 1, #bytes))) end
    if code == "i" then return signed(bytes, n) end
    return nil
end

-- elements is how many there are, by the shape and by the bytes there are for them.
local function elements(shape, available)
    local n, variable = 1, false
    for _, dimension in ipairs(shape) do
        if dimension < 0 then variable = true else n = n * dimension end
    end
    if not variable then return n end
    return n > 0 and n * math.floor(available / n) or 0
end

-- packed_text writes values that a format describes: bits, one after the other.
local function packed_text(d, item)
    if #d.format > FIELDS_MAX then return nil end
    local size = 0
    for _, field in ipairs(d.format) do
        if field.bits < 1 or field.bits > 4096 then return nil end
        size = size + field.bits
    end
    if size == 0 then return nil end
    local n = elements(d.shape, math.floor(#item.bytes * 8 / size))
    local used = math.ceil(n * size / 8)
    if used > #item.bytes then return nil end
    local bytes = item.immediate and item.bytes:sub(#item.bytes - used + 1) or item.bytes
    if #d.format == 1 and d.format[1].code == "c" and size == 8 then return printable(bytes:sub(1, n)) end
    local texts, position = {}, 0
    for _ = 1, math.min(n, ELEMENTS_SHOWN) do
        for _, field in ipairs(d.format) do
            local raw = bits(bytes, position, field.bits)
            texts[#texts + 1] = field.code == "c" and printable(raw) or element(field.code, raw, field.bits) or "?"
            position = position + field.bits
        end
    end
    return table.concat(texts, ", ") .. (n > ELEMENTS_SHOWN and ", ..." or "")
end

-- plain_text writes values of a numpy type that isn't a structure.
local function plain_text(d, item)
    local code, size = d.plain.code, d.plain.size
    if size == 0 or code == "V" or code ~= "S" and size > 64 then return nil end
    local n = elements(d.shape, 0)
    if n * size > #item.bytes then return nil end
    local bytes = item.immediate and item.bytes:sub(#item.bytes - n * size + 1) or item.bytes
    local texts = {}
    for i = 0, math.min(n, ELEMENTS_SHOWN) - 1 do
        local raw = bytes:sub(i * size + 1, (i + 1) * size)
        if code == "S" then
            texts[#texts + 1] = printable(raw:gsub("%z+$", ""))
        elseif code == "c" then
            local re, im = raw:sub(1, size / 2), raw:sub(size / 2 + 1)
            if d.plain.little then re, im = re:reverse(), im:reverse() end
            texts[#texts + 1] = real(re) .. ", " .. real(im)
        else
            texts[#texts + 1] = element(code, d.plain.little and raw:reverse() or raw, size * 8) or "?"
        end
    end
    return table.concat(texts, ", ") .. (n > ELEMENTS_SHOWN and ", ..." or "") .. (d.fortran and " (Fortran order)" or "")
end

-- text_of writes the first elements of an item's value in the order of memory; nil if it can't be told.
local function text_of(d, item)
    if not item.bytes or #item.bytes == 0 then return nil end
    if d.plain then return plain_text(d, item) end
    if d.dtype ~= "" then return nil end
    return packed_text(d, item)
end

-- Tracking ------------------------------------------------------------------------------------------

local function key_of(pinfo, packet)
    return pinfo.number .. "/" .. packet.cnt .. "/" .. decimal(packet.offset)
end

-- track finds out, once, what a packet does to its heap.
local function track(packet, s, pinfo, where)
    local key = key_of(pinfo, packet)
    if pinfo.visited and packets[key] then return packets[key] end
    local found = {}
    local heap = heap_of(packet, where[1] .. "/" .. packet.cnt, found)
    take(heap, packet, s, found)
    heap.frames[#heap.frames + 1] = pinfo.number
    local seen = { heap = heap, notes = found, index = #heap.frames, received = heap.received }
    packets[key] = seen
    if heap.complete or not heap.length or heap.received ~= heap.length then return seen end
    if heap.least > heap.length then
        found[#found + 1] = "past_address"
        return seen
    end
    finish(heap, pinfo.number)
    seen.completes = true
    learn(heap, pinfo, where)
    if kept + #heap.payload > spead.prefs.total_max then
        heap.drop = true
    else
        kept = kept + #heap.payload
    end
    return seen
end

-- The tree ------------------------------------------------------------------------------------------

local function name_of(id, pinfo, where, packet)
    if reserved_names[id] then return reserved_names[id], nil end
    local d = descriptor_for(id, pinfo.number, where)
    if d then return printable(d.name), d end
    return packet.tolerance and station_names[id] or nil, nil
end

local function add_header(tree, tvb)
    tree:add(f.magic, tvb(0, 1))
    tree:add(f.version, tvb(1, 1))
    tree:add(f.id_width, tvb(2, 1))
    tree:add(f.address_width, tvb(3, 1))
    tree:add(f.flavour, tvb(2, 2), "SPEAD-64-" .. decimal(8 * tvb(3, 1):uint())):set_generated()
    tree:add(f.reserved, tvb(4, 2))
    tree:add(f.item_count, tvb(6, 2))
end

local special_fields = {
    [HEAP_CNT] = f.heap_cnt, [HEAP_LENGTH] = f.heap_length, [PAYLOAD_OFFSET] = f.payload_offset,
    [PAYLOAD_LENGTH] = f.payload_length, [STREAM_CTRL] = f.stream_ctrl,
}

-- add_station shows the parts of the numbers that SKA-Low stations send.
local function add_station(tree, range, pointer)
    if range:len() ~= 6 then return end
    if pointer.id == HEAP_CNT then
        tree:add(f.station_channel, range(0, 2))
        tree:add(f.station_packet, range(2, 4))
    elseif pointer.id == "3000" then
        tree:add(f.station_beam, range(2, 2))
        tree:add(f.station_frequency, range(4, 2))
    elseif pointer.id == "3001" then
        tree:add(f.station_substation, range(0, 1))
        tree:add(f.station_subarray, range(1, 1))
        tree:add(f.station_station, range(2, 2))
    end
end

-- add_pointer shows an item pointer, and returns the line that stands for it in the list.
local function add_pointer(tree, tvb, i, packet, pinfo, where)
    local pointer = packet.pointers[i]
    local id_range, value_range = tvb(8 * i, packet.id_width), tvb(8 * i + packet.id_width, packet.address_width)
    local node = tree:add(f.item, tvb(8 * i, 8))
    local name = name_of(pointer.id, pinfo, where, packet)
    local value = unsigned(pointer.digits)
    node:add(f.item_immediate_mode, tvb(8 * i, 1), pointer.immediate)
    node:add(f.item_id, id_range, unsigned(pointer.id))
    if name then node:add(f.item_name, id_range, name):set_generated() end
    node:add(pointer.immediate and f.item_immediate or f.item_address, value_range, value)
    if pointer.immediate and special_fields[pointer.id] then
        node:add(special_fields[pointer.id], value_range, value)
    end
    if pointer.immediate and pointer.id == STREAM_CTRL then
        node:append_text(" (" .. (ctrl_names[pointer.value] or "reserved") .. ")")
    end
    if packet.tolerance and pointer.immediate then add_station(node, value_range, pointer) end
    local label = "0x" .. pointer.id .. (name and " " .. name or "")
    node:set_text(string.format("Item %s: %s %s", label, pointer.immediate and "value" or "at", tostring(value)))
    return label .. (pointer.immediate and "=" .. tostring(value) or "")
end

-- add_pointers shows all pointers, and says in a few words which items there are.
local function add_pointers(tree, tvb, packet, pinfo, where)
    if #packet.pointers == 0 then return "" end
    local node = tree:add(spead, tvb(8, 8 * #packet.pointers), #packet.pointers .. " item pointers")
    local labels = {}
    for i, pointer in ipairs(packet.pointers) do
        local label = add_pointer(node, tvb, i, packet, pinfo, where)
        local shown = pointer.id ~= NULL and not (special_fields[pointer.id] and pointer.id ~= STREAM_CTRL)
        if shown then labels[#labels + 1] = label end
    end
    local more = #labels > 6 and " and " .. (#labels - 6) .. " more" or ""
    return table.concat(labels, ", ", 1, math.min(6, #labels)) .. more
end

local function add_descriptor(tree, range, d)
    local node = tree:add(f.descriptor, range)
    node:add(f.descriptor_id, range, unsigned(d.id))
    node:add(f.descriptor_name, range, printable(d.name))
    node:add(f.descriptor_description, range, printable(d.description))
    node:add(f.descriptor_shape, range, d.shape.text)
    if #d.format > 0 then node:add(f.descriptor_format, range, d.format.text) end
    if d.dtype ~= "" then node:add(f.descriptor_dtype, range, printable(d.dtype)) end
    node:set_text(string.format("Descriptor of 0x%s %s: %s %s", d.id, printable(d.name),
        d.dtype ~= "" and printable(d.dtype) or d.format.text, d.shape.text))
end

-- add_value shows an item of a complete heap. range is its bytes, nil if they weren't kept.
local function add_value(tree, range, item, pinfo, where, packet)
    local name, d = name_of(item.id, pinfo, where, packet)
    local node = range and tree:add(f.value, range) or tree:add(f.value)
    node:add(f.value_id, unsigned(item.id))
    if name then node:add(f.value_name, name) end
    if item.immediate then node:add(f.value_immediate, unsigned(item.digits)) end
    if range then node:add(f.value_bytes, range) end
    local text = d and text_of(d, item)
    if text then node:add(f.value_text, text) end
    local plain = item.immediate and tostring(unsigned(item.digits)) or decimal(item.length) .. " bytes"
    node:set_text(string.format("0x%s%s: %s", item.id, name and " " .. name or "", text or plain))
    if item.descriptor then
        add_descriptor(node, range, item.descriptor)
    elseif item.id == DESCRIPTOR then
        node:add_proto_expert_info(notes.bad_descriptor)
    end
end

-- add_values shows what a complete heap holds. Its bytes get a tab of their own.
local function add_values(tree, heap, pinfo, where, packet)
    local tvb = #heap.payload > 0 and ByteArray.new(heap.payload, true):tvb("SPEAD heap") or nil
    for _, item in ipairs(heap.items) do
        local range = item.bytes and not item.immediate and tvb and tvb(item.first, item.length) or nil
        add_value(tree, range, item, pinfo, where, packet)
    end
    if heap.drop then heap.payload, heap.items = "", {} end
end

local function add_links(tree, seen)
    local heap = seen.heap
    tree:add(f.heap_first, heap.frames[1])
    if seen.index > 1 then tree:add(f.heap_previous, heap.frames[seen.index - 1]) end
    if seen.index < #heap.frames then tree:add(f.heap_next, heap.frames[seen.index + 1]) end
    if heap.completed_in then tree:add(f.heap_last, heap.completed_in) end
    if not seen.completes then return end
    for i = 1, math.min(FRAMES_SHOWN, seen.index) do tree:add(f.heap_frame, heap.frames[i]) end
end

-- add_heap shows where a packet stands in its heap, and what the heap holds if this completes it.
local function add_heap(tree, tvb, seen, pinfo, where, packet)
    local heap = seen.heap
    local node = tree:add(spead, tvb(), "Heap")
    node:set_generated()
    node:set_text(string.format("Heap %s: %s of %s bytes in %d packets%s", tostring(unsigned(packet.cnt)),
        decimal(seen.received), heap.length and decimal(heap.length) or "?", seen.index, seen.completes and ", complete" or ""))
    node:add(f.heap_received, UInt64.new(seen.received % 2 ^ 32, math.floor(seen.received / 2 ^ 32)))
    node:add(f.heap_packets, seen.index)
    node:add(f.heap_complete, seen.completes == true)
    add_links(node, seen)
    for _, note in ipairs(seen.notes) do node:add_proto_expert_info(notes[note]) end
    if seen.completes then
        node:add_proto_expert_info(notes.complete)
        add_values(node, heap, pinfo, where, packet)
    elseif pinfo.visited and not heap.complete and heap.length and seen.index == #heap.frames then
        node:add_proto_expert_info(notes.incomplete)
    end
end

-- info is the packet's line in the list of packets.
local function info(packet, refusal, seen, labels)
    if not (packet.cnt and packet.offset and packet.length) then return "Refused: " .. refusal end
    local parts = { string.format("Heap %s: %s+%s of %s", tostring(unsigned(packet.cnt)), decimal(packet.offset),
        decimal(packet.length), packet.heap_length and decimal(packet.heap_length) or "?") }
    if refusal then parts[#parts + 1] = "Refused: " .. refusal end
    if packet.tolerance then parts[#parts + 1] = "[" .. packet.tolerance .. "]" end
    for _, note in ipairs(seen and seen.notes or {}) do parts[#parts + 1] = "[" .. note .. "]" end
    if seen and seen.completes then parts[#parts + 1] = "[complete]" end
    if labels ~= "" then parts[#parts + 1] = labels end
    return table.concat(parts, " ")
end

local function add_controls(tree, packet)
    for _, pointer in ipairs(packet.pointers) do
        if pointer.immediate and pointer.id == STREAM_CTRL and (pointer.value == 0 or pointer.value == 2) then
            tree:add_proto_expert_info(pointer.value == 0 and notes.start or notes.stop)
        end
    end
end

-- dissect shows the packet that a tvb holds from its first byte on.
local function dissect(tvb, pinfo, root, truncated)
    local s = tvb:raw()
    local packet, refusal = decode(s, spead.prefs.tolerant)
    if not refusal and packet.size < #s then refusal = "trailing_bytes" end
    if truncated then refusal = "capture_truncated" end
    pinfo.cols.protocol = "SPEAD"
    local tree = root:add(spead, tvb())
    local where = places(pinfo)
    local seen = nil
    if not refusal and spead.prefs.track then seen = track(packet, s, pinfo, where) end
    if packet.address_width then add_header(tree, tvb) end
    local labels = add_pointers(tree, tvb, packet, pinfo, where)
    if not refusal and packet.length > 0 then tree:add(f.payload, tvb(packet.payload_start, packet.length)) end
    if refusal then
        tree:add(f.refusal, refusal):set_generated()
        tree:add_proto_expert_info(refusals[refusal])
    end
    if packet.tolerance and not refusal then
        tree:add(f.tolerance, packet.tolerance):set_generated()
        tree:add_proto_expert_info(notes.tolerated)
    end
    add_controls(tree, packet)
    if seen then add_heap(tree, tvb, seen, pinfo, where, packet) end
    local line = info(packet, refusal, seen, labels)
    tree:append_text(", " .. line)
    pinfo.cols.info = line
end

-- Where packets come from ---------------------------------------------------------------------------

-- from_udp takes a datagram, which is one packet.
local function from_udp(tvb, pinfo, root)
    if tvb:len() == 0 then return 0 end
    dissect(tvb, pinfo, root, tvb:reported_len() > tvb:len())
    return tvb:len()
end

-- wanted is how many bytes more a stream of bytes has to give until s holds a packet; 0 if it does.
local function wanted(s)
    if #s < 8 then return DESEGMENT_ONE_MORE_SEGMENT end
    local packet, refusal = decode(s, false)
    if refusal == "short_pointers" then return packet.payload_start - #s end
    if refusal == "short_payload" then return packet.payload_start + packet.length - #s end
    return 0
end

-- from_tcp takes packets out of a stream of bytes. After junk it looks for the next packet, in steps
-- of 8 bytes as receivers do.
local function from_tcp(tvb, pinfo, root)
    local at = 0
    while at < tvb:len() do
        local rest = tvb(at):tvb()
        local s = rest:raw()
        local more = wanted(s)
        if more > 0 then
            pinfo.desegment_offset, pinfo.desegment_len = at, more
            return tvb:len()
        end
        local packet = decode(s, false)
        local size = packet.size > 0 and packet.size or math.min(8, #s)
        dissect(tvb(at, size):tvb(), pinfo, root, false)
        at = at + size
    end
    return tvb:len()
end

function spead.dissector(tvb, pinfo, root)
    if pinfo.port_type == 2 then return from_tcp(tvb, pinfo, root) end
    return from_udp(tvb, pinfo, root)
end

local function heuristic(tvb, pinfo, root)
    if not spead.prefs.heuristic or tvb:len() < 32 or tvb(0, 2):uint() ~= 0x5304 then return false end
    if not looks_like(tvb:raw()) then return false end
    -- What else comes this way is SPEAD too, even if it is broken.
    pinfo.conversation = spead
    from_udp(tvb, pinfo, root)
    return true
end

spead:register_heuristic("udp", heuristic)

local udp_ports, tcp_ports = DissectorTable.get("udp.port"), DissectorTable.get("tcp.port")
udp_ports:add_for_decode_as(spead)
tcp_ports:add_for_decode_as(spead)

local port = 0
function spead.prefs_changed()
    if port == spead.prefs.port then return end
    for _, ports in ipairs({ udp_ports, tcp_ports }) do
        if port ~= 0 then ports:remove(port, spead) end
        if spead.prefs.port ~= 0 then ports:add(spead.prefs.port, spead) end
    end
    port = spead.prefs.port
end
