//! The golden scenarios: what must fire, what must not, and that each rule is what decides it.
//!
//! Every folder of `tests/golden` goes through a real centre with the twelve rules. Then each rule is
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

mod expect;
mod mutation;
mod samples;

use std::path::{Path, PathBuf};

use expect::Scenario;
use tests::{Lab, Setup, repository};

/// The scenarios of every folder below `tests/golden`, by name.
fn scenarios() -> Vec<(String, Scenario)> {
    let golden = repository().join("tests/golden");
    let mut found = Vec::new();
    for slug in folders(&golden) {
        for case in folders(&slug) {
            if case.join("expect.toml").exists() {
                let name = case.strip_prefix(&golden).unwrap().display().to_string();
                found.push((name, Scenario::read(&case)));
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

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_gives_exactly_what_it_says() {
    let scenarios = scenarios();
    // Twelve rules that fire, their silent twins, four quiet inputs.
    assert_eq!(scenarios.len(), 28);
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
async fn a_rule_that_says_less_fails_its_scenario_and_one_that_says_more_its_twin() {
    let scenarios = scenarios();
    let find = |name: String| {
        let found = scenarios.iter().find(|(held, _)| *held == name);
        &found.unwrap_or_else(|| panic!("there is no {name}")).1
    };
    let mut unnoticed = Vec::new();
    for mutation in mutation::ALL {
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
