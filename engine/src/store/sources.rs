//! What each source has brought: "no alerts" is not "no data".

use std::collections::HashMap;

use event::{Fields, Kind, Leaf, Time};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Store, signed, unsigned};
use crate::error::Result;
use crate::index::Journaled;
use crate::reader::Reader;

/// A source as its events show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// The source.
    pub source: String,
    /// The sensor that holds it.
    pub sensor: String,
    /// Its site.
    pub site: String,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// Events; when added: since the last checkpoint.
    pub events: u64,
    /// Lines and records that no parser took.
    pub parse_failed: u64,
    /// What the sensor itself says it lost.
    pub dropped: u64,
    /// The time of its newest event.
    pub last_event: Option<Time>,
    /// When the centre received its newest event.
    pub last_received: Option<Time>,
    /// What it says is wrong; when added: in the order in which it said so, with the word that
    /// takes back the others between.
    pub problems: Vec<SourceProblem>,
    /// The newest `sensor.status` of it, JSON.
    pub report: Option<String>,
}

/// Something that a source says is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceProblem {
    /// The word of its `sensor.status`.
    pub code: String,
    /// What it says of it.
    pub message: String,
    /// How often it said so.
    pub count: u64,
    /// The first time.
    pub since: Time,
    /// The last time.
    pub last: Time,
}

/// A source that says this works.
const RUNNING: &str = "running";
/// What a source says instead while it does not work; it ends when the source works again.
const FAILING: [&str; 3] = ["failed", "unreadable", "capture_interrupted"];
/// A longer report is not kept.
const REPORT_BYTES: usize = 64 << 10;
/// The longest message kept, in characters.
const MESSAGE_CHARS: usize = 500;

impl SourceState {
    /// Counts an event of the source.
    pub(crate) fn count(&mut self, journaled: &Journaled, fields: &Fields) {
        let event = &journaled.event;
        if self.source.is_empty() {
            self.source = event.source.to_string();
        }
        self.sensor = event.sensor.to_string();
        self.site = event.site.to_string();
        self.exercise = event.exercise;
        if event.kind == Kind::SensorStatus {
            self.listen(journaled.received, fields);
            let record = event.record.bytes();
            if record.len() <= REPORT_BYTES {
                self.report = std::str::from_utf8(record).ok().map(str::to_owned);
            }
            return;
        }
        self.parse_failed += u64::from(event.kind == Kind::ParseFailed);
        self.events += 1;
        self.last_event = self.last_event.max(Some(event.time));
        self.last_received = Some(journaled.received);
    }

    /// What a `sensor.status` says: how much was dropped since the last, and what is wrong.
    fn listen(&mut self, now: Time, fields: &Fields) {
        let text = |name| {
            let text = fields.at(name).find_map(Leaf::text);
            text.map(|text| text.chars().take(MESSAGE_CHARS).collect::<String>())
        };
        let dropped = fields.at("dropped").find_map(Leaf::number).unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates as it is cast"
        )]
        let dropped = dropped as u64;
        self.dropped = self.dropped.saturating_add(dropped);
        let code = text("status").unwrap_or_default();
        if code == "ended" || code.is_empty() {
            return;
        }
        if let Some(last) = self.problems.last_mut().filter(|last| last.code == code) {
            last.count += 1;
            last.last = now;
            return;
        }
        let words = [text("file"), text("reason").or_else(|| text("fault"))];
        let words: Vec<String> = words.into_iter().flatten().collect();
        self.problems.push(SourceProblem {
            message: words.join(": "),
            code,
            count: 1,
            since: now,
            last: now,
        });
    }

    /// Whether it works as far as its newest words tell; none when they tell nothing.
    pub(crate) fn works(&self) -> Option<bool> {
        let told = |problem: &SourceProblem| {
            let failing = FAILING.contains(&&*problem.code);
            (failing || problem.code == RUNNING).then_some(!failing)
        };
        self.problems.iter().rev().find_map(told)
    }
}

/// Adds what a source brought to what it had brought.
pub(super) fn add(transaction: &Transaction<'_>, state: &SourceState) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO source_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET
               site = excluded.site, exercise = excluded.exercise,
               events = events + excluded.events,
               parse_failed = parse_failed + excluded.parse_failed,
               dropped = dropped + excluded.dropped,
               last_event = max(coalesce(last_event, excluded.last_event),
                                coalesce(excluded.last_event, last_event)),
               last_received = coalesce(excluded.last_received, last_received),
               report = coalesce(excluded.report, report)",
        )?
        .execute(params![
            state.sensor,
            state.source,
            state.site,
            state.exercise,
            signed(state.events),
            signed(state.parse_failed),
            signed(state.dropped),
            state.last_event.map(Time::micros),
            state.last_received.map(Time::micros),
            state.report
        ])?;
    for problem in &state.problems {
        tell(transaction, state, problem)?;
    }
    Ok(())
}

fn tell(transaction: &Transaction<'_>, state: &SourceState, problem: &SourceProblem) -> Result<()> {
    let SourceState { sensor, source, .. } = state;
    if problem.code == RUNNING {
        let mut statement = transaction.prepare_cached(
            "DELETE FROM source_problem WHERE sensor = ?1 AND source = ?2 AND code = ?3",
        )?;
        for code in FAILING {
            statement.execute(params![sensor, source, code])?;
        }
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT INTO source_problem VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET
               count = count + excluded.count, last = excluded.last, message = excluded.message",
        )?
        .execute(params![
            sensor,
            source,
            problem.code,
            signed(problem.count),
            problem.since.micros(),
            problem.last.micros(),
            problem.message
        ])?;
    Ok(())
}

/// What each source says is wrong, by sensor and source.
fn problems(connection: &Connection) -> Result<HashMap<(String, String), Vec<SourceProblem>>> {
    let mut statement = connection.prepare_cached(
        "SELECT sensor, source, code, count, since, last, message FROM source_problem
         ORDER BY last DESC",
    )?;
    let rows = statement.query_map([], |row| {
        let problem = SourceProblem {
            code: row.get(2)?,
            count: unsigned(row.get(3)?),
            since: Time::from_micros(row.get(4)?),
            last: Time::from_micros(row.get(5)?),
            message: row.get(6)?,
        };
        Ok(((row.get(0)?, row.get(1)?), problem))
    })?;
    let mut all: HashMap<_, Vec<SourceProblem>> = HashMap::new();
    for row in rows {
        let (source, problem) = row?;
        all.entry(source).or_default().push(problem);
    }
    Ok(all)
}

impl Store {
    /// The newest `sensor.status` of a source of a sensor, as JSON.
    pub fn own_report(&self, sensor: &str, source: &str) -> Result<Option<String>> {
        self.read(|connection| {
            let report = connection
                .prepare_cached(
                    "SELECT report FROM source_state WHERE sensor = ?1 AND source = ?2",
                )?
                .query_row([sensor, source], |row| row.get(0))
                .optional()?;
            Ok(report.flatten())
        })
    }

    /// Every source that ever brought an event, cut to the reader.
    pub fn sources(&self, reader: &Reader) -> Result<Vec<SourceState>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT source, sensor, site, exercise, events, parse_failed, dropped, last_event,
                        last_received, report
                 FROM source_state ORDER BY sensor, source",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(SourceState {
                    source: row.get(0)?,
                    sensor: row.get(1)?,
                    site: row.get(2)?,
                    exercise: row.get(3)?,
                    events: unsigned(row.get(4)?),
                    parse_failed: unsigned(row.get(5)?),
                    dropped: unsigned(row.get(6)?),
                    last_event: row.get::<_, Option<i64>>(7)?.map(Time::from_micros),
                    last_received: row.get::<_, Option<i64>>(8)?.map(Time::from_micros),
                    problems: Vec::new(),
                    report: row.get(9)?,
                })
            })?;
            let mut sources = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            sources.retain(|state| reader.scope.admits(&state.site));
            let mut told = problems(connection)?;
            for state in &mut sources {
                let key = (state.sensor.clone(), state.source.clone());
                state.problems = told.remove(&key).unwrap_or_default();
            }
            Ok(sources)
        })
    }
}
