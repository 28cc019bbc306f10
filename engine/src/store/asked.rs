//! How a list of alerts is asked of the database: one question for each state, and for each site or level where they
//! are few, so that each is answered from one end of one index, however many alerts there are.

use event::Time;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::alerts::State;
use super::queue::{AlertCursor, AlertFilter, HeldBy, MAX_COUNT, Order};
use super::unsigned;
use crate::error::Result;
use crate::reader::{Reader, Scope};
use crate::rule::Level;

/// With more sites than this the index of states is read, and the sites are looked at in it.
const FEW_SITES: usize = 4;

/// The questions of a list. Which index answers them is said, for without figures about the tables the database
/// guesses, and guesses badly at a million rows.
pub(super) struct Plan {
    index: Option<&'static str>,
    branches: Vec<Where>,
}

impl Plan {
    pub(super) fn of(reader: &Reader, filter: &AlertFilter, order: Order) -> Self {
        let sites = sites_of(reader, filter);
        if sites.as_ref().is_some_and(Vec::is_empty) {
            // No index answers what can never be.
            return Self {
                index: None,
                branches: Vec::new(),
            };
        }
        let (index, column, values) = split(filter, sites.as_deref(), order);
        let mut base = Where::of(filter, index);
        if let Some(sites) = sites.filter(|_| column != "site") {
            base.must("site", sites.into_iter().map(Into::into));
        }
        if column != "level" && !filter.levels.is_empty() {
            base.must("level", numbers(&filter.levels));
        }
        match filter.held_by.as_ref().filter(|_| column != "assignee") {
            None => {}
            Some(HeldBy::Nobody) => base.clauses.push("assignee IS NULL".to_owned()),
            Some(HeldBy::Person(name)) => base.is("assignee", name.clone()),
        }
        let mut branches = Vec::new();
        for state in states_of(filter) {
            let mut branch = base.clone();
            branch.is("state", state.name().to_owned());
            if column.is_empty() {
                branches.push(branch);
                continue;
            }
            branches.extend(values.iter().map(|value| {
                let mut own = branch.clone();
                own.is(column, value.clone());
                if let ("level", Sql::Integer(level)) = (column, value) {
                    own.level = Some(*level);
                }
                own
            }));
        }
        Self { index, branches }
    }

    /// Only those that were opened not after a moment.
    pub(super) fn opened_until(&mut self, moment: Time) {
        for branch in &mut self.branches {
            branch.and("opened <= ?", moment.micros());
        }
    }

    /// How many there are, up to the cap and one more.
    pub(super) fn count(&self, connection: &Connection) -> Result<u64> {
        let mut count = 0;
        for branch in &self.branches {
            let (from, clauses) = (self.from(), branch.clauses());
            let most = MAX_COUNT + 1;
            let sql =
                format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {clauses} LIMIT {most})");
            let mut statement = connection.prepare_cached(&sql)?;
            let values = params_from_iter(&branch.values);
            count += unsigned(statement.query_row(values, |row| row.get(0))?);
        }
        Ok(count.min(MAX_COUNT + 1))
    }

    /// The first of the list behind `after`.
    pub(super) fn places(
        &self,
        connection: &Connection,
        order: Order,
        after: Option<&AlertCursor>,
        limit: usize,
    ) -> Result<Vec<AlertCursor>> {
        let by = match order {
            Order::Newest => "last DESC, id DESC",
            Order::Oldest => "last, id",
            Order::Severity => "level DESC, last DESC, id DESC",
        };
        let mut places = Vec::new();
        for branch in &self.branches {
            let Some(branch) = branch.behind(order, after) else {
                continue;
            };
            let (from, clauses) = (self.from(), branch.clauses());
            let sql = format!(
                "SELECT level, last, id FROM {from} WHERE {clauses} ORDER BY {by} LIMIT {limit}"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&branch.values), |row| {
                Ok(AlertCursor {
                    level: row.get(0)?,
                    last: row.get(1)?,
                    id: row.get(2)?,
                })
            })?;
            for row in rows {
                places.push(row?);
            }
        }
        places.sort_by(|a, b| match order {
            Order::Newest => (b.last, &b.id).cmp(&(a.last, &a.id)),
            Order::Oldest => (a.last, &a.id).cmp(&(b.last, &b.id)),
            Order::Severity => (b.level, b.last, &b.id).cmp(&(a.level, a.last, &a.id)),
        });
        places.truncate(limit);
        Ok(places)
    }

    fn from(&self) -> String {
        match self.index {
            Some(index) => format!("alert INDEXED BY {index}"),
            None => "alert".to_owned(),
        }
    }
}

/// The index, and the column with its values by which the questions are split beside the state; an empty column: by
/// none. An entity has its own table, from which the alerts are looked up by their ids.
fn split(
    filter: &AlertFilter,
    sites: Option<&[String]>,
    order: Order,
) -> (Option<&'static str>, &'static str, Vec<Sql>) {
    if filter.entity.is_some() {
        return (None, "", Vec::new());
    }
    if filter.rule.is_some() {
        return (Some("alert_rule"), "", Vec::new());
    }
    if let Some(HeldBy::Person(name)) = &filter.held_by {
        return (
            Some("alert_assignee"),
            "assignee",
            vec![name.clone().into()],
        );
    }
    let by_level = order == Order::Severity;
    match sites {
        Some(sites) if sites.len() <= FEW_SITES && !by_level => {
            let sites = sites.iter().map(|site| site.clone().into());
            (Some("alert_site"), "site", sites.collect())
        }
        _ if !filter.levels.is_empty() => (
            Some("alert_level"),
            "level",
            numbers(&filter.levels).collect(),
        ),
        _ if by_level => (Some("alert_level"), "level", numbers(&Level::ALL).collect()),
        _ => (Some("alert_state"), "", Vec::new()),
    }
}

fn numbers(levels: &[Level]) -> impl Iterator<Item = Sql> + '_ {
    levels.iter().map(|level| (*level as i64).into())
}

/// The sites that are asked for and seen; none: all.
fn sites_of(reader: &Reader, filter: &AlertFilter) -> Option<Vec<String>> {
    match &reader.scope {
        Scope::All if filter.sites.is_empty() => None,
        Scope::Sites(seen) if filter.sites.is_empty() => {
            Some(seen.iter().map(ToString::to_string).collect())
        }
        scope => {
            let asked = filter.sites.iter().filter(|site| scope.admits(site));
            Some(asked.cloned().collect())
        }
    }
}

/// Every state is asked for by its own name. Only a new alert waits for an answer, and nothing does where none is due.
fn states_of(filter: &AlertFilter) -> Vec<State> {
    let all = State::ALL.iter().copied();
    all.filter(|state| filter.states.is_empty() || filter.states.contains(state))
        .filter(|state| !filter.overdue || *state == State::New && !filter.cutoffs.is_empty())
        .collect()
}

/// The conditions of one question.
#[derive(Clone)]
struct Where {
    clauses: Vec<String>,
    values: Vec<Sql>,
    /// The one level that it asks for.
    level: Option<i64>,
    /// What keeps a column from being taken for an index.
    aside: &'static str,
}

impl Where {
    fn of(filter: &AlertFilter, index: Option<&str>) -> Self {
        let mut conditions = Self {
            clauses: vec!["merged IS NULL".to_owned()],
            values: vec![],
            level: None,
            aside: if index.is_some() { "" } else { "+" },
        };
        if let Some(rule) = &filter.rule {
            conditions.is("rule", rule.clone());
        }
        if let Some(entity) = &filter.entity {
            let of_entity = "id IN (SELECT alert FROM alert_entity WHERE value = ?)";
            conditions.and(of_entity, entity.clone());
        }
        if let Some(from) = filter.from {
            conditions.and("last >= ?", from.micros());
        }
        if let Some(to) = filter.to {
            conditions.and("first < ?", to.micros());
        }
        if filter.overdue && !filter.cutoffs.is_empty() {
            conditions.overdue(&filter.cutoffs);
        }
        conditions
    }

    fn overdue(&mut self, cutoffs: &[(Level, Time)]) {
        let each = vec!["(level = ? AND opened <= ?)"; cutoffs.len()];
        self.clauses.push(format!("({})", each.join(" OR ")));
        for (level, moment) in cutoffs {
            self.values.push((*level as i64).into());
            self.values.push(moment.micros().into());
        }
    }

    fn and(&mut self, clause: &str, value: impl Into<Sql>) {
        self.clauses.push(clause.to_owned());
        self.values.push(value.into());
    }

    fn is(&mut self, column: &str, value: impl Into<Sql>) {
        self.and(&format!("{}{column} = ?", self.aside), value);
    }

    /// One of these; none given: nothing passes.
    fn must(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let before = self.values.len();
        self.values.extend(values);
        let marks = vec!["?"; self.values.len() - before].join(", ");
        self.clauses
            .push(format!("{}{column} IN ({marks})", self.aside));
    }

    /// Only what comes after the page before; none: nothing does.
    fn behind(&self, order: Order, after: Option<&AlertCursor>) -> Option<Self> {
        let mut behind = self.clone();
        let Some(AlertCursor { level, last, id }) = after else {
            return Some(behind);
        };
        let clause = match (order, self.level) {
            (Order::Severity, Some(own)) if own > *level => return None,
            (Order::Severity, Some(own)) if own < *level => return Some(behind),
            (Order::Severity, None) => "(level, last, id) < (?, ?, ?)",
            (Order::Newest | Order::Severity, _) => "(last, id) < (?, ?)",
            (Order::Oldest, _) => "(last, id) > (?, ?)",
        };
        behind.clauses.push(clause.to_owned());
        if order == Order::Severity && self.level.is_none() {
            behind.values.push((*level).into());
        }
        behind.values.extend([(*last).into(), id.clone().into()]);
        Some(behind)
    }

    fn clauses(&self) -> String {
        self.clauses.join(" AND ")
    }
}
