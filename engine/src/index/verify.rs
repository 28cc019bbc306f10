//! Checks partitions, and builds one anew from the events that it stores: `haidang verify`.

use std::path::{Path, PathBuf};

use event::{Fields as Leaves, KindGroup};

use super::partition::{self, Open, Searchable};
use super::{Journaled, Options, manifest, partition_dirs};
use crate::digest::Digest;
use crate::error::{Error, Result};

/// What was found of one partition.
#[derive(Clone, Debug)]
pub struct PartitionReport {
    /// Its folder.
    pub dir: PathBuf,
    /// Events that it can read back.
    pub events: u64,
    /// Of these events with their places: the same for the same content.
    pub digest: Digest,
    /// What is wrong; empty when it is sound.
    pub problems: Vec<String>,
}

/// Checks every partition of an index that is not open elsewhere. The digest is of the events with
/// positions up to `upto`.
pub fn verify(dir: &Path, upto: u64) -> Result<Vec<PartitionReport>> {
    let mut reports = Vec::new();
    for group in KindGroup::ALL {
        for partition in partition_dirs(&dir.join(group.name()))? {
            reports.push(verify_partition(&partition, upto));
        }
    }
    Ok(reports)
}

fn verify_partition(dir: &Path, upto: u64) -> PartitionReport {
    let mut report = PartitionReport {
        dir: dir.to_owned(),
        events: 0,
        digest: Digest::default(),
        problems: Vec::new(),
    };
    match partition::damaged_files(dir) {
        Ok(files) => {
            let named = files
                .iter()
                .map(|file| format!("{} fails its checksum", file.display()));
            report.problems.extend(named);
        }
        Err(error) => report.problems.push(error.to_string()),
    }
    match manifest::problems(dir) {
        Ok(problems) => report.problems.extend(problems),
        Err(error) => report.problems.push(error.to_string()),
    }
    let counted = Searchable::open(dir).and_then(|partition| {
        let (mut events, mut digest) = (0, Digest::default());
        partition.for_each(|journaled| {
            events += 1;
            if journaled.position <= upto {
                digest.add(&journaled.encode());
            }
            Ok(())
        })?;
        Ok((events, digest))
    });
    match (counted, partition::read_meta(dir)) {
        (Ok((events, digest)), Ok(Some(meta))) => {
            (report.events, report.digest) = (events, digest);
            let older = meta.check_schema(dir).err();
            report.problems.extend(older.map(|error| error.to_string()));
            if events != meta.events {
                let (held, said) = (events, meta.events);
                report
                    .problems
                    .push(format!("holds {held} events, says {said}"));
            }
        }
        (Err(error), _) | (_, Err(error)) => report.problems.push(error.to_string()),
        (Ok(_), Ok(None)) => {}
    }
    report
}

/// What became of a partition that was built anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events in the new one.
    pub events: u64,
    /// Events that the old one said it had.
    pub expected: u64,
    /// Where the old one is kept, because some of its events could not be read.
    pub kept: Option<PathBuf>,
}

/// Builds a partition anew from its stored events and puts it in place of the old one. The old
/// folder stays until the new one is complete, and longer if not every event could be read.
pub fn rebuild(dir: &Path, options: &Options) -> Result<Rebuilt> {
    let Some(meta) = partition::read_meta(dir)? else {
        return Ok(Rebuilt::default());
    };
    let Some(group) = KindGroup::from_name(&meta.group) else {
        let problem = format!("unknown kind group {}", meta.group);
        return Err(Error::Format {
            path: dir.to_owned(),
            problem,
        });
    };
    // A partition may be larger than memory: one pass finds where it begins, the next copies.
    let stored = Searchable::open(dir)?;
    let mut first: Option<Journaled> = None;
    stored.for_each(|journaled| {
        if first
            .as_ref()
            .is_none_or(|first| journaled.position < first.position)
        {
            first = Some(journaled);
        }
        Ok(())
    })?;
    let Some(first) = first else {
        return Ok(Rebuilt::default());
    };

    let (work, old) = (dir.with_extension("rebuild"), dir.with_extension("old"));
    let damaged = dir.with_extension("damaged");
    let mut open = Open::create(&work, group, meta.backfill, &first, options.heap)?;
    let made = open.dir.clone();
    stored.for_each(|journaled| {
        let leaves = Leaves::of(&journaled.event.record);
        open.add(&journaled, &leaves).map(drop)
    })?;
    let events = open.meta.events;
    if meta.sealed {
        // The folder is moved: nothing may change it any more.
        let merging = open.seal(meta.covered)?.merging;
        merging.join().map_err(|_| Error::Format {
            path: dir.to_owned(),
            problem: "merging the rebuilt partition failed; the log has the cause".to_owned(),
        })?;
    } else {
        open.commit(meta.covered)?;
        drop(open);
    }
    let whole = events == meta.events;
    let renamed = std::fs::rename(dir, &old)
        .and_then(|()| std::fs::rename(&made, dir))
        .and_then(|()| {
            if whole {
                std::fs::remove_dir_all(&old)
            } else {
                std::fs::rename(&old, &damaged)
            }
        })
        .and_then(|()| std::fs::remove_dir_all(&work));
    renamed.map_err(|e| Error::io("put the rebuilt partition in place of", dir, e))?;
    Ok(Rebuilt {
        events,
        expected: meta.events,
        kept: (!whole).then_some(damaged),
    })
}
