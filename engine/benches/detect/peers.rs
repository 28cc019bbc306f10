//! The peers: rsigma at its best, with one engine for each set of log sources and the way to it for
//! nothing; sigma-rust the same.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use engine::detect::Engine;
use engine::rule::{RuleInfo, RuleSet};
use event::{Fields, Limits, View};
use rsigma_eval::event::JsonEvent;

use crate::ours::{kind, made, thread_time};

/// sigma-rust is given so many events: it is slow.
const FEW: usize = 400;

/// Prints the rates of the peers on the same rules and events.
pub fn run(name: &str, set: &RuleSet, lines: &[Vec<u8>]) {
    let mut engine = Engine::compile(set);
    let mut fields = Fields::default();
    // For each event the place of its engine.
    let mut sets: HashMap<Vec<String>, usize> = HashMap::new();
    let mut rules: Vec<Vec<Arc<RuleInfo>>> = Vec::new();
    let routes: Vec<usize> = made(lines)
        .into_iter()
        .map(|mut event| {
            fields.read(event.record.bytes(), Limits::default());
            event.kind = kind(&fields);
            let meant = engine.rules_for(View {
                event: &event,
                fields: &fields,
            });
            let ids = meant.iter().map(|rule| rule.id.to_string()).collect();
            *sets.entry(ids).or_insert_with(|| {
                rules.push(meant);
                rules.len() - 1
            })
        })
        .collect();
    for bloom in [false, true] {
        rsigma(name, bloom, &rules, &routes, lines);
    }
    sigma_rust(name, &rules, &routes, lines);
}

fn rsigma(
    name: &str,
    bloom: bool,
    rules: &[Vec<Arc<RuleInfo>>],
    routes: &[usize],
    lines: &[Vec<u8>],
) {
    let engines: Vec<rsigma_eval::Engine> = rules
        .iter()
        .map(|rules| {
            let mut engine = rsigma_eval::Engine::new();
            engine.set_bloom_prefilter(bloom);
            let parsed = rules
                .iter()
                .filter_map(|rule| rsigma_parser::parse_sigma_yaml(&rule.source).ok());
            let parsed: Vec<_> = parsed.flat_map(|collection| collection.rules).collect();
            drop(engine.add_rules(parsed.iter()));
            engine
        })
        .collect();
    let mut best = f64::MAX;
    let mut found = 0;
    for _ in 0..3 {
        let before = thread_time();
        found = 0;
        for (line, route) in lines.iter().zip(routes) {
            let value: serde_json::Value = serde_json::from_slice(line).unwrap();
            found += engines[*route].evaluate(&JsonEvent::borrow(&value)).len();
        }
        best = best.min((thread_time() - before).as_secs_f64());
    }
    let with = if bloom { ", bloom filter" } else { "" };
    println!(
        "{name}: rsigma 0.23{with}: {:.0} events/s; {found} detections",
        lines.len() as f64 / best
    );
}

fn sigma_rust(name: &str, rules: &[Vec<Arc<RuleInfo>>], routes: &[usize], lines: &[Vec<u8>]) {
    let parsed: Vec<Vec<sigma_rust::Rule>> = rules
        .iter()
        .map(|rules| {
            rules
                .iter()
                .filter_map(|rule| sigma_rust::rule_from_yaml(&rule.source).ok())
                .collect()
        })
        .collect();
    let every = (lines.len() / FEW).max(1);
    let before = thread_time();
    let (mut events, mut found) = (0, 0);
    for (line, route) in lines.iter().zip(routes).step_by(every) {
        let event = sigma_rust::event_from_json(std::str::from_utf8(line).unwrap()).unwrap();
        found += parsed[*route]
            .iter()
            .filter(|rule| black_box(rule.is_match(&event)))
            .count();
        events += 1;
    }
    let rate = f64::from(events) / (thread_time() - before).as_secs_f64();
    println!(
        "{name}: sigma-rust 0.7, rules chosen for it: {rate:.0} events/s; {found} detections in {events} events"
    );
}
