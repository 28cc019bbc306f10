#!/usr/bin/env python3
"""The long lab: a centre and eight edges in network namespaces, over lines that lose, delay and throttle.

    make lab                      everything: about 25 minutes; needs root and ip
    make lab ARGS="--rounds 5 --cut 60"

Each edge captures a replayed mirror port and reads a log that grows. In this order: bad lines; a long cut of one of them;
kill -9 of the centre and of an edge, round by round, at moments that the seed draws; a full disk on either side; a box
that is set up anew; a centre restored from a backup. At the end every number of every lane must be indexed or declared,
once, and every line of every log too.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from accounts import Accounts
from catch_up import ENOUGH, LEAST, RESIDUE, Watch, bulk, catch_up, tell
from centre import Centre, Edge
from relay import Line, Relay, open_tap

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EDGES = 8


def say(*words):
    print(f"{time.strftime('%H:%M:%S')}", *words, flush=True)


def run(*words):
    subprocess.run(words, check=True)


class Lab:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.lines, self.edges, self.replays, self.wrong = [], [], [], []
        self.namespaces = ["hdlab-c"] + [f"hdlab-{number}" for number in range(1, EDGES + 1)]
        self.rate = options.rate

    def build(self):
        """Namespaces, taps, mirror ports, disks of their own for the centre and one edge."""
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        self.mounts = [("centre", self.options.disk), ("edge-5/data", 128)]
        for name, mib in self.mounts:
            (self.folder / name).mkdir(parents=True)
            run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "hdlab", self.folder / name)
        names = [f"10.77.{number}.1" for number in range(1, EDGES + 1)]
        self.centre = Centre(self.options.binary, "hdlab-c", self.folder / "centre", names)
        self.centre.configure()
        rules = self.centre.data / "rules/sites"
        rules.mkdir(parents=True)
        shutil.copy(ROOT / "deploy/demo/rules/sites/demo.yml", rules)
        for number in range(1, EDGES + 1):
            namespace = f"hdlab-{number}"
            near = open_tap(f"hdn{number}", namespace, f"10.77.{number}.2/24")
            far = open_tap(f"hdf{number}", "hdlab-c", f"10.77.{number}.1/24")
            self.lines.append(Line((near, far), 0.0, 0.0, 100e6, self.options.seed + number))
            run("ip", "-n", namespace, "link", "add", "out0", "type", "veth", "peer", "name", "mir0")
            for end in ("out0", "mir0"):
                run("ip", "-n", namespace, "link", "set", end, "up")
            url = f"https://10.77.{number}.1:8444"
            folder = self.folder / f"edge-{number}"
            self.edges.append(Edge(self.options.binary, namespace, folder, f"xa-{number}", url, "mir0"))
        self.relay = Relay(self.lines)
        self.relay.start()

    def begin(self):
        self.centre.start()
        self.centre.wait_until_up()
        capture = str(ROOT / "deploy/demo/dns-tunnel.pcap")
        for edge in self.edges:
            edge.enrol(self.centre)
            edge.start()
            words = [sys.executable, HERE / "replay.py", capture, "out0", str(self.options.packets)]
            self.replays.append(subprocess.Popen(["ip", "netns", "exec", edge.namespace, *words]))
        for line in self.lines:
            line.loss, line.delay, line.bits = 0.05, 0.150, 2e6
        say(f"{EDGES} edges deliver over 5 % loss, 300 ms there and back, 2 Mbit/s")

    def work(self, seconds):
        """Lines are written into every log for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for edge, line in zip(self.edges, self.lines):
                # Behind a cut line much piles up: enough to see how the line is used afterwards.
                edge.write(self.rate // 2 * (5 if line.is_down else 1), 8 if line.is_down else 1)
            time.sleep(0.5)

    def drain(self, edges=None, seconds=1_200):
        """Waits until the edges hold nothing that the centre does not have; how long it took."""
        began = time.monotonic()
        waiting = list(edges or self.edges)
        while waiting:
            time.sleep(1)
            waiting = [edge for edge in waiting if not edge.is_drained()]
            if time.monotonic() - began > seconds:
                names = ", ".join(edge.name for edge in waiting)
                self.wrong.append(f"{names} did not catch up within {seconds} s")
                break
        return time.monotonic() - began

    def cut_and_kills(self):
        """One line is cut for long; meanwhile the centre and an edge are killed, round by round."""
        edge, line = self.edges[2], self.lines[2]
        line.is_down, began = True, time.monotonic()
        say(f"the line of {edge.name} is cut for {self.options.cut} s")
        for number in range(1, self.options.rounds + 1):
            victim = self.random.choice(self.edges)
            self.work(self.random.uniform(1, 6))
            if self.random.random() < 0.5:
                self.centre.kill()
                self.work(self.random.uniform(0, 2))
                victim.kill()
            else:
                victim.kill()
                self.work(self.random.uniform(0, 2))
                self.centre.kill()
            self.centre.start()
            victim.start()
            self.centre.wait_until_up()
            if number % 5 == 0:
                say(f"{number} rounds of kills")
        left = self.options.cut - (time.monotonic() - began)
        self.work(max(0, left))
        self.catch_up(edge, line)

    def catch_up(self, edge, line):
        """After the cut: lane 1 first, and the line is used, beside a bulk TCP stream over the same line."""
        watch = Watch(edge.namespace)
        try:
            figures = catch_up(line, watch)
        finally:
            watch.end()
        address = edge.url.removeprefix("https://").split(":")[0]
        peer = bulk(line, edge.namespace, self.centre.namespace, address, max(figures["bodies"], 500_000))
        tell(figures, peer, lambda *words: say(f"{edge.name}:", *words))
        # A lane in which nothing waited says nothing.
        done = [lane["seconds"] for lane in figures["lanes"] if lane["waited"] > RESIDUE]
        if not figures["done"]:
            self.wrong.append(f"{edge.name} did not catch up after the cut")
            return
        if figures["lanes"][0]["waited"] > RESIDUE and done[0] > min(done) + 2:
            self.wrong.append(f"{edge.name}: lane 1 did not come first: {done}")
        if figures["bodies"] < ENOUGH:
            say(f"{edge.name}: too little waited to say how the line is used; a longer --cut brings more")
        elif figures["connected"] < LEAST * peer["share"]:
            self.wrong.append(
                f"{edge.name} used {figures['connected']:.2f} of its line, a bulk stream {peer['share']:.2f}"
            )

    def fill(self, folder, whom, is_full):
        """A disk is filled, what is told, and it goes on once there is room."""
        ballast = folder / "ballast"
        with open(ballast, "wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass
        end = time.monotonic() + 90
        while not is_full() and time.monotonic() < end:
            self.work(1)
        if is_full():
            say(f"{whom}: the full disk is told")
        else:
            self.wrong.append(f"{whom} does not say that its disk is full")
        ballast.unlink()
        end = time.monotonic() + 90
        while is_full() and time.monotonic() < end:
            self.work(1)
        if is_full():
            self.wrong.append(f"{whom} does not go on after there was room")

    def disks(self):
        edge = self.edges[4]
        self.fill(edge.data, edge.name, lambda: edge.report().get("spool") == "full")

        def centre_full():
            return any(own["code"] == "disk_full" for own in self.centre.ask("GET", "/health")["problems"])

        self.fill(self.centre.folder, "the centre", centre_full)

    def set_up_anew(self):
        edge = self.edges[6]
        edge.kill()
        edge.lose_everything()
        edge.enrol(self.centre)
        edge.start()
        say(f"{edge.name} is set up anew under its old name")
        self.work(20)

    def restore(self):
        """A backup while everything runs; later the centre is what it was then."""
        backup = self.folder / "backup"
        made = subprocess.run(self.centre.invoke("backup", str(backup)), capture_output=True, text=True)
        if made.returncode != 0:
            self.wrong.append(f"backup: {made.stderr}")
            return
        say("backup:", made.stdout.strip())
        self.work(30)
        self.centre.kill()
        shutil.rmtree(self.centre.data)
        done = subprocess.run(self.centre.invoke("restore", str(backup)), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.centre.start()
        self.centre.wait_until_up()
        say("the centre is what it was at the backup")
        self.work(20)

    def end(self):
        for replay in self.replays:
            replay.kill()
        for line in self.lines:
            line.loss, line.delay, line.bits = 0.0, 0.0, 100e6
        time.sleep(15)  # the last lines are read
        say(f"drained after {self.drain():.0f} s")
        for edge in self.edges:
            edge.stop()
        self.centre.settle()
        for number, edge in enumerate(self.edges):
            accounts = Accounts(self.centre, edge.name)
            written = edge.written + edge.before
            self.wrong += accounts.check(edge.name, written)
            way = self.lines[number].up
            say(
                f"{edge.name}: {written} lines, {accounts.events} events, {accounts.declared} declared",
                dict(accounts.reasons), f"kills {edge.kills}; frames passed {way.passed}, lost {way.lost}",
            )
        again = self.centre.ask("GET", "/sensors/xa-7")["instances"]
        if len(again) != 2 or again[1]["confirmed"]:
            self.wrong.append(f"xa-7: the second instance is not asked about: {again}")
        if self.centre.count("record.status:instance_changed AND record.sensor:xa-7") != 1:
            self.wrong.append("xa-7: that it was set up anew is not declared once")
        self.centre.stop()
        say(f"the centre was killed {self.centre.kills} times")

    def clear(self):
        for process in [self.centre, *self.edges]:
            if process.child and process.child.poll() is None:
                process.child.kill()
                process.child.wait()
        for replay in self.replays:
            replay.kill()
        for name, _ in self.mounts:
            subprocess.run(["umount", "-l", self.folder / name], stderr=subprocess.DEVNULL)
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/haidang"))
    parser.add_argument("--rounds", type=int, default=25, help="kills of the centre and of an edge")
    parser.add_argument("--cut", type=int, default=600, help="seconds of the long cut")
    parser.add_argument("--rate", type=int, default=20, help="lines a second of each log")
    parser.add_argument("--packets", type=int, default=20, help="packets a second of each mirror port")
    parser.add_argument("--disk", type=int, default=2_000, help="MiB of the centre's disk")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    options = parser.parse_args()
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        print("lab: skipped: it needs root, ip and /dev/net/tun")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="haidang-lab-"))
    say(f"seed {options.seed}, {folder}")
    lab = Lab(options, folder)
    try:
        lab.build()
        lab.begin()
        lab.work(20)
        lab.cut_and_kills()
        lab.disks()
        lab.set_up_anew()
        lab.restore()
        lab.end()
    finally:
        lab.clear()
    for wrong in lab.wrong:
        say("WRONG:", wrong)
    if not (options.keep or lab.wrong):
        shutil.rmtree(folder)
    say("the lab holds" if not lab.wrong else f"{len(lab.wrong)} things do not hold; kept: {folder}")
    return 1 if lab.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
