//! The queue: pages of alerts, cut to the reader, in one of three orders, with counts by state.

use std::fmt;

use event::Time;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::alerts::{AlertRow, COLUMNS, State, row_of};
use super::{Store, unsigned};
use crate::error::Result;
use crate::reader::{Reader, Scope};
use crate::rule::Level;
use crate::words::words;

/// Counting stops here.
const MAX_COUNT: u64 = 10_000;

words! {
    /// How a list of alerts is ordered.
    Order {
        /// The newest first, by the last event.
        Newest "newest",
        /// The oldest first.
        Oldest "oldest",
        /// The worst first, then the newest.
        Severity "severity",
    }
}

/// Which alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// In one of these states; empty: any.
    pub states: Vec<State>,
    /// Of one of these levels; empty: any.
    pub levels: Vec<Level>,
    /// At one of these sites; empty: any.
    pub sites: Vec<String>,
    /// Of this rule.
    pub rule: Option<String>,
    /// With this value as an entity.
    pub entity: Option<String>,
    /// With an event not before.
    pub from: Option<Time>,
    /// With an event before.
    pub to: Option<Time>,
}

/// A page of alerts.
#[derive(Clone, Debug)]
pub struct AlertPage {
    /// The alerts.
    pub rows: Vec<AlertRow>,
    /// Where the next page begins.
    pub next: Option<AlertCursor>,
    /// How many there are, up to the cap.
    pub total: u64,
    /// Whether there are more than were counted.
    pub total_capped: bool,
    /// How many there are in each state, whatever the states asked for.
    pub counts: StateCounts,
}

/// Alerts by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Nobody has seen them.
    pub new: u64,
    /// Somebody has.
    pub acknowledged: u64,
    /// Somebody works on them.
    pub in_work: u64,
    /// Judged.
    pub closed: u64,
}

/// Where a page of alerts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCursor {
    level: i64,
    last: i64,
    id: String,
}

impl AlertCursor {
    fn of(row: &AlertRow) -> Self {
        Self {
            level: row.level as i64,
            last: row.last.micros(),
            id: row.id.clone(),
        }
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        Some(Self {
            level: parts.next()?.parse().ok()?,
            last: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        })
    }
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.level, self.last, self.id)
    }
}

impl Store {
    /// A page of alerts, cut to the reader. `after` is the `next` of the page before.
    pub fn alerts(
        &self,
        reader: &Reader,
        filter: &AlertFilter,
        order: Order,
        after: Option<&AlertCursor>,
        limit: usize,
    ) -> Result<AlertPage> {
        self.read(|connection| {
            let base = Where::of(reader, filter);
            let mut states = base.clone();
            states.any(
                "state",
                filter
                    .states
                    .iter()
                    .map(|state| state.name().to_owned().into()),
            );
            let total = count(connection, &states)?;
            let mut page = states;
            page.beyond(order, after);
            let by = match order {
                Order::Newest => "last DESC, id DESC",
                Order::Oldest => "last, id",
                Order::Severity => "level DESC, last DESC, id DESC",
            };
            let wanted = limit.saturating_add(1);
            let sql = format!(
                "{COLUMNS} WHERE {} ORDER BY {by} LIMIT {wanted}",
                page.clauses()
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&page.values), row_of)?;
            let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(AlertCursor::of);
            let counts = count_states(connection, &base)?;
            let (total, total_capped) = (total.min(MAX_COUNT), total > MAX_COUNT);
            Ok(AlertPage {
                rows,
                next,
                total,
                total_capped,
                counts,
            })
        })
    }
}

/// The conditions of a list, with the reader's scope as the first.
#[derive(Clone)]
struct Where {
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Where {
    fn of(reader: &Reader, filter: &AlertFilter) -> Self {
        let mut conditions = Self {
            clauses: vec!["merged IS NULL".to_owned()],
            values: vec![],
        };
        if let Scope::Sites(sites) = &reader.scope {
            conditions.must("site", sites.iter().map(|site| site.to_string().into()));
        }
        conditions.any(
            "level",
            filter.levels.iter().map(|level| (*level as i64).into()),
        );
        conditions.any("site", filter.sites.iter().map(|site| site.clone().into()));
        conditions.any("rule", filter.rule.iter().map(|rule| rule.clone().into()));
        if let Some(entity) = &filter.entity {
            conditions
                .clauses
                .push("id IN (SELECT alert FROM alert_entity WHERE value = ?)".into());
            conditions.values.push(entity.clone().into());
        }
        if let Some(from) = filter.from {
            conditions.clauses.push("last >= ?".into());
            conditions.values.push(from.micros().into());
        }
        if let Some(to) = filter.to {
            conditions.clauses.push("first < ?".into());
            conditions.values.push(to.micros().into());
        }
        conditions
    }

    /// One of these; none given: no condition.
    fn any(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let values: Vec<Sql> = values.collect();
        if !values.is_empty() {
            self.must(column, values.into_iter());
        }
    }

    /// One of these; none given: nothing passes.
    fn must(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let before = self.values.len();
        self.values.extend(values);
        let marks = vec!["?"; self.values.len() - before].join(", ");
        self.clauses.push(format!("{column} IN ({marks})"));
    }

    /// Only what comes after the page before.
    fn beyond(&mut self, order: Order, after: Option<&AlertCursor>) {
        let Some(AlertCursor { level, last, id }) = after else {
            return;
        };
        let clause = match order {
            Order::Newest => "(last, id) < (?, ?)",
            Order::Oldest => "(last, id) > (?, ?)",
            Order::Severity => "(level, last, id) < (?, ?, ?)",
        };
        self.clauses.push(clause.to_owned());
        if order == Order::Severity {
            self.values.push((*level).into());
        }
        self.values.extend([(*last).into(), id.clone().into()]);
    }

    fn clauses(&self) -> String {
        self.clauses.join(" AND ")
    }
}

fn count(connection: &Connection, conditions: &Where) -> Result<u64> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM alert WHERE {} LIMIT {})",
        conditions.clauses(),
        MAX_COUNT + 1
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let count: i64 = statement.query_row(params_from_iter(&conditions.values), |row| row.get(0))?;
    Ok(unsigned(count))
}

fn count_states(connection: &Connection, base: &Where) -> Result<StateCounts> {
    let mut counts = StateCounts::default();
    for state in State::ALL {
        let mut of_state = base.clone();
        of_state.any("state", [state.name().to_owned().into()].into_iter());
        let counted = match state {
            State::New => &mut counts.new,
            State::Acknowledged => &mut counts.acknowledged,
            State::InWork => &mut counts.in_work,
            State::Closed => &mut counts.closed,
        };
        *counted = count(connection, &of_state)?;
    }
    Ok(counts)
}
