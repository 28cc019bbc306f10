//! Search: the newest fifty events of many filters, one after the other, over the control socket.

use std::time::Instant;

use anyhow::Result;
use serde_json::Value;

use crate::centre::Centre;
use crate::mix::Seeded;
use crate::table::{row, spread};

/// Searches in one run.
const SEARCHES: u64 = 200;
/// Searches of the two extremes.
const EXTREMES: u64 = 20;

/// Runs the searches and prints how long they took.
pub fn run(centre: &Centre, seed: u64) -> Result<()> {
    let mut seeded = Seeded::new(seed);
    row("search: events", centre.places()?.index, "");
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
        spread(&what, &mut times, "p95 < 100");
    }
    for (name, query) in [("everything", ""), ("nothing", "khongcogicasau")] {
        let mut times = Vec::new();
        for _ in 0..EXTREMES {
            let started = Instant::now();
            centre.search(query, 50)?;
            times.push(started.elapsed());
        }
        spread(&format!("search: {name}"), &mut times, "max < 1,000");
    }
    Ok(())
}

type Filter = fn(&mut Seeded) -> String;

const FILTERS: [(&str, Filter); 9] = [
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
