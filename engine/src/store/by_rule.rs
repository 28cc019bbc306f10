//! Alerts by rule: how many each raised, cut to the reader.

use std::collections::HashMap;

use event::Time;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

use super::{Store, unsigned};
use crate::error::Result;
use crate::reader::{Reader, Scope};

/// The alerts of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleAlerts {
    /// How many have an event not before the asked moment.
    pub recent: u64,
    /// The time of the latest event of all of them.
    pub last: Option<Time>,
}

impl Store {
    /// The alerts of every rule that ever raised one that the reader may see.
    pub fn alerts_by_rule(
        &self,
        reader: &Reader,
        since: Time,
    ) -> Result<HashMap<String, RuleAlerts>> {
        let mut values: Vec<Sql> = vec![since.micros().into()];
        let mut scope = String::new();
        if let Scope::Sites(sites) = &reader.scope {
            values.extend(sites.iter().map(|site| site.to_string().into()));
            scope = format!(" AND site IN ({})", vec!["?"; sites.len()].join(", "));
        }
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
