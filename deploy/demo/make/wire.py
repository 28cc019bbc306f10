#!/usr/bin/env python3
"""A cable between two interfaces, for what the kernel at hand cannot do (802.1Q ports, netem).

    wire.py bad LEFT RIGHT     loses, doubles and swaps every so many IPv4 frames, the same way every time
    wire.py tag PORT TRUNK     a switch port in VLAN 10: tags what goes to the trunk, untags what comes from it
"""
import random
import selectors
import socket
import sys


TAG = b"\x81\x00\x00\x0a"


def main(mode, *names):
    ends = []
    for name in names:
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        end.bind((name, 3))
        ends.append(end)
    rng, held = random.Random(7), {}
    ready = selectors.DefaultSelector()
    for end in ends:
        ready.register(end, selectors.EVENT_READ)
    while True:
        events = ready.select(0.05)
        if not events:
            for out, frame in held.items():
                out.send(frame)
            held.clear()
        for key, _ in events:
            frame, address = key.fileobj.recvfrom(65535)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            out = ends[1] if key.fileobj is ends[0] else ends[0]
            if mode == "tag":  # the kernel takes the tag off where a packet socket receives
                out.send(frame[:12] + TAG + frame[12:] if out is ends[1] else frame)
                continue
            chance = rng.random() if frame[12:14] == b"\x08\x00" and len(frame) > 200 else 1
            if chance < 0.08:
                continue
            if chance < 0.3 and out not in held:
                held[out] = frame
                continue
            out.send(frame)
            if chance < 0.4:
                out.send(frame)
            if out in held:
                out.send(held.pop(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
