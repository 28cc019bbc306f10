//! What retention takes away and what it leaves, and what a manifest finds.

use std::fs;

use super::*;
use crate::index::{Keep, Retention, verify};

/// A partition a day for five days: positions 1, 2 … 10, two a day.
fn five_days(dir: &Path) -> (Index, Searcher) {
    let (mut index, searcher) = open(dir, options());
    for position in 1..=10_u64 {
        let at = i64::try_from((position - 1) / 2).unwrap() * DAY + 1;
        add(
            &mut index,
            &journaled(position, at, at, Kind::Dns, r#"{"a":"x"}"#),
        );
    }
    index.commit(10, Time::from_micros(4 * DAY + 1)).unwrap();
    (index, searcher)
}

fn kept(searcher: &Searcher) -> Vec<u64> {
    let mut found = positions(&searcher.search(&request("a:x", 100)).unwrap());
    found.sort_unstable();
    found
}

fn network(age_days: u64, bytes: u64) -> Retention {
    Retention {
        network: Keep {
            age: Duration::from_secs(age_days * 86_400),
            bytes,
        },
        ..Retention::default()
    }
}

#[test]
fn whole_partitions_go_when_their_last_event_is_old_enough() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = five_days(dir.path());
    let now = Time::from_micros(4 * DAY + 2);
    assert!(index.expired(&Retention::default(), now).is_empty());
    assert!(index.expired(&network(5, 0), now).is_empty());
    let other = Retention {
        flow: network(1, 1).network,
        ..Retention::default()
    };
    assert!(index.expired(&other, now).is_empty(), "another group's");
    let expired = index.expired(&network(2, 0), now);
    let firsts: Vec<u64> = expired.iter().map(|gone| gone.meta.first).collect();
    assert_eq!(firsts, [1, 3, 5], "the oldest first");
    assert!(expired.iter().all(|gone| gone.bytes > 0));
    for gone in &expired {
        index.remove(gone).unwrap();
    }
    assert_eq!(kept(&searcher), [7, 8, 9, 10]);
    assert!(index.expired(&network(2, 0), now).is_empty());
    drop(index);
    let (_, searcher) = open(dir.path(), options());
    assert_eq!(kept(&searcher), [7, 8, 9, 10], "nothing comes back");
}

#[test]
fn the_oldest_go_until_the_rest_fits_and_what_is_written_to_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = five_days(dir.path());
    let now = Time::from_micros(4 * DAY + 2);
    let all = index.expired(&network(0, 1), now);
    assert_eq!(all.len(), 4, "the fifth is written to");
    // Room for all but a byte: one goes.
    let open: u64 = fs::read_dir(dir.path().join("network"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !all.iter().any(|gone| gone.dir == *path))
        .flat_map(|path| fs::read_dir(path).unwrap())
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let bytes = open + all.iter().map(|gone| gone.bytes).sum::<u64>() - 1;
    let expired = index.expired(&network(0, bytes), now);
    assert_eq!(expired.len(), 1);
    index.remove(&expired[0]).unwrap();
    assert_eq!(kept(&searcher), [3, 4, 5, 6, 7, 8, 9, 10]);
}

/// A crash between the two steps: the folder is put away, and gone after the next start.
#[test]
fn what_was_put_away_is_removed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = five_days(dir.path());
    let now = Time::from_micros(4 * DAY + 2);
    let gone = index.expired(&network(4, 0), now).remove(0);
    drop(index);
    let trash = gone.dir.with_extension("trash");
    fs::rename(&gone.dir, &trash).unwrap();
    let (_, searcher) = open(dir.path(), options());
    assert_eq!(kept(&searcher), [3, 4, 5, 6, 7, 8, 9, 10]);
    assert!(!trash.exists());
}

/// A search that began before a partition went is answered to its end.
#[test]
fn a_search_that_has_begun_reads_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = five_days(dir.path());
    let held = searcher.between(&cut::Cut {
        query: &Query::All,
        scope: &Scope::All,
        from: None,
        to: Some(Time::from_micros(DAY)),
    });
    let expired = index.expired(&network(4, 0), Time::from_micros(4 * DAY + 2));
    index.remove(&expired[0]).unwrap();
    let mut events = 0;
    held[0]
        .searchable
        .for_each(|_| {
            events += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(events, 2);
}

#[test]
fn a_manifest_finds_what_is_missing_too_many_and_exchanged() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = five_days(dir.path());
    drop(index);
    let (index, _) = open(dir.path(), options());
    let sealed = &index.sealed[0].dir;
    // Written when the merges have ended, on a thread of its own.
    for _ in 0..1_000 {
        if manifest::exists(sealed) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let problems = || {
        let reports = verify(dir.path(), u64::MAX).unwrap();
        let own = reports.into_iter().find(|report| report.dir == *sealed);
        own.unwrap().problems
    };
    assert_eq!(problems(), Vec::<String>::new());
    fs::write(sealed.join("more"), "x").unwrap();
    assert!(problems()[0].contains("more is there, the manifest does not name it"));
    fs::remove_file(sealed.join("more")).unwrap();
    // Exchanged for another whole file, which tantivy's own checksums cannot find.
    let managed = sealed.join(".managed.json");
    let text = fs::read(&managed).unwrap();
    fs::write(&managed, [&text[..], b" "].concat()).unwrap();
    assert!(problems()[0].contains(".managed.json is not the file of the manifest"));
    fs::write(&managed, text).unwrap();
    assert_eq!(problems(), Vec::<String>::new());
    fs::write(sealed.join("manifest.json"), "{").unwrap();
    assert!(problems()[0].contains("cannot be read"));
}
