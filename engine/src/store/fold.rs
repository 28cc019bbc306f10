//! Folds a hit into an alert: one episode of a key is one alert (DESIGN §2, Alert).
//!
//! An episode is a maximal run of matching windows whose ends are less than the rule's window
//! apart, by event time. Late evidence that joins two episodes merges the younger alert into the
//! older. A closed alert never grows.

use event::{Entity, Time};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::alerts::{State, record_history};
use super::{live, signed};
use crate::correlate::{Hit, HitEvent};
use crate::error::Result;
use crate::index::Journaled;
use crate::rule::RuleInfo;

/// Copies kept of an alert's first events, and of its last.
pub(super) const COPIES: i64 = 20;
/// Who did what no person did.
const SYSTEM: &str = "haidang";

/// An alert that a hit may grow.
struct Open {
    id: String,
    first_end: Time,
    last_end: Time,
    touched: bool,
}

/// Folds one hit, inside the checkpoint's transaction: a close that came between wins.
pub(super) fn fold(transaction: &Transaction<'_>, hit: &Hit, now: Time) -> Result<()> {
    let key = key_of(hit);
    let mut episodes = open_episodes(transaction, &key, hit)?.into_iter();
    let id = match episodes.next() {
        None => open(transaction, &key, hit, now)?,
        Some(oldest) => {
            for younger in episodes {
                join(transaction, &oldest, &younger, now)?;
            }
            grow(transaction, &oldest.id, hit, now)?;
            oldest.id
        }
    };
    keep_copies(transaction, &id, &hit.events, now)
}

/// The alert's key: rule, site, exercise, entities.
fn key_of(hit: &Hit) -> String {
    let entities: Vec<(&str, &str)> = hit
        .entities
        .iter()
        .map(|entity| (&*entity.field, &*entity.value))
        .collect();
    digest(&json!([&*hit.rule.id, &*hit.site, hit.exercise, entities]).to_string())
}

/// 32 hex digits of a SHA-256.
fn digest(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Alerts of the key that are not closed and whose episode the hit joins, the oldest first.
fn open_episodes(transaction: &Transaction<'_>, key: &str, hit: &Hit) -> Result<Vec<Open>> {
    let mut statement = transaction.prepare_cached(
        "SELECT id, first_end, last_end, touched FROM alert
         WHERE key = ?1 AND state <> 'closed' AND merged IS NULL
           AND last_end > ?2 AND first_end < ?3
         ORDER BY opened, id",
    )?;
    let from = hit.from.minus(hit.rule.window).micros();
    let to = hit.to.plus(hit.rule.window).micros();
    let rows = statement.query_map(params![key, from, to], |row| {
        Ok(Open {
            id: row.get(0)?,
            first_end: Time::from_micros(row.get(1)?),
            last_end: Time::from_micros(row.get(2)?),
            touched: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn open(transaction: &Transaction<'_>, key: &str, hit: &Hit, now: Time) -> Result<String> {
    let Some(opener) = hit.events.first() else {
        return Ok(String::new());
    };
    let id = digest(&format!("{key} {}", opener.event.id));
    let previous: Option<String> = transaction
        .prepare_cached(
            "SELECT id FROM alert WHERE key = ?1 AND state = 'closed' AND merged IS NULL
             ORDER BY last_end DESC LIMIT 1",
        )?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let (first, last) = span(&hit.events);
    let entities: Vec<_> = hit.entities.iter().map(entity_json).collect();
    transaction
        .prepare_cached(
            "INSERT INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'new', NULL, ?11,
               ?12, ?13, ?14, ?15, ?16, ?16, 1, 0, ?17, NULL)",
        )?
        .execute(params![
            id,
            key,
            &*hit.rule.id,
            hit.rule.title,
            hit.rule.level as i64,
            rule_json(&hit.rule),
            &*hit.site,
            hit.exercise,
            opener.event.kind.group().name(),
            json!(entities).to_string(),
            signed(hit.events.len() as u64),
            first.micros(),
            last.micros(),
            hit.from.micros(),
            hit.to.micros(),
            now.micros(),
            previous
        ])?;
    for entity in &hit.entities {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO alert_entity VALUES (?1, ?2, ?3)")?
            .execute(params![id, entity.field, entity.value])?;
    }
    record_history(
        transaction,
        &id,
        now,
        SYSTEM,
        "opened",
        None,
        Some(State::New),
        None,
        None,
    )?;
    live::announce(transaction, &id, now, true)?;
    Ok(id)
}

fn grow(transaction: &Transaction<'_>, id: &str, hit: &Hit, now: Time) -> Result<()> {
    let (first, last) = span(&hit.events);
    transaction
        .prepare_cached(
            "UPDATE alert SET count = count + ?2, first = min(first, ?3), last = max(last, ?4),
               first_end = min(first_end, ?5), last_end = max(last_end, ?6), updated = ?7,
               version = version + 1
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            signed(hit.events.len() as u64),
            first.micros(),
            last.micros(),
            hit.from.micros(),
            hit.to.micros(),
            now.micros()
        ])?;
    live::announce(transaction, id, now, false)
}

/// Merges the younger alert into the older, unless a person has touched both: then they link.
fn join(transaction: &Transaction<'_>, older: &Open, younger: &Open, now: Time) -> Result<()> {
    if older.touched && younger.touched {
        transaction.execute(
            "UPDATE alert SET previous = coalesce(previous, ?2), version = version + 1 WHERE id = ?1",
            params![younger.id, older.id],
        )?;
        return live::announce(transaction, &younger.id, now, false);
    }
    // What a person did to the younger is done to the alert that stays.
    transaction.execute(
        "UPDATE alert AS o SET
           count = o.count + y.count, first = min(o.first, y.first), last = max(o.last, y.last),
           first_end = min(o.first_end, ?3), last_end = max(o.last_end, ?4),
           state = CASE WHEN y.touched THEN y.state ELSE o.state END,
           touched = max(o.touched, y.touched), updated = ?5, version = o.version + 1
         FROM alert AS y WHERE o.id = ?1 AND y.id = ?2",
        params![
            older.id,
            younger.id,
            younger.first_end.micros(),
            younger.last_end.micros(),
            now.micros()
        ],
    )?;
    transaction.execute(
        "UPDATE OR IGNORE alert_event SET alert = ?1 WHERE alert = ?2",
        params![older.id, younger.id],
    )?;
    transaction.execute(
        "UPDATE alert_history SET alert = ?1 WHERE alert = ?2 AND who <> ?3",
        params![older.id, younger.id, SYSTEM],
    )?;
    transaction.execute(
        "UPDATE alert SET merged = ?1, updated = ?3, version = version + 1 WHERE id = ?2",
        params![older.id, younger.id, now.micros()],
    )?;
    let note = Some(younger.id.as_str());
    record_history(
        transaction,
        &older.id,
        now,
        SYSTEM,
        "merged",
        None,
        None,
        None,
        note,
    )?;
    live::announce(transaction, &younger.id, now, false)?;
    live::announce(transaction, &older.id, now, false)
}

/// Keeps full copies of the first and the last matched events; they outlive retention.
fn keep_copies(
    transaction: &Transaction<'_>,
    id: &str,
    events: &[HitEvent],
    now: Time,
) -> Result<()> {
    for hit in events {
        let matched: Vec<_> = hit
            .matched
            .iter()
            .map(|(field, value)| json!([field, value]))
            .collect();
        let journaled = Journaled {
            position: hit.position,
            received: now,
            event: (*hit.event).clone(),
        };
        transaction
            .prepare_cached("INSERT OR IGNORE INTO alert_event VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                id,
                hit.event.time.micros(),
                signed(hit.position),
                json!(matched).to_string(),
                journaled.encode()
            ])?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM alert_event WHERE alert = ?1 AND (time, position) IN (
               SELECT time, position FROM (
                 SELECT time, position,
                   row_number() OVER (ORDER BY time, position) AS from_first,
                   row_number() OVER (ORDER BY time DESC, position DESC) AS from_last
                 FROM alert_event WHERE alert = ?1)
               WHERE from_first > ?2 AND from_last > ?2)",
        )?
        .execute(params![id, COPIES])?;
    Ok(())
}

fn span(events: &[HitEvent]) -> (Time, Time) {
    let times = events.iter().map(|hit| hit.event.time);
    (
        times.clone().min().unwrap_or_default(),
        times.max().unwrap_or_default(),
    )
}

fn entity_json(entity: &Entity) -> serde_json::Value {
    json!({ "field": entity.field, "value": entity.value })
}

fn rule_json(rule: &RuleInfo) -> String {
    json!({
        "id": &*rule.id,
        "title": rule.title,
        "level": rule.level.name(),
        "author": rule.author,
        "license": rule.license,
        "tags": rule.tags,
        "description": rule.description,
        "references": rule.references,
        "falsepositives": rule.falsepositives,
        "vi": rule.vietnamese.as_ref().map(|words| json!({
            "title": words.title,
            "description": words.description,
            "falsepositives": words.falsepositives,
        })),
        "file": rule.file,
        "source": rule.source,
        "correlation": rule.correlation,
        "rules": rule.rules.iter().map(|id| &**id).collect::<Vec<_>>(),
    })
    .to_string()
}
