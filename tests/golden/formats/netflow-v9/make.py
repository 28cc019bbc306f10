#!/usr/bin/env python3
"""Writes input.bin, hostile.bin and expect.ndjson: datagrams of NetFlow version 9, each behind its length (u32, big endian)."""
import ipaddress
import json
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOW = int((datetime(2026, 11, 30, 7, 5, 1, tzinfo=timezone.utc) - EPOCH).total_seconds())
RECEIVED = "2026-11-30T08:00:00.000000Z"
PROTO = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "IPv6-ICMP"}
BYTES, PKTS, PROTOCOL, FLAGS, SPORT, SRC4, INPUT, DPORT, DST4 = 1, 2, 4, 6, 7, 8, 10, 11, 12
LAST, FIRST, SRC6, DST6, INTERVAL, ALGORITHM, UNKNOWN = 21, 22, 27, 28, 34, 35, 65001

V4 = [(SRC4, 4), (DST4, 4), (SPORT, 2), (DPORT, 2), (PROTOCOL, 1), (FLAGS, 1), (PKTS, 4), (BYTES, 4), (FIRST, 4), (LAST, 4)]
V6 = [(LAST, 4), (FIRST, 4), (BYTES, 8), (PKTS, 8), (INPUT, 2), (PROTOCOL, 1), (SPORT, 2), (DPORT, 2), (SRC6, 16), (DST6, 16)]
NEW = [(UNKNOWN, 6), (PROTOCOL, 1), (DPORT, 2), (SPORT, 2), (DST4, 4), (SRC4, 4), (LAST, 4), (FIRST, 4), (PKTS, 2), (BYTES, 3)]
SHORT = [(SRC4, 4), (DST4, 4), (BYTES, 4), (PKTS, 4), (LAST, 4), (FIRST, 4)]


def stamp(micros, eve=False):
    text = (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text + ("+0000" if eve else "Z")


def flow(src, sport, dst, dport, proto, pkts, octets, first, last, flags=0):
    return dict(src=src, sport=sport, dst=dst, dport=dport, proto=proto, pkts=pkts, bytes=octets, first=first, last=last, flags=flags)


def value(f, field, length):
    number = {BYTES: f["bytes"], PKTS: f["pkts"], PROTOCOL: f["proto"], FLAGS: f["flags"], SPORT: f["sport"], DPORT: f["dport"],
              FIRST: f["first"], LAST: f["last"], INPUT: 7, UNKNOWN: 0xC0FFEE}.get(field)
    if field in (SRC4, SRC6):
        return ipaddress.ip_address(f["src"]).packed
    if field in (DST4, DST6):
        return ipaddress.ip_address(f["dst"]).packed
    return number.to_bytes(length, "big")


def flowset(number, body, pad=True):
    body += b"\0" * (-len(body) % 4 if pad else 0)
    return struct.pack(">HH", number, 4 + len(body)) + body


def template(number, fields):
    return struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)


def options(number, scope, fields):
    return struct.pack(">HHH", number, 4 * len(scope), 4 * len(fields)) + b"".join(struct.pack(">HH", *f) for f in scope + fields)


def data(number, fields, flows):
    return flowset(number, b"".join(value(f, *field) for f in flows for field in fields))


def datagram(count, uptime, secs, seq, source, *sets):
    return struct.pack(">HHIIII", 9, count, uptime, secs, seq, source) + b"".join(sets)


def expected(line, fields, uptime, secs, f):
    export = secs * 1_000_000
    start = export - ((uptime - f["first"]) % 2**32) * 1000
    end = export - ((uptime - f["last"]) % 2**32) * 1000
    has = {field for field, _ in fields}
    core = {"source.ip": f["src"], "destination.ip": f["dst"], "source.bytes": f["bytes"], "source.packets": f["pkts"]}
    rec = {"src_ip": f["src"], "dest_ip": f["dst"]}
    if PROTOCOL in has:
        core["network.transport"] = PROTO[f["proto"]].lower()
        rec["proto"] = PROTO[f["proto"]]
        if f["proto"] in (6, 17):
            core |= {"source.port": f["sport"], "destination.port": f["dport"]}
            rec |= {"src_port": f["sport"], "dest_port": f["dport"]}
    rec["netflow"] = {"pkts": f["pkts"], "bytes": f["bytes"], "start": stamp(start, True), "end": stamp(end, True)}
    return {"line": line, "kind": "netflow", "time": stamp(end), "core": core, "record": rec}


def framed(datagrams):
    return b"".join(struct.pack(">I", len(d)) + d for d in datagrams)


A = flow("10.60.31.21", 51000, "203.0.113.80", 443, 6, 18, 2144, 3_540_000, 3_599_000, 0x1B)
B = flow("10.60.31.2", 53, "10.60.31.21", 51478, 17, 1, 120, 3_598_500, 3_598_501)
C = flow("2001:db8:31::21", 40000, "2001:db8:80::80", 443, 6, 2**33, 2**40 + 1, 100, 899_999)
D = flow("2001:db8:31::21", 0, "2001:db8:31::1", 0, 58, 3, 216, 1_000, 2_000)
E = flow("10.60.31.22", 40000, "198.51.100.40", 22, 6, 100, 9_000, 3_600_500, 3_601_250, 2)
G = flow("10.60.31.23", 5353, "192.0.2.53", 53, 17, 300, 70_000, 3_620_000, 3_629_000)
W = flow("10.60.31.24", 1024, "192.0.2.25", 25, 6, 9, 999, 2**32 - 1, 0)
S = flow("192.0.2.1", 0, "192.0.2.2", 0, 0, 5, 500, 1, 2)
OPT = options(257, [(1, 4)], [(INTERVAL, 4), (ALGORITHM, 1)])
OPTDATA = flowset(257, struct.pack(">IIB", 1, 100, 2))


def main():
    up = 3_600_000
    rows = [{"line": 1, "kind": "parse.failed", "time": RECEIVED}]
    grams = [datagram(1, up, NOW, 50, 1, data(256, V4, [A]))]

    def add(count, uptime, secs, seq, source, sets, *flows):
        grams.append(datagram(count, uptime, secs, seq, source, *sets))
        rows.extend(expected(len(grams), fields, uptime, secs, f) for fields, f in flows)

    add(3, up, NOW, 51, 1, [flowset(0, template(256, V4)), data(256, V4, [A, B])], (V4, A), (V4, B))
    add(3, 900_000, NOW, 9, 2, [flowset(0, template(256, V6)), data(256, V6, [C, D])], (V6, C), (V6, D))
    add(1, 3_602_000, NOW + 2, 52, 1, [data(256, V4, [E])], (V4, E))
    add(2, 3_603_000, NOW + 3, 53, 1, [flowset(1, OPT), OPTDATA])
    add(2, 3_630_000, NOW + 30, 54, 1, [flowset(0, template(256, NEW)), data(256, NEW, [G])], (NEW, G))
    add(1, 5, NOW + 90, 60, 1, [data(256, NEW, [W])], (NEW, W))
    add(4, 10, NOW + 95, 61, 1, [flowset(0, template(258, SHORT) + template(259, V4)), data(259, V4, [W]), data(258, SHORT, [S])], (V4, W), (SHORT, S))
    (HERE / "input.bin").write_bytes(framed(grams))
    (HERE / "expect.ndjson").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def one(*sets):
        return datagram(1, up, NOW, 1, 77, *sets)

    hostile = [
        b"\0\x09", one()[:19], one(), one(b"\0"), one(b"\1\0\0\0"), one(b"\1\0\0\3"), one(b"\1\0\0\4"), one(b"\1\0\xff\xff"), one(b"\0\2\0\4"), one(b"\0\xff\0\x08abcd"),
        one(flowset(0, struct.pack(">HH", 256, 65535))), one(flowset(0, struct.pack(">HH", 256, 0))), one(flowset(0, template(255, V4))), one(flowset(0, template(300, [(1, 0)])), flowset(300, b"abcd")),
        one(flowset(0, template(301, [(1, 65535)])), flowset(301, b"abcd" * 10)), one(flowset(0, template(302, [(8, 4)] * 200)), flowset(302, b"\x0a" * 800)), one(flowset(0, template(303, [(1, 40), (2, 17), (4, 9)])), flowset(303, b"\xff" * 66)),
        one(flowset(0, template(304, [(21, 1), (22, 8), (8, 3), (7, 0)])), flowset(304, b"\xff" * 24)), one(flowset(1, struct.pack(">HHH", 305, 65535, 65535))), one(flowset(1, struct.pack(">HHH", 306, 3, 5) + b"\0" * 8)), one(flowset(1, options(307, [], []))), one(data(309, SHORT, [S]), flowset(0, template(309, SHORT))),
        *[one(flowset(0, b"".join(template(400 + 20 * i + j, [(1, 4)]) for j in range(20)))) for i in range(6)], one(flowset(0, template(308, V4)), flowset(308, b"\xff" * 33)), datagram(65535, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, data(256, V4, [A]))]
    (HERE / "hostile.bin").write_bytes(framed(hostile))


main()
