//! `haidang verify`: is what the data folder holds sound; `--rebuild` builds partitions anew.

use std::path::Path;

use anyhow::{Context, Result};
use engine::store::Store;
use engine::{index, journal};

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
        look_at_index(&dir.join("index"), rebuild.as_ref())?,
        look_at_audit(&dir.join("store.db"))?,
    ];
    let sound = parts.iter().all(|sound| *sound);
    Ok(if sound { Outcome::Done } else { Outcome::Bad })
}

#[expect(clippy::print_stdout, reason = "the command line prints")]
fn look_at_journal(dir: &Path) -> Result<bool> {
    let found = journal::verify(dir).context("cannot read the journal")?;
    println!(
        "journal: {} events in {} frames of {} segments, positions {} to {}",
        found.events, found.frames, found.segments, found.first, found.last
    );
    for lost in &found.corrupt {
        println!(
            "journal: positions {} to {} are lost to damage",
            lost.first, lost.last
        );
    }
    for path in &found.damaged_heads {
        println!(
            "journal: the head of {} is damaged; its frames are read all the same",
            path.display()
        );
    }
    if found.torn_bytes > 0 {
        println!(
            "journal: {} bytes after the last whole frame",
            found.torn_bytes
        );
    }
    Ok(found.corrupt.is_empty() && found.damaged_heads.is_empty())
}

#[expect(clippy::print_stdout, reason = "the command line prints")]
fn look_at_index(dir: &Path, rebuild: Option<&index::Options>) -> Result<bool> {
    let mut sound = true;
    for report in index::verify(dir).context("cannot read the index")? {
        let state = if report.problems.is_empty() {
            "sound"
        } else {
            "DAMAGED"
        };
        println!(
            "partition {}: {} events, {state}",
            report.dir.display(),
            report.events
        );
        for problem in &report.problems {
            sound = false;
            println!("  {problem}");
        }
        let Some(options) = rebuild else { continue };
        match index::rebuild(&report.dir, options) {
            Ok(rebuilt) => {
                println!("  rebuilt with {} events", rebuilt.events);
                if let Some(kept) = rebuilt.kept {
                    sound = false;
                    println!(
                        "  of {}; what could not be read is kept in {}",
                        rebuilt.expected,
                        kept.display()
                    );
                }
            }
            Err(error) => {
                sound = false;
                println!("  not rebuilt: {error}");
            }
        }
    }
    Ok(sound)
}

#[expect(clippy::print_stdout, reason = "the command line prints")]
fn look_at_audit(path: &Path) -> Result<bool> {
    let store = Store::open(path, |_| {}).context("cannot open the store")?;
    let (entries, broken) = store
        .verify_audit()
        .context("cannot read the audit trail")?;
    println!("audit: {entries} entries hold");
    if let Some(broken) = &broken {
        println!("audit: the chain breaks at entry {}", broken.seq);
    }
    Ok(broken.is_none())
}
