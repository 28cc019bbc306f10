//! `haidang demo` as a person starts it: an address, a password, an alert of each attack, Ctrl-C.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::binary::haidang;
use tests::{Client, repository};

/// The alerting rules of the demo's attacks: each input is named after its rule. A correlation
/// stands last in its file.
fn attacks() -> BTreeSet<String> {
    let inputs = std::fs::read_dir(repository().join("deploy/demo")).unwrap();
    let slugs = inputs.filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.split_once('.').map(|(slug, _)| slug.to_owned())
    });
    let rules = slugs.filter_map(|slug| {
        let rule = repository().join(format!("rules/sigma/{slug}.yml"));
        std::fs::read_to_string(rule).ok()
    });
    let ids = rules.map(|rule| {
        let id = rule
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("id: "));
        id.unwrap().to_owned()
    });
    ids.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_raises_an_alert_of_every_attack_and_stops_cleanly() {
    let attacks = attacks();
    assert_eq!(attacks.len(), 12);
    let mut child = haidang()
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut value_of = |word: &str| {
        let line = said
            .find(|line| line.contains(word))
            .unwrap_or_else(|| panic!("no {word}"));
        line.split_whitespace().last().unwrap().to_owned()
    };
    let (address, password) = (value_of("/ address"), value_of("/ password"));
    let folder = PathBuf::from(value_of("/ data"));
    let address = address.trim_start_matches("http://").parse().unwrap();
    let mut client = Client::network(address);
    let answer = tests::lab::try_sign_in(&client, "admin", &password).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["exercise"], true);
    client.cookie = Some(tests::lab::cookie_of(&answer));

    let started = Instant::now();
    loop {
        let alerts = client.json("/api/v1/alerts?limit=200").await;
        let alerts = alerts["items"].as_array().unwrap();
        let rules: BTreeSet<&str> = alerts
            .iter()
            .map(|alert| alert["rule"]["id"].as_str().unwrap())
            .collect();
        assert!(alerts.iter().all(|alert| alert["exercise"] == true));
        let missing: Vec<&String> = attacks
            .iter()
            .filter(|attack| !rules.contains(attack.as_str()))
            .collect();
        if missing.is_empty() {
            break;
        }
        assert!(
            started.elapsed() < tests::lab::PATIENCE,
            "no alerts of {missing:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    until_a_day_is_read(&client, started).await;

    let told = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(!folder.exists(), "{} was left behind", folder.display());
}

/// A working day around the attacks: some of it is still being read when the last alert stands.
async fn until_a_day_is_read(client: &Client, started: Instant) {
    loop {
        let sources = client.json("/api/v1/sources").await;
        let sources = sources["items"].as_array().unwrap().iter();
        let events: u64 = sources
            .map(|source| source["events"].as_u64().unwrap())
            .sum();
        if events > 3_000 {
            break;
        }
        assert!(
            started.elapsed() < tests::lab::PATIENCE,
            "only {events} events"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
