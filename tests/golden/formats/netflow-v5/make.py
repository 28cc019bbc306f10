#!/usr/bin/env python3
"""Writes input.bin, hostile.bin and expect.ndjson: datagrams of NetFlow version 5, each behind its length (u32, big endian)."""
import ipaddress
import json
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOW = int((datetime(2026, 11, 30, 7, 5, 1, tzinfo=timezone.utc) - EPOCH).total_seconds())
PROTO = {1: "ICMP", 6: "TCP", 17: "UDP"}


def stamp(micros, eve=False):
    text = (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text + ("+0000" if eve else "Z")


def header(count, uptime, secs, nsecs, seq, engine=(0, 0), sampling=0):
    return struct.pack(">HHIIIIBBH", 5, count, uptime, secs, nsecs, seq, *engine, sampling)


def record(f):
    return struct.pack(
        ">4s4s4sHHIIIIHHBBBBHHBBH",
        ipaddress.ip_address(f["src"]).packed, ipaddress.ip_address(f["dst"]).packed, b"\0\0\0\0",
        3, 4, f["pkts"], f["bytes"], f["first"], f["last"], f["sport"], f["dport"],
        0, f.get("flags", 0), f["proto"], 0, 0, 0, 24, 24, 0)


def flow(src, sport, dst, dport, proto, pkts, octets, first, last, flags=0):
    return dict(src=src, sport=sport, dst=dst, dport=dport, proto=proto, pkts=pkts, bytes=octets, first=first, last=last, flags=flags)


# (uptime ms, seconds, nanoseconds, sequence, engine, sampling, flows)
DATAGRAMS = [
    (3_600_000, NOW, 250_000_000, 1000, (0, 0), 0, [
        flow("10.60.31.21", 51000, "203.0.113.80", 443, 6, 18, 2144, 3_540_000, 3_599_000, 0x1B),
        flow("10.60.31.2", 53, "10.60.31.21", 51478, 17, 1, 120, 3_598_500, 3_598_500),
        flow("10.60.31.21", 0, "10.60.20.10", 8 * 256, 1, 4, 336, 3_590_000, 3_593_000)]),
    (5_000, NOW + 60, 0, 1003, (0, 0), 0x4064, [
        flow("10.60.31.22", 40000, "198.51.100.40", 22, 6, 100, 9000, 2**32 - 10_000, 2_000, 0x02),
        flow("198.51.100.40", 22, "10.60.31.22", 40000, 6, 1, 40, 5_000, 5_000, 0x14)]),
    (66_000, NOW + 121, 999_999_999, 1015, (0, 0), 0, [
        flow("192.0.2.255", 65535, "203.0.113.255", 65535, 17, 2**32 - 1, 2**32 - 1, 0, 66_000)]),
    (70_000, NOW + 125, 1_999, 7, (1, 9), 0, [
        flow("10.60.40.5", 0, "10.60.40.1", 0, 47, 2, 96, 60_000, 61_001),
        flow("203.0.113.9", 1, "10.60.20.10", 3389, 6, 1, 44, 69_999, 69_999, 0x02)]),
]


def expected(line, uptime, secs, nsecs, f):
    export = secs * 1_000_000 + nsecs // 1000
    start = export - ((uptime - f["first"]) % 2**32) * 1000
    end = export - ((uptime - f["last"]) % 2**32) * 1000
    core = {"source.ip": f["src"], "destination.ip": f["dst"], "source.bytes": f["bytes"], "source.packets": f["pkts"]}
    rec = {"src_ip": f["src"], "dest_ip": f["dst"]}
    if f["proto"] in (6, 17):
        core |= {"source.port": f["sport"], "destination.port": f["dport"]}
        rec |= {"src_port": f["sport"], "dest_port": f["dport"]}
    if f["proto"] in PROTO:
        core["network.transport"] = PROTO[f["proto"]].lower()
        rec["proto"] = PROTO[f["proto"]]
    if f["proto"] == 1:
        rec |= {"icmp_type": f["dport"] >> 8, "icmp_code": f["dport"] & 255, "src_port": None, "dest_port": None}
    if f["proto"] == 6:
        rec["tcp"] = {"tcp_flags": f"{f['flags']:02x}"}
    rec["netflow"] = {"pkts": f["pkts"], "bytes": f["bytes"], "start": stamp(start, True), "end": stamp(end, True)}
    return {"line": line, "kind": "netflow", "time": stamp(end), "core": core, "record": rec}


def framed(datagrams):
    return b"".join(struct.pack(">I", len(d)) + d for d in datagrams)


def main():
    datagrams, rows = [], []
    for line, (uptime, secs, nsecs, seq, engine, sampling, flows) in enumerate(DATAGRAMS, 1):
        datagrams.append(header(len(flows), uptime, secs, nsecs, seq, engine, sampling) + b"".join(map(record, flows)))
        rows += [expected(line, uptime, secs, nsecs, f) for f in flows]
    (HERE / "input.bin").write_bytes(framed(datagrams))
    (HERE / "expect.ndjson").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    good = record(DATAGRAMS[0][6][0])
    hostile = [
        b"", b"\0", b"\0\5", header(1, 1, NOW, 0, 1)[:23], header(1, 1, NOW, 0, 1), header(0, 1, NOW, 0, 1), header(0, 1, NOW, 0, 1) + good,
        header(2, 1, NOW, 0, 1) + good, header(1, 1, NOW, 0, 1) + good[:47], header(1, 1, NOW, 0, 1) + good + b"\xff" * 7, header(65535, 1, NOW, 0, 1) + good,
        header(31, 1, NOW, 0, 1) + good * 31, header(1, 0, 0, 0, 0) + good, header(1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, (255, 255), 65535) + good,
        b"\0\1" + header(1, 1, NOW, 0, 1)[2:] + good, b"\0\7" + header(1, 1, NOW, 0, 1)[2:] + good, b"\xff\xff" + header(1, 1, NOW, 0, 1)[2:] + good,
        b"\xff" * 72, b"<13>Nov 30 14:05:01 h a: syslog", b"\0" * 1464]
    (HERE / "hostile.bin").write_bytes(framed(hostile))


main()
