#!/usr/bin/env python3
"""Windows events after the real schemas: three attacks, their harmless twins, and an ordinary day at a commune office.

    windows.py        (writes into deploy/demo and tests/golden; the same bytes every time)

Winlogbeat 8 wraps each event in `winlog`; lsass-dump is NXLog's flat JSON. Field names and order of EventData are those of Sysmon 15
(schema 4.90) and Windows 10's Security log. The encoded commands only print a line.
"""
import base64
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1]
GOLDEN = DEMO.parents[1] / "tests/golden"
SYSMON, SECURITY, POWERSHELL = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-PowerShell"
CHANNEL = {SYSMON: SYSMON + "/Operational", SECURITY: "Security", POWERSHELL: POWERSHELL + "/Operational"}
GUID = {SYSMON: "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", SECURITY: "{54849625-5478-4994-a5ba-3e3b0328c30d}",
        POWERSHELL: "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}"}
TASK = {1: "Process Create (rule: ProcessCreate)", 3: "Network connection detected (rule: NetworkConnect)", 10: "Process accessed (rule: ProcessAccess)",
        11: "File created (rule: FileCreate)", 22: "Dns query (rule: DnsQuery)", 4104: "Execute a Remote Command", 4624: "Logon", 4625: "Logon",
        4634: "Logoff", 4672: "Special Logon", 4688: "Process Creation"}
TITLE = {1: "Process Create:", 3: "Network connection detected:", 10: "Process accessed:", 11: "File created:", 22: "Dns query:",
         4104: "Creating Scriptblock text (1 of 1):", 4624: "An account was successfully logged on.", 4625: "An account failed to log on.",
         4634: "An account was logged off.", 4672: "Special privileges assigned to new logon.", 4688: "A new process has been created."}
DOMAIN, SUFFIX = "XABINHMINH", ".xabinhminh.example.vn"
SID = "S-1-5-21-2905462871-1187340226-3391570442-"
START = datetime(2026, 11, 23, 1, 0, tzinfo=timezone.utc)
PS = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
PWSH = r"C:\Program Files\PowerShell\7\pwsh.exe"
EXPLORER, SERVICES = r"C:\Windows\explorer.exe", r"C:\Windows\System32\services.exe"
PC = [f"XBM-PC{n:02}" for n in range(1, 8)]
USER = dict(zip(PC, ["lan.nt", "minh.tv", "hoa.pt", "tuan.lv", "thu.dt", "hung.nv", "mai.vt"]))
rng = random.Random(20261123)
record_id = {}


def guid():
    return "{" + "-".join("%0*x" % (n, rng.getrandbits(4 * n)) for n in (8, 4, 4, 4, 12)) + "}"


def utc(time):
    return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03}"


def winlogbeat(time, provider, event_id, pc, data, user="SYSTEM"):
    record_id[pc, provider] = record_id.get((pc, provider), rng.randrange(20000, 90000)) + 1
    at = time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"
    sysmon = provider == SYSMON
    winlog = {"api": "wineventlog", "channel": CHANNEL[provider], "computer_name": pc + SUFFIX, "event_data": data, "event_id": str(event_id),
              "opcode": "Info", "process": {"pid": 3500 if sysmon else 716, "thread": {"id": rng.randrange(900, 9000, 4)}},
              "provider_guid": GUID[provider], "provider_name": provider, "record_id": str(record_id[pc, provider]), "task": TASK[event_id]}
    if sysmon:
        winlog["user"] = {"domain": "NT AUTHORITY", "identifier": "S-1-5-18", "name": "SYSTEM", "type": "User"}
    failed = event_id == 4625
    if provider == SECURITY:
        winlog["keywords"] = ["Audit Failure" if failed else "Audit Success"]
    return {"@timestamp": at, "agent": {"name": pc, "type": "winlogbeat", "version": "8.15.3"}, "ecs": {"version": "8.0.0"},
            "event": {"action": TASK[event_id], "code": str(event_id), "kind": "event", "provider": provider,
                      **({"outcome": "failure" if failed else "success"} if provider == SECURITY else {})},
            "host": {"name": pc + SUFFIX}, "log": {"level": "information"}, "message": TITLE[event_id], "winlog": winlog}


def nxlog(time, event_id, pc, data):
    local = time.astimezone(timezone(timedelta(hours=7))).isoformat(timespec="microseconds")
    message = "\r\n".join([TITLE[event_id]] + [f"{k}: {v}" for k, v in data.items()])
    return {"EventTime": local, "Hostname": pc + SUFFIX, "Keywords": "9223372036854775808", "EventType": "INFO", "SeverityValue": 2, "Severity": "INFO",
            "EventID": event_id, "SourceName": SYSMON, "ProviderGuid": GUID[SYSMON].upper(), "Version": 5, "TaskValue": event_id, "OpcodeValue": 0,
            "RecordNumber": rng.randrange(30000, 90000), "ExecutionProcessID": 3500, "ExecutionThreadID": 4168, "Channel": CHANNEL[SYSMON],
            "Domain": "NT AUTHORITY", "AccountName": "SYSTEM", "UserID": "S-1-5-18", "AccountType": "User", "Message": message, "Category": TASK[event_id],
            "Opcode": "Info", **data, "EventReceivedTime": local, "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog"}


def process(time, user, image, command, parent=EXPLORER, name=None):
    system = user == "SYSTEM"
    return {"RuleName": "-", "UtcTime": utc(time), "ProcessGuid": guid(), "ProcessId": str(rng.randrange(1000, 16000, 4)), "Image": image,
            "FileVersion": "10.0.19041.4355 (WinBuild.160101.0800)", "Description": "-", "Product": "-", "Company": "-",
            "OriginalFileName": name or image.rsplit("\\", 1)[1], "CommandLine": command, "CurrentDirectory": "C:\\Windows\\system32\\",
            "User": r"NT AUTHORITY\SYSTEM" if system else f"{DOMAIN}\\{user}", "LogonGuid": guid(), "LogonId": "0x3e7" if system else hex(rng.getrandbits(20)),
            "TerminalSessionId": "0" if system else "1", "IntegrityLevel": "System" if system else "Medium",
            "Hashes": "SHA256=%064X" % rng.getrandbits(256), "ParentProcessGuid": guid(), "ParentProcessId": str(rng.randrange(600, 9000, 4)),
            "ParentImage": parent, "ParentCommandLine": parent, "ParentUser": r"NT AUTHORITY\SYSTEM" if system else f"{DOMAIN}\\{user}"}


def access(time, source, target, granted):
    return {"RuleName": "-", "UtcTime": utc(time), "SourceProcessGUID": guid(), "SourceProcessId": "6312", "SourceThreadId": "4480", "SourceImage": source,
            "TargetProcessGUID": guid(), "TargetProcessId": "716", "TargetImage": target, "GrantedAccess": granted,
            "CallTrace": r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|C:\Windows\SYSTEM32\dbgcore.DLL+a5c1",
            "SourceUser": DOMAIN + r"\tuan.lv", "TargetUser": r"NT AUTHORITY\SYSTEM"}


def logon_failed(user, address, workstation="-"):
    return {"SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "SubjectDomainName": "-", "SubjectLogonId": "0x0", "TargetUserSid": "S-1-0-0",
            "TargetUserName": user, "TargetDomainName": DOMAIN, "Status": "0xc000006d", "FailureReason": "%%2313", "SubStatus": "0xc000006a",
            "LogonType": "3", "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": "NTLM", "WorkstationName": workstation,
            "TransmittedServices": "-", "LmPackageName": "-", "KeyLength": "0", "ProcessId": "0x0", "ProcessName": "-", "IpAddress": address,
            "IpPort": str(rng.randrange(49152, 65535)) if address != "-" else "-"}


def write(path, events):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in events))


def encoded_powershell():
    code = base64.b64encode('Write-Output "Diễn tập: lệnh được mã hóa"'.encode("utf-16-le")).decode()
    fires, silent = [], []
    forms = ["-EncodedCommand", "-encodedcommand", "-enc", "-EnC", "-e", "-ec", "-en", "-encod", "/enc", "/EncodedCommand", "\u2013enc", "\u2014EncodedCommand"]
    for n, form in enumerate(forms):
        time, image = START + timedelta(seconds=1000 + 7 * n), PWSH if n == 3 else PS
        exe = "pwsh.exe" if n == 3 else "powershell.exe"
        fires.append(winlogbeat(time, SYSMON, 1, "XBM-PC03", process(time, "hoa.pt", image, f"{exe} -NoProfile {form} {code}")))
        plain = f"{exe} -NoProfile -ExecutionPolicy RemoteSigned -File C:\\BaoCao\\xuat-bao-cao-{n + 1}.ps1 -Encoding UTF8"
        silent.append(winlogbeat(time, SYSMON, 1, "XBM-PC03", process(time, "hoa.pt", image, plain)))
    time = START + timedelta(seconds=1100)
    plain = "powershell.exe -NoProfile -Command Get-Date"
    fires.append(winlogbeat(time, SYSMON, 1, "XBM-PC01", process(time, "lan.nt", PS, plain)))
    write(DEMO / "encoded-powershell.ndjson", fires)
    write(GOLDEN / "encoded-powershell/silent/input.ndjson", silent)


def lsass_dump():
    rundll, procdump, lsass = r"C:\Windows\System32\rundll32.exe", r"C:\CongCu\procdump64.exe", r"C:\Windows\System32\lsass.exe"
    t = [START + timedelta(seconds=2000 + 20 * n) for n in range(6)]

    def line(n, command, image, name):
        return nxlog(t[n], 1, "XBM-PC04", process(t[n], "tuan.lv", image, command, r"C:\Windows\System32\cmd.exe", name))

    write(DEMO / "lsass-dump.ndjson", [
        line(0, r"rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 716 C:\Windows\Temp\a.dmp full", rundll, "RUNDLL32.EXE"),
        line(1, r"C:\CongCu\procdump64.exe -accepteula -ma lsass.exe C:\Windows\Temp\b.dmp", procdump, "procdump"),
        nxlog(t[2], 10, "XBM-PC05", access(t[2], procdump, lsass, "0x1fffff")),
        nxlog(t[3], 10, "XBM-PC05", access(t[3], r"C:\CongCu\kiem-tra.exe", lsass, "0x1410")),
        nxlog(t[4], 10, "XBM-PC06", access(t[4], r"C:\Windows\System32\svchost.exe", lsass, "0x1000"))])
    write(GOLDEN / "lsass-dump/silent/input.ndjson", [
        line(0, r"rundll32.exe C:\Windows\System32\printui.dll,PrintUIEntry /il", rundll, "RUNDLL32.EXE"),
        line(1, r"C:\CongCu\procdump64.exe -accepteula -ma notepad.exe C:\Windows\Temp\b.dmp", procdump, "procdump"),
        nxlog(t[2], 10, "XBM-PC05", access(t[2], procdump, r"C:\Windows\System32\notepad.exe", "0x1fffff")),
        nxlog(t[3], 10, "XBM-PC05", access(t[3], r"C:\CongCu\kiem-tra.exe", r"C:\Windows\System32\spoolsv.exe", "0x1410")),
        nxlog(t[4], 10, "XBM-PC06", access(t[4], r"C:\Windows\System32\svchost.exe", lsass, "0x1000"))])


def logon_brute_force():
    def failures(pairs):
        times = [START + timedelta(seconds=3000 + 5 * n, microseconds=rng.randrange(10**6)) for n in range(len(pairs))]
        return [winlogbeat(t, SECURITY, 4625, "XBM-MC01", logon_failed(*p)) for t, p in zip(times, pairs)]

    names = ["administrator", "admin", "quantri", "ketoan"]
    pairs = [(names[n % 4], "10.60.31.66", "KALI") for n in range(24)]
    for n in (3, 9, 15):
        pairs.insert(n, ("lan.nt", "10.60.31.22", "XBM-PC01"))
    write(DEMO / "windows-logon-brute-force.ndjson", failures(pairs))
    spread = [(names[n % 4], f"10.60.31.{66 + n % 8}", "-") for n in range(24)]
    write(GOLDEN / "windows-logon-brute-force/silent/input.ndjson", failures(spread + [("lan.nt", "-", "XBM-PC01")] * 3))


if __name__ == "__main__":
    encoded_powershell()
    lsass_dump()
    logon_brute_force()
