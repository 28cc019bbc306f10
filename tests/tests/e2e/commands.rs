//! The command line: what a command writes, and with which code it ends.

use serde_json::Value;
use tests::binary::run;

use crate::{file, provoke, two_sites};

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn path(name: &str) -> String {
    file(name).display().to_string()
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "demo", "serve", "sensor", "read", "detect", "rules", "search", "user", "verify", "backup",
        "restore",
    ] {
        let (code, text, _) = run(&[command, "--help"]);
        assert_eq!(code, 0, "{command}");
        assert!(
            text.contains("Usage: haidang") && text.len() > 200,
            "{command}: {text}"
        );
    }
    let (code, _, problem) = run(&["lies"]);
    assert_eq!(code, 3, "{problem}");
}

#[test]
fn read_writes_events_as_they_are_or_as_ecs() {
    let capture = path("tests/golden/samples/dns-tcp.pcap");
    let (code, text, _) = run(&["read", &capture]);
    let events = lines(&text);
    assert_eq!((code, events.len()), (0, 9));
    assert!(events.iter().all(|event| event["event_type"].is_string()));
    let (code, text, _) = run(&["read", &capture, "--format", "ecs", "--types", "dns"]);
    let events = lines(&text);
    assert_eq!((code, events.len()), (0, 6));
    assert!(
        events
            .iter()
            .all(|event| event["@timestamp"].is_string() && event["record"]["dns"].is_object())
    );

    let (code, _, problem) = run(&["read", "nirgends.pcap"]);
    assert_eq!(code, 1);
    assert!(problem.contains("nirgends.pcap"), "{problem}");
    let (code, _, problem) = run(&["read", &capture, "--types", "unsinn"]);
    assert_eq!(code, 3);
    assert!(
        problem.contains("unsinn") && problem.contains("dns"),
        "{problem}"
    );
}

#[test]
fn detect_names_rule_author_and_matched_fields() {
    let (code, text, _) = run(&["detect", &path("deploy/demo/encoded-powershell.ndjson")]);
    let found = lines(&text);
    assert_eq!((code, found.len()), (0, 12));
    let rule = &found[0]["rule"];
    assert_eq!(rule["id"], "a0b0ed1d-85fd-4221-a6b9-f48fbae63fe7");
    assert_eq!(
        (&rule["level"], &rule["author"]),
        (&"high".into(), &"haidang project".into())
    );
    assert!(
        found[0]["matched"]["CommandLine"].is_string()
            && found[0]["event"]["CommandLine"].is_string()
    );
    let (code, text, _) = run(&[
        "detect",
        &path("tests/golden/encoded-powershell/silent/input.ndjson"),
    ]);
    assert_eq!((code, text.as_str()), (0, ""));
}

#[test]
fn what_could_not_be_read_is_named_once_and_ends_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(path("deploy/demo/dns-tunnel.pcap")).unwrap();
    let cut = dir.path().join("cut.pcap");
    std::fs::write(&cut, &whole[..20_000]).unwrap();
    let (code, out, error) = run(&["read", cut.to_str().unwrap()]);
    assert_eq!(code, 2, "{error}");
    assert!(!lines(&out).is_empty(), "what is whole is read");
    assert!(error.contains("truncated"), "{error}");
    assert_eq!(error.matches("cut.pcap").count(), 1, "{error}");

    let empty = dir.path().join("empty.log");
    std::fs::write(&empty, "").unwrap();
    let (code, out, error) = run(&["detect", empty.to_str().unwrap(), "--stats"]);
    assert_eq!((code, &*out), (0, ""), "{error}");
    assert!(error.contains("0 events, 0 detections"), "{error}");
}

#[test]
fn rules_check_says_file_line_and_reason() {
    let (code, text, _) = run(&["rules", "check", &path("rules/sigma")]);
    assert_eq!(code, 0, "{text}");
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.yml");
    std::fs::write(&bad, "title: T\nid: x\nlogsource: {category: dns}\ndetection:\n  a:\n    F|unsinn: 1\n  condition: a\n").unwrap();
    let (code, text, problems) = run(&["rules", "check", bad.to_str().unwrap()]);
    assert_eq!(code, 2);
    let said = format!("{text}{problems}");
    assert!(
        said.contains("bad.yml:6:") && said.contains("unsinn"),
        "{said}"
    );
}

#[test]
fn a_configuration_with_an_unknown_key_is_refused_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("haidang.toml");
    std::fs::write(&config, "[web]\nlisten = \"127.0.0.1:0\"\nprot = 1\n").unwrap();
    let (code, _, problem) = run(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 3);
    assert!(
        problem.contains("haidang.toml") && problem.contains("line 3") && problem.contains("prot"),
        "{problem}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn search_and_user_speak_to_the_running_centre() {
    let mut lab = two_sites().await;
    provoke(&lab, "so.log", "203.0.113.7").await;
    lab.wait_until_settled().await;
    let dir = lab.data_dir().display().to_string();
    let query = "source.ip:203.0.113.7 AND kind:linux.auth";
    let (code, text, problem) = in_background(vec![
        "search".into(),
        query.into(),
        "--data-dir".into(),
        dir.clone(),
    ])
    .await;
    assert_eq!(code, 0, "{problem}");
    let mut found: Vec<Value> = lines(&text)
        .iter()
        .map(|event| event["id"].clone())
        .collect();
    let mut expected: Vec<Value> = lab
        .events(query)
        .await
        .iter()
        .map(|event| event["id"].clone())
        .collect();
    found.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(found, expected);
    for (query, reason) in [("((".to_owned(), "column 3"), ("a".repeat(100_000), "8192")] {
        let arguments = vec!["search".into(), query, "--data-dir".into(), dir.clone()];
        let (code, _, problem) = in_background(arguments).await;
        assert_eq!(code, 3);
        assert!(
            problem.contains(reason) && problem.len() < 1_000,
            "{problem}"
        );
    }

    let add = [
        "user",
        "add",
        "binh",
        "--role",
        "viewer",
        "--sites",
        "xa-binh-minh",
        "--data-dir",
        &dir,
    ];
    let (code, text, problem) = in_background(add.map(str::to_owned).to_vec()).await;
    assert_eq!(code, 0, "{problem}");
    let password = text
        .split_whitespace()
        .find(|word| word.len() == 19 && word.contains('-'))
        .unwrap();
    let answer = tests::lab::try_sign_in(&lab.nobody(), "binh", password).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (_, text, _) = in_background(
        ["user", "list", "--data-dir", &dir]
            .map(str::to_owned)
            .to_vec(),
    )
    .await;
    assert!(text.contains("binh") && text.contains("viewer"), "{text}");
    // The folder belongs to the centre.
    let (code, _, problem) =
        in_background(["verify", "--data-dir", &dir].map(str::to_owned).to_vec()).await;
    assert_eq!(code, 1, "{problem}");
    lab.stop().await;
}

/// The command beside the centre that lives in this process.
async fn in_background(arguments: Vec<String>) -> (i32, String, String) {
    tokio::task::spawn_blocking(move || {
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await
    .unwrap()
}

/// Whoever reads what a command prints may go away: `haidang … | head -1`.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let rules = path("rules");
    for arguments in [
        vec!["rules", "list"],
        vec!["rules", "check", &rules],
        vec!["--data-dir", &data, "doctor", "--seconds", "1"],
        vec!["read", &path("tests/golden/samples/dns-tcp.pcap")],
        vec!["user", "--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = tests::binary::haidang();
        command.args(&arguments).stdout(writer);
        let ended = command.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
}
