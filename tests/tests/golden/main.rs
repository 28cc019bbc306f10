//! The golden scenarios: what must fire, what must not, and that each rule is what decides it.
//!
//! Every folder of `tests/golden` goes through a real centre with the shipped rules. Then each rule is
//! mutated: narrowed, its scenario must fail; widened, its silent twin must.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod mutation;
mod samples;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use daemon::scenario::Scenario;
use tests::{Lab, Setup, repository};

/// The scenarios of every folder below `tests/golden`, by name.
fn scenarios() -> Vec<(String, Scenario)> {
    let golden = repository().join("tests/golden");
    let mut found = Vec::new();
    for slug in folders(&golden) {
        for case in folders(&slug) {
            if case.join("expect.toml").exists() {
                let name = case.strip_prefix(&golden).unwrap().display().to_string();
                found.push((name, Scenario::read(&case).unwrap()));
            }
        }
    }
    found
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The names of the files of `rules/sigma`, without their ending.
fn rules() -> BTreeSet<String> {
    let entries = std::fs::read_dir(repository().join("rules/sigma")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".yml").map(str::to_owned))
        .collect()
}

/// The ids of a rule file that raise alerts: those that no correlation of it counts.
fn alerting(rule: &str) -> Vec<&str> {
    let counted: Vec<&str> = rule
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .collect();
    let ids = rule.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.filter(|id| !counted.contains(id)).collect()
}

/// Reads a scenario's input to its end; with `rule` in place of the shipped rule of its id.
async fn run(scenario: &Scenario, rule: Option<&str>) -> Lab {
    let mut setup = Setup::new().input("input", &scenario.input, &scenario.format, &scenario.site);
    if let Some(rule) = rule {
        setup = setup.rule_file("sigma/mutant.yml", rule);
    }
    let lab = setup.start().await;
    lab.wait_for_end("input").await;
    lab
}

/// What a scenario says and does not get.
async fn failures(scenario: &Scenario, rule: Option<&str>) -> Vec<String> {
    let mut lab = run(scenario, rule).await;
    let (events, alerts) = (lab.events("").await, lab.alerts().await);
    lab.stop().await;
    scenario.failures(&events, &alerts)
}

#[test]
fn every_rule_has_a_scenario_and_a_silent_twin_and_no_scenario_is_without_a_rule() {
    let golden = repository().join("tests/golden");
    let mut found = BTreeSet::new();
    for (name, _) in scenarios() {
        let (slug, case) = name.split_once('/').unwrap();
        match (slug, case) {
            ("background", _) => {}
            (_, "fires" | "silent") => {
                found.insert(slug.to_owned());
            }
            _ => panic!("{name} is neither fires nor silent"),
        }
    }
    assert_eq!(found, rules());
    for slug in &found {
        let rule = repository().join(format!("rules/sigma/{slug}.yml"));
        let rule = std::fs::read_to_string(rule).unwrap();
        let ids = alerting(&rule);
        assert_eq!(ids.len(), 1, "{slug} raises alerts of {ids:?}");
        for case in ["fires", "silent"] {
            let expected = golden.join(slug).join(case).join("expect.toml");
            let expected = std::fs::read_to_string(&expected)
                .unwrap_or_else(|error| panic!("{slug}/{case}: {error}"));
            assert!(
                expected.contains(ids[0]),
                "{slug}/{case} is not about {}",
                ids[0]
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_gives_exactly_what_it_says() {
    let scenarios = scenarios();
    let mut failed = Vec::new();
    for (name, scenario) in &scenarios {
        let failures = failures(scenario, None).await;
        println!(
            "{} {name}: {}",
            if failures.is_empty() { "ok" } else { "FAILED" },
            scenario.purpose
        );
        failed.extend(
            failures
                .into_iter()
                .map(|failure| format!("{name}: {failure}")),
        );
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_day_raises_no_alert_of_any_rule() {
    for (name, scenario) in scenarios() {
        if name.starts_with("background/") {
            let mut lab = run(&scenario, None).await;
            let alerts = lab.alerts().await;
            lab.stop().await;
            assert!(alerts.is_empty(), "{name}: {alerts:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_says_less_fails_its_scenario_and_one_that_says_more_its_twin() {
    let scenarios = scenarios();
    let find = |name: String| {
        let found = scenarios.iter().find(|(held, _)| *held == name);
        &found.unwrap_or_else(|| panic!("there is no {name}")).1
    };
    let mutated: BTreeSet<&str> = mutation::all().map(|mutation| mutation.slug).collect();
    let rules = rules();
    let every: BTreeSet<&str> = rules.iter().map(String::as_str).collect();
    assert_eq!(mutated, every);
    let mut unnoticed = Vec::new();
    for mutation in mutation::all() {
        let rule = mutation.rule();
        let case = if mutation.widens { "silent" } else { "fires" };
        let scenario = find(format!("{}/{case}", mutation.slug));
        if failures(scenario, Some(&rule)).await.is_empty() {
            unnoticed.push(format!(
                "{}: {} for {}",
                mutation.slug, mutation.to, mutation.from
            ));
        }
    }
    assert!(
        unnoticed.is_empty(),
        "mutations that nobody noticed:\n{}",
        unnoticed.join("\n")
    );
}
