#!/usr/bin/env python3
"""Writes input.bin, hostile.bin and expect.ndjson: IPFIX messages of one transport session, each behind its length (u32, big endian)."""
import ipaddress
import json
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOW = int((datetime(2026, 11, 30, 7, 5, 1, tzinfo=timezone.utc) - EPOCH).total_seconds())
NTP = 2_208_988_800  # seconds from 1900 to 1970
RECEIVED = "2026-11-30T08:00:00.000000Z"
VARIABLE, OURS, REVERSE = 65535, 32473, 29305
SRC4, DST4, SRC6, DST6 = (8, 4), (12, 4), (27, 16), (28, 16)
SPORT, DPORT, PROTO, OCTETS, PACKETS = (7, 2), (11, 2), (4, 1), (1, 8), (2, 8)
END_UP, START_UP, BOOT = (21, 4), (22, 4), (160, 8)
START_S, END_S, START_MS, END_MS = (150, 4), (151, 4), (152, 8), (153, 8)
START_US, END_US, START_DELTA, END_DELTA = (154, 8), (155, 8), (158, 4), (159, 4)
ICMP4 = (32, 2)
NOTE = (100, VARIABLE, OURS)
REV_OCTETS, REV_PACKETS = (1, 8, REVERSE), (2, 8, REVERSE)

MS = [SRC4, DST4, SPORT, DPORT, PROTO, OCTETS, PACKETS, START_MS, END_MS, NOTE]
SECONDS = [SRC6, DST6, (1, 4), (2, 3), PROTO, DPORT, SPORT, START_S, END_S]
BIFLOW = [SRC4, DST4, SPORT, DPORT, PROTO, OCTETS, PACKETS, REV_OCTETS, REV_PACKETS, START_UP, END_UP, BOOT]
MICROS = [PROTO, ICMP4, DST4, SRC4, PACKETS, OCTETS, START_US, END_US]
DELTA = [SRC4, DST4, PROTO, SPORT, DPORT, OCTETS, PACKETS, START_DELTA, END_DELTA]
NOTIME = [SRC4, DST4, OCTETS]


def stamp(micros, eve=False):
    text = (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text + ("+0000" if eve else "Z")


def number(n, length):
    return n.to_bytes(length, "big")


def variable(body):
    return (bytes([len(body)]) if len(body) < 255 else b"\xff" + struct.pack(">H", len(body))) + body


def ip(text):
    return ipaddress.ip_address(text).packed


def ntp(micros):
    seconds, rest = divmod(micros, 1_000_000)
    return struct.pack(">II", seconds + NTP, rest * 2**32 // 1_000_000)


def specifier(field):
    element, length, *enterprise = field
    return struct.pack(">HHI", element | 0x8000, length, *enterprise) if enterprise else struct.pack(">HH", element, length)


def template(identity, fields):
    return struct.pack(">HH", identity, len(fields)) + b"".join(map(specifier, fields))


def a_set(identity, body, padding=0):
    body += b"\0" * padding
    return struct.pack(">HH", identity, 4 + len(body)) + body


def message(export, sequence, domain, *sets):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), export, sequence, domain) + body


def row(line, src, dst, octets, packets, end, start=None, ports=None, proto=None, back=None, more=None):
    core = {"source.ip": src, "destination.ip": dst, "source.bytes": octets}
    rec = {"src_ip": src, "dest_ip": dst, "netflow": {"bytes": octets}}
    if packets is not None:
        core["source.packets"] = rec["netflow"]["pkts"] = packets
    if ports:
        core |= {"source.port": ports[0], "destination.port": ports[1]}
        rec |= {"src_port": ports[0], "dest_port": ports[1]}
    if proto:
        core["network.transport"] = proto.lower()
        rec["proto"] = proto
    if back:
        core |= {"destination.bytes": back[0], "destination.packets": back[1]}
    if start is not None:
        rec["netflow"] |= {"start": stamp(start, True), "end": stamp(end, True)}
    return {"line": line, "kind": "netflow", "time": stamp(end), "core": core, "record": rec | (more or {})}


def failed(line):
    return {"line": line, "kind": "parse.failed", "time": RECEIVED}


def ms_record(src, sport, dst, dport, proto, octets, packets, start, end, note):
    return (ip(src) + ip(dst) + number(sport, 2) + number(dport, 2) + number(proto, 1) + number(octets, 8) + number(packets, 8)
            + number(start // 1000, 8) + number(end // 1000, 8) + variable(note.encode()))


def framed(messages):
    return b"".join(struct.pack(">I", len(m)) + m for m in messages)


def main():
    us = NOW * 1_000_000
    messages, rows = [], []

    def add(sets, *expected, export=NOW, sequence, domain=1):
        messages.append(message(export, sequence, domain, *sets))
        rows.extend(make(len(messages)) for make in expected)

    one = ms_record("10.60.31.21", 51000, "203.0.113.80", 443, 6, 2144, 18, us - 61_123_000, us - 1_001_000, "lối ra")
    two = ms_record("10.60.31.2", 53, "10.60.31.21", 51478, 17, 120, 1, us - 500_000, us - 500_000, "d" * 300)
    empty = ms_record("10.60.31.3", 53, "10.60.31.21", 51479, 17, 2**40, 2**33, us, us, "")

    def row_one(line):
        return row(line, "10.60.31.21", "203.0.113.80", 2144, 18, us - 1_001_000, us - 61_123_000, (51000, 443), "TCP")

    # 1 data before its template; 2 template, two records, padding
    add([a_set(256, one)], failed, sequence=0)
    add([a_set(2, template(256, MS)), a_set(256, one + two + empty, padding=3)], row_one,
        lambda n: row(n, "10.60.31.2", "10.60.31.21", 120, 1, us - 500_000, us - 500_000, (53, 51478), "UDP"),
        lambda n: row(n, "10.60.31.3", "10.60.31.21", 2**40, 2**33, us, us, (53, 51479), "UDP"), sequence=1)
    # 3 IPv6, reduced size, whole seconds
    six = ip("2001:db8:31::21") + ip("2001:db8:80::80") + number(9000, 4) + number(70_000, 3) + number(6, 1) + number(443, 2) + number(40000, 2) + number(NOW - 60, 4) + number(NOW - 2, 4)
    add([a_set(2, template(257, SECONDS)), a_set(257, six)],
        lambda n: row(n, "2001:db8:31::21", "2001:db8:80::80", 9000, 70_000, us - 2_000_000, us - 60_000_000, (40000, 443), "TCP"), sequence=4)
    # 4 options: observation domain as scope, sampling; no flow
    options = struct.pack(">HHH", 258, 3, 1) + b"".join(map(specifier, [(149, 4), (34, 4), (35, 1)]))
    add([a_set(3, options, padding=2), a_set(258, struct.pack(">IIB", 1, 100, 1), padding=3)], sequence=5)
    # 5 both directions in one record, clock of the exporter
    bi = ip("10.60.31.22") + ip("198.51.100.40") + number(40001, 2) + number(22, 2) + number(6, 1) + number(1000, 8) + number(10, 8) + number(64_000, 8) + number(60, 8) + number(1_000, 4) + number(31_500, 4) + number(NOW * 1000 - 40_000, 8)
    add([a_set(2, template(259, BIFLOW)), a_set(259, bi)],
        lambda n: row(n, "10.60.31.22", "198.51.100.40", 1000, 10, us - 40_000_000 + 31_500_000, us - 40_000_000 + 1_000_000, (40001, 22), "TCP", (64_000, 60)), sequence=6)
    # 6 another domain, the same id, another layout; NTP microseconds; ICMP
    ping = number(1, 1) + number(0x0301, 2) + ip("10.60.20.10") + ip("10.60.31.1") + number(2, 8) + number(112, 8) + ntp(us - 1_500_000) + ntp(us - 250_000)
    add([a_set(2, template(256, MICROS)), a_set(256, ping)],
        lambda n: row(n, "10.60.31.1", "10.60.20.10", 112, 2, us - 250_000, us - 1_500_000, None, "ICMP", more={"icmp_type": 3, "icmp_code": 1}), sequence=0, domain=2)
    # 7 domain 1 still has its own 256; a gap of 5 records before it
    add([a_set(256, one)], row_one, sequence=12)
    # 8 microseconds before the export time
    delta = ip("10.60.31.23") + ip("192.0.2.25") + number(6, 1) + number(1025, 2) + number(25, 2) + number(77, 8) + number(1, 8) + number(2_000_001, 4) + number(1, 4)
    add([a_set(2, template(260, DELTA)), a_set(260, delta)],
        lambda n: row(n, "10.60.31.23", "192.0.2.25", 77, 1, us + 10_000_000 - 1, us + 10_000_000 - 2_000_001, (1025, 25), "TCP"), export=NOW + 10, sequence=13)
    # 9 no time in the record: the export time
    add([a_set(2, template(261, NOTIME)), a_set(261, ip("10.60.31.24") + ip("192.0.2.26") + number(5, 8))],
        lambda n: row(n, "10.60.31.24", "192.0.2.26", 5, None, us + 11_000_000), export=NOW + 11, sequence=14)
    # 10 the template is withdrawn, then used; domain 2 keeps its own
    add([a_set(2, struct.pack(">HH", 256, 0)), a_set(256, one)], failed, sequence=15)
    add([a_set(256, ping)], lambda n: row(n, "10.60.31.1", "10.60.20.10", 112, 2, us - 250_000, us - 1_500_000, None, "ICMP"), sequence=1, domain=2)
    # 12 all templates of the domain are withdrawn
    add([a_set(2, struct.pack(">HH", 2, 0)), a_set(257, six)], failed, sequence=16)
    # 13 the id is used anew with another layout
    add([a_set(2, template(256, NOTIME)), a_set(256, ip("10.60.31.25") + ip("192.0.2.27") + number(6, 8))],
        lambda n: row(n, "10.60.31.25", "192.0.2.27", 6, None, us + 12_000_000), export=NOW + 12, sequence=17)
    (HERE / "input.bin").write_bytes(framed(messages))
    (HERE / "expect.ndjson").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))

    def bad(*sets):
        return message(NOW, 0, 9, *sets)

    whole = bad(a_set(2, template(256, MS)), a_set(256, one))
    hostile = [
        b"", b"\0\x0a", whole[:15], whole[:40], whole[:-5], whole[:2] + b"\xff\xff" + whole[4:], whole[:2] + b"\0\0" + whole[4:], whole[:2] + b"\0\x10" + whole[4:], whole + b"\xff" * 9,
        bad(b"\1\0\0\0"), bad(b"\1\0\0\3"), bad(b"\1\0\xff\xff"), bad(b"\0\0\0\4"), bad(b"\0\1\0\4"), bad(b"\0\xff\0\4"),
        bad(a_set(2, struct.pack(">HH", 256, 65535))), bad(a_set(2, template(255, MS))), bad(a_set(2, template(300, [(1, 0), (2, 0)])), a_set(300, b"abcd")), bad(a_set(2, template(301, [(8, 40), (7, 9), (152, 3), (4, 0)])), a_set(301, b"\xff" * 104)),
        bad(a_set(2, template(302, [NOTE])), a_set(302, b"\xff\xff\xff" + b"x" * 20)), bad(a_set(2, template(303, [NOTE])), a_set(303, b"\xff")), bad(a_set(2, template(304, [NOTE])), a_set(304, b"\0" * 900)), bad(a_set(2, struct.pack(">HHHH", 305, 1, 0x8001, 4))),
        bad(a_set(3, struct.pack(">HHH", 306, 1, 0) + specifier((149, 4)))), bad(a_set(3, struct.pack(">HHH", 307, 1, 2) + specifier((149, 4)))), bad(a_set(3, struct.pack(">HHH", 308, 65535, 65535))),
        bad(a_set(2, template(309, [(152, 8), (153, 8)])), a_set(309, b"\xff" * 16)), bad(a_set(2, template(310, [(154, 8), (155, 8)])), a_set(310, b"\0" * 16)), bad(a_set(2, struct.pack(">HH", 999, 0))), bad(a_set(2, b"".join(template(400 + i, [(1, 4)]) for i in range(150))))]
    (HERE / "hostile.bin").write_bytes(framed(hostile))


main()
