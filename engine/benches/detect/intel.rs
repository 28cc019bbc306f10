//! Threat intelligence: five million entries in files, loaded, grown and looked for.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use engine::detect::{Detection, Engine, Intel, IntelMatch};
use engine::intel::{Additions, IntelLists};
use engine::knowledge::KnowledgeSlot;
use engine::rule::{IntelLimits, RuleSet};
use event::{Event, Fields, Limits, Time, View};

use crate::corpus::Corpus;
use crate::ours::{kind, made, memory_now, peak, thread_time};

/// Entries of each kind, as feeds have them: addresses, domains, hashes, URLs.
const ADDRESSES: u64 = 2_000_000;
const DOMAINS: u64 = 1_500_000;
const HASHES: u64 = 1_000_000;
const URLS: u64 = 500_000;
const ROUNDS: usize = 5;

/// Loads them in a process of its own, so that memory is theirs alone.
pub fn run(argument: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own)
        .arg(argument)
        .arg(folder.path())
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&said.stdout));
}

/// What that process does.
pub fn measure(folder: &Path) {
    let empty = RuleSet::default();
    let slot = KnowledgeSlot::new(Engine::compile(&empty), Intel::default());
    let before = memory_now();
    let begun = Instant::now();
    let lists = IntelLists::open(
        folder.to_owned(),
        Vec::new(),
        IntelLimits::default(),
        slot.clone(),
    );
    let loaded = begun.elapsed();
    let (entries, bytes) = lists.size();
    println!(
        "intel: {entries} entries from files in {:.1} s; tables {} MB, resident {} MB more, peak {}",
        loaded.as_secs_f64(),
        bytes / 1_000_000,
        (memory_now() - before) / 1_000,
        peak()
    );
    let text = (0..1_000).fold(String::new(), |mut text, number| {
        _ = writeln!(text, "added-{number}.bad.example");
        text
    });
    let with = Additions {
        kind: None,
        confidence: None,
        valid_until: None,
        comment: "bench",
        who: "bench",
        now: Time::EPOCH,
    };
    let begun = Instant::now();
    let added = lists.add("big", &text, &with).unwrap().unwrap();
    println!(
        "intel: {} more entries added in {:.1} ms",
        added.entries.len(),
        begun.elapsed().as_secs_f64() * 1e3
    );
    drop(lists);
    slow_down(&slot);
}

/// How much slower the mix with all rules is beside the entries.
fn slow_down(slot: &KnowledgeSlot) {
    let corpus = Corpus::find(true).unwrap();
    let set = crate::ours::set(&corpus.rules);
    let engine = Engine::compile(&set);
    let mut events = made(&corpus.mix);
    let knowledge = slot.current();
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (intel, best) in [&Intel::default(), &*knowledge.intel]
            .into_iter()
            .zip(&mut best)
        {
            let before = thread_time();
            pass(&mut engine.clone(), intel, &mut events);
            *best = (*best).min(thread_time() - before);
        }
    }
    let [without, with] = best.map(|best| best.as_secs_f64() * 1e6 / events.len() as f64);
    println!(
        "intel: mix, all rules: {without:.2} us an event without entries, {with:.2} with them, {:.1} % more",
        (with / without - 1.0) * 100.0
    );
}

fn pass(engine: &mut Engine, intel: &Intel, events: &mut [Event]) {
    let mut fields = Fields::default();
    let (mut detections, mut matches): (Vec<Detection>, Vec<IntelMatch>) = Default::default();
    for event in events {
        fields.read(event.record.bytes(), Limits::default());
        event.kind = kind(&fields);
        detections.clear();
        let view = View {
            event,
            fields: &fields,
        };
        engine.examine(view, &mut detections);
        intel.detect(view, Time::EPOCH, &mut matches, &mut detections);
    }
}

/// Writes the files of one list.
fn write(folder: &Path) {
    let list = folder.join("big");
    std::fs::create_dir_all(&list).unwrap();
    let file = |name: &str, count: u64, line: &dyn Fn(u64) -> String| {
        let lines = (0..count).map(|number| line(scattered(number)));
        let text = lines.fold(String::new(), |text, line| text + &line + "\n");
        std::fs::write(list.join(name), text).unwrap();
    };
    std::fs::write(list.join("list.yml"), "name: big\ndays: 0\n").unwrap();
    file("addresses.txt", ADDRESSES, &|random| {
        // Public ones: 41.0.0.0 to 99.255.255.255.
        let [a, b, c, d, ..] = random.to_le_bytes();
        format!("{}.{b}.{c}.{d}", 41 + a % 59)
    });
    file("domains.txt", DOMAINS, &|random| {
        format!("n{random:x}.bad{}.example", random % 977)
    });
    file("hashes.txt", HASHES, &|random| {
        format!("{random:016x}{random:016x}{random:016x}{random:016x}")
    });
    file("urls.txt", URLS, &|random| {
        format!("http://h{}.example/p/{random:x}.exe", random % 9_973)
    });
}

/// Numbers that look random; different ones for different numbers.
fn scattered(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
