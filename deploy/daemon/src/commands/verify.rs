//! `haidang verify`: is what the data folder holds sound; `--rebuild` builds partitions anew.

use std::path::Path;

use anyhow::{Context, Result};
use engine::evidence::Evidence;
use engine::store::Store;
use engine::{Digest, index, journal};

use super::{Outcome, load_config};
use crate::DataDir;
use crate::cli::{Common, Verify};

pub(super) fn run(common: &Common, args: &Verify) -> Result<Outcome> {
    let config = load_config(common)?;
    let data_dir = DataDir::take_existing(&config.data_dir(common.data_dir.as_deref()))?;
    let dir = data_dir.path();
    let rebuild = args.rebuild.then(|| config.index_options());
    let parts = [
        look_at_journal(&dir.join("journal"))?,
        look_at_index(dir, rebuild.as_ref(), args.upto.unwrap_or(u64::MAX))?,
        look_at_store(&dir.join("store.db"))?,
        look_at_evidence(dir)?,
    ];
    let sound = parts.iter().all(|sound| *sound);
    Ok(if sound { Outcome::Done } else { Outcome::Bad })
}

fn look_at_journal(dir: &Path) -> Result<bool> {
    let found = journal::verify(dir).context("cannot read the journal")?;
    say!(
        "journal: {} events in {} frames of {} segments, positions {} to {}, digest {}",
        found.events,
        found.frames,
        found.segments,
        found.first,
        found.last,
        found.digest
    );
    for lost in &found.corrupt {
        say!(
            "journal: positions {} to {} are lost to damage",
            lost.first,
            lost.last
        );
    }
    for path in &found.damaged_heads {
        say!(
            "journal: the head of {} is damaged; its frames are read all the same",
            path.display()
        );
    }
    if found.torn_bytes > 0 {
        say!(
            "journal: {} bytes after the last whole frame",
            found.torn_bytes
        );
    }
    Ok(found.corrupt.is_empty() && found.damaged_heads.is_empty())
}

fn look_at_index(data: &Path, rebuild: Option<&index::Options>, upto: u64) -> Result<bool> {
    let (mut sound, mut all, mut events) = (true, Digest::default(), 0);
    for report in index::verify(&data.join("index"), upto).context("cannot read the index")? {
        let state = if report.problems.is_empty() {
            "sound"
        } else {
            "DAMAGED"
        };
        // As it is called in every folder that holds the same.
        let name = report.dir.strip_prefix(data).unwrap_or(&report.dir);
        let (name, count, digest) = (name.display(), report.events, report.digest);
        say!("partition {name}: {count} events, {state}, digest {digest}");
        all.join(&report.digest);
        events += report.events;
        for problem in &report.problems {
            sound = false;
            say!("  {problem}");
        }
        let Some(options) = rebuild else { continue };
        match index::rebuild(&report.dir, options) {
            Ok(rebuilt) => {
                say!("  rebuilt with {} events", rebuilt.events);
                if let Some(kept) = rebuilt.kept {
                    sound = false;
                    say!(
                        "  of {}; what could not be read is kept in {}",
                        rebuilt.expected,
                        kept.display()
                    );
                }
            }
            Err(error) => {
                sound = false;
                say!("  not rebuilt: {error}");
            }
        }
    }
    say!("index: {events} events, digest {all} of {}", all.items);
    Ok(sound)
}

/// Every file that a case counts on is there and has its checksum.
fn look_at_evidence(dir: &Path) -> Result<bool> {
    let store = Store::open(&dir.join("store.db"), |_| {}).context("cannot open the store")?;
    let files = store.evidence_files().context("cannot read the store")?;
    let found = Evidence::new(dir.join("evidence")).verify(&files);
    let found = found.context("cannot read the evidence")?;
    for problem in &found.problems {
        say!("evidence: {problem}; take it from a backup");
    }
    say!(
        "evidence: {} files of {} hold, {} bytes; {} files of no case",
        found.sound,
        files.len(),
        found.bytes,
        found.strays
    );
    Ok(found.problems.is_empty())
}

fn look_at_store(path: &Path) -> Result<bool> {
    let store = Store::open(path, |_| {}).context("cannot open the store")?;
    let damage = store.damage().context("cannot read the store")?;
    let digest = store.digest().context("cannot read the store")?;
    match &damage {
        None => say!("store: {} rows, sound, digest {digest}", digest.items),
        Some(damage) => say!("store: DAMAGED: {damage}; restore a backup"),
    }
    let (entries, broken) = store
        .verify_audit()
        .context("cannot read the audit trail")?;
    say!("audit: {entries} entries hold");
    if let Some(broken) = &broken {
        say!("audit: the chain breaks at entry {}", broken.seq);
    }
    Ok(broken.is_none() && damage.is_none())
}
