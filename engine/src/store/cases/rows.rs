//! Cases as rows: what a reader sees of them, and what every change leaves behind.

use event::Time;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;

use super::super::alerts::Verdict;
use super::super::work::{held_request, keep_request};
use super::super::{Store, audit, unsigned};
use super::{Case, CaseAction, CaseChanged, CaseCounts, CaseRefusal, CaseState, CaseWriter};
use crate::error::Result;
use crate::reader::{Reader, Scope};
use crate::rule::Level;

/// The reader's sites as `?1` of a statement: a list in JSON; none: all.
pub(super) fn scope_of(reader: &Reader) -> Option<String> {
    match &reader.scope {
        Scope::All => None,
        Scope::Sites(sites) => {
            let sites: Vec<&str> = sites.iter().map(|site| &**site).collect();
            Some(Value::from(sites).to_string())
        }
    }
}

/// Whether the reader sees the site in a column; `?1` is [`scope_of`].
pub(super) fn sees(column: &str) -> String {
    format!("(?1 IS NULL OR {column} IN (SELECT value FROM json_each(?1)))")
}

/// Whether the reader sees the case `c`.
pub(super) fn in_sight() -> String {
    format!(
        "EXISTS (SELECT 1 FROM case_site AS s WHERE s.case_id = c.id AND {})",
        sees("s.site")
    )
}

/// Reads [`case_of`]'s columns from the table `cases AS c`.
pub(super) fn select() -> String {
    let count = |table: &str, and: &str| {
        format!("(SELECT count(*) FROM {table} AS t WHERE t.case_id = c.id{and})")
    };
    let linked = |and: &str| {
        format!(
            "(SELECT count(*) FROM case_alert AS l JOIN alert AS a ON a.id = l.alert \
             WHERE l.case_id = c.id{and})"
        )
    };
    let seen = |column: &str| format!(" AND {}", sees(column));
    let of_case = format!(" AND (t.site IS NULL OR {})", sees("t.site"));
    [
        "SELECT c.id, c.title, c.summary, c.level, c.state, c.verdict, c.lessons, c.assignee,
         c.exercise, c.opened, c.opened_by, c.updated, c.version,"
            .to_owned(),
        format!(
            "(SELECT json_group_array(site) FROM (SELECT site FROM case_site AS t
              WHERE t.case_id = c.id{} ORDER BY site)),",
            seen("t.site")
        ),
        format!(
            "(SELECT i.id FROM incident AS i WHERE i.origin = 'case' AND i.rule = 'case'
              AND i.dimensions = json_object('case', c.id){} ORDER BY i.opened DESC LIMIT 1),",
            seen("i.site")
        ),
        [
            linked(&seen("a.site")),
            count("case_note", " AND t.version = 1"),
            count("case_task", ""),
            count("case_task", " AND t.done IS NOT NULL"),
            count("case_observable", ""),
            count("case_evidence", &of_case),
            count("case_event", &seen("t.site")),
            count("case_site", ""),
            linked(""),
            count("case_evidence", ""),
            count("case_event", ""),
        ]
        .join(", "),
        " FROM cases AS c".to_owned(),
    ]
    .join(" ")
}

pub(super) fn case_of(row: &Row<'_>) -> rusqlite::Result<Case> {
    let word = |place: usize| row.get::<_, String>(place);
    let time = |place: usize| row.get(place).map(Time::from_micros);
    let number = |place: usize| row.get(place).map(unsigned);
    let verdict: Option<String> = row.get(5)?;
    let sites: Vec<String> = serde_json::from_str(&word(13)?).unwrap_or_default();
    let (alerts, evidence, events) = (number(15)?, number(20)?, number(21)?);
    let whole = [number(23)?, number(24)?, number(25)?];
    let all: u64 = whole.iter().sum();
    Ok(Case {
        id: row.get(0)?,
        title: row.get(1)?,
        summary: row.get(2)?,
        level: Level::from_name(&word(3)?).unwrap_or(Level::Medium),
        state: CaseState::from_name(&word(4)?).unwrap_or(CaseState::New),
        verdict: verdict.as_deref().and_then(Verdict::from_name),
        lessons: row.get(6)?,
        assignee: row.get(7)?,
        exercise: row.get(8)?,
        opened: time(9)?,
        opened_by: row.get(10)?,
        updated: time(11)?,
        version: row.get(12)?,
        incident: row.get(14)?,
        counts: CaseCounts {
            alerts,
            notes: number(16)?,
            tasks: number(17)?,
            done: number(18)?,
            observables: number(19)?,
            evidence,
            events,
            outside_sites: number(22)?.saturating_sub(sites.len() as u64),
            outside: all.saturating_sub(alerts + evidence + events),
        },
        sites,
    })
}

/// A case as the reader may see it.
pub(super) fn visible(connection: &Connection, reader: &Reader, id: &str) -> Result<Option<Case>> {
    let sql = format!("{} WHERE c.id = ?2 AND {}", select(), in_sight());
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement
        .query_row(params![scope_of(reader), id], case_of)
        .optional()?)
}

/// Whether there is one row with these values.
pub(super) fn is_there(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<bool> {
    Ok(connection.prepare_cached(sql)?.exists(values)?)
}

impl Store {
    /// Runs a change of an open case that the writer sees. What is refused must have changed nothing.
    pub(super) fn in_case<T>(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        work: impl FnOnce(&Transaction<'_>, &Case) -> Result<CaseChanged<T>>,
    ) -> Result<CaseChanged<T>> {
        self.write(|transaction| {
            let Some(held) = visible(transaction, by.reader, id)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.state == CaseState::Closed {
                return Ok(CaseChanged::Refused(CaseRefusal::Closed));
            }
            work(transaction, &held)
        })
    }
}

/// Whether a request was made before under its key.
pub(super) enum Asked {
    /// It is new.
    First,
    /// It was, and made this.
    Again(String),
    /// The key stood for another.
    Other,
}

impl CaseWriter<'_> {
    pub(super) fn asked(self, transaction: &Transaction<'_>, request: &Value) -> Result<Asked> {
        let Some(key) = self.key else {
            return Ok(Asked::First);
        };
        let Some(held) = held_request(transaction, &self.reader.user, key)? else {
            return Ok(Asked::First);
        };
        let asked = request.to_string();
        Ok(match held.rsplit_once('\n') {
            Some((text, made)) if text == asked => Asked::Again(made.to_owned()),
            _ => Asked::Other,
        })
    }

    /// Keeps what a request made, for when it comes again.
    pub(super) fn keep(
        self,
        transaction: &Transaction<'_>,
        request: &Value,
        made: &str,
    ) -> Result<()> {
        let Some(key) = self.key else { return Ok(()) };
        let text = format!("{request}\n{made}");
        keep_request(transaction, &self.reader.user, key, &text, self.now)
    }

    /// Writes down what was done: the timeline, the audit trail, and that the case was changed. Which sites a case is
    /// at is told to the audit trail alone: the timeline is read by people of single sites too.
    pub(super) fn log(
        self,
        transaction: &Transaction<'_>,
        case: &str,
        action: CaseAction,
        site: Option<&str>,
        detail: &Value,
    ) -> Result<()> {
        let (now, who) = (self.now, &*self.reader.user);
        let mut told = detail.clone();
        if let Some(told) = told.as_object_mut() {
            told.remove("sites");
        }
        transaction
            .prepare_cached(
                "INSERT INTO case_action (case_id, at, who, action, site, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                case,
                now.micros(),
                who,
                action.name(),
                site,
                told.to_string()
            ])?;
        let name = format!("case.{}", action.name());
        audit::append(transaction, now, who, &name, case, detail)?;
        self.touch(transaction, case)
    }

    /// Says that the case was changed.
    pub(super) fn touch(self, transaction: &Transaction<'_>, case: &str) -> Result<()> {
        transaction
            .prepare_cached("UPDATE cases SET updated = max(updated, ?2) WHERE id = ?1")?
            .execute(params![case, self.now.micros()])?;
        Ok(())
    }

    /// Whether a table has as many rows of a case as it may.
    pub(super) fn is_full(
        self,
        transaction: &Transaction<'_>,
        case: &str,
        rows: &str,
        most: u64,
    ) -> Result<bool> {
        let sql = format!("SELECT count(*) FROM {rows} WHERE case_id = ?1");
        let mut statement = transaction.prepare_cached(&sql)?;
        let held: i64 = statement.query_row([case], |row| row.get(0))?;
        Ok(unsigned(held) >= most)
    }
}
