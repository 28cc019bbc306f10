"""A centre and its edges as processes in network namespaces of their own, spoken to over the centre's control socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

SITE = "xa-binh-minh"


class Control(http.client.HTTPConnection):
    """HTTP over the control socket: a socket of the file system is in every network namespace."""

    def __init__(self, path):
        super().__init__("haidang", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Process:
    """A haidang in a namespace; it can be killed at any moment and started again."""

    def __init__(self, binary, namespace, folder, command):
        self.binary, self.namespace, self.folder, self.command = binary, namespace, folder, command
        self.child, self.kills = None, 0
        folder.mkdir(parents=True, exist_ok=True)

    def invoke(self, *words):
        inside = ["ip", "netns", "exec", self.namespace, self.binary, *words]
        return [*inside, "--config", str(self.folder / "haidang.toml")]

    def start(self):
        log = open(self.folder / "log", "ab")
        self.child = subprocess.Popen(self.invoke(self.command), stdout=log, stderr=log, start_new_session=True)

    def kill(self):
        """As a power cut does to a program. Capture children go with it by themselves."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self.kills += 1

    def stop(self):
        self.child.terminate()
        self.child.wait(60)


class Centre(Process):
    def __init__(self, binary, namespace, folder, names):
        super().__init__(binary, namespace, folder, "serve")
        self.data = folder / "data"
        self.names = names

    def configure(self):
        (self.folder / "haidang.toml").write_text(
            f'data_dir = "{self.data}"\n[sensor]\nname = "centre"\n[web]\nlisten = "127.0.0.1:8443"\n'
            f'[edges]\nlisten = "0.0.0.0:8444"\nnames = {json.dumps(self.names)}\n'
            f"[journal]\nreserve_mib = 64\n[metrics]\non = false\n[backup]\nreserve_mib = 16\n"
        )

    def ask(self, method, path, body=None):
        control = Control(self.data / "control.sock")
        head = {"content-type": "application/json"} if body is not None else {}
        control.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, head)
        answer = control.getresponse()
        text = answer.read()
        control.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def wait_until_up(self, seconds=120):
        end = time.monotonic() + seconds
        while True:
            try:
                return self.ask("GET", "/health")
            except (OSError, RuntimeError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def events(self, query):
        """Every event that a query finds."""
        path, cursor, found = f"/events?limit=200&q={urllib.parse.quote(query)}", "", []
        while True:
            page = self.ask("GET", path + cursor)
            found.extend(page["items"])
            if not page.get("next"):
                return found
            cursor = "&cursor=" + urllib.parse.quote(page["next"])

    def count(self, query):
        return self.ask("GET", f"/events?limit=1&q={urllib.parse.quote(query)}")["total"]

    def settle(self):
        """Waits until everything that is durable is indexed."""
        while True:
            health = self.wait_until_up()
            if health["index"]["lag_events"] == 0 and health["detector"]["lag_events"] == 0:
                return
            time.sleep(0.2)


class Edge(Process):
    def __init__(self, binary, namespace, folder, name, url, mirror, uplink=""):
        """`mirror`: an interface to capture, or None; `uplink`: keys of that section, as TOML."""
        super().__init__(binary, namespace, folder, "sensor")
        self.name, self.url, self.data = name, url, folder / "data"
        self.log, self.written, self.before = folder / "eve.json", 0, 0
        self.log.touch()
        capture = f'[[source]]\nid = "mirror"\nkind = "interface"\ninterface = "{mirror}"\nsite = "{SITE}"\n'
        capture = capture if mirror else ""
        (folder / "haidang.toml").write_text(
            f'data_dir = "{self.data}"\n[spool]\nmib = 64\nsegment_kib = 512\nreserve_mib = 8\n'
            f'[uplink]\n{uplink}\n{capture}'
            f'[[source]]\nid = "log"\nkind = "file"\nformat = "eve"\npath = "{self.log}"\nsite = "{SITE}"\n'
        )

    def enrol(self, centre):
        invited = centre.ask("POST", "/sensors", {"name": self.name, "sites": [SITE]})
        words = self.invoke("enrol", "--centre", self.url, "--token", invited["token"])
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def write(self, count, words=1):
        """Lines of all three lanes; each carries a number of its own, and words that do not shrink."""
        kinds, lines = ["dns", "flow", "dns", "anomaly"], []
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        for _ in range(count):
            self.written += 1
            noise = [(own * 0x9E3779B97F4A7C15) % 2**64 for own in range(self.written * words, self.written * words + words)]
            lines.append(json.dumps({
                "timestamp": f"{stamp}.{self.written % 1_000_000:06}+0000", "event_type": kinds[self.written % 4],
                "lab": self.written, "src_ip": "10.60.31.2", "dest_ip": "10.60.1.3", "noise": "".join(f"{word:016x}" for word in noise),
            }))
        with open(self.log, "a", encoding="utf-8") as log:
            log.write("".join(line + "\n" for line in lines))

    def report(self):
        try:
            return json.loads((self.data / "status.json").read_text())
        except (OSError, ValueError):
            return {}

    def is_drained(self):
        lanes = self.report().get("lanes", [])
        return bool(lanes) and sum(lane["waiting"] for lane in lanes) <= 3

    def lose_everything(self):
        """A box that is set up anew: its data is gone, and its log begins again."""
        os.rename(self.data, self.folder / "lost")
        self.log.write_text("")
        self.before, self.written = self.written, 0
