#!/usr/bin/env python3
"""Lets daemons of others deliver to a real `haidang serve`: rsyslogd, syslog-ng and softflowd, as they are.

rsyslogd and syslog-ng each read a file and send its lines over UDP, TCP (counted and ended by a line feed) and
TLS, each way to a source of its own. Over TCP and TLS every line must be counted exactly once; over UDP what
came and what the kernel threw away, which the source declares, must be all that was sent. softflowd reads
a capture of many flows and exports it as NetFlow 5, 9 and IPFIX, to be counted against its own statistics.

The daemons are found on PATH or, as Debian's packages unpacked by `dpkg -x`, in the folder that HAIDANG_PEERS
names. What is missing is said to be skipped.

    make peers      or      HAIDANG_PEERS=FOLDER tests/peers/syslog.py --haidang target/debug/haidang --count 100000
"""

import argparse
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agents import ROOT, Control, certificate, free_port

LIBRARIES = "usr/lib/x86_64-linux-gnu"
WAYS = ("udp", "tcp-counted", "tcp-ended", "tls")
# softflowd's word for a version of NetFlow; 10 is IPFIX.
FLOWS = {"netflow5": "5", "netflow9": "9", "ipfix": "10"}

SOURCE = """
[[source]]
id = "{id}"
kind = "{kind}"
site = "so-tttt"
listen = "127.0.0.1:{port}"
allow = ["127.0.0.0/8"]
"""


# --- the daemons -----------------------------------------------------------------------------------
class Program:
    """A daemon of others: on PATH, or in a folder of unpacked packages with its libraries."""

    def __init__(self, name, parts):
        self.name, self.env, self.root = name, dict(os.environ), None
        root = os.environ.get("HAIDANG_PEERS")
        held = Path(root) / "usr/sbin" / name if root else None
        if held and held.exists():
            self.path, self.root = str(held), Path(root)
            folders = [self.root / LIBRARIES, self.root / "lib/x86_64-linux-gnu", self.root / "usr/lib/syslog-ng"]
            self.env["LD_LIBRARY_PATH"] = ":".join(map(str, folders))
        else:
            self.path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.modules = next((f for f in map(self.folder, parts) if f and f.exists()), None)

    def folder(self, part):
        found = sorted((self.root or Path("/")).glob(part))
        return found[-1] if found else None

    def start(self, log, *words):
        out = open(log, "ab")
        return subprocess.Popen([self.path, *map(str, words)], env=self.env, stdout=out, stderr=out)


def rsyslogd(program, folder, way, port, lines, work):
    """Starts it on a configuration that sends a file one way; none when it cannot."""
    target = f'type="omfwd" target="127.0.0.1" port="{port}" template="RSYSLOG_SyslogProtocol23Format"'
    tls = ""
    if way == "udp":
        target += ' protocol="udp"'
    else:
        target += f' protocol="tcp" TCP_Framing="{"traditional" if way == "tcp-ended" else "octet-counted"}"'
    if way == "tls":
        if not (program.modules / "lmnsd_ossl.so").exists():
            return None
        tls = f'global(defaultNetstreamDriverCAFile="{folder}/server.crt")\n'
        target += ' StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid"'
    config = work / "peer.conf"
    config.write_text(
        f'global(workDirectory="{work}")\n{tls}module(load="imfile")\n'
        f'input(type="imfile" File="{lines}" Tag="peer:" Severity="info" Facility="local0" ruleset="send")\n'
        f'ruleset(name="send") {{ action({target}) }}\n')
    more = ("-M", program.modules) if program.root else ()
    return program.start(work / "log", "-n", "-f", config, "-i", work / "pid", *more)


def syslog_ng(program, folder, way, port, lines, work):
    """The same."""
    to = f'"127.0.0.1" port({port})'
    destination = {
        "udp": f'network({to} transport("udp"))',
        "tcp-ended": f'network({to} transport("tcp"))',
        "tcp-counted": f'syslog({to} transport("tcp"))',
        "tls": f'syslog({to} transport("tls") tls(ca-file("{folder}/server.crt") peer-verify(required-trusted)))',
    }[way]
    config = work / "peer.conf"
    config.write_text(
        '@version: 3.38\noptions { stats-freq(0); };\n'
        f'source s {{ file("{lines}" flags(no-parse) follow-freq(0.2) program-override("peer")); }};\n'
        f'destination d {{ {destination}; }};\n'
        'log { source(s); destination(d); flags(flow-control); };\n')
    more = ("--module-path", program.modules) if program.root else ()
    return program.start(work / "log", "-F", "--no-caps", "-f", config, "-R", work / "persist", "-p", work / "pid",
                         "-c", work / "control", *more)


PEERS = {
    "rsyslogd": (rsyslogd, ("usr/lib/*/rsyslog",)),
    "syslog-ng": (syslog_ng, ("usr/lib/syslog-ng/3.*", "usr/lib/*/syslog-ng/*", "usr/lib/syslog-ng/[0-9]*")),
}


# --- the centre ------------------------------------------------------------------------------------
class Centre:
    """A running `haidang serve` with a source for each way of each daemon."""

    def __init__(self, haidang, folder, peers):
        self.folder = folder
        self.ports = {f"{peer}-{way}": free_port() for peer in peers for way in WAYS}
        self.ports |= {version: free_port() for version in FLOWS}
        config = f'data_dir = "{folder}/data"\n[web]\nlisten = "127.0.0.1:0"\n[metrics]\non = false\n'
        for name, port in self.ports.items():
            kind = "netflow" if name in FLOWS else "syslog"
            config += SOURCE.format(id=name, kind=kind, port=port)
            if kind == "syslog":
                config += f'transport = "{name.removeprefix("rsyslogd-").removeprefix("syslog-ng-").split("-")[0]}"\n'
            if name.endswith("-tls"):
                config += f'certificate = "{folder}/server.crt"\nkey = "{folder}/server.key"\n'
        (folder / "haidang.toml").write_text(config)
        sites = folder / "data" / "rules" / "sites"
        sites.mkdir(parents=True)
        shutil.copy(ROOT / "deploy/demo/rules/sites/demo.yml", sites)
        log = open(folder / "serve.log", "w")
        env = {**os.environ, "RUST_LOG": os.environ.get("RUST_LOG", "warn")}
        self.child = subprocess.Popen([haidang, "serve", "--config", folder / "haidang.toml"], stdout=log, stderr=log, env=env)
        self.control = Control(str(folder / "data" / "control.sock"))
        for _ in range(600):
            if self.child.poll() is not None:
                sys.exit(f"serve ended with {self.child.returncode}:\n{(folder / 'serve.log').read_text()}")
            try:
                self.control.ask("/api/v1/health")
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(1)

    def counted(self, name):
        items = self.control.ask("/api/v1/sources")["items"]
        return next((item for item in items if item["id"] == name), {"events": 0, "parse_failed": 0, "dropped": 0})

    def settled(self, name, wanted, seconds):
        """What a source has counted when it has all, or when nothing more comes."""
        last, quiet, began = None, 0, time.monotonic()
        while time.monotonic() - began < seconds and quiet < 15:
            now = self.counted(name)
            if now["events"] + now["dropped"] >= wanted:
                break
            # A status that declares drops comes every ten seconds.
            quiet = quiet + 1 if now == last and now["events"] else 0
            last = now
            time.sleep(1)
        # One that comes twice would come now.
        time.sleep(1)
        return self.counted(name), time.monotonic() - began

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(60)


# --- syslog ----------------------------------------------------------------------------------------
def deliver(centre, peer, program, way, count, lines):
    work = centre.folder / f"{peer}-{way}"
    work.mkdir()
    name = f"{peer}-{way}"
    begin, _ = PEERS[peer]
    child = begin(program, centre.folder, way, centre.ports[name], lines, work)
    if child is None:
        print(f"skipped: {name}, for rsyslog-openssl is not there")
        return True
    own, seconds = centre.settled(name, count, 120)
    child.terminate()
    child.wait(30)
    total = own["events"] + own["dropped"]
    ok = own["parse_failed"] == 0 and (total == count if way == "udp" else (own["events"], own["dropped"]) == (count, 0))
    print(f"{name}: {count} sent, {own['events']} counted, {own['dropped']} declared dropped, "
          f"{own['parse_failed']} parse.failed, {seconds:.0f} s{'' if ok else ': NOT ALL'}", flush=True)
    if not ok:
        print((work / "log").read_text()[-1500:])
    return ok


# --- flows -----------------------------------------------------------------------------------------
def checksum(words):
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_capture(path, flows):
    """A capture of so many flows over UDP, a packet each."""
    ethernet = bytes.fromhex("020000000002020000000001") + b"\x08\x00"
    payload = b"haidang"
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(flows):
            source = 0x0A3C0000 + number // 50_000
            port = 1_024 + number % 50_000
            head = struct.pack(">BBHHHBBHII", 0x45, 0, 28 + len(payload), number & 0xFFFF, 0, 64, 17, 0, source, 0xC0000201)
            right = checksum(struct.unpack(">10H", head))
            head = head[:10] + struct.pack(">H", right) + head[12:]
            udp = struct.pack(">HHHH", port, 53_000, 8 + len(payload), 0) + payload
            frame = ethernet + head + udp
            out.write(struct.pack("<IIII", 1_796_000_000 + number // 2_000, number % 2_000 * 500, len(frame), len(frame)))
            out.write(frame)


def export(centre, program, version, capture, flows):
    work = centre.folder / version
    work.mkdir()
    command = [program.path, "-d", "-r", capture, "-m", str(2 * flows), "-n", f"127.0.0.1:{centre.ports[version]}",
               "-v", FLOWS[version], "-c", "none", "-p", work / "pid"]
    out = subprocess.run(command, env=program.env, capture_output=True, text=True, check=False, timeout=300)
    said = out.stdout + out.stderr
    told = re.search(r"Flows exported: (\d+) \((\d+) records\) in (\d+) packets \((\d+) failures\)", said)
    if not told:
        print(f"{version}: softflowd said nothing of what it exported:\n{said[-2000:]}")
        return False
    _, records, packets, failures = map(int, told.groups())
    own, seconds = centre.settled(version, records, 120)
    # What a source declares dropped are datagrams, with several flows each: no sum can be made of them, so that only
    # their being declared is asked for.
    whole = own["events"] == records or (own["events"] < records and own["dropped"] > 0)
    ok = own["parse_failed"] == 0 and failures == 0 and whole and own["events"] >= min(records, 100_000)
    print(f"{version}: softflowd says {records} flows in {packets} datagrams; {own['events']} counted, {own['dropped']} declared "
          f"dropped, {own['parse_failed']} parse.failed, {seconds:.0f} s{'' if ok else ': NOT ALL'}", flush=True)
    return ok


# --- all of it -------------------------------------------------------------------------------------
def run(args, folder):
    peers = {name: Program(name, parts) for name, (_, parts) in PEERS.items()}
    flowing = Program("softflowd", ())
    for name, program in [*peers.items(), ("softflowd", flowing)]:
        if args.only not in (None, name):
            program.path = None
        elif not program.path:
            print(f"skipped: {name}, for it is neither on PATH nor in $HAIDANG_PEERS")
    peers = {name: program for name, program in peers.items() if program.path}
    if not peers and not flowing.path:
        return True
    if not shutil.which("openssl"):
        print("skipped: the daemons of others, for openssl is not there")
        return True
    certificate(folder)
    lines = folder / "lines.txt"
    lines.write_text("".join(f"so {number} của một nguồn thật\n" for number in range(args.count)))
    centre, ok = Centre(args.haidang, folder, peers), True
    try:
        for peer, program in peers.items():
            for way in WAYS:
                ok &= deliver(centre, peer, program, way, args.count, lines)
        if flowing.path:
            capture = folder / "flows.pcap"
            write_capture(capture, args.flows)
            for version in FLOWS:
                ok &= export(centre, flowing, version, capture, args.flows)
    finally:
        centre.end()
        told = (folder / "serve.log").read_text()
        print(told[-2000:], end="")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--haidang", default=ROOT / "target/release/haidang")
    parser.add_argument("--count", type=int, default=100_000, help="messages of each daemon, each way")
    parser.add_argument("--flows", type=int, default=120_000, help="flows of the capture")
    parser.add_argument("--only", choices=[*PEERS, "softflowd"], help="one of the daemons; all of them without it")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="haidang-peers-"))
    try:
        ok = run(args, folder)
    finally:
        shutil.rmtree(folder)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
