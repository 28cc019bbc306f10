//! Reloading all rules while 20,000 events a second are examined: what each event waits for.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use engine::detect::Engine;
use engine::rule::{RuleLimits, RuleSet};
use event::{Fields, Limits, View};

use crate::corpus::{Corpus, mappings};
use crate::ours::{kind, made, pass};

const RATE: u32 = 20_000;
const SECONDS: u32 = 6;

/// Prints the delays: from when an event was due until it was examined.
pub fn run(corpus: &Corpus) {
    let loaded = || {
        let (set, _) = RuleSet::load(corpus.rules.clone(), mappings(), &RuleLimits::default());
        Engine::compile(&set)
    };
    let mut first = loaded();
    let next: Mutex<Option<Engine>> = Mutex::default();
    let mut events = made(&corpus.mix);
    // A centre that runs has met its kinds of events.
    pass(&mut first, &mut events, &mut Fields::default());
    let mut delays: Vec<Duration> = Vec::new();
    let mut reloads = 0;
    std::thread::scope(|scope| {
        let (next, old) = (&next, first.clone());
        scope.spawn(move || {
            for _ in 0..SECONDS / 2 {
                std::thread::sleep(Duration::from_secs(1));
                let engine = loaded();
                engine.prepare_as(&old);
                *next.lock().unwrap() = Some(engine);
            }
        });
        let (mut engine, mut fields) = (first, Fields::default());
        let mut detections = Vec::new();
        let begun = Instant::now();
        for number in 0..RATE * SECONDS {
            let due = begun + Duration::from_secs(1) / RATE * number;
            let now = Instant::now();
            if due > now {
                std::thread::sleep(due - now);
            }
            // Between two events the whole set changes; no event meets half of each.
            if let Some(new) = next.try_lock().ok().and_then(|mut next| next.take()) {
                engine = new;
                reloads += 1;
            }
            let count = events.len();
            let event = &mut events[number as usize % count];
            fields.read(event.record.bytes(), Limits::default());
            event.kind = kind(&fields);
            detections.clear();
            engine.examine(
                View {
                    event,
                    fields: &fields,
                },
                &mut detections,
            );
            delays.push(due.elapsed());
        }
    });
    delays.sort_unstable();
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "reload: {} events at {RATE}/s, {reloads} reloads of all rules: delay p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        delays.len(),
        at(50),
        at(99),
        at(100)
    );
}
