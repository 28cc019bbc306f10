#!/usr/bin/env python3
"""What the Suricata of the data centre wrote in an ordinary hour: deploy/demo/background-eve.json (the same bytes every time).

    eve.py

dns (version 3), http, tls and flow records and one stats record, in the order and with the fields of Suricata 8. Nothing here should raise an alert.
"""
import base64
import hashlib
import json
import random
import socket
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "background-eve.json"
RESOLVER, WEB = "10.60.20.2", "198.51.100.80"
NAMES = ["dichvucong.example.vn", "cong.example.vn", "baochi.example.vn", "thuvien.example.vn", "tracuu.example.vn", "thoitiet.example.com"]
PAGES = ["/", "/tin-tuc", "/tin-tuc/2026/11/hop-bao.html", "/thu-tuc?linh-vuc=dat-dai", "/anh/logo.png", "/tim?q=h%E1%BB%99%20kh%E1%BA%A9u", "/css/trang.css"]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
rng = random.Random(8)
lines = []


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def community_id(proto, src, dest, sport, dport):
    a, b = (socket.inet_aton(src), sport), (socket.inet_aton(dest), dport)
    a, b = min(a, b), max(a, b)
    data = struct.pack("!H4s4sBBHH", 0, a[0], b[0], {"TCP": 6, "UDP": 17}[proto], 0, a[1], b[1])
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


class Flow:
    def __init__(self, time, proto, src, dest, dport):
        self.time, self.proto, self.src, self.dest, self.dport = time, proto, src, dest, dport
        self.sport, self.id = rng.randrange(32768, 61000), rng.getrandbits(50)

    def record(self, time, kind, body, reverse=False, **more):
        ends = (self.src, self.sport, self.dest, self.dport)
        ends = ends[2:] + ends[:2] if reverse else ends
        record = {"timestamp": stamp(time), "flow_id": self.id, **({} if kind == "flow" else {"in_iface": "ens192"}), "event_type": kind,
                  "src_ip": ends[0], "src_port": ends[1], "dest_ip": ends[2], "dest_port": ends[3], "ip_v": 4, "proto": self.proto, **more,
                  "community_id": community_id(self.proto, self.src, self.dest, self.sport, self.dport), kind: body}
        lines.append((time, record))

    def end(self, app, packets, octets, seconds):
        last = self.time + timedelta(seconds=seconds)
        tcp = self.proto == "TCP"
        flags = {"tcp_flags": "1b", "tcp_flags_ts": "1b", "tcp_flags_tc": "1b", "syn": True, "fin": True, "psh": True, "ack": True, "state": "closed",
                 "ts_max_regions": 1, "tc_max_regions": 1}
        body = {"pkts_toserver": packets[0], "pkts_toclient": packets[1], "bytes_toserver": octets[0], "bytes_toclient": octets[1],
                "start": stamp(self.time), "end": stamp(last), "age": int(seconds), "state": "closed" if tcp else "established",
                "reason": "timeout", "alerted": False, "tx_cnt": 1 if tcp else 2}
        self.record(last + timedelta(seconds=rng.randrange(10, 60)), "flow", body, app_proto=app, **({"tcp": flags} if tcp else {}))


def lookup(time, client, name):
    flow, number = Flow(time, "UDP", client, RESOLVER, 53), rng.getrandbits(16)
    query = {"queries": [{"rrname": name, "rrtype": "A"}]}
    flow.record(time, "dns", {"version": 3, "type": "request", "tx_id": 0, "id": number, "flags": "120", "rd": True, "opcode": 0, "rcode": "NOERROR", **query},
                pkt_src="wire/pcap", tx_id=0)
    answer = {"answers": [{"rrname": name, "rrtype": "A", "ttl": 300, "rdata": WEB}], "grouped": {"A": [WEB]}}
    flow.record(time + timedelta(milliseconds=2), "dns", {"version": 3, "type": "response", "tx_id": 1, "id": number, "flags": "8180", "qr": True, "rd": True,
                                                          "ra": True, "opcode": 0, "rcode": "NOERROR", **query, **answer}, reverse=True, pkt_src="wire/pcap", tx_id=1)
    flow.end("dns", (1, 1), (80 + len(name), 96 + len(name)), 0)


def page(time, client, name):
    flow, url = Flow(time, "TCP", client, WEB, 80), rng.choice(PAGES)
    kind = "image/png" if url.endswith("png") else "text/css" if url.endswith("css") else "text/html"
    length = rng.randrange(400, 9000)
    flow.record(time + timedelta(milliseconds=40), "http", {"hostname": name, "url": url, "http_user_agent": AGENT, "http_content_type": kind, "http_method": "GET",
                                                            "protocol": "HTTP/1.1", "status": 200, "length": length}, pkt_src="wire/pcap", tx_id=0)
    flow.end("http", (6, 5 + length // 1400), (640, 420 + length), 1)


def secure(time, client, name):
    flow = Flow(time, "TCP", client, WEB, 443)
    flow.record(time + timedelta(milliseconds=15), "tls", {"sni": name, "version": "TLS 1.3", "client_alpns": ["h2", "http/1.1"]}, pkt_src="wire/pcap")
    flow.end("tls", (12, 14), (2400, 9800 + rng.randrange(9000)), rng.randrange(1, 40))


def main():
    time = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)
    while len(lines) < 299:
        time += timedelta(seconds=rng.randrange(5, 50), microseconds=rng.randrange(10**6))
        client, name = f"10.60.20.{rng.randrange(31, 45)}", rng.choice(NAMES)
        lookup(time, client, name)
        rng.choice([page, secure, secure])(time + timedelta(milliseconds=6), client, name)
    stats = {"uptime": 3600, "capture": {"kernel_packets": 48210, "kernel_drops": 0, "errors": 0}, "decoder": {"pkts": 48210, "bytes": 30812443, "invalid": 0, "ipv4": 48102,
             "ipv6": 0, "tcp": 44180, "udp": 3922}, "flow": {"total": 2107, "active": 61, "tcp": 801, "udp": 1306}, "tcp": {"sessions": 801, "syn": 803, "synack": 801, "rst": 12},
             "app_layer": {"flow": {"http": 270, "tls": 531, "dns_udp": 1306}}}
    lines.append((time, {"timestamp": stamp(time), "event_type": "stats", "stats": stats}))
    OUT.write_text("".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for _, r in sorted(lines, key=lambda line: line[0])))


if __name__ == "__main__":
    main()
