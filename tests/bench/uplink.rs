//! The uplink over loopback, mutual TLS as in the field: a spool that was filled while the centre was away drains.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::Options;
use crate::centre::Centre;
use crate::edge::{Edge, Place, configure_centre};
use crate::ingest::append;
use crate::mix::{FILES, Mix};
use crate::table::row;

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// The sources of the edge: the files of the mix, empty.
fn sources(away: &Path) -> Result<String> {
    let mut sources = String::new();
    for (name, format, _) in FILES {
        let path = away.join(name);
        std::fs::write(&path, "")?;
        sources.push_str(&format!(
            "[[source]]\nid = \"{format}\"\nkind = \"file\"\npath = \"{}\"\nformat = \"{format}\"\n\
             site = \"so-tttt\"\n",
            path.display()
        ));
    }
    Ok(sources)
}

/// Writes the events into the files.
fn write_events(away: &Path, options: &Options) -> Result<()> {
    let mut mix = Mix::load(&options.checkout.join("deploy/demo"), options.seed)?;
    let mut texts = <[String; FILES.len()]>::default();
    let clock = daemon::system_clock();
    for _ in 0..options.spooled {
        mix.add(&mut texts, clock());
    }
    append(away, &mut texts)
}

/// What it took: `cpu` of centre and edge, `threads` those of the centre.
fn tell(
    events: f64,
    wall: f64,
    cpu: (f64, f64),
    threads: &BTreeMap<String, f64>,
    edge: &Edge,
) -> Result<()> {
    row(
        "uplink: events/s, from the start of the edge until durable",
        format!("{:.0}", events / wall),
        ">= 50,000",
    );
    let packed = edge.figure("haidang_uplink_body_bytes_total")? as f64;
    row(
        "uplink: bytes an event on the line",
        format!("{:.0}", packed / events),
        "",
    );
    for (name, cpu) in [
        ("centre, with examining and indexing", cpu.0),
        ("edge", cpu.1),
    ] {
        row(
            &format!("uplink: cpu us an event, {name}"),
            format!("{:.1}", cpu / events * 1e6),
            "",
        );
    }
    let way = ["tokio-rt-worker", "intake", "journal"];
    let way = threads
        .iter()
        .filter(|(name, _)| way.contains(&name.as_str()));
    let way: f64 = way.map(|(_, cpu)| cpu).sum();
    row(
        "uplink: cpu us an event, centre, receiving and journal alone",
        format!("{:.1}", way / events * 1e6),
        "",
    );
    row(
        "uplink: peak RSS of the edge, MiB",
        format!("{:.0}", edge.process().memory("VmHWM:")?),
        "",
    );
    Ok(())
}

/// Fills a spool, then lets it drain.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    let (home, away) = (folder.join("centre"), folder.join("edge"));
    std::fs::create_dir_all(&home)?;
    std::fs::create_dir_all(&away)?;
    let port = configure_centre(&home)?;
    let sources = sources(&away)?;
    let centre = Centre::start(&options.binary, &home)?;
    let place = Place::enrol(&options.binary, &away, (&centre, port), &sources)?;
    // The centre's first configuration makes an edge begin anew: not while it is measured.
    let edge = place.start(&options.binary, None)?;
    wait("take the first configuration", || {
        Ok(away.join("data/bundle").is_dir())
    })?;
    std::thread::sleep(Duration::from_secs(5));
    edge.stop()?;
    centre.stop()?;
    write_events(&away, options)?;
    let edge = place.start(&options.binary, None)?;
    wait("fill the spool", || {
        Ok(edge.spooled()?.waiting >= options.spooled)
    })?;
    edge.stop()?;

    let centre = Centre::start(&options.binary, &home)?;
    let (base, cpu) = (centre.places()?.journal, centre.cpu()?);
    let started = Instant::now();
    let edge = place.start(&options.binary, None)?;
    wait("deliver", || {
        Ok(centre.places()?.journal >= base + options.spooled)
    })?;
    let wall = started.elapsed().as_secs_f64();
    let threads = centre.process().threads()?;
    let cpu = (centre.cpu()? - cpu, edge.process().cpu()?);
    wait("learn that it was delivered", || {
        Ok(edge.spooled()?.waiting < 10)
    })?;
    tell(options.spooled as f64, wall, cpu, &threads, &edge)?;
    edge.stop()?;
    centre.stop()
}

fn wait(what: &str, mut until: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !until()? {
        ensure!(started.elapsed() < PATIENCE, "could not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
