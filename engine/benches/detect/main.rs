//! `make bench`: the Sigma matcher beside its peers, one core, JSON bytes in, detections out.
//!
//! Rules and events are SigmaHQ's and Security-Datasets', where they are beside the repository; else
//! it says "skipped". Rates are events per second of processor time of one thread, best of rounds.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a benchmark prints a table of inputs that it knows"
)]

mod corpus;
mod intel;
mod ours;
mod peers;
mod reload;

use std::path::Path;

use corpus::Corpus;

/// How this program tells itself to measure memory.
const ONLY_MEMORY: &str = "only-memory";
/// The same for intel; the folder follows.
const ONLY_INTEL: &str = "only-intel";

fn main() {
    // `cargo bench` adds --bench; names choose what is measured.
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    if let [name, folder] = names.as_slice()
        && name == ONLY_INTEL
    {
        return intel::measure(Path::new(folder));
    }
    let only_memory = names.iter().any(|name| name == ONLY_MEMORY);
    let Some(corpus) = Corpus::find(!only_memory) else {
        println!("skipped: ../shared/sigma is not there");
        return;
    };
    if only_memory {
        return ours::measure_memory(corpus);
    }
    let wants = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let rules = ours::load(&corpus);
    if wants("mix") {
        let some = ours::set(&corpus.some(100, |_| true));
        ours::rate("mix", &some.rules().count().to_string(), &some, &corpus.mix);
        ours::rate("mix", "all", &rules, &corpus.mix);
    }
    if wants("pc") {
        for count in [100, 300, 708, usize::MAX] {
            let some = corpus.process_creation(count);
            let some = ours::set(&some);
            ours::rate("pc", &some.rules().count().to_string(), &some, &corpus.pc);
        }
        ours::rate("pc", "all", &rules, &corpus.pc);
    }
    if wants("cores") {
        ours::cores(&rules, &corpus.mix);
    }
    if wants("memory") {
        ours::memory(ONLY_MEMORY);
    }
    if wants("intel") {
        intel::run(ONLY_INTEL);
    }
    if wants("reload") {
        reload::run(&corpus);
    }
    if wants("peers") {
        peers::run("mix", &rules, &corpus.mix);
        let some = ours::set(&corpus.process_creation(usize::MAX));
        peers::run("pc", &some, &corpus.pc);
    }
}
