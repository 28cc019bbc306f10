//! What each source has brought: "no alerts" is not "no data".

use event::Time;
use rusqlite::{Transaction, params};

use super::{Store, signed, unsigned};
use crate::error::Result;
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
    /// Its newest `sensor.status` record, JSON.
    pub last_status: Option<String>,
}

/// Adds what a source brought to what it had brought.
pub(super) fn add(transaction: &Transaction<'_>, state: &SourceState) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO source_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET
               sensor = excluded.sensor, site = excluded.site, exercise = excluded.exercise,
               events = events + excluded.events,
               parse_failed = parse_failed + excluded.parse_failed,
               dropped = max(dropped, excluded.dropped),
               last_event = max(coalesce(last_event, excluded.last_event),
                                coalesce(excluded.last_event, last_event)),
               last_received = coalesce(excluded.last_received, last_received),
               last_status = coalesce(excluded.last_status, last_status)",
        )?
        .execute(params![
            state.source,
            state.sensor,
            state.site,
            state.exercise,
            signed(state.events),
            signed(state.parse_failed),
            signed(state.dropped),
            state.last_event.map(Time::micros),
            state.last_received.map(Time::micros),
            state.last_status
        ])?;
    Ok(())
}

impl Store {
    /// Every source that ever brought an event, cut to the reader.
    pub fn sources(&self, reader: &Reader) -> Result<Vec<SourceState>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT source, sensor, site, exercise, events, parse_failed, dropped, last_event,
                        last_received, last_status
                 FROM source_state ORDER BY source",
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
                    last_status: row.get(9)?,
                })
            })?;
            let mut sources = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            sources.retain(|state| reader.scope.admits(&state.site));
            Ok(sources)
        })
    }
}
