//! Rubbish in: nothing is lost undeclared, nothing falls over, and the rest goes on.

use tests::{Lab, Setup};

use crate::{file, ssh_brute_force};

/// Everything journaled is indexed: what was made is what can be found.
async fn assert_all_there(lab: &Lab) {
    lab.wait_until_settled().await;
    let health = lab.local().json("/api/v1/health").await;
    assert_eq!(
        health["journal"]["position"], health["index"]["events"],
        "{health}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_lines_are_events_of_their_own() {
    let mut lab = Setup::new()
        .log("a.log", "ndjson", "so-tttt")
        .log("b.log", "syslog", "so-tttt")
        .start()
        .await;
    lab.write(
        "a.log",
        b"{\"event\":1}\n\n{\"torn\":\nnot json\n\xff\xfe\x00\xc3(\n[1,2]\n",
    );
    let long = [b"{\"long\":\"".as_slice(), &vec![b'x'; 10 << 20], b"\"}\n"].concat();
    lab.write("a.log", &long);
    lab.write("a.log", b"{\"event\":2}\n");
    lab.write("b.log", b"\xff\xff\xff\n<999>no\n");
    lab.write("b.log", ssh_brute_force("203.0.113.9").as_bytes());
    lab.wait_for("the last good line", async || {
        (lab.events("source:a.log AND record.event:2").await.len() == 1).then_some(())
    })
    .await;
    lab.wait_for("the alert", async || lab.alerts().await.into_iter().next())
        .await;
    assert_all_there(&lab).await;
    let failed = lab.events("source:a.log AND kind:parse.failed").await;
    let reasons: Vec<String> = failed
        .iter()
        .map(|event| event["record"].to_string())
        .collect();
    assert!(failed.len() >= 4, "{} parse.failed", failed.len());
    // The 10 MB line is declared: its length and hash, its beginning, not the whole.
    let declared = reasons
        .iter()
        .find(|record| record.contains(&(long.len() - 1).to_string()));
    let declared =
        declared.unwrap_or_else(|| panic!("no record names the length of the long line"));
    assert!(
        declared.contains("sha256") && declared.len() < 200_000,
        "{} bytes",
        declared.len()
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rules_are_listed_and_cost_only_themselves() {
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}title: *j\n",
        ('b'..='j')
            .zip('a'..)
            .map(|(name, of)| {
                format!("{name}: &{name} [*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of}]\n")
            })
            .collect::<String>()
    );
    let unknown = "title: T\nid: 6a1d0f2e-0000-4000-8000-000000000001\nlogsource:\n  product: linux\n\
                   detection:\n  a:\n    message|unsinn: x\n  condition: a\n";
    let mut lab = Setup::new()
        .rule_file("sigma/bombe.yml", &bomb)
        .rule_file("sigma/modifier.yml", unknown)
        .rule_file("sigma/torn.yml", "title: [")
        .log("so.log", "syslog", "so-tttt")
        .start()
        .await;
    let health = lab.local().json("/api/v1/health").await;
    let problems = health["rules"]["problems"].as_array().unwrap();
    let of = |name: &str| {
        let found = problems
            .iter()
            .find(|problem| problem["file"].as_str().unwrap().ends_with(name));
        found
            .unwrap_or_else(|| panic!("{name} is not listed: {health}"))
            .clone()
    };
    of("bombe.yml");
    of("torn.yml");
    let problem = of("modifier.yml");
    assert_eq!(problem["line"], 7, "{problem}");
    assert!(
        problem["reason"].as_str().unwrap().contains("unsinn"),
        "{problem}"
    );
    // The shipped ones work.
    lab.write("so.log", ssh_brute_force("203.0.113.9").as_bytes());
    lab.wait_for("the alert", async || lab.alerts().await.into_iter().next())
        .await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_captures_say_where_they_broke() {
    let mut setup = Setup::new();
    for name in [
        "capture-truncated.pcap",
        "capture-flipped.pcap",
        "empty.pcap",
    ] {
        let path = file(&format!("tests/golden/samples/{name}"));
        setup = setup.input(name, &path, "capture", "so-tttt");
    }
    let mut lab = setup.start().await;
    for name in [
        "capture-truncated.pcap",
        "capture-flipped.pcap",
        "empty.pcap",
    ] {
        lab.wait_for_end(name).await;
    }
    assert_all_there(&lab).await;
    lab.stop().await;
}

/// Lines written while the centre was down are read when it is back, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_goes_on_where_it_stood() {
    let mut lab = Setup::new().log("a.log", "ndjson", "so-tttt").start().await;
    let line = |n: u32| format!("{{\"n\":{n}}}\n");
    lab.write("a.log", (0..50).map(line).collect::<String>().as_bytes());
    lab.wait_for("the first lines", async || {
        (lab.events("source:a.log AND record.n:*").await.len() == 50).then_some(())
    })
    .await;
    lab.stop().await;
    lab.write("a.log", (50..80).map(line).collect::<String>().as_bytes());
    lab.start().await;
    lab.write("a.log", (80..100).map(line).collect::<String>().as_bytes());
    lab.wait_for("all lines", async || {
        (lab.events("source:a.log AND record.n:*").await.len() >= 100).then_some(())
    })
    .await;
    let events = lab.events("source:a.log AND record.n:*").await;
    let mut numbers: Vec<u64> = events
        .iter()
        .map(|event| event["record"]["n"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<u64>>());
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_work_says_so_on_the_board_and_in_health() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::new().input(
        "mat",
        &dir.path().join("khong-co.pcap"),
        "capture",
        "so-tttt",
    );
    let mut lab = setup.start().await;
    let local = lab.local();
    let problem = lab
        .wait_for("the board to say it", async || {
            let board = local.json("/api/v1/sources").await;
            let items = board["items"].as_array().unwrap();
            assert_eq!(items.len(), 1, "the centre itself is no source: {board}");
            items[0]["problems"].as_array().unwrap().first().cloned()
        })
        .await;
    assert!(["failed", "unreadable"].contains(&problem["code"].as_str().unwrap()));
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("khong-co.pcap"), "{problem}");
    lab.wait_for("health to say it", async || {
        let health = local.json("/api/v1/health").await;
        let problems = health["problems"].as_array().unwrap();
        let told = problems.iter().any(|told| told["code"] == "source_failed");
        (told && health["status"] == "degraded").then_some(())
    })
    .await;
    lab.stop().await;
}
