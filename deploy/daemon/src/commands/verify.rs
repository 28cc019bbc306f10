//! `haidang verify`: is what the data folder holds sound; `--rebuild` builds partitions anew.

use anyhow::{Context, Result};
use engine::store::Store;
use engine::{index, journal};

use super::{Outcome, load_config};
use crate::DataDir;
use crate::cli::{Common, Verify};

#[expect(clippy::print_stdout, reason = "the command line prints")]
pub(super) fn run(common: &Common, args: &Verify) -> Result<Outcome> {
    let config = load_config(common)?;
    let data_dir = DataDir::take(&config.data_dir(common.data_dir.as_deref()))?;
    let dir = data_dir.path();
    let mut sound = true;

    let found = journal::verify(&dir.join("journal")).context("cannot read the journal")?;
    println!(
        "journal: {} events in {} frames of {} segments, positions {} to {}",
        found.events, found.frames, found.segments, found.first, found.last
    );
    for lost in &found.corrupt {
        sound = false;
        println!(
            "journal: positions {} to {} are lost to damage",
            lost.first, lost.last
        );
    }
    for path in &found.damaged_heads {
        sound = false;
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

    for report in index::verify(&dir.join("index")).context("cannot read the index")? {
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
        if args.rebuild {
            match index::rebuild(&report.dir, &config.index_options()) {
                Ok(events) => println!("  rebuilt with {events} events"),
                Err(error) => {
                    sound = false;
                    println!("  not rebuilt: {error}");
                }
            }
        }
    }

    let store = Store::open(&dir.join("store.db"), |_| {}).context("cannot open the store")?;
    let (entries, broken) = store
        .verify_audit()
        .context("cannot read the audit trail")?;
    println!("audit: {entries} entries hold");
    if let Some(broken) = broken {
        sound = false;
        println!("audit: the chain breaks at entry {}", broken.seq);
    }
    Ok(if sound { Outcome::Done } else { Outcome::Bad })
}
