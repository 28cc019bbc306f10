"""What waits in an edge's spool, lane by lane, read again and again from its own figures. Run in its namespace: a line
`SECONDS LANE1 LANE2 LANE3 BYTES` each time, by the machine's monotonic clock; BYTES are those of acknowledged bodies."""

import re
import sys
import time
import urllib.request

WAITING = re.compile(r'^haidang_spool_waiting_events\{lane="(\d)"\} (\d+)', re.M)
BODIES = re.compile(r"^haidang_uplink_body_bytes_total (\d+)", re.M)


def main(url, pause):
    while True:
        try:
            page = urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:
            page = ""
        lanes = dict(WAITING.findall(page))
        bodies = BODIES.search(page)
        if len(lanes) == 3 and bodies:
            print(time.monotonic(), lanes["1"], lanes["2"], lanes["3"], bodies[1], flush=True)
        time.sleep(float(pause))


if __name__ == "__main__":
    main(*sys.argv[1:])
