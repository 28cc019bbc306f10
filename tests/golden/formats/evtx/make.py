#!/usr/bin/env python3
"""Writes input.evtx, hostile/ and expect.ndjson: event logs of Windows, byte by byte after [MS-EVEN6] (BinXml) and the published layout of the file."""
import json
import struct
import uuid
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
CHUNK = 64 * 1024
SCHEMA = "http://schemas.microsoft.com/win/2004/08/events/event"
EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
NULL, TEXT, U8, U16, U32, U64, BINARY, GUID, TIME, SID, HEX64, TEXTS, XML = 0, 1, 4, 6, 8, 10, 14, 15, 17, 19, 21, 0x81, 0x21


def ticks(text):
    """A time in units of 100 ns since 1601; seven digits of fraction."""
    whole, fraction = text.rstrip("Z").split(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc) - EPOCH
    return seconds // timedelta(seconds=1) * 10_000_000 + int(fraction)


def sid(text):
    parts = [int(part) for part in text.split("-")[1:]]
    return bytes([parts[0], len(parts) - 2]) + parts[1].to_bytes(6, "big") + b"".join(struct.pack("<I", part) for part in parts[2:])


def value(kind, held):
    """The bytes of a value that stands for a substitution."""
    if kind == TEXT:
        return held.encode("utf-16-le")
    if kind == TEXTS:
        return b"".join((text + "\0").encode("utf-16-le") for text in held)
    if kind in (U8, U16, U32, U64):
        return struct.pack({U8: "<B", U16: "<H", U32: "<I", U64: "<Q"}[kind], held)
    return {NULL: lambda: b"", BINARY: lambda: held, GUID: lambda: uuid.UUID(held).bytes_le, TIME: lambda: struct.pack("<Q", ticks(held)),
            SID: lambda: sid(held), HEX64: lambda: struct.pack("<Q", held)}[kind]()


class Sub:
    """A place that a value of the instance takes; without one the element or attribute is not there."""

    def __init__(self, number, kind):
        self.number, self.kind = number, kind


class Entity:
    def __init__(self, name):
        self.name = name


def element(name, *content, **attributes):
    return name, attributes, content


class Chunk:
    """64 KiB: a header with tables of names and templates, then records. Offsets count from the chunk's begin; the first use of a name or
    template holds it, later ones point there."""

    def __init__(self):
        self.data, self.records, self.last = bytearray(512), [], 512
        self.names, self.templates = {}, {}

    def put(self, form, *values):
        self.data += struct.pack("<" + form, *values)

    def name(self, text):
        if text in self.names:
            return self.put("I", self.names[text])
        here = len(self.data) + 4
        hashed = 0
        for unit in text.encode("utf-16-le")[::2]:
            hashed = (hashed * 65599 + unit) & 0xFFFFFFFF
        bucket = 128 + 4 * (hashed % 64)
        self.put("IIHH", here, struct.unpack_from("<I", self.data, bucket)[0], hashed & 0xFFFF, len(text))
        self.data += text.encode("utf-16-le") + b"\0\0"
        struct.pack_into("<I", self.data, bucket, here)
        self.names[text] = here

    def sized(self, write):
        """What is written behind its own size."""
        place = len(self.data)
        self.put("I", 0)
        write()
        struct.pack_into("<I", self.data, place, len(self.data) - place - 4)

    def content(self, part, in_template):
        if isinstance(part, Sub):
            self.put("BHB", 0x0E, part.number, part.kind)
        elif isinstance(part, Entity):
            self.put("B", 0x09)
            self.name(part.name)
        elif isinstance(part, str):
            self.put("BBH", 0x05, TEXT, len(part))
            self.data += part.encode("utf-16-le")
        else:
            self.element(part, in_template)

    def element(self, node, in_template):
        name, attributes, content = node
        self.put("B", 0x41 if attributes else 0x01)
        if in_template:
            # An element that is nothing but one value depends on it.
            alone = len(content) == 1 and isinstance(content[0], Sub) and content[0].kind != XML
            self.put("H", content[0].number if alone else 0xFFFF)

        def attribute_list():
            for place, (key, held) in enumerate(attributes.items(), 1):
                self.put("B", 0x46 if place < len(attributes) else 0x06)
                self.name(key)
                self.content(held, in_template)

        def rest():
            self.name(name)
            if attributes:
                self.sized(attribute_list)
            if not content:
                return self.put("B", 0x03)
            self.put("B", 0x02)
            for part in content:
                self.content(part, in_template)
            self.put("B", 0x04)
        self.sized(rest)

    def instance(self, guid, node, values):
        """A template's instance; `values` are pairs of kind and value, one of kind XML is (guid, node, values) itself."""
        own = uuid.UUID(guid).bytes_le
        number = struct.unpack("<I", own[:4])[0]
        self.put("BBBBBBI", 0x0F, 1, 1, 0, 0x0C, 1, number)
        if guid in self.templates:
            self.put("I", self.templates[guid])
        else:
            here = len(self.data) + 4
            bucket = 384 + 4 * (number % 32)
            self.put("II", here, struct.unpack_from("<I", self.data, bucket)[0])
            self.data += own
            struct.pack_into("<I", self.data, bucket, here)
            self.templates[guid] = here

            def definition():
                self.put("BBBB", 0x0F, 1, 1, 0)
                self.element(node, True)
                self.put("B", 0)
            self.sized(definition)
        self.put("I", len(values))
        table = len(self.data)
        for kind, held in values:
            self.put("HBB", 0 if kind == XML else len(value(kind, held)), kind, 0)
        for place, (kind, held) in enumerate(values):
            if kind == XML:
                begin = len(self.data)
                self.instance(*held)
                struct.pack_into("<H", self.data, table + 4 * place, len(self.data) - begin)
            else:
                self.data += value(kind, held)
        self.put("B", 0)

    def record(self, number, written, body):
        begin = len(self.data)
        self.put("IIQQ", 0x2A2A, 0, number, ticks(written))
        body(self)
        # Records begin at multiples of eight.
        self.data += bytes(-(len(self.data) + 4 - begin) % 8)
        size = len(self.data) + 4 - begin
        self.put("I", size)
        struct.pack_into("<I", self.data, begin + 4, size)
        self.records.append(number)
        self.last = begin

    def done(self):
        free, data = len(self.data), self.data
        assert free <= CHUNK, free
        first, last = (self.records[0], self.records[-1]) if self.records else (0, 0)
        struct.pack_into("<8sQQQQIIII", data, 0, b"ElfChnk\0", first, last, first, last, 128, self.last, free, zlib.crc32(data[512:free]))
        struct.pack_into("<I", data, 124, zlib.crc32(data[:120] + data[128:512]))
        return bytes(data) + bytes(CHUNK - free)


def log(*chunks):
    written = [chunk if isinstance(chunk, bytes) else chunk.done() for chunk in chunks]
    following = max(chunk.records[-1] for chunk in chunks if not isinstance(chunk, bytes)) + 1
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, len(written) - 1, following, 128, 1, 3, 4096, len(written)).ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(4096, b"\0") + b"".join(written)


# The template of everything that a provider writes: System by values, then what the provider says as a fragment of its own.
OUTER = "f1a3b5c7-0001-4a00-8000-00000000e001"
EVENT = element(
    "Event",
    element(
        "System",
        element("Provider", Name=Sub(0, TEXT), Guid=Sub(1, GUID)),
        element("EventID", Sub(2, U16), Qualifiers=Sub(3, U16)),
        element("Version", Sub(4, U8)),
        element("Level", Sub(5, U8)),
        element("Task", Sub(6, U16)),
        element("Keywords", Sub(7, HEX64)),
        element("TimeCreated", SystemTime=Sub(8, TIME)),
        element("EventRecordID", Sub(9, U64)),
        element("Correlation", ActivityID=Sub(10, GUID)),
        element("Execution", ProcessID=Sub(11, U32), ThreadID=Sub(12, U32)),
        element("Channel", Sub(13, TEXT)),
        element("Computer", Sub(14, TEXT)),
        element("Security", UserID=Sub(15, SID))),
    Sub(16, XML),
    xmlns=SCHEMA)
PROVIDERS = {
    "Microsoft-Windows-Sysmon": "5770385f-c22a-43e0-bf4c-06f5698ffbd9",
    "Microsoft-Windows-Security-Auditing": "54849625-5478-4994-a5ba-3e3b0328c30d",
    "Microsoft-Windows-Eventlog": "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148",
}


def event(provider, channel, computer, number, at, record, said, qualifiers=None, user=None, activity=None, process=716):
    known = PROVIDERS.get(provider)
    values = [
        (TEXT, provider), (GUID, known) if known else (NULL, None), (U16, number), (NULL, None) if qualifiers is None else (U16, qualifiers),
        (U8, 2), (U8, 0), (U16, 12544), (HEX64, 0x8020000000000000), (TIME, at), (U64, record),
        (GUID, activity) if activity else (NULL, None), (U32, process), (U32, 3020), (TEXT, channel), (TEXT, computer),
        (SID, user) if user else (NULL, None), (XML, said)]
    return lambda chunk: chunk.instance(OUTER, EVENT, values)


def data(guid, *pairs):
    """EventData with names: (name, kind, value)."""
    names = [element("Data", Sub(place, kind if kind != NULL else TEXT), Name=name) for place, (name, kind, _) in enumerate(pairs)]
    return guid, element("EventData", *names), [(kind, held) for _, kind, held in pairs]


SYSMON = "Microsoft-Windows-Sysmon/Operational"
DC, PC = "STTTT-DC01.sotttt.vn.example", "XBM-PC02.xabinhminh.vn.example"
SHA = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"


def process_create(guid, record, at, image, line, user):
    return event("Microsoft-Windows-Sysmon", SYSMON, PC, 1, at, record, data(
        guid, ("UtcTime", TEXT, at[:-5].replace("T", " ")), ("ProcessGuid", GUID, "b2c0f8a1-1111-6a00-0100-000000001000"), ("ProcessId", U32, 4242),
        ("Image", TEXT, image), ("CommandLine", TEXT, line), ("User", TEXT, user), ("Hashes", TEXT, f"SHA256={SHA}"),
        ("ParentImage", TEXT, "C:\\Windows\\explorer.exe")), user="S-1-5-18", process=2100)


LOGON = ("a0000000-0000-4000-8000-000000004624",)
CREATE = "a0000000-0000-4000-8000-000000000001"


def logon(record, at, user, address, kind):
    return event("Microsoft-Windows-Security-Auditing", "Security", DC, 4624, at, record, data(
        *LOGON, ("TargetUserSid", SID, "S-1-5-21-1004336348-1177238915-682003330-1104"), ("TargetUserName", TEXT, user), ("TargetDomainName", TEXT, "SOTTTT"),
        ("TargetLogonId", HEX64, 0x8A3F21), ("LogonType", U32, kind), ("IpAddress", TEXT, address), ("IpPort", TEXT, "50211"),
        ("WorkstationName", NULL, None)), activity="d9b07f10-2222-4b00-9000-0000000000aa")


def cleared():
    node = element("UserData", element("LogFileCleared", element("SubjectUserName", Sub(0, TEXT)), element("SubjectDomainName", Sub(1, TEXT)),
                                       xmlns="http://manifests.microsoft.com/win/2004/08/windows/eventlog"))
    said = ("a0000000-0000-4000-8000-000000001102", node, [(TEXT, "tuan.lv"), (TEXT, "SOTTTT")])
    return event("Microsoft-Windows-Eventlog", "Security", DC, 1102, "2026-11-30T07:05:05.0000000Z", 42430, said)


def powershell():
    node = element("EventData", element("Data", Sub(0, TEXTS)), element("Binary", Sub(1, BINARY)))
    said = ("a0000000-0000-4000-8000-000000000800", node, [(TEXTS, ["Get-Date", "HostName=ConsoleHost"]), (BINARY, b"\x00\x41\xff")])
    return event("PowerShell", "Windows PowerShell", PC, 800, "2026-11-30T07:05:06.5000000Z", 42431, said, qualifiers=0)


def plain(chunk):
    """A record without a template: its text stands in it, with entities."""
    chunk.put("BBBB", 0x0F, 1, 1, 0)
    chunk.element(element(
        "Event",
        element("System", element("Provider", Name="Microsoft-Windows-TaskScheduler"), element("EventID", "106"), element("Level", "4"),
                element("TimeCreated", SystemTime="2026-11-30T07:05:07.0000000Z"), element("EventRecordID", "42432"),
                element("Channel", "Microsoft-Windows-TaskScheduler/Operational"), element("Computer", PC)),
        element("EventData", element("Data", "\\Cập nhật ", Entity("amp"), " dọn ", Entity("lt"), "đĩa", Entity("gt"), Name="TaskName"),
                element("Data", "SOTTTT\\hoa.pt", Name="UserContext")),
        xmlns=SCHEMA), False)
    chunk.put("B", 0)


def service():
    return event("Service Control Manager", "System", DC, 7045, "2026-11-30T07:05:04.1234567Z", 42429, data(
        "a0000000-0000-4000-8000-000000007045", ("ServiceName", TEXT, "PSEXESVC"), ("ImagePath", TEXT, "%SystemRoot%\\PSEXESVC.exe"),
        ("StartType", TEXT, "demand start"), ("AccountName", TEXT, "LocalSystem")), qualifiers=16384)


def samples():
    """Two chunks: the second has its names and templates anew."""
    image, line = "C:\\Windows\\System32\\cmd.exe", "cmd /c echo \"a & b\" < C:\\tỉnh.txt > nul"
    first, second = Chunk(), Chunk()
    # The header's time is when it was written; the event has its own.
    written = "2026-11-30T07:09:00.0000000Z"
    first.record(42426, written, process_create(CREATE, 42426, "2026-11-30T07:05:01.1234567Z", image, line, "XABINHMINH\\lan.nt"))
    first.record(42427, written, logon(42427, "2026-11-30T07:05:02.9999999Z", "lan.nt", "203.0.113.9", 10))
    first.record(42428, written, logon(42428, "2026-11-30T07:05:03.0000000Z", "hoa.pt", "2001:db8::9", 3))
    first.record(42429, written, service())
    first.record(42430, written, cleared())
    second.record(42431, written, powershell())
    second.record(42432, written, plain)
    second.record(42433, written, process_create(CREATE, 42433, "2026-11-30T07:05:08.0000010Z", "C:\\Công cụ\\đọc.exe", "", "SOTTTT\\tuan.lv"))
    return log(first, second)


def rows():
    sysmon = {"EventID": 1, "Channel": SYSMON, "Computer": PC, "Provider_Name": "Microsoft-Windows-Sysmon", "ProcessId": 4242,
              "Execution_ProcessID": 2100, "Execution_ThreadID": 3020, "Security_UserID": "S-1-5-18", "EventID_Qualifiers": None}
    who = {"EventID": 4624, "Channel": "Security", "Computer": DC, "TargetDomainName": "SOTTTT", "TargetLogonId": "0x8a3f21", "IpPort": 50211,
           "TargetUserSid": "S-1-5-21-1004336348-1177238915-682003330-1104", "Keywords": "0x8020000000000000", "Security_UserID": None}
    line = "cmd /c echo \"a & b\" < C:\\tỉnh.txt > nul"
    return [
        ("windows.sysmon", "01.123456", {"host.name": PC, "process.executable": "C:\\Windows\\System32\\cmd.exe", "process.command_line": line,
                                         "process.parent.executable": "C:\\Windows\\explorer.exe", "user.domain": "XABINHMINH", "user.name": "lan.nt",
                                         "file.hash.sha256": SHA.lower()},
         {**sysmon, "EventRecordID": 42426, "CommandLine": line}),
        ("windows.security", "02.999999", {"host.name": DC, "source.ip": "203.0.113.9", "source.port": 50211},
         {**who, "EventRecordID": 42427, "TargetUserName": "lan.nt", "LogonType": 10}),
        ("windows.security", "03.000000", {"host.name": DC, "source.ip": "2001:db8::9"},
         {**who, "EventRecordID": 42428, "TargetUserName": "hoa.pt", "LogonType": 3}),
        ("windows.system", "04.123456", {"host.name": DC},
         {"EventID": 7045, "EventID_Qualifiers": 16384, "Provider_Name": "Service Control Manager", "Provider_Guid": None, "ServiceName": "PSEXESVC",
          "ImagePath": "%SystemRoot%\\PSEXESVC.exe", "AccountName": "LocalSystem", "EventRecordID": 42429}),
        ("windows.security", "05.000000", {"host.name": DC},
         {"EventID": 1102, "SubjectUserName": "tuan.lv", "SubjectDomainName": "SOTTTT", "Provider_Name": "Microsoft-Windows-Eventlog"}),
        ("windows.powershell", "06.500000", {"host.name": PC},
         {"EventID": 800, "Channel": "Windows PowerShell", "Data": ["Get-Date", "HostName=ConsoleHost"], "Binary": "0041FF"}),
        ("windows.other", "07.000000", {"host.name": PC},
         {"EventID": 106, "Channel": "Microsoft-Windows-TaskScheduler/Operational", "TaskName": "\\Cập nhật & dọn <đĩa>", "Level": 4,
          "UserContext": "SOTTTT\\hoa.pt", "EventRecordID": 42432}),
        ("windows.sysmon", "08.000001", {"host.name": PC, "process.executable": "C:\\Công cụ\\đọc.exe", "user.domain": "SOTTTT", "user.name": "tuan.lv"},
         {**sysmon, "EventRecordID": 42433}),
    ]


def raw(form, *values):
    return lambda chunk: chunk.put(form, *values)


def deep(levels):
    def body(chunk):
        chunk.put("BBBB", 0x0F, 1, 1, 0)
        for _ in range(levels):
            chunk.put("BI", 0x01, 0x7FFFFFFF)
            chunk.name("a")
            chunk.put("B", 0x02)
    return body


def own_template(chunk):
    """A template that is made of itself."""
    here = len(chunk.data) + 14
    chunk.put("BBBBBBIIIQQI", 0x0F, 1, 1, 0, 0x0C, 1, 7, here, 0, 7, 7, 15)
    chunk.put("BBBBBBIIB", 0x0F, 1, 1, 0, 0x0C, 1, 7, here, 0)
    chunk.put("IB", 0, 0)


def own_name(chunk):
    """Names that follow each other in a ring, one with a length beyond the chunk."""
    here = len(chunk.data) + 13
    chunk.put("BBBBBIIIHH", 0x0F, 1, 1, 0, 0x01, 20, here, here, 0, 0xFFFF)


def hostile():
    at = "2026-11-30T07:05:01.0000000Z"
    whole = process_create(CREATE, 1, at, "a", "b", "c\\d")
    odd = Chunk()
    odd.record(1, at, whole)
    for number, body in enumerate([
            raw("B", 0xFF),
            raw("BBBBBBIII", 0x0F, 1, 1, 0, 0x0C, 1, 1, 0x7FFFFFFF, 0xFFFFFFFF),
            raw("BBBBBBIII", 0x0F, 1, 1, 0, 0x0C, 1, 1, 512, 0x00FFFFFF),
            raw("BBBBB", 0x0F, 1, 1, 0, 0x04),
            raw("BBBBBIIB", 0x0F, 1, 1, 0, 0x01, 9, 0xFFFFFFF0, 0x02),
            raw("BBBBBBH", 0x0F, 1, 1, 0, 0x05, TEXT, 0xFFFF),
            own_template, own_name], 2):
        odd.record(number, at, body)
    odd.record(99, at, whole)
    nest = Chunk()
    nest.record(1, at, deep(6_400))
    stuck = Chunk()
    stuck.record(1, at, whole)
    # A record of no size, behind a good one.
    stuck.data += struct.pack("<IIQQ", 0x2A2A, 0, 2, 0) * 4
    stuck.records.append(5)
    return {"records.evtx": log(odd), "deep.evtx": log(nest), "stuck.evtx": log(stuck)}


def main():
    (HERE / "input.evtx").write_bytes(samples())
    (HERE / "hostile").mkdir(exist_ok=True)
    for name, held in hostile().items():
        (HERE / "hostile" / name).write_bytes(held)
    with open(HERE / "expect.ndjson", "w", encoding="utf-8") as out:
        for line, (kind, second, core, record) in enumerate(rows(), 1):
            row = {"line": line, "kind": kind, "time": f"2026-11-30T07:05:{second}Z", "core": core, "record": record}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
