"""A bad line between two tap devices: it loses, delays and throttles Ethernet frames, and can be down.

Each end of a line is a tap device in a network namespace of its own; the frames go through this process. The kernel
needs no traffic control for it. What is lost is drawn from a seed, so that a run can be met again.
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
# A router's queue: what comes to a full one is lost, as on a real line.
QUEUE_BYTES = 64 * 1024


def open_tap(name, namespace, address):
    """Makes a tap device, puts it into a namespace and gives it an address; the frames come out of the descriptor."""
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    inside = ["ip", "-n", namespace]
    subprocess.run(["ip", "link", "set", name, "netns", namespace], check=True)
    subprocess.run([*inside, "address", "add", address, "dev", name], check=True)
    subprocess.run([*inside, "link", "set", name, "up"], check=True)
    return tap


class Way:
    """One direction of a line."""

    def __init__(self, source, target, line):
        self.source, self.target, self.line = source, target, line
        self.free_at = 0.0
        self.passed = self.lost = self.bytes = 0

    def take(self, frame, now):
        """When the frame arrives at the other end; None when it does not."""
        line = self.line
        waiting = max(0.0, self.free_at - now) * line.bits / 8
        if line.is_down or line.random.random() < line.loss or waiting > QUEUE_BYTES:
            self.lost += 1
            return None
        self.free_at = max(self.free_at, now) + len(frame) * 8 / line.bits
        self.passed += 1
        self.bytes += len(frame)
        return self.free_at + line.delay


class Line:
    """Both directions between two taps. `loss` is a share, `delay` seconds each way, `bits` a second each way."""

    def __init__(self, taps, loss, delay, bits, seed):
        self.loss, self.delay, self.bits, self.is_down = loss, delay, bits, False
        self.random = random.Random(seed)
        near, far = taps
        self.up, self.down = Way(near, far, self), Way(far, near, self)


class Relay(threading.Thread):
    """Carries the frames of all lines until it is told to stop."""

    def __init__(self, lines):
        super().__init__(daemon=True)
        self.lines, self.stopped = lines, False
        self.selector = selectors.DefaultSelector()
        for line in lines:
            for way in (line.up, line.down):
                self.selector.register(way.source, selectors.EVENT_READ, way)

    def run(self):
        under_way, order = [], 0
        while not self.stopped:
            wait = 0.05
            if under_way:
                wait = min(wait, max(0.0, under_way[0][0] - time.monotonic()))
            for key, _ in self.selector.select(wait):
                now = time.monotonic()
                for frame in frames(key.data.source):
                    arrives = key.data.take(frame, now)
                    if arrives is not None:
                        order += 1
                        heapq.heappush(under_way, (arrives, order, key.data.target, frame))
            now = time.monotonic()
            while under_way and under_way[0][0] <= now:
                _, _, target, frame = heapq.heappop(under_way)
                try:
                    os.write(target, frame)
                except OSError:
                    pass  # the other end is not up: the frame is lost


def frames(tap):
    """The frames that are there, a hundred at most: the other lines must not wait."""
    for _ in range(100):
        try:
            yield os.read(tap, 2048)
        except OSError:
            return
