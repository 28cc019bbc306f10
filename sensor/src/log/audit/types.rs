//! Types of audit records: the names of those that the kernel writes by number, and which of them are
//! an event of their own (linux/audit.h, libaudit's audit-records.h).

use std::borrow::Cow;

/// What a record is of its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// One of several, perhaps.
    One,
    /// The last, or the only one.
    Last,
    /// Nothing but the end.
    Nothing,
}

/// What a record of this type is of its event. User space sends its messages one by one; the kernel
/// writes PROCTITLE last, and EOE behind it.
pub(super) fn part(name: &str) -> Part {
    const ALONE: [&str; 24] = [
        "USER_",
        "CRED_",
        "ADD_",
        "DEL_",
        "GRP_",
        "ACCT_",
        "SERVICE_",
        "SYSTEM_",
        "DAEMON_",
        "ROLE_",
        "CRYPTO_",
        "VIRT_",
        "RESP_",
        "LABEL_",
        "DEV_",
        "FS_",
        "CHGRP_ID",
        "CHUSER_ID",
        "TEST",
        "TRUSTED_APP",
        "USYS_",
        "SOFTWARE_UPDATE",
        "MAC_CHECK",
        "ANOM_LOGIN_",
    ];
    match name {
        "EOE" => Part::Nothing,
        "PROCTITLE" | "USER" => Part::Last,
        _ if ALONE.iter().any(|begin| name.starts_with(begin)) => Part::Last,
        _ if numbered(name).is_some_and(|n| matches!(n, 1_100..=1_299 | 2_000..=2_999)) => {
            Part::Last
        }
        _ => Part::One,
    }
}

/// The number in `UNKNOWN[1899]`.
fn numbered(name: &str) -> Option<u32> {
    name.strip_prefix("UNKNOWN[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

/// The name of a type that is given by its number; a number that we do not know stays.
pub(super) fn name(kind: &str) -> Cow<'_, str> {
    let Ok(number) = kind.parse::<u32>() else {
        return Cow::Borrowed(kind);
    };
    let name = match number {
        1_006 => "LOGIN",
        1_100 => "USER_AUTH",
        1_101 => "USER_ACCT",
        1_103 => "CRED_ACQ",
        1_104 => "CRED_DISP",
        1_105 => "USER_START",
        1_106 => "USER_END",
        1_107 => "USER_AVC",
        1_112 => "USER_LOGIN",
        1_123 => "USER_CMD",
        1_130 => "SERVICE_START",
        1_131 => "SERVICE_STOP",
        1_300 => "SYSCALL",
        1_302 => "PATH",
        1_303 => "IPC",
        1_305 => "CONFIG_CHANGE",
        1_306 => "SOCKADDR",
        1_307 => "CWD",
        1_309 => "EXECVE",
        1_318 => "OBJ_PID",
        1_319 => "TTY",
        1_320 => "EOE",
        1_321 => "BPRM_FCAPS",
        1_322 => "CAPSET",
        1_323 => "MMAP",
        1_324 => "NETFILTER_PKT",
        1_325 => "NETFILTER_CFG",
        1_326 => "SECCOMP",
        1_327 => "PROCTITLE",
        1_328 => "FEATURE_CHANGE",
        1_330 => "KERN_MODULE",
        1_334 => "BPF",
        1_335 => "EVENT_LISTENER",
        1_400 => "AVC",
        1_401 => "SELINUX_ERR",
        1_403 => "MAC_POLICY_LOAD",
        1_404 => "MAC_STATUS",
        1_700 => "ANOM_PROMISCUOUS",
        1_701 => "ANOM_ABEND",
        1_702 => "ANOM_LINK",
        _ => return Cow::Owned(format!("UNKNOWN[{number}]")),
    };
    Cow::Borrowed(name)
}
