#!/usr/bin/env python3
"""One line: a centre, an edge behind 5 % loss, 300 ms and 2 Mbit/s, a cut, and how the line is used afterwards.

    make line                                three minutes; needs root and ip
    tests/lab/line.py --cut 600 --lines 200000 --seed 7

Beside it, over the same line, a bulk TCP stream of as many bytes. `--trace FILE` writes what had passed, moment by moment.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from catch_up import LEAST, Watch, bulk, catch_up, tell
from centre import Centre, Edge
from relay import Line, Relay, open_tap

ROOT = Path(__file__).resolve().parents[2]
NEAR, FAR = "hdline-1", "hdline-c"


def say(*words):
    print(f"{time.strftime('%H:%M:%S')}", *words, flush=True)


def build(options, folder):
    """The namespaces, the line between them, a centre and an edge that is enrolled."""
    for namespace in (NEAR, FAR):
        subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "netns", "add", namespace], check=True)
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True)
    taps = open_tap("hdl1", NEAR, "10.78.1.2/24"), open_tap("hdl2", FAR, "10.78.1.1/24")
    line = Line(taps, 0.0, 0.0, 100e6, options.seed)
    Relay([line]).start()
    centre = Centre(options.binary, FAR, folder / "centre", ["10.78.1.1"])
    centre.configure()
    sites = centre.data / "rules/sites"
    sites.mkdir(parents=True)
    shutil.copy(ROOT / "deploy/demo/rules/sites/demo.yml", sites)
    edge = Edge(options.binary, NEAR, folder / "edge", "xa-1", "https://10.78.1.1:8444", None, options.uplink)
    centre.start()
    centre.wait_until_up()
    edge.enrol(centre)
    edge.start()
    return line, centre, edge


def measure(options, line, edge):
    end = time.monotonic() + 60
    while not edge.is_drained() and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(8)  # the centre's first configuration makes an edge begin anew
    line.loss, line.delay, line.bits = options.loss, options.delay / 2_000, options.kbit * 1e3
    watch = Watch(NEAR)
    try:
        time.sleep(5)
        line.is_down = True
        began = time.monotonic()
        edge.write(options.lines, options.noise)
        say(f"the line is cut for {options.cut} s; {options.lines} lines are written")
        time.sleep(max(0.0, options.cut - (time.monotonic() - began)))
        figures = catch_up(line, watch)
        peer = bulk(line, NEAR, FAR, "10.78.1.1", max(figures["bodies"], 100_000))
    finally:
        watch.end()
    tell(figures, peer, say)
    if options.trace:
        Path(options.trace).write_text("".join(f"{at:.2f} {passed}\n" for at, passed in figures["samples"]))
    return figures, peer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/haidang"))
    parser.add_argument("--cut", type=int, default=60, help="seconds of the cut")
    parser.add_argument("--lines", type=int, default=60_000, help="lines that are written meanwhile")
    parser.add_argument("--noise", type=int, default=8, help="words of 16 digits in each line that do not shrink")
    parser.add_argument("--loss", type=float, default=0.05, help="share of the frames")
    parser.add_argument("--delay", type=float, default=300, help="milliseconds there and back")
    parser.add_argument("--kbit", type=float, default=2_000)
    parser.add_argument("--least", type=float, default=LEAST, help="what the uplink must have of the bulk stream's share")
    parser.add_argument("--uplink", default="", help='keys of the edge, as "flights = 1"')
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--trace", help="a file for what had passed, moment by moment")
    options = parser.parse_args()
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        print("line: skipped: it needs root, ip and /dev/net/tun")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="haidang-line-"))
    say(f"seed {options.seed}, {folder}")
    processes = []
    try:
        line, centre, edge = build(options, folder)
        processes += [edge, centre]
        figures, peer = measure(options, line, edge)
    finally:
        for process in processes:
            process.child.kill()
            process.child.wait()
        for namespace in (NEAR, FAR):
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)
    good = figures["done"] and figures["connected"] >= options.least * peer["share"]
    say("the line is used" if good else f"the line is not used as it should be; kept: {folder}")
    if good:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
