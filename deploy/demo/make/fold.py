#!/usr/bin/env python3
"""A name server's front that folds names to lower case and knows only ASCII, as many resolvers on the way do.

    fold.py 198.51.100.53 127.0.0.1:5353

iodine notices and encodes its data as Base32, whose names are readable in a capture.
"""
import socket
import sys
import threading


def fold(query: bytes) -> bytes:
    """The query with its first question name in lower case, bytes above 127 as 'x'."""
    out, at = bytearray(query), 12
    while at < len(out) and out[at]:
        for n in range(at + 1, min(at + 1 + out[at], len(out))):
            out[n] = ord("x") if out[n] > 127 else ord(chr(out[n]).lower())
        at += 1 + out[at]
    return bytes(out)


def serve(front, query, client, back):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.settimeout(8)
        relay.sendto(fold(query), back)
        try:
            front.sendto(relay.recv(4096), client)
        except TimeoutError:
            pass


def main(listen, back):
    host, port = back.split(":")
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind((listen, 53))
    while True:
        query, client = front.recvfrom(4096)
        threading.Thread(target=serve, args=(front, query, client, (host, int(port))), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
