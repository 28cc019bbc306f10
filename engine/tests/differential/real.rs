//! SigmaHQ's rules on real Windows events, where they are beside the repository; else skipped.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::detect::Engine;
use engine::rule::{RuleLimits, RuleSet};
use event::{Fields, Kind, View};
use rsigma_eval::event::JsonEvent;
use serde_json::Value;

use crate::allowed::{REAL, Voice};
use crate::voices::{event, files, mappings, ours};

fn corpus() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = own
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("shared/sigma"));
    let found = beside.into_iter().find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: ../shared/sigma is not there");
    }
    found
}

/// Rules by the log sources of an event: what the peers are given, for they have no mappings.
#[derive(Default)]
struct Peers {
    places: HashMap<Vec<String>, usize>,
    rsigma: Vec<rsigma_eval::Engine>,
    sigma_rust: Vec<Vec<String>>,
    /// Each rule is parsed once.
    parsed: HashMap<String, (Vec<rsigma_parser::SigmaRule>, Option<sigma_rust::Rule>)>,
}

impl Peers {
    fn place(&mut self, engine: &mut Engine, view: View<'_>) -> usize {
        let rules = engine.rules_for(view);
        let ids: Vec<String> = rules.iter().map(|rule| rule.id.to_string()).collect();
        if let Some(place) = self.places.get(&ids) {
            return *place;
        }
        let mut peer = rsigma_eval::Engine::new();
        for rule in &rules {
            let parsed = self.parsed.entry(rule.id.to_string()).or_insert_with(|| {
                let collection = rsigma_parser::parse_sigma_yaml(&rule.source);
                let theirs = collection.map_or(Vec::new(), |collection| collection.rules);
                (theirs, sigma_rust::rule_from_yaml(&rule.source).ok())
            });
            drop(peer.add_rules(parsed.0.iter()));
        }
        self.rsigma.push(peer);
        self.sigma_rust.push(ids.clone());
        self.places.insert(ids, self.rsigma.len() - 1);
        self.rsigma.len() - 1
    }
}

fn all_rules(corpus: &Path) -> RuleSet {
    let folders = [
        "",
        "-emerging-threats",
        "-threat-hunting",
        "-compliance",
        "-placeholder",
    ];
    let rules = folders
        .iter()
        .flat_map(|suffix| files(&corpus.join(format!("rules{suffix}"))));
    let (set, _) = RuleSet::load(rules.collect(), mappings(), &RuleLimits::default());
    set
}

#[test]
fn real_events_meet_the_same_rules() {
    let Some(corpus) = corpus() else { return };
    let set = all_rules(&corpus);
    let mut engine = Engine::compile(&set);
    let mut peers = Peers::default();
    let mut used: BTreeMap<(Voice, &str), usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let mut compared = [0_usize; 2];
    for (name, every, slow) in [("pc", 16, 400), ("mix", 200, 10_000)] {
        let packed = corpus.join(format!("events/{name}.jsonl.xz"));
        let Ok(unpacked) = Command::new("xz").arg("-dc").arg(packed).output() else {
            println!("skipped: xz is not installed");
            return;
        };
        let text = String::from_utf8(unpacked.stdout).unwrap();
        for (number, line) in text.lines().enumerate().step_by(every) {
            let mut value: Value = serde_json::from_str(line).unwrap();
            let event = event(kind(&value), line);
            let fields = Fields::of(&event.record);
            let view = View {
                event: &event,
                fields: &fields,
            };
            let found = ours(&mut engine, &event);
            let place = peers.place(&mut engine, view);
            rename(&mut value);
            let peer = peers.rsigma[place].evaluate(&JsonEvent::borrow(&value));
            let mut theirs: Vec<String> = peer
                .iter()
                .filter_map(|found| found.header.rule_id.clone())
                .collect();
            theirs.sort_unstable();
            theirs.dedup();
            compared[0] += 1;
            let mut note = |voice, id: &str, we: bool| {
                let entry = REAL
                    .iter()
                    .find(|entry| entry.voice == voice && entry.rule == id);
                match entry {
                    Some(entry) => *used.entry((voice, entry.rule)).or_default() += 1,
                    None => unexplained.push(format!(
                        "{name} {number}: {id}: we say {we}, {voice:?} the opposite"
                    )),
                }
            };
            for id in found.iter().filter(|id| !theirs.contains(id)) {
                note(Voice::Rsigma, id, true);
            }
            for id in theirs.iter().filter(|id| !found.contains(id)) {
                note(Voice::Rsigma, id, false);
            }
            if number % slow != 0 {
                continue;
            }
            compared[1] += 1;
            let text = value.to_string();
            let flat = sigma_rust::event_from_json(&text).unwrap();
            for id in &peers.sigma_rust[place] {
                let we = found.contains(id);
                let Some(rule) = &peers.parsed[id].1 else {
                    continue;
                };
                if rule.is_match(&flat) != we {
                    note(Voice::SigmaRust, id, we);
                }
            }
        }
    }
    judge(&used, &unexplained, compared);
}

/// Nothing may be unexplained, and no explanation needless.
fn judge(used: &BTreeMap<(Voice, &str), usize>, unexplained: &[String], compared: [usize; 2]) {
    println!(
        "{} events compared with rsigma, {} with sigma-rust",
        compared[0], compared[1]
    );
    for ((voice, rule), times) in used {
        println!("{voice:?} {rule}: {times} times otherwise, as allowed");
    }
    assert!(
        unexplained.is_empty(),
        "{} unexplained: {unexplained:#?}",
        unexplained.len()
    );
    for entry in REAL {
        assert!(
            used.contains_key(&(entry.voice, entry.rule)),
            "nothing needs the entry {entry:?}"
        );
    }
}

fn kind(value: &Value) -> Kind {
    let channel = value["Channel"].as_str().unwrap_or_default().to_lowercase();
    match channel.as_str() {
        "security" => Kind::WindowsSecurity,
        "system" => Kind::WindowsSystem,
        "microsoft-windows-sysmon/operational" => Kind::WindowsSysmon,
        text if text.contains("powershell") => Kind::WindowsPowershell,
        _ => Kind::WindowsOther,
    }
}

/// Gives a 4688 the names that rules for processes use; ours are translated by the mapping.
fn rename(value: &mut Value) {
    let names = [
        ("NewProcessName", "Image"),
        ("ParentProcessName", "ParentImage"),
        ("ProcessCommandLine", "CommandLine"),
        ("SubjectLogonId", "LogonId"),
        ("SubjectUserName", "User"),
    ];
    if value["EventID"] == 4688
        && let Value::Object(map) = value
    {
        for (theirs, sigma) in names {
            if let Some(held) = map.get(theirs).cloned() {
                map.entry(sigma).or_insert(held);
            }
        }
    }
}
