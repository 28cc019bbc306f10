//! Durability seen from outside: a real `haidang serve` under load is killed at seeded moments and
//! aborted at every failpoint; afterwards every line that was written is indexed exactly once and
//! the alert has counted it once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod backup;
mod centre;
mod load;
mod update;
mod upgrade;

use std::time::Duration;

use centre::Centre;
use load::Load;

/// Kills in one run, and lines written in each round.
const KILLS: u64 = 25;
const LINES: u64 = 400;

/// A small generator whose seed is printed, so that a failure can be met again.
struct Seeded(u64);

impl Seeded {
    fn new() -> Self {
        let given = std::env::var("HAIDANG_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let clock = daemon::system_clock();
        let seed = given.unwrap_or_else(|| clock().micros().unsigned_abs());
        println!("seed: HAIDANG_SEED={seed}");
        Self(seed | 1)
    }

    /// The next number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Everything written is there once, and was counted once.
fn assert_exactly_once(centre: &Centre, load: &Load) {
    centre.wait_until(&format!("{} lines are searchable", load.written()), || {
        centre.total("EventID:4625") >= load.written().min(10_000)
    });
    let found = centre.numbers();
    let expected: Vec<u64> = (1..=load.written()).collect();
    let missing: Vec<&u64> = expected
        .iter()
        .filter(|n| !found.contains(n))
        .take(5)
        .collect();
    assert!(
        missing.is_empty(),
        "missing {missing:?} of {} lines",
        load.written()
    );
    assert_eq!(found.len(), expected.len(), "some lines are indexed twice");
    centre.wait_until("the alert has counted every line", || {
        centre.alert_counts().iter().sum::<u64>() == load.written()
    });
}

#[test]
fn what_is_acknowledged_survives_kills_at_seeded_moments() {
    let mut seeded = Seeded::new();
    let mut load = Load::new();
    for _ in 0..KILLS {
        let centre = Centre::start(load.folder(), "");
        let pause = Duration::from_millis(50 + seeded.below(600));
        let writing = load.write_for(LINES, pause);
        centre.kill_after(pause);
        writing.join();
    }
    let centre = Centre::start(load.folder(), "");
    assert_exactly_once(&centre, &load);
    centre.stop();
}

#[test]
fn what_is_acknowledged_survives_an_abort_at_every_failpoint() {
    // At the third time, in the middle of things; a segment is cut only once in a round.
    for (point, when) in [
        ("journal_append", "2*off->panic"),
        ("journal_sync", "2*off->panic"),
        ("index_prepare", "2*off->panic"),
        ("index_commit", "2*off->panic"),
        ("store_commit", "2*off->panic"),
        ("journal_cut", "panic"),
    ] {
        println!("aborting at {point}");
        let mut load = Load::new();
        let centre = Centre::start(load.folder(), &format!("{point}={when}"));
        let writing = load.write_for(LINES * 4, Duration::from_secs(4));
        centre.wait_for_death(point);
        writing.join();
        let centre = Centre::start(load.folder(), "");
        assert_exactly_once(&centre, &load);
        centre.stop();
    }
}

#[test]
fn a_full_disk_stops_acknowledging_says_so_and_recovers() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "journal_append=2*off->12*return->off");
    let writing = load.write_for(LINES, Duration::from_millis(500));
    centre.wait_until("health says that the disk is full", || {
        centre
            .health_problems()
            .iter()
            .any(|code| code == "disk_full")
    });
    writing.join();
    centre.wait_until("health is well again", || {
        centre.health_problems().is_empty()
    });
    assert_exactly_once(&centre, &load);
    centre.stop();
}

/// The same on a disk that is really full.
#[test]
fn a_really_full_disk_acknowledges_nothing_and_loses_nothing() {
    let mut load = Load::new();
    let Some(centre) = Centre::start_on_small_disk(load.folder()) else {
        println!("skipped: a really full disk, for namespaces with mounts are not allowed here");
        return;
    };
    load.write_for(100, Duration::from_millis(50)).join();
    centre.wait_until("the first lines are searchable", || {
        centre.total("EventID:4625") == 100
    });
    let ballast = centre.fill_disk();
    load.write_for(1_000, Duration::from_millis(50)).join();
    centre.wait_until("health says that the disk is full", || {
        centre
            .health_problems()
            .iter()
            .any(|code| code == "disk_full")
    });
    let position = || centre.health()["journal"]["position"].clone();
    let full = position();
    load.write_for(100, Duration::from_millis(400)).join();
    assert_eq!(
        position(),
        full,
        "nothing is accepted while there is no room"
    );
    drop(ballast);
    assert_exactly_once(&centre, &load);
    centre.wait_until("health is well again", || {
        centre.health_problems().is_empty()
    });
    centre.stop();
}

#[test]
fn a_corrupt_frame_is_reported_with_its_position_and_costs_only_itself() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "");
    // Five rounds, each a frame or more.
    for round in 1..=5 {
        load.write_for(20, Duration::from_millis(20)).join();
        centre.wait_until("the round is searchable", || {
            centre.total("EventID:4625") == 20 * round
        });
    }
    centre.stop();
    let (code, text) = centre::verify(load.folder(), &[]);
    assert_eq!(code, Some(0), "{text}");
    centre::flip_a_byte_in_the_journal(load.folder(), "\"Number\":50,");
    let (code, text) = centre::verify(load.folder(), &[]);
    assert_eq!(code, Some(2), "{text}");
    let lost = lost_positions(&text);
    assert!((1..=20).contains(&lost), "{text}");

    // Index and store are made anew from the journal alone: only that frame's events are missing.
    centre::forget_all_but_the_journal(load.folder());
    load.forget_log();
    let centre = Centre::start(load.folder(), "");
    centre.wait_until("the journal is read again", || {
        centre.total("EventID:4625") == 100 - lost
    });
    let found = centre.numbers();
    assert!(!found.contains(&50));
    assert_eq!(found.len() as u64, 100 - lost);
    let health = centre.health();
    assert_eq!(health["journal"]["corrupt_events"], lost, "{health}");
    assert_eq!(centre.health_problems(), ["frame_corrupt"]);
    centre.wait_until("the alert has counted what is left", || {
        centre.alert_counts().iter().sum::<u64>() == 100 - lost
    });
    // And it goes on.
    load.write_for(10, Duration::from_millis(20)).join();
    centre.wait_until("new lines are there", || {
        centre.total("EventID:4625") == 110 - lost
    });
    centre.stop();
}

/// How many positions `verify` says are lost: `journal: positions A to B are lost to damage`.
fn lost_positions(report: &str) -> u64 {
    let line = report
        .lines()
        .find(|line| line.contains("are lost to damage"));
    let line = line.unwrap_or_else(|| panic!("no loss is told: {report}"));
    let numbers: Vec<u64> = line
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    numbers[1] - numbers[0] + 1
}

#[test]
fn a_rebuilt_index_holds_the_same_events() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "");
    load.write_for(100, Duration::from_millis(50)).join();
    load.write_old(20);
    assert_exactly_once(&centre, &load);
    let before = centre.events();
    centre.stop();
    let (code, text) = centre::verify(load.folder(), &["--rebuild"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("rebuilt with 100 events"), "{text}");
    assert!(text.contains("rebuilt with 20 events"), "{text}");
    let centre = Centre::start(load.folder(), "");
    // The index is opened beside the listeners.
    centre.wait_until("the rebuilt index is open", || !centre.events().is_empty());
    assert!(centre.events() == before, "other events than before");
    load.write_for(30, Duration::from_millis(20)).join();
    assert_exactly_once(&centre, &load);
    centre.stop();
}

#[test]
fn old_logs_imported_beside_live_ones_reopen_nothing() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "");
    load.write_for(50, Duration::from_millis(100)).join();
    load.write_old(50);
    load.write_for(50, Duration::from_millis(100)).join();
    assert_exactly_once(&centre, &load);
    centre.stop();
    // Once more, on the other side of a restart.
    let centre = Centre::start(load.folder(), "");
    load.write_old(50);
    load.write_for(50, Duration::from_millis(100)).join();
    assert_exactly_once(&centre, &load);
    centre.stop();
    let partitions = centre::partitions(load.folder(), "host");
    let backfill = partitions
        .iter()
        .filter(|name| name.ends_with("-backfill"))
        .count();
    assert_eq!((partitions.len(), backfill), (2, 1), "{partitions:?}");
}

#[test]
fn old_logs_leave_sealed_partitions_as_they_are() {
    let mut load = Load::with_partitions_of(40);
    let centre = Centre::start(load.folder(), "");
    load.write_for(200, Duration::from_millis(100)).join();
    assert_exactly_once(&centre, &load);
    let mut sealed = centre::partitions(load.folder(), "host");
    sealed.sort();
    // The newest is still written to.
    sealed.pop();
    assert_eq!(sealed.len(), 4, "{sealed:?}");
    let before: Vec<_> = sealed
        .iter()
        .map(|name| centre::contents(load.folder(), "host", name))
        .collect();
    assert!(before.iter().all(|files| files.len() > 3));

    load.write_old(100);
    load.write_for(50, Duration::from_millis(50)).join();
    assert_exactly_once(&centre, &load);
    centre.stop();
    // Read again on the other side of a restart.
    let centre = Centre::start(load.folder(), "");
    assert_exactly_once(&centre, &load);
    centre.stop();
    for (name, before) in sealed.iter().zip(before) {
        let after = centre::contents(load.folder(), "host", name);
        assert!(after == before, "partition {name} was written to");
    }
}
