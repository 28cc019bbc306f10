//! Correlations from the rule file to the hit: `RuleSet::load`, `Engine::compile`, `Windows`.

mod chain;
mod naive;
mod off;
mod property;
mod room;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use event::{Core, Event, EventId, Fields, Instance, Kind, Lane, Record, Text, Time, View};

use super::*;
use crate::detect::Engine;
use crate::rule::{Origin, Problem, RuleFile, RuleLimits, RuleSet};
use crate::store::{WindowChange, WindowClock, WindowEntry};

/// Rules that look for a letter in `r`, which may be a list.
pub(super) const RULES: &str = "\
title: A
id: id-a
name: a
logsource: {}
detection: {s: {r: a}, condition: s}
---
title: B
id: id-b
name: b
logsource: {}
detection: {s: {r: b}, condition: s}
---
title: C
id: id-c
name: c
logsource: {}
detection: {s: {r: c}, condition: s}
---
";

pub(super) fn load(text: &str) -> (RuleSet, Vec<Problem>) {
    let file = RuleFile {
        origin: Origin::Local,
        path: "t.yml".to_owned(),
        text: text.to_owned(),
    };
    RuleSet::load(vec![file], Vec::new(), &RuleLimits::default())
}

/// One correlation document, called `name`, its body indented by two.
pub(super) fn document(name: &str, body: &str) -> String {
    let body = body.replace('\n', "\n  ");
    format!(
        "title: {name}\nid: id-{name}\nname: {name}\nlevel: high\ncorrelation:\n  {body}\n---\n"
    )
}

pub(super) fn engine(documents: &str) -> Engine {
    let (set, problems) = load(&format!("{RULES}{documents}"));
    let errors: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.is_error())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{documents}");
    Engine::compile(&set)
}

pub(super) fn limits(entries: usize) -> WindowLimits {
    WindowLimits {
        entries,
        lateness: Duration::from_secs(600),
    }
}

/// Windows, and what a store would keep of them.
pub(super) struct Lab {
    pub(super) engine: Engine,
    pub(super) windows: Windows,
    pub(super) entries: BTreeMap<(String, String, u64), WindowEntry>,
    clocks: BTreeMap<(String, bool), WindowClock>,
    limits: WindowLimits,
    now: Time,
}

impl Lab {
    pub(super) fn new(documents: &str) -> Self {
        Self::with(documents, limits(10_000))
    }

    pub(super) fn with(documents: &str, limits: WindowLimits) -> Self {
        Self::of(engine(documents), limits)
    }

    pub(super) fn of(engine: Engine, limits: WindowLimits) -> Self {
        Self {
            windows: Windows::new(engine.correlations(), limits),
            engine,
            entries: BTreeMap::new(),
            clocks: BTreeMap::new(),
            limits,
            now: Time::EPOCH,
        }
    }

    /// An event of source `f` at a second; the record is without its braces.
    pub(super) fn feed(&mut self, position: u64, second: i64, record: &str) -> Vec<Hit> {
        self.feed_from(position, second, record, "f")
    }

    /// The engine's now is the newest time that came.
    pub(super) fn feed_from(
        &mut self,
        position: u64,
        second: i64,
        record: &str,
        source: &str,
    ) -> Vec<Hit> {
        let event = Arc::new(event(position, second, record, source));
        let fields = Fields::of(&event.record);
        let view = View {
            event: &event,
            fields: &fields,
        };
        let mut detections = Vec::new();
        self.engine.examine(view, &mut detections);
        self.now = self.now.max(event.time);
        let mut hits = Vec::new();
        self.windows
            .observe(&event, position, self.now, &detections, view, &mut hits);
        hits
    }

    /// Lets time pass, or says that nothing more comes.
    pub(super) fn advance(&mut self, second: i64) -> Vec<Hit> {
        self.now = self.now.max(at(second));
        let mut hits = Vec::new();
        self.windows.advance(self.now, &mut hits);
        hits
    }

    pub(super) fn finish(&mut self) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.windows.finish(&mut hits);
        hits
    }

    /// Keeps what changed, as the store does.
    pub(super) fn checkpoint(&mut self) {
        for change in self.windows.take_changes() {
            match change {
                WindowChange::Added(entry) => {
                    let key = (entry.rule.clone(), entry.group.clone(), entry.position);
                    self.entries.insert(key, entry);
                }
                WindowChange::Reported {
                    rule,
                    group,
                    position,
                    keeps,
                } => {
                    let entry = self.entries.get_mut(&(rule, group, position)).unwrap();
                    entry.reported = true;
                    if !keeps {
                        (entry.matched, entry.event) = ("[]".to_owned(), Vec::new());
                    }
                }
                WindowChange::Removed {
                    rule,
                    group,
                    position,
                } => {
                    assert!(self.entries.remove(&(rule, group, position)).is_some());
                }
                WindowChange::Clock(clock) => {
                    self.clocks
                        .insert((clock.source.clone(), clock.backfill), clock);
                }
                WindowChange::ClocksCleared => self.clocks.clear(),
            }
        }
    }

    /// Begins anew from what was kept.
    pub(super) fn restart(&mut self) {
        self.checkpoint();
        self.windows = Windows::new(self.engine.correlations(), self.limits);
        self.clocks
            .values()
            .for_each(|clock| self.windows.restore_clock(clock));
        let mut entries: Vec<&WindowEntry> = self.entries.values().collect();
        entries.sort_by_key(|entry| entry.position);
        entries
            .into_iter()
            .for_each(|entry| self.windows.restore(entry));
        assert!(self.windows.take_changes().is_empty());
    }
}

pub(super) fn at(second: i64) -> Time {
    Time::from_micros(second * 1_000_000)
}

pub(super) fn event(position: u64, second: i64, record: &str, source: &str) -> Event {
    Event {
        id: EventId {
            instance: Instance(1),
            lane: Lane::Second,
            number: position,
        },
        time: at(second),
        seen: at(second),
        sensor: "s".into(),
        source: source.into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!("{{{record}}}").into_bytes()),
    }
}

/// The positions of the events of hits, in order.
pub(super) fn positions(hits: &[Hit]) -> Vec<u64> {
    let events = hits.iter().flat_map(|hit| &hit.events);
    events.map(|event| event.position).collect()
}
