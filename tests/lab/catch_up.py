"""How a line is used while an edge catches up after a cut, and beside it a bulk TCP stream over the same line."""

import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
METRICS = "http://127.0.0.1:9464/metrics"
# Lanes are empty when no more than this waits: an edge speaks of itself, and its sources go on.
RESIDUE = 50
# What the uplink must have of the share of a bulk stream. Both are drawn anew by loss, so one run says it to a tenth.
LEAST = 0.8
# With fewer bytes of bodies the beginning (TCP, TLS, greeting) is most of it, and nothing is said of the line.
ENOUGH = 2_000_000
# More than a connection and a greeting take: from here on bodies leave.
BEGINNING = 16_000


class Watch(threading.Thread):
    """What waits at an edge, as it last said: (seconds, [lane 1, 2, 3], bytes of acknowledged bodies)."""

    def __init__(self, namespace):
        super().__init__(daemon=True)
        words = ["ip", "netns", "exec", namespace, sys.executable, HERE / "waiting.py", METRICS, "0.25"]
        self.child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.last = None
        self.start()

    def run(self):
        for line in self.child.stdout:
            said = line.split()
            self.last = (float(said[0]), [int(word) for word in said[1:4]], int(said[4]))

    def end(self):
        self.child.kill()
        self.child.wait()


class Lane:
    """When a lane was first asked to move, when it was empty, and what had passed the line by then."""

    def __init__(self, waiting):
        self.waiting, self.done, self.bytes = waiting, None, 0


def catch_up(line, watch, seconds=1_800):
    """Brings a cut line back and waits until each lane is empty. Gives a dictionary of figures; `done` says whether all
    were. `share` is of the line's bits from the moment at which it was back; `connected` leaves out the pause until the edge
    tried again, `flowing` the beginning of a connection too."""
    while watch.last is None:
        time.sleep(0.1)
    flows = None
    lanes = [Lane(count) for count in watch.last[1]]
    bodies, sent, began, first = watch.last[2], line.up.bytes, time.monotonic(), None
    line.is_down = False
    samples = [(began, sent)]
    while any(lane.done is None for lane in lanes) and time.monotonic() - began < seconds:
        time.sleep(0.05)
        now, passed = time.monotonic(), line.up.bytes
        samples.append((now, passed))
        if first is None and passed > sent:
            first = now
        if flows is None and passed > sent + BEGINNING:
            flows = now
        told, waiting, _ = watch.last
        for lane, count in zip(lanes, waiting):
            if lane.done is None and told > began and count <= RESIDUE:
                lane.done, lane.bytes = told, bytes_at(samples, told) - sent
    done = all(lane.done is not None for lane in lanes)
    end = max([lane.done for lane in lanes if lane.done] or [time.monotonic()])
    return {
        "done": done,
        "lanes": [
            {
                "waited": lane.waiting,
                "seconds": lane.done and lane.done - began,
                "share": lane.done and share(line, lane.bytes, lane.done - began),
            }
            for lane in lanes
        ],
        "pause": (first or end) - began,
        "seconds": end - began,
        "bytes": bytes_at(samples, end) - sent,
        "bodies": watch.last[2] - bodies,
        "share": share(line, bytes_at(samples, end) - sent, end - began),
        "flowing": share(line, bytes_at(samples, end) - sent, end - (flows or began)),
        "connected": share(line, bytes_at(samples, end) - sent, end - (first or began)),
        "samples": [(moment - began, passed - sent) for moment, passed in samples],
    }


def bytes_at(samples, moment):
    """What had passed at a moment."""
    return next((passed for when, passed in reversed(samples) if when <= moment), samples[0][1])


def share(line, count, seconds):
    """Which part of what the line carries in that time so many bytes are."""
    return count * 8 / line.bits / max(seconds, 0.001)


def bulk(line, near, far, address, count):
    """A stream of so many bytes from one namespace to the other: its share of the line on the wire, and of its own bytes."""
    port = "8555"
    script = [sys.executable, str(HERE / "bulk.py")]
    taker = subprocess.Popen(["ip", "netns", "exec", far, *script, "take", port], stdout=subprocess.PIPE, text=True)
    taker.stdout.readline()
    sent = line.up.bytes
    words = ["ip", "netns", "exec", near, *script, "give", address, port, str(count)]
    took = float(subprocess.run(words, check=True, capture_output=True, text=True, timeout=900).stdout)
    passed = line.up.bytes - sent
    taker.wait(30)
    return {"seconds": took, "share": share(line, passed, took), "own": share(line, count, took)}


def tell(figures, peer, say):
    """The figures in sentences."""
    for number, lane in enumerate(figures["lanes"], 1):
        if lane["seconds"] is None:
            say(f"lane {number}: {lane['waited']} waited and were not delivered")
            continue
        say(f"lane {number}: {lane['waited']} waited, empty after {lane['seconds']:.1f} s, by then {lane['share']:.2f} of the line")
    say(
        f"from the line's return until every lane was empty: {figures['seconds']:.1f} s, {figures['bytes']} bytes on the wire, "
        f"{figures['bodies']} of bodies: {figures['share']:.2f} of the line; without the {figures['pause']:.1f} s until the edge tried again "
        f"{figures['connected']:.2f}; since bodies flow {figures['flowing']:.2f}"
    )
    say(
        f"a bulk TCP stream of as many bytes over the same line: {peer['seconds']:.1f} s, {peer['share']:.2f} of the line; "
        f"the uplink has {figures['connected'] / peer['share']:.2f} of that"
    )
