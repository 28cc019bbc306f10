//! `make bench`: measures the release binary from outside, as a process, and prints a table.
//!
//! It asserts no figure and keeps nothing; the figures that are claimed stand in ARCHITECTURE.md
//! with the conditions under which they were taken.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::cast_precision_loss, reason = "figures are read by people")]
#![allow(unreachable_pub, reason = "a binary in several files")]

mod centre;
mod edge;
mod flood;
mod ingest;
mod mix;
mod process;
mod queue;
mod read;
mod search;
mod search_peers;
mod small;
mod syslog;
mod table;
mod uplink;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mix::Mix;

const HELP: &str = "usage: bench [ingest] [search] [flood] [read] [syslog] [uplink] [box] [queue]
             [OPTION]...
without a name: all of them

  --events N         events of the bulk load [1000000]
  --search-events N  events of search, spread over seven days [5000000]
  --live SECONDS     of the steady load after it; 0: none [60]
  --flood SECONDS    of each flood [60]
  --mb N             size of the mix of captures [200]
  --lines N          lines of syslog [1000000]
  --spooled N        events that wait in the spool of the uplink [300000]
  --box SECONDS      of 100 Mbit/s on the small box [120]
  --alerts N         alerts of the queue [1000000]
  --seed N           of the generated values [20261123]
  --binary FILE      what is measured [release/haidang beside this profile]
  --dir FOLDER       where data is written and removed again [the system's temporary folder]
  --keep             keep it and say where it is";

/// What is measured, and how much of it.
pub struct Options {
    names: Vec<String>,
    events: u64,
    search_events: u64,
    live_seconds: u64,
    flood_seconds: u64,
    mb: u64,
    lines: u64,
    spooled: u64,
    box_seconds: u64,
    alerts: u64,
    seed: u64,
    binary: PathBuf,
    dir: PathBuf,
    keep: bool,
    checkout: PathBuf,
}

fn main() -> Result<()> {
    let Some(options) = read_options(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    ensure!(
        options.binary.exists(),
        "{} is not built; run make bench",
        options.binary.display()
    );
    let mut dir = tempfile::Builder::new()
        .prefix("haidang-bench-")
        .tempdir_in(&options.dir)?;
    dir.disable_cleanup(options.keep);
    println!("seed {}, {}", options.seed, load()?);
    table::head();
    let measured = measure(dir.path(), &options);
    println!("at the end: {}", load()?);
    if options.keep {
        println!("kept: {}", dir.path().display());
    }
    measured
}

fn measure(dir: &Path, options: &Options) -> Result<()> {
    let wants = |name: &str| options.names.is_empty() || options.names.iter().any(|n| n == name);
    if wants("ingest") {
        let folder = make(dir, "ingest")?;
        centre::configure(&folder)?;
        let mut mix = Mix::load(&options.checkout.join("deploy/demo"), options.seed)?;
        ingest::write_bulk(&folder, options.events, ingest::SPAN, &mut mix)?;
        let centre = ingest::bulk(&folder, options)?;
        if options.live_seconds > 0 {
            ingest::live(&folder, &centre, options, &mut mix)?;
        }
        centre.stop()?;
    }
    if wants("search") {
        search::run(&make(dir, "search")?, options)?;
    }
    if wants("flood") {
        for computers in [1, 1_000] {
            flood::run(
                &make(dir, &format!("flood-{computers}"))?,
                options,
                computers,
            )?;
        }
    }
    if wants("read") {
        read::run(&make(dir, "read")?, options)?;
    }
    if wants("syslog") {
        syslog::run(&make(dir, "syslog")?, options)?;
    }
    if wants("uplink") {
        uplink::run(&make(dir, "uplink")?, options)?;
    }
    if wants("box") {
        small::run(&make(dir, "box")?, options)?;
    }
    if wants("queue") {
        queue::run(&make(dir, "queue")?, options)?;
    }
    Ok(())
}

fn make(dir: &Path, name: &str) -> Result<PathBuf> {
    let folder = dir.join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// How busy the machine is: figures mean little without it.
fn load() -> Result<String> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let minute = load.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} cores, load {minute}"))
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let own = std::env::current_exe()?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("no target folder")?;
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("no checkout")?;
    let mut options = Options {
        names: Vec::new(),
        events: 1_000_000,
        search_events: 5_000_000,
        live_seconds: 60,
        flood_seconds: 60,
        mb: 200,
        lines: 1_000_000,
        spooled: 300_000,
        box_seconds: 120,
        alerts: 1_000_000,
        seed: 20_261_123,
        binary: target.join("release/haidang"),
        dir: std::env::temp_dir(),
        keep: false,
        checkout: checkout.to_owned(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--events" => options.events = value()?.parse()?,
            "--search-events" => options.search_events = value()?.parse()?,
            "--live" => options.live_seconds = value()?.parse()?,
            "--flood" => options.flood_seconds = value()?.parse()?,
            "--mb" => options.mb = value()?.parse()?,
            "--lines" => options.lines = value()?.parse()?,
            "--box" => options.box_seconds = value()?.parse()?,
            "--alerts" => options.alerts = value()?.parse()?,
            "--spooled" => options.spooled = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--binary" => options.binary = value()?.into(),
            "--dir" => options.dir = value()?.into(),
            "--keep" => options.keep = true,
            "ingest" | "search" | "flood" | "read" | "syslog" | "uplink" | "box" | "queue" => {
                options.names.push(argument);
            }
            _ => bail!("unknown argument {argument}\n{HELP}"),
        }
    }
    Ok(Some(options))
}
