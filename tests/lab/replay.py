"""Sends the packets of a capture onto an interface, over and over: the mirror port of an edge. Run in its namespace."""

import socket
import struct
import sys
import time


def packets(path):
    """The frames of a classic pcap of either byte order."""
    data = open(path, "rb").read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        _, _, kept, _ = struct.unpack_from(order + "IIII", data, at)
        yield data[at + 16 : at + 16 + kept]
        at += 16 + kept


def main(path, interface, per_second):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    port.bind((interface, 0))
    frames = [frame for frame in packets(path) if 14 <= len(frame) <= 1514]
    while True:
        for frame in frames:
            port.send(frame)
            time.sleep(1 / per_second)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
