//! What sshd, sudo, su, cron and login say, as core fields: who, from where, what, and whether it
//! worked.

use event::{Core, CoreField};

use super::address;

/// Programs whose messages are about authentication.
pub(super) fn speaks(program: &str) -> bool {
    matches!(
        program,
        "sshd"
            | "sshd-session"
            | "sudo"
            | "su"
            | "cron"
            | "CRON"
            | "crond"
            | "login"
            | "systemd-logind"
            | "useradd"
            | "usermod"
            | "userdel"
            | "groupadd"
            | "passwd"
            | "chpasswd"
            | "polkitd"
            | "pkexec"
            | "gdm-password"
    )
}

/// Reads a message of one of those programs.
pub(super) fn read(core: &mut Core, program: &str, message: &str) {
    match program {
        "sshd" | "sshd-session" => sshd(core, message),
        "sudo" => sudo(core, message),
        "su" => su(core, message),
        "cron" | "CRON" | "crond" => cron(core, message),
        "useradd" | "userdel" | "usermod" | "groupadd" => account(core, program, message),
        _ => session(core, program, message),
    }
}

fn set(core: &mut Core, action: &str, outcome: &str) {
    core.set_text(CoreField::EventAction, Some(action));
    core.set_text(CoreField::EventOutcome, Some(outcome));
}

/// `Accepted password for root from 10.0.0.1 port 22 ssh2` and its relatives.
fn sshd(core: &mut Core, message: &str) {
    let outcome = if message.starts_with("Accepted ") {
        "success"
    } else if message.starts_with("Failed ")
        || message.starts_with("Invalid user ")
        || message.starts_with("Connection closed by invalid user")
        || message.starts_with("Connection closed by authenticating user")
        || message.contains("maximum authentication attempts exceeded")
        || message.contains("authentication failure")
    {
        "failure"
    } else {
        return ssh_other(core, message);
    };
    set(core, "ssh_login", outcome);
    let user = between(message, " for invalid user ", " from ")
        .or_else(|| between(message, " for ", " from "))
        .or_else(|| between(message, "nvalid user ", " from "))
        .or_else(|| between(message, "nvalid user ", " "))
        .or_else(|| between(message, "authenticating user ", " "))
        .or_else(|| word_after(message, " user="));
    core.set_text(CoreField::UserName, user);
    origin(core, message);
}

fn ssh_other(core: &mut Core, message: &str) {
    if message.starts_with("pam_unix") {
        return session(core, "ssh", message);
    }
    for (start, action) in [
        ("Disconnected from", "ssh_disconnect"),
        ("Received disconnect", "ssh_disconnect"),
        ("Connection closed", "ssh_disconnect"),
        ("Connection from", "ssh_connection"),
    ] {
        if message.starts_with(start) {
            core.set_text(CoreField::EventAction, Some(action));
        }
    }
    let user = between(message, " user ", " ");
    core.set_text(CoreField::UserName, user);
    origin(core, message);
}

/// Address and port: `from A port P`, `rhost=A`, or `user X A port P`.
fn origin(core: &mut Core, message: &str) {
    let port = word_after(message, " port ");
    let before_port = message
        .split(" port ")
        .next()
        .and_then(|head| head.rsplit(' ').next());
    let ip = word_after(message, " from ")
        .and_then(address::ip)
        .or_else(|| word_after(message, "rhost=").and_then(address::ip))
        .or_else(|| before_port.and_then(address::ip));
    if let Some(ip) = ip {
        core.set(CoreField::SourceIp, ip);
    }
    if let Some(port) = port.and_then(|port| port.parse::<u16>().ok()) {
        core.set(CoreField::SourcePort, port);
    }
}

/// `alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh`.
fn sudo(core: &mut Core, message: &str) {
    if message.starts_with("pam_unix") {
        return session(core, "sudo", message);
    }
    let Some((user, rest)) = message.split_once(" : ") else {
        return;
    };
    let refused = ["incorrect password", "NOT in sudoers", "not allowed"]
        .iter()
        .any(|sign| rest.contains(sign));
    set(core, "sudo", if refused { "failure" } else { "success" });
    core.set_text(CoreField::UserName, Some(user.trim()));
    let target = between(rest, "USER=", " ;").or_else(|| word_after(rest, "USER="));
    core.set_text(CoreField::UserTargetName, target);
    if let Some((_, command)) = rest.split_once("COMMAND=") {
        core.set_text(CoreField::ProcessCommandLine, Some(command.trim()));
    }
}

/// `(to root) alice on pts/0`, `FAILED SU (to root) alice on pts/0`, `Successful su for …`.
fn su(core: &mut Core, message: &str) {
    if message.starts_with("pam_unix") {
        return session(core, "su", message);
    }
    let failed = message.starts_with("FAILED") || message.contains("failure");
    if let Some(target) = between(message, "(to ", ")") {
        set(core, "su", if failed { "failure" } else { "success" });
        core.set_text(CoreField::UserTargetName, Some(target));
        core.set_text(CoreField::UserName, word_after(message, ") "));
    }
}

/// `(root) CMD (command)`.
fn cron(core: &mut Core, message: &str) {
    if message.starts_with("pam_unix") {
        return session(core, "cron", message);
    }
    let Some(user) = message
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
    else {
        return;
    };
    core.set_text(CoreField::UserName, Some(user.0));
    if let Some((_, command)) = user.1.split_once("CMD (") {
        core.set_text(CoreField::EventAction, Some("cron_command"));
        let command = command.strip_suffix(')').unwrap_or(command);
        core.set_text(CoreField::ProcessCommandLine, Some(command));
    }
}

fn account(core: &mut Core, program: &str, message: &str) {
    let action = match program {
        "useradd" => "user_created",
        "userdel" => "user_deleted",
        "groupadd" => "group_created",
        _ => "user_changed",
    };
    core.set_text(CoreField::EventAction, Some(action));
    let name = between(message, "name=", ",").or_else(|| between(message, "user '", "'"));
    core.set_text(CoreField::UserTargetName, name);
}

/// PAM: `pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)`.
fn session(core: &mut Core, program: &str, message: &str) {
    if message.contains("session opened for user") {
        set(core, &format!("{program}_session_opened"), "success");
    } else if message.contains("session closed for user") {
        set(core, &format!("{program}_session_closed"), "success");
    } else if message.contains("authentication failure") {
        set(core, &format!("{program}_login"), "failure");
    } else {
        return;
    }
    let user = word_after(message, "for user ").or_else(|| word_after(message, " user="));
    let user = user.and_then(|user| user.split('(').next());
    core.set_text(CoreField::UserName, user);
    origin(core, message);
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (found, _) = rest.split_once(end)?;
    Some(found)
}

fn word_after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split([' ', ',', ';', '\n'])
        .next()
        .filter(|word| !word.is_empty())
}
