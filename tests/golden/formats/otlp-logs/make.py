#!/usr/bin/env python3
"""Writes requests.ndjson, answers.ndjson, expect.ndjson, hostile.ndjson and the bodies: OTLP logs over HTTP, protobuf written by hand."""
import gzip
import json
import shutil
import struct
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOW = int((datetime(2026, 11, 30, 7, 5, 1, tzinfo=timezone.utc) - EPOCH).total_seconds()) * 1_000_000_000
RECEIVED = "2026-11-30T08:00:00.000000Z"
TOKEN = "thu-otlp"
PROTOBUF, JSON = "application/x-protobuf", "application/json"


def stamp(nanos):
    return (EPOCH + timedelta(microseconds=nanos // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# --- protobuf, by hand -------------------------------------------------------------------------
def varint(number):
    number %= 2**64
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, wire, body):
    return varint(number << 3 | wire) + body


def sub(number, body):
    return field(number, 2, varint(len(body)) + body)


def text(number, value):
    return sub(number, value.encode())


def fixed64(number, value):
    return field(number, 1, struct.pack("<Q", value))


class Bytes(bytes):
    """A value of type bytes."""


def any_value(value):
    if isinstance(value, bool):
        return field(2, 0, varint(int(value)))
    if isinstance(value, str):
        return text(1, value)
    if isinstance(value, int):
        return field(3, 0, varint(value))
    if isinstance(value, float):
        return field(4, 1, struct.pack("<d", value))
    if isinstance(value, list):
        return sub(5, b"".join(sub(1, any_value(v)) for v in value))
    if isinstance(value, dict):
        return sub(6, b"".join(sub(1, key_value(k, v)) for k, v in value.items()))
    if isinstance(value, Bytes):
        return sub(7, value)
    return b""


def key_value(key, value):
    return text(1, key) + sub(2, any_value(value))


def log_record(r):
    out = fixed64(1, r["time"]) if r.get("time") is not None else b""
    out += field(2, 0, varint(r["number"])) if "number" in r else b""
    out += text(3, r["severity"]) if "severity" in r else b""
    out += sub(5, any_value(r["body"])) if "body" in r else b""
    out += b"".join(sub(6, key_value(k, v)) for k, v in r.get("attributes", {}).items())
    out += field(8, 5, struct.pack("<I", 1)) if "trace" in r else b""
    out += sub(9, bytes.fromhex(r["trace"])) + sub(10, bytes.fromhex(r["span"])) if "trace" in r else b""
    return out + (fixed64(11, r["observed"]) if r.get("observed") is not None else b"")


def protobuf(resources):
    out = b""
    for attributes, scopes in resources:
        body = sub(1, b"".join(sub(1, key_value(k, v)) for k, v in attributes.items()))
        for (name, version), records in scopes:
            body += sub(2, sub(1, text(1, name) + text(2, version)) + b"".join(sub(2, log_record(r)) for r in records))
        out += sub(1, body)
    return out


# --- JSON ----------------------------------------------------------------------------------------
def json_value(value):
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [json_value(v) for v in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": json_pairs(value)}}
    if isinstance(value, Bytes):
        return {"bytesValue": b64encode(value).decode()}
    return {}


def json_pairs(pairs):
    return [{"key": k, "value": json_value(v)} for k, v in pairs.items()]


def json_record(r):
    out = {"timeUnixNano": str(r["time"])} if r.get("time") is not None else {}
    out |= {"observedTimeUnixNano": str(r["observed"])} if r.get("observed") is not None else {}
    out |= {"severityNumber": r["number"]} if "number" in r else {}
    out |= {"severityText": r["severity"]} if "severity" in r else {}
    out |= {"body": json_value(r["body"])} if "body" in r else {}
    out |= {"attributes": json_pairs(r["attributes"])} if "attributes" in r else {}
    return out | ({"traceId": r["trace"], "spanId": r["span"], "flags": 1} if "trace" in r else {})


def as_json(resources):
    return json.dumps({"resourceLogs": [
        {"resource": {"attributes": json_pairs(attributes)},
         "scopeLogs": [{"scope": {"name": name, "version": version}, "logRecords": [json_record(r) for r in records]} for (name, version), records in scopes]}
        for attributes, scopes in resources]}, ensure_ascii=False).encode()


# --- what must come of it ------------------------------------------------------------------------
def plain(value):
    if isinstance(value, Bytes):
        return b64encode(value).decode()
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def rows(line, resources):
    for attributes, scopes in resources:
        for (name, version), records in scopes:
            for r in records:
                nanos = r.get("time") or r.get("observed")
                rec = {"resource": {"attributes": plain(attributes)}} if attributes else {}
                rec |= {"scope": {"name": name} | ({"version": version} if version else {})} if name else {}
                rec |= {"severityNumber": r["number"]} if "number" in r else {}
                rec |= {"severityText": r["severity"]} if "severity" in r else {}
                rec |= {"body": plain(r["body"])} if "body" in r else {"body": None}
                rec |= {"attributes": plain(r["attributes"])} if "attributes" in r else {}
                rec |= {"traceId": r["trace"], "spanId": r["span"]} if "trace" in r else {}
                core = {"host.name": attributes["host.name"]} if "host.name" in attributes else {}
                core |= {"message": r["body"]} if isinstance(r.get("body"), str) and r["body"] else {}
                yield {"line": line, "kind": "otel.log", "time": stamp(nanos) if nanos else RECEIVED} | ({"core": core} if core else {}) | {"record": rec}


APP = {"service.name": "thống kê", "host.name": "app01.xa.vn.example", "service.instance.id": 7, "tags": ["a", "b"]}
FIRST = [(APP, [
    (("vn.thongke", "1.2"), [
        dict(time=NOW + 123_456_789, observed=NOW + 999, number=17, severity="ERROR", body="Không ghi được tệp", attributes={"http.request.method": "GET", "lan": 3, "ti_le": 0.5, "ok": False, "am": -1, "ds": [1, "hai", True], "sau": {"x": {"y": "z"}}}, trace="0af7651916cd43dd8448eb211c80319c", span="b7ad6b7169203331"),
        dict(time=0, observed=NOW + 2_000_000_000, number=9, severity="INFO", body="giờ bằng 0")]),
    (("vn.khac", ""), [dict(time=NOW + 3_000_001_999, number=1, body={"muc": "lỗi", "ma": 9_007_199_254_740_993, "tep": Bytes(b"\x00\xff")})])]),
    ({}, [(("", ""), [dict(body=Bytes(b"\xde\xad\xbe\xef"), observed=NOW + 4_000_000_000), dict(severity="WARN", body=["a", 1]), dict(time=NOW + 5_000_000_000, body="")])])]
SECOND = [({"host.name": "app02.xa.vn.example"}, [(("filelog", "0.1"), [dict(time=NOW + 6_000_000_000, body="hai", attributes={"log.file.name": "a.log"}), dict(time=NOW + 7_000_000_000)])])]

LOOSE = b"""{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"app03.xa.vn.example"}}],"droppedAttributesCount":0},"schemaUrl":"https://lop.vn.example/1",
 "scopeLogs":[{"logRecords":[{"timeUnixNano":1796022309000000001,"severityNumber":"SEVERITY_NUMBER_WARN","body":{"intValue":42},"moi_sau_nay":{"a":[1]}},
 {"observedTimeUnixNano":"1796022310000000000","timeUnixNano":"0","body":{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}}]}}}]}]}]}"""


def main():
    for folder in ("bodies", "hostile"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
    requests, answers, expected = [], [], []

    def ask(name, body, kind, status, json_answer=None, row=(), headers=None, auth="Bearer " + TOKEN, method="POST", path="/v1/logs", reply=None):
        number = len(requests) + 1
        file = f"bodies/{number:02d}-{name}"
        (HERE / file).write_text(body.hex() + "\n") if name.endswith(".hex") else (HERE / file).write_bytes(body)
        send = {"Content-Type": kind} if kind else {}
        send |= {"Authorization": auth} if auth else {}
        requests.append({"request": number, "method": method, "path": path, "headers": send | (headers or {}), "body": file})
        answer = {"request": number, "status": status}
        answer |= {"headers": {"Content-Type": reply or kind}} if status == 200 else {}
        answers.append(answer | ({"json": json_answer} if json_answer is not None else {}))
        expected.extend(rows(number, row))

    ask("protobuf.hex", protobuf(FIRST), PROTOBUF, 200, row=FIRST)
    ask("same.json", as_json(FIRST), JSON, 200, {}, row=FIRST)
    ask("gzip.hex", gzip.compress(protobuf(SECOND), 9, mtime=0), PROTOBUF, 200, row=SECOND, headers={"Content-Encoding": "gzip"})
    ask("gzip-json.hex", gzip.compress(as_json(SECOND), 9, mtime=0), JSON, 200, {}, row=SECOND, headers={"Content-Encoding": "gzip"})
    ask("loose.json", LOOSE, JSON, 200, {})
    expected.extend([
        {"line": 5, "kind": "otel.log", "time": stamp(1796022309000000001), "core": {"host.name": "app03.xa.vn.example"}, "record": {"body": 42, "resource": {"attributes": {"host.name": "app03.xa.vn.example"}}}},
        {"line": 5, "kind": "otel.log", "time": stamp(1796022310000000000), "core": {"host.name": "app03.xa.vn.example"}, "record": {"body": {"a": True}}}])
    ask("empty.hex", b"", PROTOBUF, 200)
    ask("empty.json", b"{}", JSON, 200, {})
    unknown = protobuf(SECOND) + field(99, 0, varint(2**64 - 1)) + text(100, "sau này")
    ask("unknown-fields.hex", unknown, PROTOBUF, 200, row=SECOND)
    ask("no-token.hex", protobuf(SECOND), PROTOBUF, 401, auth=None)
    ask("wrong-token.json", as_json(SECOND), JSON, 401, auth="Bearer sai")
    ask("wrong-type.json", as_json(SECOND), "text/plain", 415)
    ask("cut.hex", protobuf(FIRST)[:-3], PROTOBUF, 400)
    ask("cut.json", as_json(FIRST)[:-3], JSON, 400)
    ask("traces.hex", b"", PROTOBUF, 404, path="/v1/traces")
    for file, lines in (("requests", requests), ("answers", answers), ("expect", expected)):
        (HERE / f"{file}.ndjson").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))

    deep = b""
    for _ in range(400):
        deep = sub(5, sub(1, deep))
    nested = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + b'{"arrayValue":{"values":[' * 400 + b"{}" + b"]}}" * 400 + b"}]}]}]}"
    one = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[%s]}]}]}'
    bodies = [
        (b"\xff", PROTOBUF), (b"\x0a", PROTOBUF), (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", PROTOBUF), (b"\x0a" + b"\xff" * 11, PROTOBUF), (b"\x0b\x0b\x0b", PROTOBUF), (b"\x00\x00", PROTOBUF), (b"\x0e\x01", PROTOBUF), (b"\x08\x01" * 500, PROTOBUF),
        (sub(1, sub(2, sub(2, fixed64(1, 2**64 - 1) + sub(5, text(1, "cuối"))))), PROTOBUF), (sub(1, sub(2, sub(2, sub(5, sub(1, b"\xff\xfe"))))), PROTOBUF), (sub(1, sub(2, sub(2, sub(5, deep)))), PROTOBUF), (sub(1, sub(2, sub(2, sub(9, b"\x01")) + sub(2, sub(5, text(1, "a") + text(1, "b"))))), PROTOBUF),
        (sub(1, sub(2, b"".join(sub(2, b"") for _ in range(300)))), PROTOBUF), (sub(1, sub(2, sub(2, b"".join(sub(6, key_value("k", i)) for i in range(300))))), PROTOBUF), (as_json(SECOND), PROTOBUF), (protobuf(SECOND), JSON),
        (b"", JSON), (b"null", JSON), (b"[]", JSON), (b'{"resourceLogs":7}', JSON), (b'{"resourceLogs":[null]}', JSON), (one % b"null", JSON), (one % b'{"timeUnixNano":"-1"}', JSON), (one % (b'{"timeUnixNano":"' + b"9" * 10000 + b'"}'), JSON), (one % b'{"timeUnixNano":1e400}', JSON), (one % b'{"body":{"stringValue":"a","intValue":"b"}}', JSON),
        (one % b'{"body":{"bytesValue":"***"},"traceId":"zz"}', JSON), (one % b'{"body":{"stringValue":"\xff\xfe"}}', JSON), (one % b'{"attributes":[{"value":{}},{"key":7},7]}', JSON), (nested, JSON)]
    lines = []
    for number, (body, kind) in enumerate(bodies, 1):
        file = f"hostile/{number:02d}.bin"
        (HERE / file).write_bytes(body)
        lines.append({"request": number, "method": "POST", "path": "/v1/logs", "headers": {"Content-Type": kind, "Authorization": "Bearer " + TOKEN}, "body": file})
    (HERE / "hostile.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))


main()
