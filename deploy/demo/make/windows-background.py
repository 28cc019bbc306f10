#!/usr/bin/env python3
"""An ordinary morning of seven computers at a commune office: deploy/demo/background-windows.ndjson (the same bytes every time).

    windows-background.py

Sysmon 1, 3, 11, 22; Security 4624, 4634, 4672, 4688; PowerShell 4104; in Winlogbeat's shape. Nothing here should raise an alert.
"""
from datetime import timedelta

from windows import DEMO, DOMAIN, EXPLORER, PC, POWERSHELL, PS, SECURITY, SERVICES, SID, START, SYSMON, USER, guid, process, rng, utc, winlogbeat, write

OFFICE = r"C:\Program Files\Microsoft Office\root\Office16"
WORK = [  # image, command line, what it resolves, what it writes
    (OFFICE + r"\WINWORD.EXE", '"{i}" /n "D:\\CongVan\\cong-van-{n}-ubnd.docx"', None, r"D:\CongVan\~$ng-van-{n}-ubnd.docx"),
    (OFFICE + r"\EXCEL.EXE", '"{i}" "D:\\BaoCao\\thu-chi-thang-{n}.xlsx"', None, r"D:\BaoCao\thu-chi-thang-{n}.xlsx"),
    (OFFICE + r"\OUTLOOK.EXE", '"{i}"', "thu.example.vn", r"C:\Users\{u}\AppData\Local\Microsoft\Outlook\{u}.ost"),
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", '"{i}" --single-argument https://dichvucong.example.vn/', "dichvucong.example.vn", None),
    (r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe", '"{i}" https://baochi.example.vn/', "baochi.example.vn", None),
    (r"C:\Program Files\Mozilla Firefox\firefox.exe", '"{i}" -url https://tracuu.example.vn/', "tracuu.example.vn", None),
    (r"C:\Users\{u}\AppData\Local\Programs\Zalo\Zalo.exe", '"{i}"', "zalo.example.com", None),
    (r"C:\Program Files\UniKey\UniKeyNT.exe", '"{i}"', None, None),
    (r"C:\Windows\System32\notepad.exe", '"{i}" C:\\Users\\{u}\\Desktop\\ghi-chu-{n}.txt', None, r"C:\Users\{u}\Desktop\ghi-chu-{n}.txt"),
    (r"C:\Program Files\Adobe\Acrobat DC\Acrobat\Acrobat.exe", '"{i}" "C:\\Users\\{u}\\Downloads\\nghi-quyet-{n}.pdf"', None, None),
    (r"C:\Windows\System32\mspaint.exe", '"{i}"', None, None),
    (PS, "powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File C:\\CongCu\\sao-luu.ps1 -Encoding UTF8", None, r"D:\SaoLuu\sao-luu-{n}.zip"),
]
SYSTEM = [
    (r"C:\Windows\System32\svchost.exe", r"C:\Windows\system32\svchost.exe -k netsvcs -p -s wuauserv"),
    (r"C:\Windows\System32\taskhostw.exe", "taskhostw.exe"),
    (r"C:\Windows\System32\SearchIndexer.exe", r"C:\Windows\system32\SearchIndexer.exe /Embedding"),
    (r"C:\Windows\System32\spoolsv.exe", r"C:\Windows\System32\spoolsv.exe"),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", r"C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding"),
]
SCRIPTS = [
    r"Get-ChildItem D:\BaoCao -Filter *.xlsx | Copy-Item -Destination D:\SaoLuu -Force",
    "Get-Printer | Where-Object PrinterStatus -ne 'Normal' | Select-Object Name, PrinterStatus",
    r"Import-Csv D:\DanhSach\ho-khau.csv -Encoding UTF8 | Group-Object Thon | Sort-Object Count",
    r"Compress-Archive -Path D:\SaoLuu\*.xlsx -DestinationPath D:\SaoLuu\tuan.zip -Update",
]


def started(time, pc, user, image, command, parent):
    """One start of a program, as Sysmon 1 or as Security 4688."""
    if rng.random() < 0.7:
        return winlogbeat(time, SYSMON, 1, pc, process(time, user, image, command, parent))
    subject = {"SubjectUserSid": "S-1-5-18", "SubjectUserName": pc + "$", "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x3e7"}
    if user != "SYSTEM":
        subject = {"SubjectUserSid": SID + str(1104 + PC.index(pc)), "SubjectUserName": user, "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x5f3a1"}
    return winlogbeat(time, SECURITY, 4688, pc, {
        **subject, "NewProcessId": hex(rng.randrange(1000, 16000, 4)), "NewProcessName": image, "TokenElevationType": "%%1938",
        "ProcessId": hex(rng.randrange(600, 9000, 4)), "CommandLine": command, "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "TargetDomainName": "-",
        "TargetLogonId": "0x0", "ParentProcessName": parent, "MandatoryLabel": "S-1-16-8192"})


def resolved(time, pc, user, image, name):
    return winlogbeat(time, SYSMON, 22, pc, {"RuleName": "-", "UtcTime": utc(time), "ProcessGuid": guid(), "ProcessId": "5120", "QueryName": name,
                                             "QueryStatus": "0", "QueryResults": "::ffff:198.51.100.80;", "Image": image, "User": f"{DOMAIN}\\{user}"})


def connected(time, pc, user, image, name):
    return winlogbeat(time, SYSMON, 3, pc, {
        "RuleName": "-", "UtcTime": utc(time), "ProcessGuid": guid(), "ProcessId": "5120", "Image": image, "User": f"{DOMAIN}\\{user}", "Protocol": "tcp",
        "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": f"10.60.31.{21 + PC.index(pc)}", "SourceHostname": "-",
        "SourcePort": str(rng.randrange(49152, 65535)), "SourcePortName": "-", "DestinationIsIpv6": "false", "DestinationIp": "198.51.100.80",
        "DestinationHostname": name, "DestinationPort": "443", "DestinationPortName": "https"})


def created(time, pc, user, image, path):
    return winlogbeat(time, SYSMON, 11, pc, {"RuleName": "-", "UtcTime": utc(time), "ProcessGuid": guid(), "ProcessId": "5120", "Image": image,
                                             "TargetFilename": path, "CreationUtcTime": utc(time), "User": f"{DOMAIN}\\{user}"})


def logon(time, pc, user):
    sid, session = SID + str(1104 + PC.index(pc)), hex(rng.getrandbits(24))
    address = f"10.60.31.{21 + PC.index(pc)}"
    target = {"TargetUserSid": sid, "TargetUserName": user, "TargetDomainName": DOMAIN, "TargetLogonId": session}
    kind = rng.choice(["3", "3", "7", "2"])
    yield winlogbeat(time, SECURITY, 4624, pc, {
        "SubjectUserSid": "S-1-5-18", "SubjectUserName": pc + "$", "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x3e7", **target, "LogonType": kind,
        "LogonProcessName": "Kerberos" if kind == "3" else "User32 ", "AuthenticationPackageName": "Kerberos" if kind == "3" else "Negotiate",
        "WorkstationName": "-" if kind == "3" else pc, "LogonGuid": guid(), "TransmittedServices": "-", "LmPackageName": "-", "KeyLength": "0",
        "ProcessId": "0x0" if kind == "3" else "0x5a8", "ProcessName": "-" if kind == "3" else r"C:\Windows\System32\svchost.exe",
        "IpAddress": address if kind == "3" else "127.0.0.1", "IpPort": str(rng.randrange(49152, 65535)) if kind == "3" else "0",
        "ImpersonationLevel": "%%1833", "RestrictedAdminMode": "-", "TargetOutboundUserName": "-", "TargetOutboundDomainName": "-",
        "VirtualAccount": "%%1843", "TargetLinkedLogonId": "0x0", "ElevatedToken": "%%1843"})
    if rng.random() < 0.4:
        yield winlogbeat(time, SECURITY, 4672, pc, {"SubjectUserSid": "S-1-5-18", "SubjectUserName": "SYSTEM", "SubjectDomainName": "NT AUTHORITY",
                                                   "SubjectLogonId": "0x3e7", "PrivilegeList": "SeAssignPrimaryTokenPrivilege\n\t\t\tSeAuditPrivilege"})
    yield winlogbeat(time + timedelta(seconds=rng.randrange(2, 900)), SECURITY, 4634, pc, {**target, "LogonType": kind})


def day(count):
    events, time = [], START
    while len(events) < count:
        time += timedelta(seconds=rng.randrange(4, 60), milliseconds=rng.randrange(1000))
        pc = rng.choice(PC)
        user, n, chance = USER[pc], rng.randrange(1, 99), rng.random()
        if chance < 0.2:
            events += logon(time, pc, user)
        elif chance < 0.4:
            events.append(started(time, pc, "SYSTEM", *rng.choice(SYSTEM), SERVICES))
        elif chance < 0.47:
            events.append(winlogbeat(time, POWERSHELL, 4104, pc, {"MessageNumber": "1", "MessageTotal": "1", "ScriptBlockText": rng.choice(SCRIPTS),
                                                                  "ScriptBlockId": guid()[1:-1], "Path": ""}))
        else:
            image, command, name, path = rng.choice(WORK)
            image = image.format(u=user)
            events.append(started(time, pc, user, image, command.format(i=image, u=user, n=n), EXPLORER))
            if name:
                events.append(resolved(time + timedelta(milliseconds=340), pc, user, image, name))
                events.append(connected(time + timedelta(milliseconds=420), pc, user, image, name))
            if path:
                events.append(created(time + timedelta(seconds=2), pc, user, image, path.format(u=user, n=n)))
    return sorted(events, key=lambda e: e["@timestamp"])


if __name__ == "__main__":
    write(DEMO / "background-windows.ndjson", day(600))
