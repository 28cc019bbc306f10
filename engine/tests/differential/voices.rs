//! The engines that are asked, each in its own way.

use std::path::Path;

use engine::detect::Engine;
use engine::rule::{Origin, RuleFile, RuleLimits, RuleSet};
use event::{Core, Event, EventId, Fields, Kind, Record, Time, View};
use rsigma_eval::event::JsonEvent;
use serde_json::Value;

/// A rule file from memory.
pub fn file(path: &str, text: &str) -> RuleFile {
    RuleFile {
        origin: Origin::Local,
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// The files of a folder and below it that end in `.yml`.
pub fn files(folder: &Path) -> Vec<RuleFile> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(file(&path.display().to_string(), &text));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The shipped mappings.
pub fn mappings() -> Vec<RuleFile> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/mapping"))
}

/// An event around a record.
pub fn event(kind: Kind, record: &str) -> Event {
    Event {
        id: EventId::unnumbered(kind.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.as_bytes().to_vec()),
    }
}

/// The ids of the rules that match, by us.
pub fn ours(engine: &mut Engine, event: &Event) -> Vec<String> {
    let fields = Fields::of(&event.record);
    let mut detections = Vec::new();
    let view = View {
        event,
        fields: &fields,
    };
    engine.examine(view, &mut detections);
    let mut ids: Vec<String> = detections
        .iter()
        .map(|found| found.rule.id.to_string())
        .collect();
    ids.sort_unstable();
    ids
}

/// Whether one rule matches, by us; none when it is refused.
pub fn our_verdict(rule: &str, record: &str) -> Option<bool> {
    let limits = RuleLimits::default();
    let mapping = "events: [{kinds: [windows.system], logsources: [{product: windows}]}]";
    let mapping = vec![file("m.yml", mapping)];
    let (set, _) = RuleSet::load(vec![file("t.yml", rule)], mapping, &limits);
    set.rules().next()?;
    let event = event(Kind::WindowsSystem, record);
    Some(!ours(&mut Engine::compile(&set), &event).is_empty())
}

/// The same by rsigma.
pub fn rsigma_verdict(rule: &str, record: &str) -> Option<bool> {
    let collection = rsigma_parser::parse_sigma_yaml(rule).ok()?;
    if !collection.errors.is_empty() {
        return None;
    }
    let mut engine = rsigma_eval::Engine::new();
    engine.add_collection(&collection).ok()?;
    let value: Value = serde_json::from_str(record).unwrap();
    Some(!engine.evaluate(&JsonEvent::borrow(&value)).is_empty())
}

/// The same by sigma-rust.
pub fn sigma_rust_verdict(rule: &str, record: &str) -> Option<bool> {
    let rule = sigma_rust::rule_from_yaml(rule).ok()?;
    let event = sigma_rust::event_from_json(record).ok()?;
    Some(rule.is_match(&event))
}
