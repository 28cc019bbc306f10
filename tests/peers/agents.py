#!/usr/bin/env python3
"""Sends to a real `haidang serve` what its HTTP inputs are for, with clients of others as they are.

The Python client of Elasticsearch (`helpers.bulk` and the requests around it), a handler for Splunk's HEC
and OpenTelemetry's exporter send over TLS, with a token. At the end each source must count every message,
and what has a format of its own must be found under its own kind.

The clients come from PyPI, at the versions of requirements.txt, into an environment of their own; where that
cannot be made nothing is tried and the last line says `skipped`.

    make peers      or      tests/peers/agents.py --haidang target/debug/haidang --bulk 100000
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEY_ID, KEY = "peers", "kha-cua-bulk"
TOKENS = {"bulk": f"{KEY_ID}:{KEY}", "hec": "5d1a9a0e-0000-4000-8000-0123456789ab", "otlp": "kha-cua-otlp"}

CONFIG = """
data_dir = "{dir}/data"
[web]
listen = "127.0.0.1:0"
"""

SOURCE = """
[[source]]
id = "{kind}"
kind = "{kind}"
site = "so-tttt"
listen = "127.0.0.1:{port}"
token_file = "{dir}/{kind}.token"
certificate = "{dir}/server.crt"
key = "{dir}/server.key"
"""


# --- with what -----------------------------------------------------------------------------------
def environment(folder):
    """The environment of the clients; none where it cannot be made."""
    home = Path(folder or ROOT / "target" / "peers")
    python = home / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    mark = home / "made-of"
    if python.exists() and mark.exists() and mark.read_text() == wanted:
        return python
    made = subprocess.run([sys.executable, "-m", "venv", str(home)], capture_output=True, check=False)
    if made.returncode:
        return None
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1",
               "-r", HERE / "requirements.txt"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        print(made.stderr.strip()[-500:], file=sys.stderr)
        return None
    mark.write_text(wanted)
    return python


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "server.key", "-out", folder / "server.crt"],
        check=True, capture_output=True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


# --- the centre ----------------------------------------------------------------------------------
class Control(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self.path)

    def ask(self, path):
        try:
            self.request("GET", path)
            return json.loads(self.getresponse().read())
        finally:
            self.close()


class Centre:
    """A running `haidang serve` with the three sources."""

    def __init__(self, haidang, folder):
        certificate(folder)
        self.folder = folder
        self.ports = {kind: free_port() for kind in TOKENS}
        config = CONFIG.format(dir=folder)
        for kind, token in TOKENS.items():
            (folder / f"{kind}.token").write_text(token + "\n")
            config += SOURCE.format(kind=kind, port=self.ports[kind], dir=folder)
        (folder / "haidang.toml").write_text(config)
        sites = folder / "data" / "rules" / "sites"
        sites.mkdir(parents=True)
        shutil.copy(ROOT / "deploy/demo/rules/sites/demo.yml", sites)
        self.child = subprocess.Popen(
            [haidang, "serve", "--config", folder / "haidang.toml"],
            stdout=subprocess.DEVNULL, stderr=open(folder / "serve.log", "w"))
        self.control = Control(str(folder / "data" / "control.sock"))
        self.wait_for(lambda: self.control.ask("/api/v1/health"))
        for port in self.ports.values():
            self.wait_for(lambda port=port: socket.create_connection(("127.0.0.1", port)).close())

    def wait_for(self, ask):
        for _ in range(600):
            if self.child.poll() is not None:
                sys.exit(f"serve ended with {self.child.returncode}:\n{(self.folder / 'serve.log').read_text()}")
            try:
                return ask()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        sys.exit("serve did not answer within a minute")

    def counted(self):
        items = self.control.ask("/api/v1/sources")["items"]
        return {item["id"]: item for item in items if item["id"] in TOKENS}

    def found(self, query):
        from urllib.parse import quote
        return self.control.ask(f"/api/v1/events?limit=1&q={quote(query)}")["total"]

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(60)


# --- the clients: run in the environment -----------------------------------------------------------
def syslog_line(number):
    return f"<86>1 2026-11-30T07:05:08.25Z gw02 sshd 99 - - Failed password for root from 192.0.2.{number % 250} port 4001 ssh2"


def send_bulk(port, folder, count):
    from elasticsearch import Elasticsearch, helpers
    client = Elasticsearch(f"https://127.0.0.1:{port}", api_key=(KEY_ID, KEY), ca_certs=f"{folder}/server.crt")
    assert client.info()["tagline"] == "You Know, for Search"
    assert client.ping()
    assert client.cluster.health()["status"] == "green"
    assert client.license.get()["license"]["status"] == "active"
    client.indices.put_index_template(name="thu", index_patterns=["thu-*"], template={})

    def actions():
        for number in range(count):
            document = {"@timestamp": "2026-11-30T07:05:02.417Z", "so": number}
            match number % 4:
                case 0:
                    document["message"] = syslog_line(number)
                case 1:
                    document["winlog"] = {"channel": "System", "computer_name": "MAY-01", "event_id": "7036",
                                          "provider_name": "Service Control Manager", "record_id": number}
                case 2:
                    document["message"] = f"một dòng thường {number}"
            yield {"_op_type": "create", "_index": "thu", "_source": document}

    done, errors = helpers.bulk(client, actions(), chunk_size=1_000)
    assert (done, errors) == (count, []), (done, errors)
    # Basic, gzip and an update, which is refused by itself.
    packed = Elasticsearch(f"https://127.0.0.1:{port}", basic_auth=(KEY_ID, KEY),
                           ca_certs=f"{folder}/server.crt", http_compress=True)
    answer = packed.bulk(operations=[{"index": {"_index": "thu", "_id": 7}}, {"so": -1},
                                     {"update": {"_index": "thu", "_id": "7"}}, {"doc": {"so": -2}}])
    assert [list(item.values())[0]["status"] for item in answer["items"]] == [201, 400], answer
    stranger = Elasticsearch(f"https://127.0.0.1:{port}", api_key=("x", "y"), ca_certs=f"{folder}/server.crt")
    try:
        stranger.info()
        raise AssertionError("a stranger was let in")
    except Exception as refused:
        assert getattr(refused, "status_code", None) == 401, refused
    return count + 1


def send_hec(port, folder, count):
    import logging
    from splunk_hec_handler import SplunkHecHandler
    log = logging.getLogger("thu")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(SplunkHecHandler("127.0.0.1", TOKENS["hec"], port=port, proto="https",
                                    ssl_verify=f"{folder}/server.crt", source="peers", empty_body=True))
    for number in range(count):
        if number % 2:
            log.info({"so": number, "fields": {"don_vi": "tt"}})
        else:
            log.info({"timestamp": "2026-11-30T14:05:09.000001+0700", "event_type": "flow", "flow_id": number,
                      "src_ip": "10.60.31.21", "src_port": 1, "dest_ip": "192.0.2.1", "dest_port": 2, "proto": "TCP",
                      "flow": {"pkts_toserver": 1}})
    return count


def send_otlp(port, folder, count):
    from opentelemetry._logs import SeverityNumber
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource
    provider = LoggerProvider(resource=Resource({"service.name": "thu", "host.name": "app01"}))
    exporter = OTLPLogExporter(f"https://127.0.0.1:{port}/v1/logs", certificate_file=f"{folder}/server.crt",
                               headers={"Authorization": f"Bearer {TOKENS['otlp']}"}, compression=Compression.Gzip)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, max_queue_size=4_096, max_export_batch_size=1_000))
    logger = provider.get_logger("peers", "1.0")
    for number in range(count):
        logger.emit(timestamp=time.time_ns(), severity_number=SeverityNumber.WARN, severity_text="WARN",
                    body=f"lời thứ {number}", attributes={"so": number, "ds": ["a", "b"], "ok": True})
        # The processor throws away what its queue does not hold.
        if number % 2_000 == 1_999:
            provider.force_flush()
    provider.shutdown()
    return count


SENDERS = {"bulk": send_bulk, "hec": send_hec, "otlp": send_otlp}


# --- all of it -----------------------------------------------------------------------------------
def run(args, python, folder):
    centre = Centre(args.haidang, folder)
    counts = {"bulk": args.bulk, "hec": args.hec, "otlp": args.otlp}
    # This machine's own authorities would take the place of the test's.
    env = {name: value for name, value in os.environ.items() if not name.endswith("CA_BUNDLE")}
    sent = {}
    try:
        for kind, count in counts.items():
            begun = time.time()
            out = subprocess.run(
                [python, __file__, "--send", kind, "--port", str(centre.ports[kind]), "--dir", folder,
                 "--count", str(count)], capture_output=True, text=True, check=False, env=env)
            if out.returncode:
                print(f"{kind}: the client failed:\n{out.stderr[-3000:]}")
                return False
            sent[kind] = (int(out.stdout.split()[-1]), time.time() - begun)
        for _ in range(300):
            counted = centre.counted()
            if all(counted[kind]["events"] >= many for kind, (many, _) in sent.items()):
                break
            time.sleep(0.1)
        ok = True
        for kind, (many, seconds) in sent.items():
            own = counted[kind]
            print(f"{kind}: {many} sent in {seconds:.1f} s with the client's own start, {own['events']} counted, "
                  f"{own['parse_failed']} parse.failed, {own['dropped']} dropped")
            ok &= own["events"] == many and own["parse_failed"] == 0
        for query, least in (("source:bulk AND kind:linux.auth AND source.ip:192.0.2.0/24", args.bulk // 4),
                             ("source:bulk AND kind:windows.system AND EventID:7036", args.bulk // 4),
                             ("source:hec AND kind:flow AND source.ip:10.60.31.21", args.hec // 2),
                             ("source:hec AND kind:json AND fields.don_vi:tt", args.hec // 2),
                             ("source:otlp AND kind:otel.log AND host.name:app01", args.otlp)):
            # A total is exact up to ten thousand.
            wanted, found = min(least, 10_000), 0
            for _ in range(100):
                found = min(centre.found(query), 10_000)
                if found >= wanted:
                    break
                time.sleep(0.1)
            print(f"{query}: {found} found, {wanted} wanted")
            ok &= found == wanted
        return ok
    finally:
        centre.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--haidang", default=ROOT / "target/release/haidang")
    parser.add_argument("--bulk", type=int, default=100_000, help="documents")
    parser.add_argument("--hec", type=int, default=2_000, help="events; the handler opens a connection for each")
    parser.add_argument("--otlp", type=int, default=100_000, help="log records")
    parser.add_argument("--environment", help="where the clients are installed; target/peers without it")
    parser.add_argument("--send", choices=SENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--dir", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.send:
        print(SENDERS[args.send](args.port, args.dir, args.count))
        return
    python = environment(args.environment)
    if not python or not shutil.which("openssl"):
        print("skipped: the clients of others, for PyPI cannot be reached or openssl is not there")
        return
    folder = Path(tempfile.mkdtemp(prefix="haidang-peers-"))
    try:
        ok = run(args, python, folder)
    finally:
        shutil.rmtree(folder)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
