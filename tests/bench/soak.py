#!/usr/bin/env python3
"""Keeps a real `haidang serve` under a steady load for hours and watches what it holds.

The load is a growing, rotated EVE log and a growing auth log, beside this host's loopback interface
(where it may be opened) and /var/log. Every ten seconds a row: resident memory, descriptors, threads,
processor time, how far index and detector are behind, and how old the newest searchable event is. At
the end everything written must be found, and the rows of the second half must not stand above
those of the first.

    tests/bench/soak.py --seconds 7200 --rate 2000 --out soak.tsv
"""

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

CONFIG = """
data_dir = "{dir}/data"
[metrics]
on = false
[web]
listen = "127.0.0.1:0"
[index]
partition_minutes = {minutes}
[[source]]
id = "eve"
kind = "file"
path = "{dir}/eve.json"
format = "eve"
site = "so-tttt"
[[source]]
id = "auth"
kind = "file"
path = "{dir}/auth.log"
format = "syslog"
site = "so-tttt"
[[source]]
id = "host"
kind = "file"
path = "/var/log"
format = "auto"
site = "so-tttt"
"""

INTERFACE = """
[[source]]
id = "loopback"
kind = "interface"
interface = "lo"
checksums = false
site = "so-tttt"
"""


class Control(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self.path)

    def ask(self, path):
        try:
            self.request("GET", path)
            return json.loads(self.getresponse().read())
        finally:
            self.close()


def stamp(moment):
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


class Load:
    """Lines of a day's kinds; every value that varies in life varies here."""

    def __init__(self, folder, seed):
        self.eve = folder / "eve.json"
        self.auth = folder / "auth.log"
        self.random = random.Random(seed)
        self.written = {"eve": 0, "auth": 0}
        self.hosts = [f"10.60.{a}.{b}" for a in range(8) for b in range(1, 60)]
        self.names = [f"may-{n}.xa{n % 37}.example.vn" for n in range(4000)]

    def line(self, now):
        r = self.random
        base = {
            "timestamp": stamp(now),
            "flow_id": r.getrandbits(52),
            "src_ip": r.choice(self.hosts),
            "src_port": r.randrange(1024, 65535),
            "dest_ip": f"203.0.113.{r.randrange(1, 255)}",
            "dest_port": 443,
            "proto": "TCP",
        }
        kind = r.random()
        if kind < 0.45:
            base.update(event_type="dns", proto="UDP", dest_port=53, dns={
                "version": 3, "type": "request", "id": r.randrange(65536),
                "queries": [{"rrname": r.choice(self.names), "rrtype": "A"}]})
        elif kind < 0.65:
            base.update(event_type="http", dest_port=80, http={
                "hostname": r.choice(self.names), "url": f"/tin/{r.randrange(10**6)}",
                "http_user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "http_method": "GET",
                "protocol": "HTTP/1.1", "status": 200, "length": r.randrange(100000)})
        elif kind < 0.8:
            base.update(event_type="tls", tls={"sni": r.choice(self.names), "version": "TLS 1.3"})
        else:
            base.update(event_type="flow", flow={
                "pkts_toserver": r.randrange(1, 400), "pkts_toclient": r.randrange(1, 400),
                "bytes_toserver": r.randrange(60, 10**6), "bytes_toclient": r.randrange(60, 10**6),
                "start": stamp(now - 1), "end": stamp(now), "state": "closed"})
        return json.dumps(base, separators=(",", ":")) + "\n"

    def write(self, count, now):
        text = "".join(self.line(now) for _ in range(count))
        with open(self.eve, "a") as file:
            file.write(text)
        self.written["eve"] += count

    def write_logons(self, now):
        moment = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        address = f"198.51.100.{self.random.randrange(1, 255)}"
        lines = [f"{moment} cong-xa sshd[{n}]: Failed password for root from {address} port {n} ssh2\n"
                 for n in range(30000, 30010)]
        with open(self.auth, "a") as file:
            file.writelines(lines)
        self.written["auth"] += len(lines)

    def rotate(self, limit):
        if self.eve.stat().st_size < limit:
            return
        old = self.eve.with_name("eve.json.1")
        os.replace(self.eve, old)
        self.eve.touch()


def status_of(pid):
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.split()
    cpu = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return {
        "rss_kib": int(fields["VmRSS"][0]),
        "anon_kib": int(fields["RssAnon"][0]),
        "threads": int(fields["Threads"][0]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "cpu_s": round((int(cpu[11]) + int(cpu[12])) / ticks, 1),
    }


def row(control, pid, started, load):
    health = control.ask("/api/v1/health")
    newest = control.ask("/api/v1/events?limit=1&q=source:eve")["items"]
    lag = ""
    if newest:
        lag = round(time.time() - datetime.fromisoformat(newest[0]["time"]).timestamp(), 2)
    return {
        "second": round(time.time() - started),
        **status_of(pid),
        "written": sum(load.written.values()),
        "journal": health["journal"]["position"],
        "index_behind": health["index"]["lag_events"],
        "detector_behind": health["detector"]["lag_events"],
        "newest_age_s": lag,
        "partitions": health["index"]["partitions"],
        "status": health["status"],
    }


def run(args, folder):
    load = Load(folder, args.seed)
    load.eve.touch()
    load.auth.touch()
    config = CONFIG.format(dir=folder, minutes=args.partition_minutes)
    if os.geteuid() == 0:
        config += INTERFACE
    (folder / "haidang.toml").write_text(config)
    sites = folder / "data" / "rules" / "sites"
    sites.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parents[2] / "deploy/demo/rules/sites/demo.yml", sites)
    child = subprocess.Popen([args.haidang, "serve", "--config", str(folder / "haidang.toml")],
                             stdout=subprocess.DEVNULL, stderr=open(folder / "serve.log", "w"))
    try:
        return watch(args, folder, load, child)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.wait(60)


def watch(args, folder, load, child):
    control = Control(str(folder / "data" / "control.sock"))
    wait_for(lambda: control.ask("/api/v1/health"), child)
    rows, started, next_row = [], time.time(), 0
    out = open(args.out, "w") if args.out else sys.stdout
    while time.time() - started < args.seconds:
        begun = time.time()
        # What a slow second left behind is made up, so that the rate holds.
        due = min(args.rate * (begun - started), args.rate * args.seconds)
        load.write(max(0, round(due - load.written["eve"])), begun)
        if begun - started >= next_row:
            load.write_logons(begun)
            load.rotate(256 << 20)
            rows.append(row(control, child.pid, started, load))
            if next_row == 0:
                print("\t".join(rows[0]), file=out)
            print("\t".join(str(value) for value in rows[-1].values()), file=out, flush=True)
            next_row += 10
        time.sleep(max(0.0, 0.1 - (time.time() - begun)))
    time.sleep(10)
    found = {source: found_of(control, source) for source in load.written}
    return rows, load.written, found


def wait_for(ask, child):
    for _ in range(600):
        if child.poll() is not None:
            sys.exit(f"serve ended with {child.returncode}; see serve.log")
        try:
            return ask()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    sys.exit("serve did not answer within a minute")


def found_of(control, source):
    for entry in control.ask("/api/v1/sources")["items"]:
        if entry["id"] == source:
            return entry["events"]
    return 0


def report(rows, written, found):
    settled = [entry for entry in rows if entry["second"] >= 600] or rows
    half = len(settled) // 2
    ok = True
    print(f"\n{'':18}{'first half':>14}{'second half':>14}{'largest':>12}")
    for name in ("rss_kib", "anon_kib", "descriptors", "threads", "index_behind", "newest_age_s"):
        values = [entry[name] for entry in settled if entry[name] != ""]
        first = statistics.median(values[:half] or values)
        second = statistics.median(values[half:])
        print(f"{name:18}{first:14.1f}{second:14.1f}{max(values):12.1f}")
    for source, count in written.items():
        ok &= found[source] == count
        print(f"{source}: {count} written, {found[source]} counted")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--haidang", default="target/release/haidang")
    parser.add_argument("--seconds", type=int, default=7200)
    parser.add_argument("--rate", type=int, default=2000, help="EVE lines a second")
    parser.add_argument("--partition-minutes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="where the rows go; standard output without it")
    parser.add_argument("--dir", help="keep everything here; a temporary folder without it")
    args = parser.parse_args()
    folder = Path(args.dir or tempfile.mkdtemp(prefix="haidang-soak-")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        ok = report(*run(args, folder))
    finally:
        if not args.dir:
            shutil.rmtree(folder)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
