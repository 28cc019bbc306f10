"""A bulk TCP stream over a line, beside which the uplink is measured. `take PORT` at one end, `give HOST PORT BYTES` at
the other, each in its namespace. `give` says how many seconds it took from the first packet until the other end had all."""

import os
import socket
import sys
import time


def take(port):
    listener = socket.create_server(("0.0.0.0", int(port)))
    print("ready", flush=True)
    stream, _ = listener.accept()
    while stream.recv(1 << 16):
        pass
    stream.sendall(b"!")
    stream.close()


def give(host, port, count):
    # What does not shrink, as a packed body does not.
    payload, began = os.urandom(int(count)), time.monotonic()
    stream = socket.socket()
    try:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")
    except OSError:
        print("no BBR here; the kernel's default", file=sys.stderr)
    stream.connect((host, int(port)))
    stream.sendall(payload)
    stream.shutdown(socket.SHUT_WR)
    if stream.recv(1) != b"!":
        raise SystemExit("the stream broke")
    print(f"{time.monotonic() - began:.2f}")


if __name__ == "__main__":
    {"take": take, "give": give}[sys.argv[1]](*sys.argv[2:])
