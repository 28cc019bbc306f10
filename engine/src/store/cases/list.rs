//! The board of cases: pages, cut to the reader, with counts by state; and one case with all that it holds.

use std::fmt;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::super::alerts::{AlertRow, COLUMNS, row_of};
use super::super::{Store, unsigned};
use super::rows::{case_of, in_sight, scope_of, sees, select, visible};
use super::{Case, CaseDetail, CaseState, evidence, items, observables, seen};
use crate::error::Result;
use crate::reader::Reader;

/// Counting stops here.
const MAX_COUNT: u64 = 10_000;

/// Which cases; what is absent is not asked.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// In one of these states; none: in any.
    pub states: Vec<CaseState>,
    /// Of one of these levels, by their words; none: of any.
    pub levels: Vec<String>,
    /// This person's; in it, none: nobody's.
    pub assignee: Option<Option<String>>,
    /// At this site.
    pub site: Option<String>,
    /// With this text in id, title or summary.
    pub text: Option<String>,
    /// With this alert.
    pub alert: Option<String>,
    /// Of an exercise, or not.
    pub exercise: Option<bool>,
}

/// Where a page of cases ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCursor {
    updated: i64,
    id: String,
}

impl CaseCursor {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (updated, id) = text.split_once('.')?;
        Some(Self {
            updated: updated.parse().ok()?,
            id: id.to_owned(),
        })
    }
}

impl fmt::Display for CaseCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.updated, self.id)
    }
}

/// Cases by state, each counted up to 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseStateCounts {
    /// Opened.
    pub new: u64,
    /// In work.
    pub in_work: u64,
    /// Judged.
    pub closed: u64,
}

/// A page of cases, the newest change first.
#[derive(Clone, Debug)]
pub struct CasePage {
    /// The cases.
    pub rows: Vec<Case>,
    /// Where the next page begins.
    pub next: Option<CaseCursor>,
    /// How many there are in each state, whatever the states asked for.
    pub counts: CaseStateCounts,
}

impl Store {
    /// A page of cases, the newest change first, cut to the reader. `after` is the `next` of the page before.
    pub fn cases(
        &self,
        reader: &Reader,
        filter: &CaseFilter,
        after: Option<&CaseCursor>,
        limit: usize,
    ) -> Result<CasePage> {
        self.read(|connection| {
            let base = Where::of(reader, filter);
            let mut page = base.clone();
            let states = filter
                .states
                .iter()
                .map(|state| state.name().to_owned().into());
            page.any("c.state", states);
            if let Some(CaseCursor { updated, id }) = after {
                page.and("(c.updated, c.id) < (?, ?)");
                page.values
                    .extend([Sql::from(*updated), Sql::from(id.clone())]);
            }
            let sql = format!(
                "{} WHERE {} ORDER BY c.updated DESC, c.id DESC LIMIT {}",
                select(),
                page.clauses.join(" AND "),
                limit.saturating_add(1)
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&page.values), case_of)?;
            let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|row| CaseCursor {
                updated: row.updated.micros(),
                id: row.id.clone(),
            });
            let count = |state| base.count(connection, state);
            let counts = CaseStateCounts {
                new: count(CaseState::New)?,
                in_work: count(CaseState::InWork)?,
                closed: count(CaseState::Closed)?,
            };
            Ok(CasePage { rows, next, counts })
        })
    }

    /// One case with all that it holds, if the reader may see it.
    pub fn case(&self, reader: &Reader, id: &str) -> Result<Option<CaseDetail>> {
        self.read(|connection| {
            let Some(row) = visible(connection, reader, id)? else {
                return Ok(None);
            };
            let mut values = Vec::new();
            for own in observables::of_case(connection, id)? {
                let seen = seen::find(connection, reader, &row, &own.value)?;
                values.push((own, seen));
            }
            Ok(Some(CaseDetail {
                alerts: alerts(connection, reader, id)?,
                notes: items::notes(connection, id)?,
                tasks: items::tasks(connection, id)?,
                observables: values,
                evidence: evidence::of_case(connection, reader, id)?,
                row,
            }))
        })
    }
}

fn alerts(connection: &Connection, reader: &Reader, id: &str) -> Result<Vec<AlertRow>> {
    let sql = format!(
        "{COLUMNS} WHERE id IN (SELECT alert FROM case_alert WHERE case_id = ?2) AND {}
         ORDER BY last DESC, id DESC",
        sees("site")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![scope_of(reader), id], row_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The conditions of a list, with the reader's scope as the first.
#[derive(Clone)]
struct Where {
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Where {
    fn of(reader: &Reader, filter: &CaseFilter) -> Self {
        let mut conditions = Self {
            clauses: vec![in_sight()],
            values: vec![scope_of(reader).into()],
        };
        let levels = filter.levels.iter().map(|level| level.clone().into());
        conditions.any("c.level", levels);
        if let Some(assignee) = &filter.assignee {
            conditions.and("c.assignee IS ?");
            conditions.values.push(assignee.clone().into());
        }
        if let Some(site) = &filter.site {
            // A site that the reader does not see must not show in what is found either.
            let own = format!(
                "EXISTS (SELECT 1 FROM case_site AS o WHERE o.case_id = c.id AND o.site = ? AND {})",
                sees("o.site")
            );
            conditions.and(&own);
            conditions.values.push(site.clone().into());
        }
        if let Some(text) = &filter.text {
            conditions.and("instr(c.words, ?) > 0");
            conditions.values.push(text.to_lowercase().into());
        }
        if let Some(alert) = &filter.alert {
            let linked = format!(
                "EXISTS (SELECT 1 FROM case_alert AS l JOIN alert AS a ON a.id = l.alert
                   WHERE l.case_id = c.id AND l.alert = ? AND {})",
                sees("a.site")
            );
            conditions.and(&linked);
            conditions.values.push(alert.clone().into());
        }
        if let Some(exercise) = filter.exercise {
            conditions.and("c.exercise = ?");
            conditions.values.push(i64::from(exercise).into());
        }
        conditions
    }

    fn and(&mut self, clause: &str) {
        self.clauses.push(clause.to_owned());
    }

    /// One of these; none given: no condition.
    fn any(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let before = self.values.len();
        self.values.extend(values);
        let marks = vec!["?"; self.values.len() - before].join(", ");
        if !marks.is_empty() {
            self.clauses.push(format!("{column} IN ({marks})"));
        }
    }

    fn count(&self, connection: &Connection, state: CaseState) -> Result<u64> {
        let mut own = self.clone();
        own.any("c.state", [Sql::from(state.name().to_owned())].into_iter());
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM cases AS c WHERE {} LIMIT {MAX_COUNT})",
            own.clauses.join(" AND ")
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let count: i64 = statement.query_row(params_from_iter(&own.values), |row| row.get(0))?;
        Ok(unsigned(count))
    }
}
