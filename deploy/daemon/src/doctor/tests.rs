//! What the doctor makes of what it sees, and that every finding that is not well says what to do, in both
//! languages.

use std::time::Duration;

use event::Time;
use sensor::packet::Seen;

use super::*;
use crate::edge::{LaneReport, Newest, Report, SourceReport};

const LANGUAGES: [Language; 2] = [Language::Vietnamese, Language::English];

fn verdicts(look: impl Fn(&mut Findings)) -> Vec<Verdict> {
    let [vi, en] = LANGUAGES.map(|language| {
        let mut found = Findings::new(language);
        look(&mut found);
        let text = found.text();
        for own in &found.list {
            assert!(!own.text.is_empty() && text.contains(&own.text));
            assert_eq!(
                own.next.is_empty(),
                own.verdict == Verdict::Well,
                "{}",
                own.text
            );
        }
        found.list
    });
    for (vi, en) in vi.iter().zip(&en) {
        assert_eq!(vi.verdict, en.verdict);
        assert_ne!(vi.text, en.text, "one language stands for both");
    }
    vi.into_iter().map(|own| own.verdict).collect()
}

#[test]
fn a_mirror_port_is_judged_by_what_it_shows() {
    let judged = |seen: Seen| verdicts(|found| capture::judge(found, "eth1", &seen, 5));
    let seen = |own, group, others| {
        let mut seen = Seen::default();
        seen.packets = own + group + others;
        (seen.own, seen.group, seen.others) = (own, group, others);
        seen
    };
    assert_eq!(judged(seen(0, 0, 0)), [Verdict::Failure]);
    assert_eq!(judged(seen(7, 3, 0)), [Verdict::Failure]);
    assert_eq!(judged(seen(0, 0, 9)), [Verdict::Well]);
    let mut slow = seen(0, 0, 9);
    slow.dropped = 4;
    assert_eq!(judged(slow), [Verdict::Well, Verdict::Warning]);
}

#[test]
fn clocks_may_differ_a_little() {
    let theirs = Time::from_seconds(1_800_000_000, 0);
    for (apart, verdict) in [
        (0, Verdict::Well),
        (29, Verdict::Well),
        (31, Verdict::Warning),
        (90_000, Verdict::Warning),
    ] {
        let apart = Duration::from_secs(apart);
        for own in [theirs.plus(apart), theirs.minus(apart)] {
            assert_eq!(
                verdicts(|found| line::clocks(found, own, theirs)),
                [verdict]
            );
        }
    }
}

#[test]
fn a_running_sensor_tells_its_own_troubles() {
    let mut report = Report {
        time: String::new(),
        sensor: "xa-1".to_owned(),
        version: "1".to_owned(),
        centre: "https://a:1".to_owned(),
        uplink: "connected".to_owned(),
        reason: None,
        acknowledged: None,
        rate: 0,
        foreign_events: 0,
        foreign_sites: Vec::new(),
        spool: "ok".to_owned(),
        lanes: Vec::new(),
        certificate_expires: String::new(),
        configuration: crate::edge::Configured::default(),
        update: crate::edge::Updated::default(),
        sources: Vec::new(),
    };
    let judged = |report: &Report| verdicts(|found| running::judge(found, report));
    assert_eq!(judged(&report), [Verdict::Well]);
    report.foreign_sites = vec!["xa-b".to_owned()];
    assert_eq!(judged(&report), [Verdict::Well, Verdict::Warning]);
    report.foreign_sites.clear();
    assert_eq!(
        verdicts(|found| line::foreign_source(found, ("log", "xa-b"), "xa-a")),
        [Verdict::Failure]
    );
    report.uplink = "refused".to_owned();
    report.reason = Some("revoked: the sensor was revoked; ask the centre".to_owned());
    let mut found = Findings::new(Language::Vietnamese);
    running::judge(&mut found, &report);
    let text = found.text();
    assert!(text.contains("đã bị thu hồi") && text.contains("haidang enrol"));
    assert!(!text.contains("revoked"), "{text}");
    report.uplink = "broken".to_owned();
    report.spool = "full".to_owned();
    report.lanes = vec![LaneReport {
        lane: 3,
        waiting: 0,
        bytes: 0,
        dropped: 5,
        last: 9,
    }];
    report.configuration.newest = Some(Newest {
        version: 4,
        digest: String::new(),
        state: "rolled_back".to_owned(),
        reason: "the centre took nothing".to_owned(),
    });
    report.sources = vec![SourceReport {
        id: "tap".to_owned(),
        status: Some(serde_json::json!({"status": "failed", "reason": "no such device"})),
        ..SourceReport::default()
    }];
    assert_eq!(
        judged(&report),
        [
            Verdict::Failure,
            Verdict::Failure,
            Verdict::Warning,
            Verdict::Warning,
            Verdict::Failure
        ]
    );
}

#[tokio::test]
async fn a_box_that_is_not_enrolled_is_examined_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("not-yet");
    let text = "[[source]]\nid = \"tap\"\nkind = \"interface\"\ninterface = \"none9\"\n\
                [[source]]\nid = \"log\"\nkind = \"file\"\npath = \"/nowhere/at/all.log\"\n";
    let found = examine(Question {
        config: Config::parse(text),
        data_dir: Some(&data),
        centre: Some("https://127.0.0.1:1"),
        seconds: 1,
        language: Language::English,
    })
    .await;
    let text = found.text();
    for words in [
        "no interface none9",
        "Source log: ",
        "not enrolled",
        "127.0.0.1:1 cannot be reached",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    assert!(!found.are_well() && !data.exists());
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_the_only_finding() {
    let found = examine(Question {
        config: Config::parse("[spol]\n"),
        data_dir: None,
        centre: None,
        seconds: 1,
        language: Language::English,
    })
    .await;
    assert_eq!(found.list.len(), 1);
    assert!(
        found.text().contains("spol") && found.text().contains("line 1"),
        "{}",
        found.text()
    );
}

fn centre_says(problems: serde_json::Value) -> serde_json::Value {
    serde_json::json!({"status": "degraded", "problems": problems})
}

#[test]
fn a_centre_whose_index_lacks_a_partition_fails_and_one_that_is_whole_does_not() {
    let judged = |health: &serde_json::Value| verdicts(|found| centre::judge(found, health, None));
    let health = centre_says(serde_json::json!([{
        "code": "partition_quarantined", "severity": "warn",
        "message": "index/flow/1 cannot be read", "params": {"partition": "index/flow/1"},
    }]));
    assert_eq!(judged(&health), [Verdict::Failure]);
    let mut found = Findings::new(Language::Vietnamese);
    centre::judge(&mut found, &health, None);
    let text = found.text();
    assert!(
        text.contains("không đọc được phần chỉ mục index/flow/1"),
        "{text}"
    );
    assert!(
        text.contains("haidang verify --rebuild") && !text.contains("cannot"),
        "{text}"
    );
    assert_eq!(judged(&centre_says(serde_json::json!([]))), [Verdict::Well]);
    let lesser =
        serde_json::json!([{"code": "rule_bad", "severity": "warn", "params": {"count": "2"}}]);
    assert_eq!(judged(&centre_says(lesser)), [Verdict::Warning]);
    let full = serde_json::json!([{"code": "disk_full", "severity": "critical"}]);
    assert_eq!(judged(&centre_says(full)), [Verdict::Failure]);
}

#[test]
fn a_centre_with_a_source_that_does_not_run_fails_and_names_it() {
    let health = centre_says(serde_json::json!([
        {"code": "source_failed", "severity": "warn", "params": {"count": "1"}}
    ]));
    let board = |kind: &str, code: &str| {
        serde_json::json!({"items": [
            {"id": "well", "kind": "file", "sensor": "centre", "problems": [{"code": "parse_failed", "message": "x"}]},
            {"id": "tap", "kind": kind, "sensor": "xa-1", "problems": [
                {"code": code, "message": "cannot read /x: No such file or directory (os error 2)"}]},
        ]})
    };
    let judged = |board: Option<serde_json::Value>| {
        verdicts(|found| centre::judge(found, &health, board.as_ref()))
    };
    for code in ["failed", "capture_interrupted"] {
        assert_eq!(judged(Some(board("interface", code))), [Verdict::Failure]);
        // The centre is no worse for it: else no province could ever update its centre.
        assert_eq!(judged(Some(board("sensor", code))), [Verdict::Warning]);
    }
    assert_eq!(
        judged(Some(board("file", "unreadable"))),
        [Verdict::Warning]
    );
    // A board that names none, or none at all, does not make it well.
    assert_eq!(judged(Some(board("file", "dropped"))), [Verdict::Failure]);
    assert_eq!(judged(None), [Verdict::Failure]);
    let mut found = Findings::new(Language::Vietnamese);
    centre::judge(&mut found, &health, Some(&board("file", "failed")));
    let text = found.text();
    for words in [
        "Nguồn tap không hoạt động: không tìm thấy tệp hoặc thư mục (nguyên văn: cannot read /x",
        "→ kiểm tra đường dẫn trong khóa path của nguồn",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    // Its silent twin: sources that work are no finding, whatever the board holds.
    let silent = verdicts(|found| {
        let well = centre_says(serde_json::json!([]));
        centre::judge(found, &well, Some(&board("file", "failed")));
    });
    assert_eq!(silent, [Verdict::Well]);
}
