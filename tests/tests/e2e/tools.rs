//! `detect` and `rules` for people who use nothing else: every wrapping of the same events gives the
//! same detections, and each command says what is wrong and ends with its code.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::binary::run;

use crate::file;

const RULE: &str = "title: Tên lạ\nid: 11111111-2222-4333-8444-555555555555\nstatus: test\n\
    level: high\nlogsource: {product: windows, category: process_creation}\n\
    tags: [attack.execution, attack.t1059.001]\ndetection:\n  a:\n    CommandLine|contains: evil\n  \
    condition: a\n---\ntitle: Nhiều lần\nid: 11111111-2222-4333-8444-666666666666\nlevel: critical\n\
    correlation:\n  type: event_count\n  rules: [11111111-2222-4333-8444-555555555555]\n  \
    group-by: [Computer]\n  timespan: 5m\n  condition: {gte: 8}\n  generate: true\n";

/// So many process creations, every tenth of which the rule wants.
fn events(count: usize) -> Vec<Value> {
    let event = |n: usize| {
        let command = if n.is_multiple_of(10) { "evil" } else { "good" };
        let (minute, second, pc) = (n / 60 % 60, n % 60, n % 3);
        serde_json::json!({"Event": {
            "System": {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational",
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                "Computer": format!("pc-{pc}"),
                "TimeCreated": {"#attributes": {"SystemTime": format!("2026-03-02T08:{minute:02}:{second:02}Z")}}},
            "EventData": {"CommandLine": format!("{command} --number {n}"), "Image": "C:\\x.exe"},
        }})
    };
    (0..count).map(event).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.file("rule.yml", RULE.as_bytes());
        folder
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn detect(&self, input: &str, more: &[&str]) -> (i32, String, String) {
        let rules = self.path().join("rule.yml").display().to_string();
        let mut arguments = vec!["detect", "--rules", &rules, input];
        arguments.extend(more);
        run(&arguments)
    }
}

fn ndjson(events: &[Value]) -> Vec<u8> {
    let lines = events.iter().map(|event| format!("{event}\n"));
    lines.collect::<String>().into_bytes()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(content, level)
}

#[test]
fn every_wrapping_of_the_same_events_gives_the_same_detections() {
    let (folder, events) = (Folder::new(), events(500));
    let plain = ndjson(&events);
    let pretty: String = events
        .iter()
        .map(|event| serde_json::to_string_pretty(event).unwrap() + "\n")
        .collect();
    let (head, tail) = plain.split_at(30_000);
    let (code, expected, problems) = folder.detect(&folder.file("plain", &plain), &[]);
    assert_eq!(code, 0, "{problems}");
    assert_eq!(expected.matches("Tên lạ").count(), 50, "{expected}");
    for (name, content) in [
        ("array", serde_json::to_vec(&events).unwrap()),
        ("pretty-array", serde_json::to_vec_pretty(&events).unwrap()),
        ("pretty", pretty.clone().into_bytes()),
        ("gzip", gzip(&plain)),
        ("members", [gzip(head), gzip(tail)].concat()),
        ("zstd", zstd(&plain)),
        ("frames", [zstd(head), zstd(tail)].concat()),
        (
            "array-gzip",
            gzip(&serde_json::to_vec_pretty(&events).unwrap()),
        ),
        ("pretty-zstd", zstd(pretty.as_bytes())),
    ] {
        let (code, found, problems) = folder.detect(&folder.file(name, &content), &[]);
        assert_eq!(code, 0, "{name}: {problems}");
        assert!(found == expected, "{name}: {} lines", found.lines().count());
    }
    let folder_of_logs = folder.path().join("logs").display().to_string();
    folder.file("logs/deep/a.json.gz", &gzip(&plain));
    let (code, found, _) = folder.detect(&folder_of_logs, &[]);
    assert_eq!((code, found == expected), (0, true));
    // One bad file does not keep the others from being read.
    folder.file("logs/a.bz2", b"BZh91AY&SY");
    let (code, found, problems) = folder.detect(&folder_of_logs, &[]);
    assert_eq!((code, found == expected), (2, true));
    assert!(
        problems.contains("a.bz2") && problems.contains("bzip2"),
        "{problems}"
    );
}

/// Event logs beside the checkout, if they are there; they are others' and not ours to keep.
fn event_logs() -> Vec<PathBuf> {
    let folder = tests::repository().join("../shared/evtx/Execution");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    logs.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "evtx")
    });
    logs.sort();
    logs.truncate(3);
    logs
}

#[test]
fn an_event_log_may_be_packed() {
    let folder = Folder::new();
    let logs = event_logs();
    if logs.is_empty() {
        println!("skipped: there are no event logs beside the checkout");
    }
    for log in logs {
        let log = std::fs::read(log).unwrap();
        let (code, expected, problems) = run(&["read", &folder.file("a.evtx", &log)]);
        assert_eq!(code, 0, "{problems}");
        assert!(!expected.is_empty());
        for (name, content) in [("b", gzip(&log)), ("c", zstd(&log))] {
            let (code, found, problems) = run(&["read", &folder.file(name, &content)]);
            assert_eq!((code, found == expected), (0, true), "{name}: {problems}");
        }
    }
    let config = folder.file("c.toml", b"[limits.unpack]\nevtx_bytes = 1000\n");
    let log = std::fs::read(file("tests/fuzz/seeds/evtx/chunk")).unwrap();
    let packed = folder.file("d.gz", &gzip(&log));
    let (code, _, problems) = run(&["read", &packed, "--config", &config]);
    assert_eq!(code, 2);
    assert!(problems.contains("limits.unpack.evtx_bytes"), "{problems}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = Folder::new();
    // Enough for many batches, and for the correlation.
    let input = folder.file("input", &ndjson(&events(12_000)));
    let (code, one, _) = folder.detect(&input, &["--threads", "1"]);
    assert_eq!(code, 0);
    assert!(one.contains("666666666666"), "the correlation fires");
    for threads in ["2", "4", "7"] {
        let (_, many, _) = folder.detect(&input, &["--threads", threads]);
        assert!(one == many, "{threads} threads");
    }
}

#[test]
fn a_correlation_says_its_group_and_count_once_an_episode() {
    let folder = Folder::new();
    let input = folder.file("input", &ndjson(&events(3_000)));
    let (code, found, _) = folder.detect(&input, &[]);
    assert_eq!(code, 0);
    let lines = found
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut told: Vec<Value> = lines
        .filter(|line: &Value| !line["correlation"].is_null())
        .collect();
    assert_eq!(told.len(), 3, "one for each computer");
    told.sort_by_key(|line| line["correlation"]["group"]["Computer"].to_string());
    for (pc, line) in told.iter().enumerate() {
        let correlation = &line["correlation"];
        assert_eq!(line["rule"]["title"], "Nhiều lần");
        assert_eq!(correlation["group"]["Computer"], format!("pc-{pc}"));
        assert_eq!(line["event"]["Computer"], format!("pc-{pc}"));
        assert_eq!(correlation["count"], 100, "every thirtieth of 3,000");
        assert!(correlation["from"].as_str() < correlation["to"].as_str());
    }
    let (_, table, _) = folder.detect(&input, &["--format", "table"]);
    assert!(table.contains("Computer=pc-2 events=100"), "{table}");
}

#[test]
fn what_detect_says_of_itself_is_no_input_and_what_it_cuts_is_said() {
    let folder = Folder::new();
    let rules = folder.file(
        "not.yml",
        b"title: t\nid: 11111111-2222-4333-8444-777777777777\nauthor: An, Binh\nlogsource: {}\n\
          detection: {a: {User: admin}, condition: not a}\n",
    );
    let input = folder.file("one.json", b"{\"User\":\"admin\"}\n");
    let (code, found, _) = run(&["detect", "--rules", &rules, &input]);
    assert_eq!((code, found.as_str()), (0, ""));
    let mut many: serde_json::Map<String, Value> = (0..1_200)
        .map(|n| (format!("k{n}"), Value::from(n)))
        .collect();
    many.insert("User".to_owned(), "guest".into());
    let input = folder.file("many.json", Value::from(many).to_string().as_bytes());
    let arguments = ["detect", "--rules", &rules, &input, "--format", "table"];
    let (code, found, problems) = run(&arguments);
    assert_eq!(code, 2);
    assert!(
        problems.contains("only the first 1000 fields"),
        "{problems}"
    );
    assert!(
        found.contains("An, Binh"),
        "who wrote a rule is said: {found}"
    );
}

#[test]
fn a_damaged_archive_is_named_with_its_place_after_what_came_before() {
    let folder = Folder::new();
    let plain = ndjson(&events(5_000));
    for (name, archive) in [("a.gz", gzip(&plain)), ("a.zst", zstd(&plain))] {
        let half = archive.len() / 2;
        let input = folder.file(name, &archive[..half]);
        let (code, found, problems) = folder.detect(&input, &[]);
        assert_eq!(code, 2, "{problems}");
        assert!(problems.contains(name), "{problems}");
        assert!(problems.contains(&format!("at byte {half}")), "{problems}");
        assert!(found.lines().count() > 50, "{name}: {found}");
    }
    let input = folder.file("a.xz", b"\xfd7zXZ\x00\x00 and so on");
    let (code, _, problems) = folder.detect(&input, &[]);
    assert_eq!(code, 2);
    assert!(
        problems.contains("xz and must be unpacked first"),
        "{problems}"
    );
    let config = folder.file("c.toml", b"[limits.unpack]\nbytes = 100000\n");
    let input = folder.file("bomb.gz", &gzip(&plain));
    let (code, found, problems) = folder.detect(&input, &["--config", &config]);
    assert_eq!(code, 2);
    assert!(problems.contains("limits.unpack.bytes"), "{problems}");
    assert!(!found.is_empty());
}

#[test]
fn an_element_that_is_too_long_costs_itself() {
    let folder = Folder::new();
    let mut events = events(20);
    events[5] = serde_json::json!({"a": "x".repeat(1_100_000)});
    let input = folder.file("input", &serde_json::to_vec(&events).unwrap());
    let (code, text, _) = run(&["read", &input, "--types", "parse.failed"]);
    assert_eq!((code, text.lines().count()), (0, 1));
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["reason"], "line too long");
    let (_, found, _) = folder.detect(&input, &[]);
    assert_eq!(found.lines().count(), 2);
}

#[test]
fn detect_writes_a_table_when_asked_and_counts_by_rule() {
    let folder = Folder::new();
    let input = folder.file("input", &ndjson(&events(100)));
    let (code, text, stats) = folder.detect(&input, &["--format", "table", "--stats"]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TIME (UTC)"), "{text}");
    assert_eq!(lines.len(), 11, "{text}");
    assert!(
        lines[1].starts_with("2026-03-02 08:00:00 high     pc-0"),
        "{text}"
    );
    assert!(lines.iter().all(|line| line.chars().count() <= 100));
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
    assert!(stats.contains("        10 high"), "{stats}");
    assert!(
        stats.contains("100 events, 10 detections of 1 rules in"),
        "{stats}"
    );
}

#[test]
fn rules_are_checked_listed_and_counted_by_technique() {
    let folder = Folder::new();
    let bad = "title: T\nid: 21111111-2222-4333-8444-555555555555\nlogsource: {category: dns}\n\
               detection:\n  a:\n    F|unsinn: 1\n  condition: a\n";
    let rule = folder.path().join("rule.yml").display().to_string();
    let (code, text, _) = run(&["rules", "check", &rule]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2 rules can be used, 0 refused"), "{text}");
    folder.file("bad.yml", bad.as_bytes());
    let all = folder.path().display().to_string();
    let (code, text, _) = run(&["rules", "check", &all]);
    assert_eq!(code, 2);
    assert!(
        text.contains("bad.yml:6: ") && text.contains("1 refused"),
        "{text}"
    );
    let (code, text, _) = run(&["rules", "check", &all, "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 2);
    assert_eq!(
        (&document["rules"], &document["refused"]),
        (&2.into(), &1.into())
    );
    assert_eq!(document["problems"][0]["line"], 6);

    let (code, text, _) = run(&["rules", "list", &rule]);
    assert_eq!((code, text.lines().count()), (0, 2), "{text}");
    let (_, text, _) = run(&["rules", "list", &rule, "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document[0]["tags"][1], "attack.t1059.001");
    let (_, text, _) = run(&["rules", "list", &rule, "--attack"]);
    assert!(text.contains("execution: 1 rules, 1 techniques"), "{text}");
    let (_, text, _) = run(&["rules", "list", &rule, "--attack", "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["tactics"][0]["techniques"]["T1059.001"], 1);
}

#[test]
fn an_author_tests_a_rule_with_the_binary_alone() {
    let folder = Folder::new();
    let input = ndjson(&events(25));
    let expect = |fires: usize, level: &str| {
        format!(
            "purpose = \"Ba lần trên hai máy.\"\ninput = \"input.ndjson\"\n\
             [[expect]]\nin = \"detections\"\ncount = {fires}\n\
             match = {{ \"rule.id\" = \"11111111-2222-4333-8444-555555555555\", \"matched.CommandLine__contains\" = \"evil\" }}\n\
             [[expect]]\nin = \"alerts\"\ncount = {fires}\nmatch = {{ level = \"{level}\" }}\n"
        )
    };
    for (case, text) in [("fires", expect(3, "high")), ("silent", expect(0, "low"))] {
        let events = if case == "fires" {
            &input[..]
        } else {
            b"{\"a\":1}\n"
        };
        folder.file(&format!("s/mine/{case}/input.ndjson"), events);
        folder.file(&format!("s/mine/{case}/expect.toml"), text.as_bytes());
    }
    let scenarios = folder.path().join("s").display().to_string();
    let rules = folder.path().join("rule.yml").display().to_string();
    let arguments = ["rules", "test", &scenarios, "--rules", &rules];
    let (code, text, problems) = run(&arguments);
    assert_eq!(code, 0, "{text}{problems}");
    assert!(text.contains("ok     mine/fires: Ba lần"), "{text}");
    folder.file("s/mine/silent/expect.toml", expect(1, "high").as_bytes());
    let (code, text, _) = run(&arguments);
    assert_eq!(code, 2);
    assert!(text.contains("FAILED mine/silent"), "{text}");
    assert!(text.contains("0 instead of 1 detections"), "{text}");
    let (code, _, _) = run(&[
        "rules",
        "test",
        &folder.path().join("nothing").display().to_string(),
    ]);
    assert_eq!(code, 1);
}

/// The same scenarios that the golden tests run through a centre.
#[test]
fn the_shipped_scenarios_hold_without_a_centre() {
    let golden: PathBuf = file("tests/golden");
    let empty = tempfile::tempdir().unwrap();
    let (code, text, problems) = run(&[
        "rules",
        "test",
        &golden.display().to_string(),
        "--data-dir",
        &empty.path().display().to_string(),
    ]);
    assert_eq!(code, 0, "{text}{problems}");
    assert!(text.lines().count() > 100, "{text}");
}
