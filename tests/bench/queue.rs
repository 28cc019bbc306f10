//! The queue of alerts: pages of many filters, a change of ten thousand and taking it back, over the control socket.
//!
//! The alerts are written into the database of a stopped centre: a million of them by way of events would take days.
//! They are as a centre has them after a year: most are closed, few are critical, sites differ by the hundred.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::Options;
use crate::centre::{Centre, bytes_in, configure};
use crate::mix::Seeded;
use crate::table::{row, spread};

/// Asked of each filter.
const ASKED: usize = 40;
/// Alerts of the change of many.
const CHANGED: u64 = 10_000;

/// Fills a centre with alerts and asks for them.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    configure(folder)?;
    Centre::start(&options.binary, folder)?.stop()?;
    let store = folder.join("data/store.db");
    fill(&store, options.alerts, options.seed).context("cannot write the alerts")?;
    row("queue: alerts", options.alerts, "");
    row("queue: store, MiB", bytes_in(&store) >> 20, "");
    let centre = Centre::start(&options.binary, folder)?;
    pages(&centre, options.seed)?;
    others(&centre)?;
    change(&centre)?;
    centre.stop()
}

/// Pages of what people look at, each time with another value.
fn pages(centre: &Centre, seed: u64) -> Result<()> {
    let mut seeded = Seeded::new(seed);
    for (name, filter) in FILTERS {
        let mut times = Vec::new();
        for _ in 0..ASKED {
            let query = filter(&mut seeded);
            let started = Instant::now();
            let page = centre.ask(&format!("/api/v1/alerts?limit=100&{query}"))?;
            times.push(started.elapsed());
            ensure!(page.get("items").is_some_and(Value::is_array), "no page");
        }
        spread(&format!("queue: {name}"), &mut times, "p95 < 200");
    }
    deep(centre)
}

/// Twenty pages further, as who holds a key down gets there.
fn deep(centre: &Centre) -> Result<()> {
    let (mut times, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let started = Instant::now();
        let page = centre.ask(&format!("/api/v1/alerts?state=closed&limit=200{cursor}"))?;
        times.push(started.elapsed());
        let next = page.get("next").and_then(Value::as_str);
        cursor = format!("&cursor={}", next.context("the list is too short")?);
    }
    spread("queue: closed, page by page", &mut times, "p95 < 200");
    Ok(())
}

/// What the pages of an alert and of an entity ask beside the queue.
fn others(centre: &Centre) -> Result<()> {
    for (name, path) in [
        ("an entity of some alerts", "/api/v1/entities/ip/10.60.7.7"),
        (
            "an entity of 1 in 50 alerts",
            "/api/v1/entities/ip/10.9.9.9",
        ),
        ("times of 30 days", "/api/v1/alerts/times"),
    ] {
        let mut times = Vec::new();
        for _ in 0..10 {
            let started = Instant::now();
            centre.ask(path)?;
            times.push(started.elapsed());
        }
        spread(&format!("queue: {name}"), &mut times, "");
    }
    Ok(())
}

/// Closes ten thousand that match, and puts them back.
fn change(centre: &Centre) -> Result<()> {
    let page = centre.ask("/api/v1/alerts?limit=1")?;
    let as_of = page.get("as_of").context("no as_of")?;
    // As many as may be changed: those from the ten thousandth on.
    let body = json!({
        "filter": { "state": "new", "as_of": as_of, "from": newest(centre, CHANGED)? },
        "change": { "state": "closed", "verdict": "benign", "note": "bảo trì theo kế hoạch" },
    });
    let (closing, done) = timed(centre, "/api/v1/alerts/bulk", &body)?;
    let changed = done.get("changed").and_then(Value::as_u64).unwrap_or(0);
    row("queue: closed at once, alerts", changed, "10,000");
    row("queue: closed at once, ms", closing.as_millis(), "< 5,000");
    let batch = done
        .get("batch")
        .and_then(Value::as_str)
        .context("no batch")?;
    let path = format!("/api/v1/alerts/bulk/{batch}/undo");
    let (undoing, done) = timed(centre, &path, &json!({}))?;
    let changed = done.get("changed").and_then(Value::as_u64).unwrap_or(0);
    row("queue: put back, alerts", changed, "10,000");
    row("queue: put back, ms", undoing.as_millis(), "< 5,000");
    Ok(())
}

/// The time of the last event of the alert at a place of the new ones.
fn newest(centre: &Centre, place: u64) -> Result<String> {
    let (mut cursor, mut last) = (String::new(), String::new());
    for _ in 0..place / 200 {
        let page = centre.ask(&format!("/api/v1/alerts?state=new&limit=200{cursor}"))?;
        let items = page.get("items").and_then(Value::as_array);
        let item = items.and_then(|items| items.last()).context("no alerts")?;
        let time = item.get("last").and_then(Value::as_str);
        time.context("no time")?.clone_into(&mut last);
        let Some(next) = page.get("next").and_then(Value::as_str) else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    Ok(last)
}

fn timed(centre: &Centre, path: &str, body: &Value) -> Result<(Duration, Value)> {
    let started = Instant::now();
    let answer = centre.request("POST", path, &body.to_string())?;
    Ok((started.elapsed(), answer))
}

/// Rules that raised alerts.
const RULES: u64 = 300;
/// Sites of a province.
const SITES: u64 = 200;

fn rule_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

type Filter = fn(&mut Seeded) -> String;

const FILTERS: [(&str, Filter); 12] = [
    ("new", |_| "state=new".to_owned()),
    ("open, the worst first", |_| {
        "state=new,acknowledged,in_work&sort=severity".to_owned()
    }),
    ("all", |_| String::new()),
    ("closed, the oldest first", |_| {
        "state=closed&sort=oldest".to_owned()
    }),
    ("critical", |_| "level=critical".to_owned()),
    ("new at a site", |seeded| {
        format!("state=new&site=site-{}", seeded.below(SITES))
    }),
    ("all at a site, high and above", |seeded| {
        format!("level=critical,high&site=site-{}", seeded.below(SITES))
    }),
    ("of a rule", |seeded| {
        format!("rule={}", rule_id(seeded.below(RULES)))
    }),
    ("of an entity", |seeded| {
        format!("entity=10.60.{}.{}", seeded.below(250), seeded.below(250))
    }),
    ("mine", |_| {
        "assignee=an&state=new,acknowledged,in_work".to_owned()
    }),
    ("unassigned", |_| {
        "assignee=none&state=new,acknowledged,in_work".to_owned()
    }),
    ("overdue", |_| "overdue=true&sort=severity".to_owned()),
];

/// An alert that never was.
struct Made {
    id: String,
    rule: String,
    level: i64,
    state: &'static str,
    assignee: Option<&'static str>,
    time: i64,
    site: String,
    value: String,
    acted: i64,
}

impl Made {
    /// One of twenty is open, half of those new; one of five hundred critical; one of fifty about one address.
    fn new(seeded: &mut Seeded, number: u64, now: i64) -> Result<Self> {
        const YEAR_MICROS: u64 = 365 * 86_400_000_000;
        const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let id = format!("{:032x}", u128::from(number + 1).wrapping_mul(SPREAD));
        let level = match seeded.below(500) {
            0 => 4,
            1..50 => 3,
            50..250 => 2,
            250..450 => 1,
            _ => 0,
        };
        let state = match seeded.below(80) {
            0 | 1 => "new",
            2 => "acknowledged",
            3 => "in_work",
            _ => "closed",
        };
        let holder = if seeded.below(5) == 0 { "an" } else { "binh" };
        let is_held = state != "new" && seeded.below(3) > 0;
        let time = now - i64::try_from(seeded.below(YEAR_MICROS))?;
        let value = if seeded.below(50) == 0 {
            "10.9.9.9".to_owned()
        } else {
            format!("10.60.{}.{}", seeded.below(250), seeded.below(250))
        };
        Ok(Self {
            id,
            rule: rule_id(seeded.below(RULES)),
            level,
            state,
            assignee: is_held.then_some(holder),
            time,
            site: format!("site-{}", seeded.below(SITES)),
            value,
            acted: time + i64::try_from(seeded.below(7_200_000_000))?,
        })
    }
}

const ALERT: &str =
    "INSERT INTO alert VALUES (?1, ?1, ?2, 'Quy tắc', ?3, ?4, ?5, 0, 'network', ?6, ?7, ?8, 3,
    ?9, ?9, ?9, ?9, ?9, ?9, 1, ?10, NULL, NULL, ?11)";
const ENTITY: &str = "INSERT INTO alert_entity VALUES (?1, 'source.ip', ?2)";
const HISTORY: &str =
    "INSERT INTO alert_history (alert, at, who, action, from_state, to_state, verdict, version)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

fn fill(store: &Path, alerts: u64, seed: u64) -> Result<()> {
    let mut connection = Connection::open(store)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_micros())?;
    // An alert keeps its rule: two kilobytes.
    let source = "    Image|endswith: '\\powershell.exe'\n".repeat(50);
    let mut seeded = Seeded::new(seed);
    let transaction = connection.transaction()?;
    {
        let mut alert = transaction.prepare(ALERT)?;
        let mut entity = transaction.prepare(ENTITY)?;
        let mut history = transaction.prepare(HISTORY)?;
        let none: Option<&str> = None;
        for number in 0..alerts {
            let made = Made::new(&mut seeded, number, now)?;
            let Made {
                id, state, time, ..
            } = &made;
            let info =
                json!({ "id": made.rule, "title": "Quy tắc", "level": "high", "source": source });
            let entities = json!([{ "field": "source.ip", "value": made.value }]);
            let touched = *state != "new";
            let verdict = (*state == "closed").then_some("benign");
            alert.execute(params![
                id,
                made.rule,
                made.level,
                info.to_string(),
                made.site,
                entities.to_string(),
                state,
                verdict,
                time,
                touched,
                made.assignee
            ])?;
            entity.execute(params![id, made.value])?;
            history.execute(params![id, time, "haidang", "opened", none, "new", none, 1])?;
            if touched {
                history.execute(params![
                    id, made.acted, "binh", state, "new", state, verdict, 2
                ])?;
            }
        }
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
