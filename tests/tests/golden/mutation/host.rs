//! A pure table: the mutations of the rules for Linux and Windows.

use super::{Mutation, less, more};

pub(super) const ALL: &[Mutation] = &[
    less("ssh-brute-force", "gte: 10", "gte: 1000"),
    less(
        "ssh-brute-force",
        "Failed password for ",
        "Accepted password for ",
    ),
    less(
        "encoded-powershell",
        "condition: image and encoded",
        "condition: image and not encoded",
    ),
    more(
        "encoded-powershell",
        "condition: image and encoded",
        "condition: image",
    ),
    less(
        "lsass-dump",
        "condition: 1 of them",
        "condition: comsvcs and access",
    ),
    more("lsass-dump", "'\\lsass.exe'", "'.exe'"),
    less(
        "windows-logon-brute-force",
        "EventID: 4625",
        "EventID: 4624",
    ),
    less(
        "windows-logon-brute-force",
        "refused and not local",
        "refused and local",
    ),
    less("linux-sudo-failures", "([3-9]|", "([4-9]|"),
    more(
        "linux-sudo-failures",
        "([3-9]|[1-9][0-9]+) incorrect password attempts",
        "[0-9]+ incorrect password attempt",
    ),
    less(
        "linux-cron-download",
        "(curl|wget)\\s.*[^|]",
        "curl\\s.*[^|]",
    ),
    more("linux-cron-download", "?sh(\\s|", "?(sh|base64)(\\s|"),
    less("linux-ssh-success-after-failures", "gte: 5", "gte: 6"),
    more("linux-ssh-success-after-failures", "gte: 5", "gte: 4"),
    less(
        "linux-user-created",
        "process.name: gpasswd",
        "process.name: passwd",
    ),
    more("linux-user-created", "UID=0(", "UID=[0-9]+("),
    less(
        "linux-ssh-root-password",
        "Accepted password for root",
        "Accepted publickey for root",
    ),
    more(
        "linux-ssh-root-password",
        "Accepted password for root",
        "Accepted publickey for root",
    ),
    less("linux-reverse-shell", "'/dev/tcp/'", "'/dev/tcp6/'"),
    more("linux-reverse-shell", "'/dev/tcp/'", "'/dev/null'"),
    less("linux-audit-disabled", "-e\\s*0", "-e\\s*2"),
    more(
        "linux-audit-disabled",
        "(stop|disable|",
        "(start|stop|disable|",
    ),
    less("windows-password-spray", "gte: 10", "gte: 11"),
    more("windows-password-spray", "gte: 10", "gte: 9"),
    less("windows-admin-group-add", "- 4732\n", "- 4733\n"),
    more("windows-admin-group-add", "-(512|", "-1?(512|"),
    less(
        "windows-account-created-deleted",
        "timespan: 1h",
        "timespan: 59m",
    ),
    more(
        "windows-account-created-deleted",
        "timespan: 1h",
        "timespan: 61m",
    ),
    less("windows-service-suspicious", "'%COMSPEC%'", "'%COMSPECS%'"),
    more("windows-service-suspicious", "'\\AppData\\'", "'\\AppData'"),
    less("windows-task-suspicious", "{20,}", "{2000,}"),
    more("windows-task-suspicious", "(AppData|", "(AppData|DongBo|"),
    less("windows-log-cleared", "- 104\n", "- 105\n"),
    more(
        "windows-log-cleared",
        "condition: cleared and provider",
        "condition: cleared",
    ),
    less("windows-powershell-download", "(iex|", "(iexs|"),
    more(
        "windows-powershell-download",
        "condition: all of script* or all of line*",
        "condition: script and script_loads",
    ),
    less(
        "windows-run-key",
        "- '\\CurrentVersion\\RunOnce\\'\n",
        "- '\\CurrentVersion\\RunTwice\\'\n",
    ),
    more("windows-run-key", "key and place and not usual", "key"),
    less("windows-office-shell", "'\\mshta.exe'", "'\\msht.exe'"),
    more(
        "windows-office-shell",
        "condition: parent and child",
        "condition: child",
    ),
    less(
        "windows-defender-disabled",
        "EventID: 5001",
        "EventID: 5002",
    ),
    more("windows-defender-disabled", "(0x00000001)", "(0x00000000)"),
    less(
        "windows-shadow-delete",
        "- shadowcopy\n",
        "- shadowcopies\n",
    ),
    more("windows-shadow-delete", "- delete\n", "- list\n"),
    less("windows-kerberoasting", "gte: 5", "gte: 6"),
    more("windows-kerberoasting", "'0x18'", "'0x12'"),
    less("windows-dcsync", "1131f6aa-", "1131f6ab-"),
    more(
        "windows-dcsync",
        "condition: access and not computer",
        "condition: access",
    ),
    less("windows-psexec", "EventID: 7045", "EventID: 7036"),
    more(
        "windows-psexec",
        "installed and (name or program)",
        "installed",
    ),
];
