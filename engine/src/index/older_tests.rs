//! Partitions of an older schema: opened, they answer as before, wherever a kill came between.

use super::schema::SCHEMA_VERSION;
use super::*;

/// Events of two sealed partitions, an open one, and a backfill beside them.
const EVENTS: u64 = 25;

const QUERIES: [&str; 8] = [
    "*",
    "a:*",
    "a:10.60.0.0/16",
    "a:\"Đà Nẵng\"",
    "b.c:>=3",
    "NOT b.c:*",
    "site:odd AND kind:dns",
    "destination.port:[2 TO 4]",
];

fn small() -> Options {
    Options {
        partition_events: 10,
        ..options()
    }
}

fn events() -> Vec<Journaled> {
    let records = [
        r#"{"a":"10.60.0.7"}"#,
        r#"{"a":"Đà Nẵng","b":{"c":7}}"#,
        r#"{"b":{"c":[1,"x y"]}}"#,
        "{}",
    ];
    let event = |position: u64| {
        let record = records[usize::try_from(position).unwrap() % records.len()];
        // One arrived long after its time.
        let received = if position == 13 { 10 * DAY } else { 9 * DAY };
        let time = if position == 13 { DAY } else { 9 * DAY };
        journaled(position, time, received, Kind::Dns, record)
    };
    (1..=EVENTS).map(event).collect()
}

/// The folders of the partitions in an index of these events, marked as those of the schema before.
fn aged(dir: &Path, all: &[Journaled]) -> Vec<PathBuf> {
    let (mut index, _) = open(dir, small());
    all.iter().for_each(|event| add(&mut index, event));
    index.commit(EVENTS, Time::EPOCH).unwrap();
    drop(index);
    let folders: Vec<PathBuf> = verify(dir, u64::MAX)
        .unwrap()
        .into_iter()
        .map(|report| report.dir)
        .collect();
    for folder in &folders {
        let path = folder.join("meta.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let said = format!(r#"\"schema\":{SCHEMA_VERSION},"#);
        assert_eq!(text.matches(&said).count(), 1, "{text}");
        let older = format!(r#"\"schema\":{},"#, SCHEMA_VERSION - 1);
        std::fs::write(&path, text.replace(&said, &older)).unwrap();
    }
    folders
}

/// Nothing is set aside, twice or lost; every partition has the schema of today, and no other folder is left.
fn answers_as_before(dir: &Path, all: &[Journaled], folders: &[PathBuf]) {
    let (mut index, searcher) = open(dir, small());
    assert!(index.quarantined().is_empty(), "{:?}", index.quarantined());
    for text in QUERIES {
        let hits = searcher.search(&request(text, 50)).unwrap();
        assert_eq!(hits.partial, None, "{text}");
        let mut found = positions(&hits);
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, scanned(all, text), "{text}");
    }
    let metas = searcher.partitions();
    assert!(metas.iter().all(|meta| meta.schema == SCHEMA_VERSION));
    assert_eq!(metas.iter().filter(|meta| meta.sealed).count(), 2);
    // What it covers is still covered, and the open one is gone on with.
    all.iter().for_each(|event| add(&mut index, event));
    let next = journaled(EVENTS + 1, 9 * DAY, 9 * DAY, Kind::Dns, "{}");
    add(&mut index, &next);
    index.commit(EVENTS + 1, Time::EPOCH).unwrap();
    assert_eq!(searcher.events(), EVENTS + 1);
    drop((index, searcher));
    let mut left: Vec<PathBuf> = std::fs::read_dir(folders[0].parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    left.sort();
    assert_eq!(left, folders);
    for report in verify(dir, u64::MAX).unwrap() {
        assert!(report.problems.is_empty(), "{report:?}");
    }
}

#[test]
fn partitions_of_an_older_schema_answer_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let all = events();
    let folders = aged(dir.path(), &all);
    assert_eq!(folders.len(), 4);
    for report in verify(dir.path(), u64::MAX).unwrap() {
        let named = |problem: &String| problem.contains("verify --rebuild");
        assert!(report.problems.iter().any(named), "{report:?}");
    }
    answers_as_before(dir.path(), &all, &folders);
    // Built anew once: what is of today is left as it is.
    let made = |folder: &PathBuf| std::fs::metadata(folder).unwrap().modified().unwrap();
    let before: Vec<_> = folders.iter().map(made).collect();
    drop(open(dir.path(), small()));
    let sealed = folders.iter().map(made).zip(before);
    assert!(sealed.take(2).all(|(now, then)| now == then));
}

/// Where a kill can come while a partition is built anew.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// The new one has its folder, and nothing in it.
    Begun,
    /// The new one was never committed.
    Half,
    /// The new one is complete; the old one stands.
    Built,
    /// The old one is taken away; nothing stands in its place.
    Away,
    /// The new one is in place; the old one is still there.
    Placed,
    /// The old one is half removed.
    Removing,
}

/// What a kill leaves of the rebuilding of a partition.
fn killed(folder: &Path, all: &[Journaled], kill: Kill) {
    let (work, old) = (
        folder.with_extension("rebuild"),
        folder.with_extension("old"),
    );
    if matches!(kill, Kill::Begun) {
        return std::fs::create_dir(&work).unwrap();
    }
    let meta = partition::read_meta(folder).unwrap().unwrap();
    let held: Vec<Journaled> = all
        .iter()
        .filter(|held| (meta.first..=meta.last).contains(&held.position))
        .filter(|held| is_backfill(held) == meta.backfill)
        .cloned()
        .collect();
    let group = KindGroup::Network;
    let mut made = Open::create(&work, group, meta.backfill, &held[0], 15 << 20).unwrap();
    let place = made.dir.clone();
    for held in &held {
        made.add(held, &Leaves::of(&held.event.record)).unwrap();
    }
    match (kill, meta.sealed) {
        (Kill::Half, _) => {}
        (_, true) => {
            let sealed = made.seal(meta.covered).unwrap();
            sealed.merging.join().unwrap();
        }
        (_, false) => {
            made.commit(meta.covered).unwrap();
            drop(made);
        }
    }
    if matches!(kill, Kill::Away | Kill::Placed | Kill::Removing) {
        std::fs::rename(folder, &old).unwrap();
    }
    if matches!(kill, Kill::Placed | Kill::Removing) {
        std::fs::rename(&place, folder).unwrap();
    }
    if matches!(kill, Kill::Removing) {
        std::fs::remove_file(old.join("meta.json")).unwrap();
    }
}

#[test]
fn a_kill_while_an_older_partition_is_built_anew_changes_no_answer() {
    let all = events();
    for kill in [
        Kill::Begun,
        Kill::Half,
        Kill::Built,
        Kill::Away,
        Kill::Placed,
        Kill::Removing,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let folders = aged(dir.path(), &all);
        for folder in &folders {
            killed(folder, &all, kill);
        }
        // Shown when it fails: which kill it was.
        println!("{kill:?}");
        answers_as_before(dir.path(), &all, &folders);
    }
}
