//! Lines of every format, as files hold them.

use std::sync::Arc;

use event::{CoreField, CoreValue, Kind, Time};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use super::format::Lines;
use crate::config::LogFormat;
use crate::origin::Made;

fn made(format: LogFormat, line: &[u8]) -> Made {
    let mut lines = Lines::new(format, Arc::default(), TimeZone::UTC);
    lines.whole(line, "x.log", Time::parse("2026-11-24T00:00:00Z").unwrap())
}

fn auto(line: &str) -> (Made, Value) {
    let made = made(LogFormat::Auto, line.as_bytes());
    let record = serde_json::from_slice(&made.record).unwrap();
    (made, record)
}

fn core(made: &Made, field: CoreField) -> String {
    made.core
        .first(field)
        .map(CoreValue::to_string)
        .unwrap_or_default()
}

#[test]
fn reads_sshd_in_both_syslog_forms_and_in_the_journal() {
    for line in [
        "Nov 23 10:00:00 web1 sshd[99]: Failed password for invalid user admin from 203.0.113.9 port 4022 ssh2",
        "2026-11-23T10:00:00.000000+00:00 web1 sshd[99]: Failed password for invalid user admin from 203.0.113.9 port 4022 ssh2",
        "<38>Nov 23 10:00:00 web1 sshd[99]: Failed password for admin from 203.0.113.9 port 4022 ssh2",
        "<38>1 2026-11-23T10:00:00Z web1 sshd 99 - [a b=\"c ] d\"] Failed password for admin from 203.0.113.9 port 4022 ssh2",
        r#"{"__REALTIME_TIMESTAMP":"1795428000000000","SYSLOG_IDENTIFIER":"sshd","_HOSTNAME":"web1","_PID":"99","MESSAGE":"Failed password for admin from 203.0.113.9 port 4022 ssh2"}"#,
    ] {
        let (made, _) = auto(line);
        assert_eq!(made.kind, Kind::LinuxAuth, "{line}");
        assert_eq!(
            made.time.to_string(),
            "2026-11-23T10:00:00.000000Z",
            "{line}"
        );
        for (field, expected) in [
            (CoreField::HostName, "web1"),
            (CoreField::UserName, "admin"),
            (CoreField::SourceIp, "203.0.113.9"),
            (CoreField::SourcePort, "4022"),
            (CoreField::EventAction, "ssh_login"),
            (CoreField::EventOutcome, "failure"),
            (CoreField::ProcessPid, "99"),
        ] {
            assert_eq!(core(&made, field), expected, "{line}");
        }
    }
}

#[test]
fn reads_sudo_su_and_cron() {
    for (message, action, outcome, user) in [
        (
            "sudo: alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh -c id",
            "sudo",
            "success",
            "alice",
        ),
        (
            "sudo: bob : user NOT in sudoers ; TTY=pts/0 ; USER=root ; COMMAND=/bin/sh",
            "sudo",
            "failure",
            "bob",
        ),
        (
            "su: FAILED SU (to root) carol on pts/1",
            "su",
            "failure",
            "carol",
        ),
        (
            "CRON[7]: (root) CMD (run-parts /etc/cron.hourly)",
            "cron_command",
            "",
            "root",
        ),
        (
            "sshd[1]: pam_unix(sshd:session): session opened for user dan(uid=0) by (uid=0)",
            "ssh_session_opened",
            "success",
            "dan",
        ),
    ] {
        let (made, _) = auto(&format!("Nov  3 10:00:00 h {message}"));
        assert_eq!(core(&made, CoreField::EventAction), action, "{message}");
        assert_eq!(core(&made, CoreField::EventOutcome), outcome, "{message}");
        assert_eq!(core(&made, CoreField::UserName), user, "{message}");
    }
}

#[test]
fn times_of_cloud_trails_and_of_auditd_are_found() {
    for line in [
        r#"{"CreationTime":"2026-11-23T10:00:00","Workload":"x"}"#,
        r#"{"published":"2026-11-23T10:00:00.000Z"}"#,
        r#"{"requestReceivedTimestamp":"2026-11-23T10:00:00.000000Z"}"#,
        r#"{"TimeGenerated":"2026-11-23T10:00:00Z"}"#,
        r#"{"createdDateTime":"2026-11-23T10:00:00Z"}"#,
        r#"{"utc_time":"2026-11-23 10:00:00.000000"}"#,
        r#"{"timestamp":{"epochSecond":1795428000,"nano":1}}"#,
        r#"{"msg":"audit(1795428000.000:77)"}"#,
    ] {
        let (made, _) = auto(line);
        assert_eq!(
            made.time.to_string(),
            "2026-11-23T10:00:00.000000Z",
            "{line}"
        );
    }
}

#[test]
fn the_event_type_is_the_events_own_and_not_that_of_nxlog() {
    let line = r#"{"EventTime":"2026-11-23 10:00:00","EventID":12,"Channel":"Microsoft-Windows-Sysmon/Operational","EventType":"INFO","EventTypeOrignal":"CreateKey"}"#;
    let (_, record) = auto(line);
    assert_eq!(record["EventType"], "CreateKey");
    assert_eq!(record.get("EventTypeOrignal"), None);
}

#[test]
fn every_windows_wrapping_gives_the_same_flat_record() {
    let winlogbeat = r#"{"@timestamp":"2026-11-23T10:00:00Z","winlog":{"channel":"Security","event_id":"4625","computer_name":"pc1","event_data":{"TargetUserName":"bob","IpAddress":"203.0.113.9","Logon Type":"3"}}}"#;
    let nxlog = r#"{"EventTime":"2026-11-23 10:00:00","EventID":4625,"Channel":"security","Hostname":"pc1","TargetUserName":"bob","IpAddress":"203.0.113.9","Logon Type":"3"}"#;
    let xml = r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"EventID":{"#attributes":{"Qualifiers":1},"#text":4625},"Channel":"Security","Computer":"pc1","TimeCreated":{"#attributes":{"SystemTime":"2026-11-23T10:00:00Z"}},"Provider":{"#attributes":{"Name":"p"}}},"EventData":{"TargetUserName":"bob","IpAddress":"203.0.113.9","Logon Type":"3"}}}"##;
    for line in [winlogbeat, nxlog, xml] {
        let (made, record) = auto(line);
        assert_eq!(made.kind, Kind::WindowsSecurity, "{line}");
        assert_eq!(made.time.to_string(), "2026-11-23T10:00:00.000000Z");
        assert_eq!(record["EventID"], 4625, "{record}");
        assert_eq!(record["LogonType"], "3", "{record}");
        assert_eq!(record["TargetUserName"], "bob");
        assert_eq!(core(&made, CoreField::HostName), "pc1");
        assert_eq!(core(&made, CoreField::UserName), "bob");
        assert_eq!(core(&made, CoreField::EventOutcome), "failure");
        assert_eq!(core(&made, CoreField::SourceIp), "203.0.113.9");
    }
    let (_, record) = auto(xml);
    assert_eq!(record["Provider_Name"], "p");
    assert_eq!(record["EventID_Qualifiers"], 1);
}

#[test]
fn dns_of_version_2_is_read_as_version_3() {
    let (made, record) = auto(
        r#"{"timestamp":"2026-11-23T17:00:00.000000+0700","event_type":"dns","src_ip":"10.0.0.1","src_port":1,"dest_ip":"8.8.8.8","dest_port":53,"proto":"UDP","dns":{"version":2,"type":"answer","id":1,"rrname":"a.vn","rrtype":"A","answers":[]}}"#,
    );
    assert_eq!(
        (made.kind, core(&made, CoreField::DnsQuestionName)),
        (Kind::Dns, "a.vn".into())
    );
    assert_eq!(made.time.to_string(), "2026-11-23T10:00:00.000000Z");
    assert_eq!(record["dns"]["type"], "response");
    assert_eq!(record["dns"]["queries"][0]["rrname"], "a.vn");
    assert_eq!(
        (record["src_ip"].as_str(), record["dest_port"].as_u64()),
        (Some("8.8.8.8"), Some(1))
    );
    assert_eq!(core(&made, CoreField::SourceIp), "8.8.8.8");
}

#[test]
fn unknown_lines_are_kept_and_marked_when_they_have_no_time() {
    let (made, record) = auto(r#"{"user.name":"bob","src_ip":"10.0.0.1","time":1795428000}"#);
    assert_eq!(
        (made.kind, core(&made, CoreField::UserName)),
        (Kind::Json, "bob".into())
    );
    assert_eq!(made.time.to_string(), "2026-11-23T10:00:00.000000Z");
    assert!(record.get("haidang").is_none());
    for line in ["{}", r#"{"a":1}"#, "no known form"] {
        let (_, record) = auto(line);
        assert_eq!(record["haidang"]["time"], "seen", "{line}");
    }
}

#[test]
fn what_cannot_be_read_is_an_event_with_the_raw_line() {
    for (format, line, reason) in [
        (LogFormat::Auto, &b"{\"a\":"[..], "not valid JSON"),
        (LogFormat::Auto, b"{\"a\":1}}", "not valid JSON"),
        (
            LogFormat::Eve,
            b"{\"event_type\":\"dns\"} {}",
            "not valid JSON",
        ),
        (LogFormat::Auto, b"\xff\xfe", "not UTF-8"),
        (LogFormat::Syslog, b"hello", "not a syslog line"),
        (LogFormat::Eve, b"{\"a\":1}", "no event_type"),
        (LogFormat::Ndjson, b"[1]", "not a JSON object"),
    ] {
        let made = made(format, line);
        let record: Value = serde_json::from_slice(&made.record).unwrap();
        assert_eq!(made.kind, Kind::ParseFailed);
        assert_eq!(record["reason"], reason);
        assert_eq!(record["raw"], String::from_utf8_lossy(line).as_ref());
    }
}

#[test]
fn a_line_of_zeros_is_declared_with_its_length() {
    for line in [&[0; 4_096][..], b"\0 \0", b"\xef\xbb\xbf"] {
        let made = made(LogFormat::Auto, line);
        let record: Value = serde_json::from_slice(&made.record).unwrap();
        assert_eq!(made.kind, Kind::ParseFailed);
        assert_eq!(record["length"], line.len());
    }
    let (_, record) = auto("\0\0after a lost write");
    assert_eq!(record["message"], "after a lost write");
}

proptest! {
    #[test]
    fn hostile_lines_are_harmless(line in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in [LogFormat::Auto, LogFormat::Syslog, LogFormat::Windows] {
            let made = made(format, &line);
            prop_assert!(serde_json::from_slice::<Value>(&made.record).is_ok());
        }
    }

    #[test]
    fn every_cut_of_a_line_is_harmless(cut in 0_usize..120) {
        let line = "<38>1 2026-11-23T10:00:00Z web1 sshd 99 - [a b=\"c ] d\"] Failed password for admin from 203.0.113.9 port 4022 ssh2";
        made(LogFormat::Auto, line.get(..cut).unwrap_or(line).as_bytes());
    }
}
