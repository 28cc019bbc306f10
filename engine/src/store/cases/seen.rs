//! Where else an observable was seen: other cases and alerts of the reader's sites, of the same side (exercise or not).

use rusqlite::{Connection, params};

use super::Case;
use super::rows::{in_sight, scope_of, sees};
use crate::error::Result;
use crate::reader::Reader;

/// Counting stops here.
const MOST: usize = 100;
/// So many of each are named.
const NAMED: usize = 5;

/// Where else a value was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenIn {
    /// Other cases that have it as an observable, id and title; at most five.
    pub cases: Vec<(String, String)>,
    /// How many there are, up to 100.
    pub cases_count: u64,
    /// Alerts with this entity that are not in the case, id and title; at most five.
    pub alerts: Vec<(String, String)>,
    /// How many there are, up to 100.
    pub alerts_count: u64,
}

pub(super) fn find(
    connection: &Connection,
    reader: &Reader,
    case: &Case,
    value: &str,
) -> Result<SeenIn> {
    let read = |sql: &str| -> Result<Vec<(String, String)>> {
        let mut statement = connection.prepare_cached(sql)?;
        let asked = params![scope_of(reader), value, case.id, case.exercise];
        let rows = statement.query_map(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let mut cases = read(&format!(
        "SELECT c.id, c.title FROM cases AS c
         WHERE c.id IN (SELECT case_id FROM case_observable WHERE value = ?2)
           AND c.id <> ?3 AND c.exercise = ?4 AND {} LIMIT {MOST}",
        in_sight()
    ))?;
    // Not in an order: a busy value is in more alerts than can be sorted each time.
    let mut alerts = read(&format!(
        "SELECT DISTINCT a.id, a.title FROM alert_entity AS e JOIN alert AS a ON a.id = e.alert
         WHERE e.value = ?2 AND a.merged IS NULL AND a.exercise = ?4 AND {}
           AND NOT EXISTS (SELECT 1 FROM case_alert AS l WHERE l.case_id = ?3 AND l.alert = a.id)
         LIMIT {MOST}",
        sees("a.site")
    ))?;
    let (cases_count, alerts_count) = (cases.len() as u64, alerts.len() as u64);
    cases.truncate(NAMED);
    alerts.truncate(NAMED);
    Ok(SeenIn {
        cases,
        cases_count,
        alerts,
        alerts_count,
    })
}
