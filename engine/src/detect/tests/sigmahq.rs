//! SigmaHQ's rules and their samples, where they are beside the repository; else skipped, and said.

use std::path::{Path, PathBuf};

use event::{Event, Fields, Kind, Limits, View};
use serde_json::{Map, Value};

use super::{event, examine, file, mappings};
use crate::detect::Engine;
use crate::rule::{RuleFile, RuleLimits, RuleSet};

/// Its info.yml says 1, but three of its five events name `…\AnyDesk\user.conf…`, as the rule asks.
const MISCOUNTED: &str = "0b9ad457-2554-44c1-82c2-d56a99c42377";

fn corpus() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(1)
        .find_map(|folder| {
            let corpus = folder.join("shared/sigma");
            corpus.is_dir().then_some(corpus)
        });
    if found.is_none() {
        println!("skipped: ../shared/sigma is not there");
    }
    found
}

/// All rule files under a folder.
pub(super) fn files(folder: &Path) -> Vec<RuleFile> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(file(
                &path.display().to_string(),
                &std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn all_rules(corpus: &Path) -> Vec<RuleFile> {
    let folders = [
        "",
        "-emerging-threats",
        "-threat-hunting",
        "-compliance",
        "-placeholder",
    ];
    let folders = folders.map(|suffix| corpus.join(format!("rules{suffix}")));
    folders.iter().flat_map(|folder| files(folder)).collect()
}

#[test]
fn every_rule_is_read_but_those_that_need_placeholders() {
    let Some(corpus) = corpus() else { return };
    let files = all_rules(&corpus);
    let count = files.len();
    let (set, problems) = RuleSet::load(files, mappings(), &RuleLimits::default());
    let (wanting, others): (Vec<_>, Vec<_>) = problems
        .iter()
        .partition(|problem| problem.reason.contains("has no values"));
    for problem in &others {
        println!("{problem}");
    }
    let wanting: std::collections::BTreeSet<&str> =
        wanting.iter().map(|problem| &*problem.file).collect();
    println!(
        "{count} files, {} rules, {} need placeholders",
        set.rules().count(),
        wanting.len()
    );
    assert!(others.iter().all(|problem| !problem.is_error()));
    assert_eq!(set.rules().count() + wanting.len(), count);
}

#[test]
fn the_samples_fire_their_rules() {
    let Some(corpus) = corpus() else { return };
    let (set, _) = RuleSet::load(all_rules(&corpus), mappings(), &RuleLimits::default());
    let engine = Engine::compile(&set);
    let table = std::fs::read_to_string(corpus.join("regression/expected.tsv")).unwrap();
    let (mut samples, mut missed) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, _, sample, format, count, _] = columns[..] else {
            panic!("{line}")
        };
        let events = match format {
            "json" => windows_events(&corpus.join(sample)),
            "raw" => raw_events(&corpus.join(sample)),
            // The same events as in the JSON; reading EVTX is the sensor's.
            _ => continue,
        };
        samples += 1;
        let fired = events.iter().filter(|event| {
            examine(&set, &engine, event)
                .iter()
                .any(|found| *found.rule.id == *id)
        });
        let fired = fired.count();
        let expected = count.parse::<usize>().ok().filter(|_| id != MISCOUNTED);
        if fired == 0 || expected.is_some_and(|expected| expected != fired) {
            missed.push(format!(
                "{id} fired {fired} times, expected {count}: {sample}"
            ));
        }
    }
    println!(
        "{} of {samples} samples fire as expected",
        samples - missed.len()
    );
    assert!(missed.is_empty(), "{missed:#?}");
}

fn raw_events(path: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(path).unwrap();
    let record = |line: &str| serde_json::json!({ "message": line }).to_string();
    text.lines()
        .map(|line| event(Kind::Syslog, &record(line)))
        .collect()
}

/// Events in the shape of evtx_dump, made flat as the sensor makes them.
fn windows_events(path: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(path).unwrap();
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    values
        .map(|value| {
            let value = value.unwrap();
            let mut flat = Map::new();
            for part in ["System", "EventData", "UserData"] {
                flatten("", &value["Event"][part], &mut flat);
            }
            let channel = flat
                .get("Channel")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let kind = match channel {
                "Security" => Kind::WindowsSecurity,
                "System" => Kind::WindowsSystem,
                "Microsoft-Windows-Sysmon/Operational" => Kind::WindowsSysmon,
                _ if channel.contains("PowerShell") => Kind::WindowsPowershell,
                _ => Kind::WindowsOther,
            };
            event(kind, &Value::Object(flat).to_string())
        })
        .collect()
}

fn flatten(name: &str, value: &Value, flat: &mut Map<String, Value>) {
    let Value::Object(map) = value else {
        if !name.is_empty() {
            flat.insert(name.replace(' ', ""), value.clone());
        }
        return;
    };
    for (key, value) in map {
        match (key.as_str(), value) {
            ("#attributes", Value::Object(attributes)) => {
                for (key, value) in attributes {
                    flat.insert(format!("{name}_{key}"), value.clone());
                }
            }
            ("#text", text) => drop(flat.insert(name.to_owned(), text.clone())),
            _ => flatten(key, value, flat),
        }
    }
}

/// Real events: the verdicts are the twin's, and the figures are for the report.
#[test]
fn real_events_meet_the_same_rules_as_by_the_twin() {
    let Some(corpus) = corpus() else { return };
    let (set, _) = RuleSet::load(all_rules(&corpus), mappings(), &RuleLimits::default());
    let engine = Engine::compile(&set);
    for (name, every) in [("pc", 8), ("mix", 100)] {
        let packed = corpus.join(format!("events/{name}.jsonl.xz"));
        let unpacked = std::process::Command::new("xz")
            .arg("-dc")
            .arg(packed)
            .output();
        let Ok(unpacked) = unpacked else {
            println!("skipped: xz is not installed");
            return;
        };
        let text = String::from_utf8(unpacked.stdout).unwrap();
        let events: Vec<Event> = text.lines().map(otrf_event).collect();
        let sampled = events.iter().step_by(every);
        let fired: usize = sampled
            .map(|event| examine(&set, &engine, event).len())
            .sum();
        println!(
            "{name}: {fired} detections in {} events",
            events.len() / every
        );
        assert!(fired > 0);
        measure(name, &engine, &events);
    }
}

fn otrf_event(line: &str) -> Event {
    let kind = match line.to_lowercase() {
        line if line.contains("sysmon/operational") => Kind::WindowsSysmon,
        line if line.contains("\"security\"") => Kind::WindowsSecurity,
        line if line.contains("powershell") => Kind::WindowsPowershell,
        _ => Kind::WindowsOther,
    };
    event(kind, line)
}

fn measure(name: &str, engine: &Engine, events: &[Event]) {
    let started = std::time::Instant::now();
    let mut engine = engine.clone();
    let (mut fields, mut detections) = (Fields::default(), Vec::new());
    for event in events {
        fields.read(event.record.bytes(), Limits::default());
        let view = View {
            event,
            fields: &fields,
        };
        engine.examine(view, &mut detections);
    }
    let rate = events.len() as f64 / started.elapsed().as_secs_f64();
    println!(
        "{name}: {rate:.0} events/s from text, {} detections",
        detections.len()
    );
}
