//! Search and aggregation over events of seven days, one request after the other, over the control socket: the newest
//! fifty of many filters, a rare word over all, histograms by kind of a day and of the week, quiet and while 5,000 events
//! a second come in. Beside them, in the same run, SQLite's FTS5 and ripgrep over the same lines.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use event::Time;
use serde_json::{Value, json};

use crate::Options;
use crate::centre::{Centre, bytes_in, configure};
use crate::ingest;
use crate::mix::{FILES, Mix, Seeded};
use crate::search_peers;
use crate::table::{row, spread};

/// Searches of all filters in one run.
const SEARCHES: u64 = 200;
/// Requests of each other sort.
const REPEATED: u64 = 20;
/// The times of the events.
pub const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// A word that stands in ten events of all.
pub const RARE: &str = "hiemthaygap";
/// Events a second that come in meanwhile.
const STEADY: u64 = 5_000;

/// Loads the events, runs the searches and prints how long they took.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    configure(folder)?;
    let mut mix = Mix::load(&options.checkout.join("deploy/demo"), options.seed)?;
    ingest::write_bulk(folder, options.search_events, WEEK, &mut mix)?;
    let rare = write_rare(folder)?;
    let events = options.search_events + rare;
    let started = Instant::now();
    let centre = ingest::load(folder, options, events)?;
    let wall = started.elapsed().as_secs_f64();
    row("search: events over seven days", centre.places()?.index, "");
    row(
        "search: loaded at events/s",
        format!("{:.0}", events as f64 / wall),
        "",
    );
    let index = bytes_in(&folder.join("data/index")) as f64;
    let lines: u64 = FILES
        .iter()
        .map(|(name, ..)| bytes_in(&folder.join(name)))
        .sum();
    row(
        "search: index, part of the lines' bytes",
        format!("{:.2}", index / lines as f64),
        "",
    );
    filters(&centre, options.seed)?;
    counted(&centre, "quiet")?;
    busy(folder, &centre, &mut mix)?;
    row(
        "search: peak RSS, MiB",
        format!("{:.0}", centre.peak_rss()?),
        "<= 1,024",
    );
    centre.stop()?;
    search_peers::run(folder, options)
}

/// Ten events with a word that nothing else has, over the whole week.
fn write_rare(folder: &Path) -> Result<u64> {
    const TIMES: u32 = 10;
    let begin = daemon::system_clock()().minus(WEEK);
    let mut file = std::fs::File::options()
        .append(true)
        .open(folder.join("eve.json"))?;
    for number in 0..TIMES {
        let time = begin.plus(WEEK / TIMES * number);
        writeln!(
            file,
            "{{\"timestamp\":\"{time}\",\"event_type\":\"marked\",\"note\":\"{RARE} {number}\"}}"
        )?;
    }
    Ok(u64::from(TIMES))
}

fn filters(centre: &Centre, seed: u64) -> Result<()> {
    let mut seeded = Seeded::new(seed);
    for (name, filter) in FILTERS {
        let (mut times, mut found, cpu) = (Vec::new(), 0, centre.cpu()?);
        for _ in 0..SEARCHES / FILTERS.len() as u64 {
            let query = filter(&mut seeded);
            let started = Instant::now();
            let page = centre.search(&query, 50)?;
            times.push(started.elapsed());
            found += page.get("total").and_then(Value::as_u64).unwrap_or(0);
        }
        let found = found / times.len().max(1) as u64;
        let each = (centre.cpu()? - cpu) * 1e3 / times.len().max(1) as f64;
        let what = format!("search: {name} (~{found} found, {each:.0} cpu ms)");
        spread(
            &what,
            &mut times,
            if name.starts_with("three") {
                "p95 < 50"
            } else {
                "p95 < 100"
            },
        );
    }
    for (name, query, goal) in [
        ("everything", "", "max < 1,000"),
        ("nothing", "khongcogicasau", "max < 1,000"),
        ("a rare word over all", RARE, "p95 < 100"),
    ] {
        let mut times = Vec::new();
        for _ in 0..REPEATED {
            let started = Instant::now();
            let page = centre.search(query, 50)?;
            times.push(started.elapsed());
            let found = page.get("total").and_then(Value::as_u64);
            ensure!(
                query != RARE || found == Some(10),
                "the rare word was found {found:?} times"
            );
        }
        spread(&format!("search: {name}"), &mut times, goal);
    }
    Ok(())
}

/// Aggregations; `beside` says what else the centre does.
fn counted(centre: &Centre, beside: &str) -> Result<()> {
    let histogram = |interval: &str| {
        json!({ "times": { "date_histogram": { "field": "time", "fixed_interval": interval },
            "aggs": { "kinds": { "terms": { "field": "kind", "size": 60 } } } } })
    };
    let top = json!({ "top": { "terms": { "field": "source.ip" },
        "aggs": { "hosts": { "cardinality": { "field": "destination.ip" } } } } });
    let day = Duration::from_secs(86_400);
    let rows = [
        (
            "histogram by kind, 24 h",
            histogram("15m"),
            day,
            "p95 < 300",
        ),
        (
            "histogram by kind, 7 days",
            histogram("2h"),
            WEEK,
            "p95 < 1,000",
        ),
        ("top addresses, their peers, 7 days", top, WEEK, ""),
    ];
    for (name, aggs, span, goal) in rows {
        let (mut times, mut total) = (Vec::new(), 0);
        for _ in 0..REPEATED {
            let now = daemon::system_clock()();
            let body = json!({ "from": now.minus(span).to_string(), "aggs": aggs }).to_string();
            let started = Instant::now();
            let answer = centre.request("POST", "/api/v1/events/aggregate", &body)?;
            times.push(started.elapsed());
            ensure!(
                answer.get("partial").is_some_and(Value::is_null),
                "{name} is not whole: {answer}"
            );
            total = answer
                .get("total")
                .and_then(Value::as_u64)
                .context("no total")?;
        }
        spread(
            &format!("aggregate, {beside}: {name} ({total} counted)"),
            &mut times,
            goal,
        );
    }
    Ok(())
}

/// The same while events come in.
fn busy(folder: &Path, centre: &Centre, mix: &mut Mix) -> Result<()> {
    let done = AtomicBool::new(false);
    let before = centre.places()?.index;
    let started = Instant::now();
    let measured = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_steadily(folder, mix, &done));
        // The index begins to write and to merge.
        std::thread::sleep(Duration::from_secs(10));
        let measured = counted(centre, "at 5,000 events/s");
        done.store(true, Ordering::Relaxed);
        let written = writer.join();
        measured.and(written.unwrap_or_else(|_| anyhow::bail!("the writer died")))
    });
    measured?;
    let indexed = centre.places()?.index - before;
    let rate = indexed as f64 / started.elapsed().as_secs_f64();
    row(
        "aggregate, at 5,000 events/s: indexed meanwhile, events/s",
        format!("{rate:.0}"),
        "5,000",
    );
    Ok(())
}

fn write_steadily(folder: &Path, mix: &mut Mix, done: &AtomicBool) -> Result<()> {
    let clock = daemon::system_clock();
    let (started, mut written) = (Instant::now(), 0);
    let mut texts = <[String; FILES.len()]>::default();
    while !done.load(Ordering::Relaxed) {
        let due = u64::try_from(started.elapsed().as_millis())? * STEADY / 1_000;
        let now: Time = clock();
        while written < due {
            mix.add(&mut texts, now);
            written += 1;
        }
        ingest::append(folder, &mut texts)?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

type Filter = fn(&mut Seeded) -> String;

const FILTERS: [(&str, Filter); 10] = [
    ("three filters: kind, network /24, name", |seeded| {
        let third = seeded.below(250);
        format!("kind:dns AND source.ip:10.60.{third}.0/24 AND dns.question.name:*.vn")
    }),
    ("kind, core name", |seeded| {
        let label = seeded.below(500);
        format!("kind:dns AND dns.question.name:w{label}.cong.example.vn")
    }),
    ("kind, wildcard at the end", |seeded| {
        format!("kind:tls AND tls.sni:w{}.*", seeded.below(5_000))
    }),
    ("kind, network /24", |seeded| {
        format!("kind:http AND source.ip:10.60.{}.0/24", seeded.below(250))
    }),
    ("network /16, number", |seeded| {
        let least = 900_000 + seeded.below(100_000);
        format!("source.ip:10.60.0.0/16 AND http.length:>{least}")
    }),
    ("computer, event id", |seeded| {
        format!("host.name:XBM-PC{:03}* AND EventID:1", seeded.below(800))
    }),
    ("words", |seeded| {
        format!("quantri AND {}", 2_000 + seeded.below(50_000))
    }),
    ("wildcard in the middle", |seeded| {
        let label = seeded.below(1_000);
        format!("kind:dns AND dns.queries.rrname:*{label}.thoitiet*")
    }),
    ("wildcard at the start, not /17", |_| {
        "kind:dns AND dns.queries.rrname:*.com AND NOT source.ip:10.60.0.0/17".to_owned()
    }),
    ("record, not /24", |seeded| {
        let third = seeded.below(250);
        format!("app_proto:tls AND NOT source.ip:10.60.{third}.0/24")
    }),
];
