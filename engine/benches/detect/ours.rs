//! The matcher: from the bytes of a record to its detections.

use std::process::Command;
use std::time::{Duration, Instant};

use engine::detect::{Detection, Engine};
use engine::rule::{RuleFile, RuleLimits, RuleSet};
use event::{Core, Event, EventId, Fields, Kind, Leaf, Limits, Record, Time, View};
use rustix::time::{ClockId, clock_gettime};

use crate::corpus::{Corpus, mappings};

const ROUNDS: usize = 5;
/// Small inputs are gone through several times a round.
const LEAST: usize = 20_000;

/// Loads all rules and says how long it took.
pub fn load(corpus: &Corpus) -> RuleSet {
    let before = Instant::now();
    let (set, problems) = RuleSet::load(corpus.rules.clone(), mappings(), &RuleLimits::default());
    let loaded = before.elapsed();
    let engine = Engine::compile(&set);
    println!(
        "load: {} of {} rules in {:.2} s, compiled in {:.2} s, {} problems",
        set.rules().count(),
        corpus.rules.len(),
        loaded.as_secs_f64(),
        (before.elapsed() - loaded).as_secs_f64(),
        problems.len()
    );
    drop(engine);
    set
}

/// A set of some rules.
pub fn set(files: &[RuleFile]) -> RuleSet {
    RuleSet::load(files.to_vec(), mappings(), &RuleLimits::default()).0
}

/// Events whose records are in place, their kinds to be found.
pub fn made(lines: &[Vec<u8>]) -> Vec<Event> {
    let event = |line: &Vec<u8>| Event {
        id: EventId::unnumbered(Kind::Json.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "bench".into(),
        source: "bench".into(),
        site: "bench".into(),
        kind: Kind::WindowsOther,
        exercise: false,
        core: Core::default(),
        record: Record::new(line.clone()),
    };
    lines.iter().map(event).collect()
}

/// Which kind a Windows record is, as the sensor decides it: by its channel.
pub fn kind(fields: &Fields) -> Kind {
    let channel = fields.at("Channel").find_map(|leaf| match leaf {
        Leaf::Text(text) => Some(text),
        _ => None,
    });
    match channel.unwrap_or_default() {
        text if text.eq_ignore_ascii_case("security") => Kind::WindowsSecurity,
        text if text.eq_ignore_ascii_case("system") => Kind::WindowsSystem,
        text if text.eq_ignore_ascii_case("microsoft-windows-sysmon/operational") => {
            Kind::WindowsSysmon
        }
        text if text.contains("PowerShell") => Kind::WindowsPowershell,
        _ => Kind::WindowsOther,
    }
}

/// Examines every event once; how many detections there were.
pub fn pass(engine: &mut Engine, events: &mut [Event], fields: &mut Fields) -> usize {
    let mut detections: Vec<Detection> = Vec::new();
    let mut found = 0;
    for event in events {
        fields.read(event.record.bytes(), Limits::default());
        event.kind = kind(fields);
        detections.clear();
        engine.examine(View { event, fields }, &mut detections);
        found += detections.len();
    }
    found
}

/// Prints a rate.
pub fn rate(name: &str, what: &str, set: &RuleSet, lines: &[Vec<u8>]) {
    let mut engine = Engine::compile(set);
    let (mut events, mut fields) = (made(lines), Fields::default());
    let found = pass(&mut engine, &mut events, &mut fields);
    // What an engine remembers of values is of this pass alone: events do not come again.
    let repeats = LEAST.div_ceil(events.len());
    let mut best = Duration::MAX;
    let mut parse = Duration::MAX;
    for _ in 0..ROUNDS {
        let before = thread_time();
        for _ in 0..repeats {
            pass(&mut engine.clone(), &mut events, &mut fields);
        }
        best = best.min(thread_time() - before);
        let before = thread_time();
        for event in &events {
            fields.read(event.record.bytes(), Limits::default());
        }
        parse = parse.min(thread_time() - before);
    }
    let rate = (repeats * events.len()) as f64 / best.as_secs_f64();
    let parse = parse.as_secs_f64() * 1e6 / events.len() as f64;
    println!(
        "{name}, {what} rules: {rate:.0} events/s, of {:.2} us {parse:.2} to read; {found} detections in {} events",
        1e6 / rate,
        events.len()
    );
}

/// How much quicker two threads are than one, by the clock.
pub fn cores(set: &RuleSet, lines: &[Vec<u8>]) {
    let engine = Engine::compile(set);
    let clock = |threads: usize| {
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let mut parts: Vec<(Engine, Vec<Event>)> = (0..threads)
                .map(|_| (engine.clone(), made(lines)))
                .collect();
            let before = Instant::now();
            std::thread::scope(|scope| {
                for (engine, events) in &mut parts {
                    scope.spawn(|| pass(engine, events, &mut Fields::default()));
                }
            });
            best = best.min(before.elapsed());
        }
        (threads * lines.len()) as f64 / best.as_secs_f64()
    };
    let (one, two) = (clock(1), clock(2));
    println!(
        "mix on two cores: {two:.0} events/s by the clock, {:.2} times one ({one:.0})",
        two / one
    );
}

/// Prints the most memory that loading all rules and examining every event takes, in a process that
/// holds one event at a time.
pub fn memory(argument: &str) {
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own).arg(argument).output().unwrap();
    print!("{}", String::from_utf8_lossy(&said.stdout));
}

/// What that process does.
pub fn measure_memory(corpus: Corpus) {
    let folder = corpus.folder;
    let (set, _) = RuleSet::load(corpus.rules, mappings(), &RuleLimits::default());
    let mut engine = Engine::compile(&set);
    drop(set);
    let loaded = peak();
    let mut fields = Fields::default();
    let mut count = 0;
    for line in Corpus::lines(&folder) {
        pass(&mut engine, &mut made(&[line]), &mut fields);
        count += 1;
    }
    println!(
        "peak memory: {loaded} with the rules loaded, {} after {count} events of every kind",
        peak()
    );
}

/// The most memory that this process had, as the kernel writes it.
pub fn peak() -> String {
    of_status("VmHWM:")
}

/// The memory that it has, in kB.
pub fn memory_now() -> u64 {
    let said = of_status("VmRSS:");
    said.trim_end_matches(" kB").parse().unwrap_or_default()
}

fn of_status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let said = lines.find_map(|line| line.strip_prefix(name));
    said.unwrap_or_default().trim().to_owned()
}

/// Processor time of this thread.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
