//! Ingest: files of a mix read by `serve` as fast as it can, then a steady load in which marked
//! events are looked for until they are found.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use event::Time;
use serde_json::Value;

use crate::Options;
use crate::centre::{Centre, bytes_in};
use crate::mix::{FILES, Mix};
use crate::table::{row, spread};

/// The times of the events that are there at the start: the last ten minutes.
pub const SPAN: Duration = Duration::from_secs(600);
/// Events a second of the steady load.
const STEADY: u64 = 2_000;
/// How often the steady load is written and the marked events are looked for.
const STEP: Duration = Duration::from_millis(50);

/// Writes the files of a bulk load, with times of the last `span`.
pub fn write_bulk(folder: &Path, events: u64, span: Duration, mix: &mut Mix) -> Result<()> {
    let mut texts = <[String; FILES.len()]>::default();
    let begin = daemon::system_clock()().minus(span);
    let span = span.as_micros();
    for number in 0..events {
        let after = u64::try_from(span * u128::from(number) / u128::from(events.max(1)))?;
        mix.add(&mut texts, begin.plus(Duration::from_micros(after)));
        if number % 10_000 == 0 {
            append(folder, &mut texts)?;
        }
    }
    append(folder, &mut texts)
}

/// Appends texts to the files of a mix and empties them.
pub fn append(folder: &Path, texts: &mut [String; FILES.len()]) -> Result<()> {
    for ((name, _, _), text) in FILES.iter().zip(texts) {
        let mut file = std::fs::File::options()
            .append(true)
            .open(folder.join(name))?;
        file.write_all(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

/// Starts `serve` on the files of a bulk load and waits until everything is searchable.
pub fn load(folder: &Path, options: &Options, events: u64) -> Result<Centre> {
    let started = Instant::now();
    let centre = Centre::start(&options.binary, folder)?;
    let mut said = Instant::now();
    let mut places = centre.places()?;
    while places.index < events {
        std::thread::sleep(Duration::from_millis(100));
        places = centre.places()?;
        if said.elapsed() > Duration::from_secs(10) {
            said = Instant::now();
            eprintln!(
                "{:.0} s: {} durable, {} examined, {} searchable; {:.0} MiB, {:.0} cpu s",
                started.elapsed().as_secs_f64(),
                places.journal,
                places.detector,
                places.index,
                centre.rss()?,
                centre.cpu()?
            );
        }
        ensure!(
            started.elapsed() < Duration::from_secs(3_600),
            "an hour was not enough"
        );
    }
    Ok(centre)
}

/// The bulk load: from the start of `serve` until everything is searchable.
pub fn bulk(folder: &Path, options: &Options) -> Result<Centre> {
    let started = Instant::now();
    let centre = load(folder, options, options.events)?;
    let places = centre.places()?;
    let (wall, cpu) = (started.elapsed().as_secs_f64(), centre.cpu()?);
    let events = options.events as f64;
    row(
        "ingest: events/s",
        format!("{:.0}", events / wall),
        ">= 10,000",
    );
    row(
        "ingest: cpu seconds per million events",
        format!("{:.0}", cpu / events * 1e6),
        "",
    );
    row("ingest: cores busy", format!("{:.2}", cpu / wall), "<= 2");
    row(
        "ingest: peak RSS, MiB",
        format!("{:.0}", centre.peak_rss()?),
        "<= 1,024",
    );
    row("ingest: open descriptors", centre.descriptors(), "");
    let each = |bytes: u64| format!("{:.0}", bytes as f64 / events);
    let input = FILES
        .iter()
        .map(|(name, ..)| bytes_in(&folder.join(name)))
        .sum();
    let data = folder.join("data");
    row("ingest: input, bytes per event", each(input), "");
    row(
        "ingest: journal, bytes per event",
        each(places.journal_bytes),
        "",
    );
    row(
        "ingest: index, bytes per event",
        each(bytes_in(&data.join("index"))),
        "",
    );
    row(
        "ingest: store, bytes per event",
        each(bytes_in(&data.join("store.db"))),
        "",
    );
    Ok(centre)
}

/// The steady load: how long it takes until an event is found.
pub fn live(folder: &Path, centre: &Centre, options: &Options, mix: &mut Mix) -> Result<()> {
    let clock = daemon::system_clock();
    let (started, cpu) = (Instant::now(), centre.cpu()?);
    let mut texts = <[String; FILES.len()]>::default();
    let mut written: BTreeMap<u64, Instant> = BTreeMap::new();
    let (mut times, mut marks, mut events) = (Vec::new(), 0, 0);
    let span = Duration::from_secs(options.live_seconds);
    let last = span + Duration::from_secs(60);
    while started.elapsed() < last && (started.elapsed() < span || !written.is_empty()) {
        let due = u64::try_from(started.elapsed().min(span).as_millis())? * STEADY / 1_000;
        while events < due {
            mix.add(&mut texts, clock());
            events += 1;
        }
        if started.elapsed() < span && started.elapsed().as_millis() / 500 >= u128::from(marks) {
            if let Some(text) = texts.first_mut() {
                text.push_str(&marked(marks, clock()));
            }
            written.insert(marks, Instant::now());
            marks += 1;
        }
        append(folder, &mut texts)?;
        for found in found_marks(&centre.search("event_type:marked", 50)?)? {
            times.extend(written.remove(&found).map(|written| written.elapsed()));
        }
        std::thread::sleep(STEP);
    }
    let busy = (centre.cpu()? - cpu) / started.elapsed().as_secs_f64();
    ensure!(
        written.is_empty(),
        "{} marked events were never found",
        written.len()
    );
    spread(
        &format!("live at {STEADY}/s: found after"),
        &mut times,
        "<= 5,000",
    );
    row("live: cores busy", format!("{busy:.2}"), "");
    row(
        "live: peak RSS, MiB",
        format!("{:.0}", centre.peak_rss()?),
        "<= 1,024",
    );
    row("live: open descriptors", centre.descriptors(), "");
    Ok(())
}

fn marked(number: u64, now: Time) -> String {
    format!("{{\"timestamp\":\"{now}\",\"event_type\":\"marked\",\"mark\":{number}}}\n")
}

fn found_marks(page: &Value) -> Result<Vec<u64>> {
    let items = page.get("items").and_then(Value::as_array);
    let items = items.context("the page has no items")?.iter();
    Ok(items
        .filter_map(|item| item.get("record")?.get("mark")?.as_u64())
        .collect())
}
