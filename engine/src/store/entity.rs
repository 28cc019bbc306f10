//! What the store knows of an entity: its alerts, cut to the reader, and the assets that it is.

use std::collections::HashMap;
use std::net::IpAddr;

use event::Time;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::alerts::{AlertRow, COLUMNS, State, Verdict, row_of};
use super::by_rule::scope_of;
use super::{StateCounts, Store, unsigned};
use crate::error::Result;
use crate::reader::Reader;
use crate::rule::Level;
use crate::triage::{Signal, WINDOW_DAYS};
use crate::words::words;

words! {
    /// What a value is a name of.
    EntityKind {
        /// An address.
        Ip "ip",
        /// A computer.
        Host "host",
        /// An account.
        User "user",
        /// A name on the network.
        Domain "domain",
    }
}

/// Alerts that are shown.
const SHOWN: usize = 20;
/// Alerts that the risk is told from; beyond that the newest count.
const SIGNALS: usize = 500;
/// Alerts that are looked at: an address that raised more is known well enough.
const LOOKED: usize = 100_000;

/// The alerts of an entity.
#[derive(Clone, Debug, Default)]
pub struct EntityAlerts {
    /// The newest twenty.
    pub rows: Vec<AlertRow>,
    /// By state.
    pub counts: StateCounts,
    /// The time of the earliest event.
    pub first: Option<Time>,
    /// The time of the latest.
    pub last: Option<Time>,
    /// What the risk is told from: those of the last days.
    pub signals: Vec<Signal>,
    /// There are more than were looked at.
    pub is_capped: bool,
}

impl EntityKind {
    /// Whether a field of an alert may name such a thing. A rule may group by a field of its own words, of which
    /// nobody can say what it names.
    fn takes(self, field: &str, value: &str) -> bool {
        match field {
            "source.ip" | "destination.ip" | "host.ip" => self == Self::Ip,
            "host.name" => self == Self::Host,
            "user.name" | "user.target.name" => self == Self::User,
            "url.domain" | "dns.question.name" | "tls.client.server_name" => self == Self::Domain,
            _ => (self == Self::Ip) == value.parse::<IpAddr>().is_ok(),
        }
    }
}

/// An alert of an entity, without what only its row shows.
struct Seen {
    id: String,
    state: Option<State>,
    first: Time,
    signal: Signal,
}

impl Store {
    /// The alerts of an entity that the reader may see, of an exercise or real.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn entity_alerts(
        &self,
        reader: &Reader,
        kind: EntityKind,
        value: &str,
        exercise: bool,
        now: Time,
    ) -> Result<EntityAlerts> {
        self.read(|connection| {
            let seen = seen_with(connection, reader, kind, value, exercise)?;
            let mut found = EntityAlerts {
                is_capped: seen.len() >= LOOKED,
                ..EntityAlerts::default()
            };
            let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
            for alert in seen.iter().take(SHOWN) {
                let row = statement.query_row([&alert.id], row_of).optional()?;
                found.rows.extend(row);
            }
            found.first = seen.iter().map(|alert| alert.first).min();
            found.last = seen.first().map(|alert| alert.signal.last);
            let since = now.minus(std::time::Duration::from_secs(WINDOW_DAYS * 86_400));
            for alert in seen {
                match alert.state {
                    Some(State::New) => found.counts.new += 1,
                    Some(State::Acknowledged) => found.counts.acknowledged += 1,
                    Some(State::InWork) => found.counts.in_work += 1,
                    Some(State::Closed) => found.counts.closed += 1,
                    None => {}
                }
                if alert.signal.last >= since && found.signals.len() < SIGNALS {
                    found.signals.push(alert.signal);
                }
            }
            Ok(found)
        })
    }
}

impl Store {
    /// What the rules of alerts were called when they opened, also in Vietnamese where their authors wrote it.
    /// For alerts that a reader was shown.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alert_titles(
        &self,
        alerts: &[&str],
    ) -> Result<HashMap<String, (String, Option<String>)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT title, json_extract(rule_info, '$.vi.title') FROM alert WHERE id = ?1",
            )?;
            let mut titles = HashMap::new();
            for alert in alerts {
                let title = statement.query_row([alert], |row| Ok((row.get(0)?, row.get(1)?)));
                titles.extend(title.optional()?.map(|title| ((*alert).to_owned(), title)));
            }
            Ok(titles)
        })
    }
}

/// The alerts that name the entity, the newest first.
fn seen_with(
    connection: &Connection,
    reader: &Reader,
    kind: EntityKind,
    value: &str,
    exercise: bool,
) -> Result<Vec<Seen>> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT field FROM alert_entity WHERE value = ?1")?;
    let fields = statement.query_map([value], |row| row.get(0))?;
    let fields: Vec<String> = fields.collect::<rusqlite::Result<_>>()?;
    let fields = fields.into_iter().filter(|field| kind.takes(field, value));
    let fields: Vec<Sql> = fields.map(Into::into).collect();
    let (scope, sites) = scope_of(reader);
    let marks = vec!["?"; fields.len()].join(", ");
    let sql = format!(
        "SELECT DISTINCT id, state, verdict, level, rule, first, last
         FROM alert_entity AS e CROSS JOIN alert ON id = e.alert
         WHERE e.value = ? AND e.field IN ({marks}) AND merged IS NULL AND exercise = ?{scope}
         ORDER BY last DESC LIMIT {LOOKED}"
    );
    let mut values: Vec<Sql> = vec![value.to_owned().into()];
    values.extend(fields);
    values.push(i64::from(exercise).into());
    values.extend(sites);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(&values), |row| {
        let (state, verdict): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let level = usize::try_from(unsigned(row.get(3)?)).ok();
        let level = level.and_then(|level| Level::ALL.get(level).copied());
        let id: String = row.get(0)?;
        Ok(Seen {
            state: State::from_name(&state),
            first: Time::from_micros(row.get(5)?),
            signal: Signal {
                alert: id.clone(),
                rule: row.get(4)?,
                level: level.unwrap_or(Level::Medium),
                verdict: verdict.as_deref().and_then(Verdict::from_name),
                last: Time::from_micros(row.get(6)?),
            },
            id,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
