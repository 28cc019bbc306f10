//! Alerts by rule: how many each raised, cut to the reader.

use std::collections::HashMap;

use event::Time;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

use super::alerts::{Verdict, evidence};
use super::{Store, unsigned};
use crate::error::Result;
use crate::index::Journaled;
use crate::reader::{Reader, Scope};

/// The alerts of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleAlerts {
    /// How many have an event not before the asked moment.
    pub recent: u64,
    /// The time of the latest event of all of them.
    pub last: Option<Time>,
}

/// An alert with the copies of its events.
#[derive(Clone, Debug)]
pub struct KeptAlert {
    /// Its id.
    pub id: String,
    /// Events in all.
    pub count: u64,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// Those that are kept.
    pub events: Vec<Journaled>,
}

impl Store {
    /// Calls `visit` with the alerts of a rule that the reader may see and that have an event not
    /// before `since`: at most `limit`, the newest first.
    pub fn kept_alerts(
        &self,
        reader: &Reader,
        rule: &str,
        since: Time,
        limit: usize,
        mut visit: impl FnMut(KeptAlert),
    ) -> Result<()> {
        let (scope, sites) = scope_of(reader);
        let sql = format!(
            "SELECT id, count, verdict FROM alert
             WHERE merged IS NULL AND rule = ? AND last >= ?{scope} ORDER BY last DESC LIMIT {limit}"
        );
        let mut values: Vec<Sql> = vec![rule.to_owned().into(), since.micros().into()];
        values.extend(sites);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&values), |row| {
                let verdict: Option<String> = row.get(2)?;
                Ok((row.get::<_, String>(0)?, unsigned(row.get(1)?), verdict))
            })?;
            for row in rows {
                let (id, count, verdict) = row?;
                let copies = evidence(connection, &id)?.into_iter();
                visit(KeptAlert {
                    count,
                    verdict: verdict.as_deref().and_then(Verdict::from_name),
                    events: copies.map(|copy| copy.event).collect(),
                    id,
                });
            }
            Ok(())
        })
    }

    /// The alerts of every rule that ever raised one that the reader may see.
    pub fn alerts_by_rule(
        &self,
        reader: &Reader,
        since: Time,
    ) -> Result<HashMap<String, RuleAlerts>> {
        let (scope, sites) = scope_of(reader);
        let mut values: Vec<Sql> = vec![since.micros().into()];
        values.extend(sites);
        let sql = format!(
            "SELECT rule, sum(last >= ?), max(last) FROM alert
             WHERE merged IS NULL{scope} GROUP BY rule"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&values), |row| {
                let last: Option<i64> = row.get(2)?;
                let alerts = RuleAlerts {
                    recent: unsigned(row.get(1)?),
                    last: last.map(Time::from_micros),
                };
                Ok((row.get(0)?, alerts))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// The condition that cuts to the reader's sites, with its values.
pub(super) fn scope_of(reader: &Reader) -> (String, Vec<Sql>) {
    let Scope::Sites(sites) = &reader.scope else {
        return Default::default();
    };
    let marks = vec!["?"; sites.len()].join(", ");
    let sites = sites.iter().map(|site| site.to_string().into());
    (format!(" AND site IN ({marks})"), sites.collect())
}
