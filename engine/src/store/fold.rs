//! Folds a hit into an alert: one episode of a key is one alert (DESIGN §2, Alert).
//!
//! An episode is a maximal run of matching windows whose ends are less than the rule's window
//! apart, by event time. Late evidence that joins two episodes merges the younger alert into the
//! older. A closed alert never grows.

use std::collections::{BTreeMap, HashMap};

use event::{Entity, Time};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::alerts::{Line, State, record_history};
use super::{live, signed};
use crate::correlate::{Hit, HitEvent};
use crate::error::Result;
use crate::index::Journaled;
use crate::rule::RuleInfo;

/// Copies kept of an alert's first events, and of its last.
pub(super) const COPIES: usize = 20;
/// Who did what no person did.
pub(super) const SYSTEM: &str = "haidang";

/// An alert that a hit may grow.
struct Open {
    id: String,
    first_end: Time,
    last_end: Time,
    touched: bool,
}

/// What the hits of a checkpoint change that only its end decides: in a flood, thousands of them
/// grow one alert, which is announced once and whose passing copies are never written.
#[derive(Default)]
pub(super) struct Changed<'a> {
    /// Finds of a hunt: alerts of their own, marked so.
    retro: bool,
    place: HashMap<String, usize>,
    /// In the order of their first change.
    alerts: Vec<ChangedAlert<'a>>,
}

struct ChangedAlert<'a> {
    id: String,
    opened: bool,
    /// By time and position, at most the first and the last [`COPIES`].
    copies: BTreeMap<(Time, u64), &'a HitEvent>,
}

impl<'a> Changed<'a> {
    /// Changes by a hunt in the past.
    pub(super) fn retro() -> Self {
        Self {
            retro: true,
            ..Self::default()
        }
    }

    fn alert(&mut self, id: &str, opened: bool) -> Option<&mut ChangedAlert<'a>> {
        let next = self.alerts.len();
        let place = *self.place.entry(id.to_owned()).or_insert(next);
        if place == next {
            self.alerts.push(ChangedAlert {
                id: id.to_owned(),
                opened,
                copies: BTreeMap::new(),
            });
        }
        self.alerts.get_mut(place)
    }

    fn note(&mut self, id: &str, opened: bool, events: &'a [HitEvent]) {
        if let Some(alert) = self.alert(id, opened) {
            events.iter().for_each(|hit| alert.keep(hit));
        }
    }

    /// The copies of the younger are those of the older from here on.
    fn join(&mut self, older: &str, younger: &str) {
        let taken = self
            .alert(younger, false)
            .map(|alert| std::mem::take(&mut alert.copies))
            .unwrap_or_default();
        if let Some(alert) = self.alert(older, false) {
            taken.into_values().for_each(|hit| alert.keep(hit));
        }
    }

    /// After the last hit: writes the copies, takes away those that are too many, and announces.
    pub(super) fn settle(self, transaction: &Transaction<'_>, now: Time) -> Result<()> {
        for alert in self.alerts {
            if !alert.copies.is_empty() {
                keep_copies(transaction, &alert.id, alert.copies.into_values(), now)?;
            }
            live::announce(transaction, &alert.id, now, alert.opened)?;
        }
        Ok(())
    }
}

impl<'a> ChangedAlert<'a> {
    fn keep(&mut self, hit: &'a HitEvent) {
        self.copies.insert((hit.event.time, hit.position), hit);
        if self.copies.len() > 2 * COPIES
            && let Some(passing) = self.copies.keys().nth(COPIES).copied()
        {
            self.copies.remove(&passing);
        }
    }
}

/// Folds one hit, inside the checkpoint's transaction: a close that came between wins. The id of
/// its alert, if it has one.
pub(super) fn fold<'a>(
    transaction: &Transaction<'_>,
    hit: &'a Hit,
    now: Time,
    changed: &mut Changed<'a>,
) -> Result<Option<String>> {
    let retro = changed.retro;
    let key = key_of(hit, retro);
    let mut episodes = open_episodes(transaction, &key, hit)?.into_iter();
    let Some(oldest) = episodes.next() else {
        // A window that only joins others has nothing of its own to open an alert with.
        if hit.events.is_empty() {
            return Ok(None);
        }
        let id = open(transaction, &key, hit, now, retro)?;
        changed.note(&id, true, &hit.events);
        return Ok(Some(id));
    };
    for younger in episodes {
        if oldest.touched && younger.touched {
            link(transaction, &oldest, &younger)?;
            changed.note(&younger.id, false, &[]);
        } else {
            join(transaction, &oldest, &younger, now)?;
            changed.join(&oldest.id, &younger.id);
        }
    }
    grow(transaction, &oldest.id, hit, now)?;
    changed.note(&oldest.id, false, &hit.events);
    Ok(Some(oldest.id))
}

/// The alert's key: rule, site, exercise, entities; finds of a hunt are never one with live hits.
fn key_of(hit: &Hit, retro: bool) -> String {
    let entities: Vec<(&str, &str)> = hit
        .entities
        .iter()
        .map(|entity| (&*entity.field, &*entity.value))
        .collect();
    let mut key = vec![
        json!(&*hit.rule.id),
        json!(&*hit.site),
        json!(hit.exercise),
        json!(entities),
    ];
    key.extend(retro.then(|| json!("retro")));
    digest(&json!(key).to_string())
}

/// 32 hex digits of a SHA-256.
pub(super) fn digest(text: &str) -> String {
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

fn open(
    transaction: &Transaction<'_>,
    key: &str,
    hit: &Hit,
    now: Time,
    retro: bool,
) -> Result<String> {
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
    let (first, last) = span(&hit.events).unwrap_or_default();
    let entities: Vec<_> = hit.entities.iter().map(entity_json).collect();
    transaction
        .prepare_cached(
            "INSERT INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'new', NULL, ?11,
               ?12, ?13, ?14, ?15, ?16, ?16, 1, 0, ?17, NULL, NULL)",
        )?
        .execute(params![
            id,
            key,
            &*hit.rule.id,
            hit.rule.title,
            hit.rule.level as i64,
            rule_json(&hit.rule, retro),
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
    let line = Line {
        action: "opened",
        to: Some(State::New),
        ..Line::default()
    };
    record_history(transaction, &id, now, SYSTEM, &line)?;
    Ok(id)
}

fn grow(transaction: &Transaction<'_>, id: &str, hit: &Hit, now: Time) -> Result<()> {
    let (first, last) = span(&hit.events).unzip();
    transaction
        .prepare_cached(
            "UPDATE alert SET count = count + ?2, first = min(first, coalesce(?3, first)),
               last = max(last, coalesce(?4, last)),
               first_end = min(first_end, ?5), last_end = max(last_end, ?6), updated = ?7,
               version = version + 1
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            signed(hit.events.len() as u64),
            first.map(Time::micros),
            last.map(Time::micros),
            hit.from.micros(),
            hit.to.micros(),
            now.micros()
        ])?;
    Ok(())
}

/// Two alerts of one episode, both touched by a person, stay apart and name each other.
fn link(transaction: &Transaction<'_>, older: &Open, younger: &Open) -> Result<()> {
    transaction.execute(
        "UPDATE alert SET previous = coalesce(previous, ?2), version = version + 1 WHERE id = ?1",
        params![younger.id, older.id],
    )?;
    Ok(())
}

/// Merges the younger alert into the older.
fn join(transaction: &Transaction<'_>, older: &Open, younger: &Open, now: Time) -> Result<()> {
    // What a person did to the younger is done to the alert that stays.
    transaction.execute(
        "UPDATE alert AS o SET
           count = o.count + y.count, first = min(o.first, y.first), last = max(o.last, y.last),
           first_end = min(o.first_end, ?3), last_end = max(o.last_end, ?4),
           state = CASE WHEN y.touched THEN y.state ELSE o.state END,
           assignee = coalesce(o.assignee, y.assignee),
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
        "UPDATE hunt_find SET alert = ?1 WHERE alert = ?2",
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
    let line = Line {
        action: "merged",
        note: Some(&younger.id),
        ..Line::default()
    };
    record_history(transaction, &older.id, now, SYSTEM, &line)
}

/// Keeps full copies of the first and the last matched events; they outlive retention.
fn keep_copies<'a>(
    transaction: &Transaction<'_>,
    id: &str,
    events: impl Iterator<Item = &'a HitEvent>,
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
        .execute(params![id, i64::try_from(COPIES).unwrap_or(i64::MAX)])?;
    Ok(())
}

fn span(events: &[HitEvent]) -> Option<(Time, Time)> {
    let times = events.iter().map(|hit| hit.event.time);
    times.clone().min().zip(times.max())
}

fn entity_json(entity: &Entity) -> serde_json::Value {
    json!({ "field": entity.field, "value": entity.value })
}

fn rule_json(rule: &RuleInfo, retro: bool) -> String {
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
        "retro": retro,
        "group": rule.group,
        "rules": rule.rules.iter().map(|id| &**id).collect::<Vec<_>>(),
    })
    .to_string()
}
