//! A case is opened, changed, closed and opened again.

use std::time::Duration;

use event::Time;
use rusqlite::{Transaction, params};
use serde_json::json;

use super::super::Store;
use super::super::alerts::{AlertRow, Verdict, visible as visible_alert};
use super::rows::{Asked, is_there, visible};
use super::{Case, CaseAction, CaseChanged, CaseRefusal, CaseState, CaseWriter};
use crate::error::Result;
use crate::reader::Scope;
use crate::rule::Level;

/// Years are those of Vietnam, which has had one time all year since 1975.
const VIETNAM: Duration = Duration::from_secs(7 * 3_600);

/// A case to be.
#[derive(Clone, Debug, Default)]
pub struct CaseDraft {
    /// What it is about.
    pub title: String,
    /// What is known.
    pub summary: String,
    /// How bad; none: as the worst of its alerts.
    pub level: Option<Level>,
    /// Whose it is.
    pub assignee: Option<String>,
    /// Its sites beside those of its alerts.
    pub sites: Vec<String>,
    /// The alerts that it begins with.
    pub alerts: Vec<String>,
    /// Whether it belongs to an exercise, when no alert says so.
    pub exercise: bool,
}

/// What a person changes; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct CaseChange {
    /// The version that the person saw.
    pub version: i64,
    /// What it is about.
    pub title: Option<String>,
    /// What is known.
    pub summary: Option<String>,
    /// How bad.
    pub level: Option<Level>,
    /// New or in work.
    pub state: Option<CaseState>,
    /// Whose it is; in it, none: nobody's.
    pub assignee: Option<Option<String>>,
    /// Those of the reader's sites that it is at, beside those of its alerts.
    pub sites: Option<Vec<String>>,
}

impl Store {
    /// Opens a case, with alerts or without.
    pub fn open_case(&self, by: CaseWriter<'_>, draft: &CaseDraft) -> Result<CaseChanged<Case>> {
        let request = json!([
            "case",
            draft.title,
            draft.summary,
            draft.alerts,
            draft.sites
        ]);
        self.write(|transaction| {
            match by.asked(transaction, &request)? {
                Asked::First => {}
                Asked::Again(id) => return found(transaction, by, &id),
                Asked::Other => return Ok(CaseChanged::KeyReused),
            }
            let mut alerts: Vec<AlertRow> = Vec::new();
            for id in &draft.alerts {
                match visible_alert(transaction, by.reader, id)? {
                    Some(alert) => alerts.push(alert),
                    None => return Ok(CaseChanged::Refused(CaseRefusal::NoAlert)),
                }
            }
            let exercise = alerts.first().map_or(draft.exercise, |row| row.exercise);
            let sites = match sites_of(by, draft, &alerts, exercise) {
                Ok(sites) => sites,
                Err(refusal) => return Ok(CaseChanged::Refused(refusal)),
            };
            let worst = alerts.iter().map(|alert| alert.level);
            let worst = worst.max_by_key(|level| *level as i64);
            let level = draft.level.or(worst).unwrap_or(Level::Medium);
            let id = insert(transaction, by, draft, level, exercise)?;
            for site in &sites {
                transaction.execute(
                    "INSERT OR IGNORE INTO case_site VALUES (?1, ?2, 1)",
                    params![id, site],
                )?;
            }
            let detail = json!({ "title": draft.title, "level": level.name(), "sites": sites });
            by.log(transaction, &id, CaseAction::Opened, None, &detail)?;
            for alert in &alerts {
                super::links::link(transaction, by, &id, alert)?;
            }
            by.keep(transaction, &request, &id)?;
            found(transaction, by, &id)
        })
    }

    /// Changes what stands at a case's head.
    pub fn change_case(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        change: &CaseChange,
    ) -> Result<CaseChanged<Case>> {
        self.in_case(by, id, |transaction, held| {
            if change.version != held.version {
                return Ok(CaseChanged::Conflict);
            }
            if let Some(sites) = &change.sites
                && !may_have(transaction, by, held, sites)?
            {
                return Ok(CaseChanged::Refused(CaseRefusal::NoSite));
            }
            let mut next = held.clone();
            let state = change.state.filter(|state| *state != CaseState::Closed);
            next.title = change.title.clone().unwrap_or(next.title);
            next.summary = change.summary.clone().unwrap_or(next.summary);
            next.level = change.level.unwrap_or(next.level);
            next.state = state.unwrap_or(next.state);
            next.assignee = change.assignee.clone().unwrap_or(next.assignee);
            if let Some(sites) = &change.sites {
                put_sites(transaction, held, sites)?;
            }
            put(transaction, by, &next)?;
            let mut detail = serde_json::Map::new();
            let mut note = |name: &str, was: &str, is: &str| {
                if was != is {
                    detail.insert(name.to_owned(), json!({ "from": was, "to": is }));
                }
            };
            note("title", &held.title, &next.title);
            note("summary", &held.summary, &next.summary);
            note("level", held.level.name(), next.level.name());
            note("state", held.state.name(), next.state.name());
            let name = |who: &Option<String>| who.clone().unwrap_or_default();
            note("assignee", &name(&held.assignee), &name(&next.assignee));
            if let Some(sites) = &change.sites {
                note("sites", &held.sites.join(" "), &sites.join(" "));
            }
            by.log(transaction, id, CaseAction::Changed, None, &detail.into())?;
            found(transaction, by, id)
        })
    }

    /// Closes a case with its verdict and what was learned.
    pub fn close_case(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        version: i64,
        verdict: Verdict,
        lessons: &str,
    ) -> Result<CaseChanged<Case>> {
        self.in_case(by, id, |transaction, held| {
            if version != held.version {
                return Ok(CaseChanged::Conflict);
            }
            let next = Case {
                state: CaseState::Closed,
                verdict: Some(verdict),
                lessons: lessons.to_owned(),
                ..held.clone()
            };
            put(transaction, by, &next)?;
            let detail = json!({ "verdict": verdict.name(), "lessons": lessons });
            by.log(transaction, id, CaseAction::Closed, None, &detail)?;
            found(transaction, by, id)
        })
    }

    /// Opens a closed case again: its verdict goes, what was learned stays.
    pub fn reopen_case(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        version: i64,
    ) -> Result<CaseChanged<Case>> {
        self.write(|transaction| {
            let Some(held) = visible(transaction, by.reader, id)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.state != CaseState::Closed {
                return Ok(CaseChanged::Refused(CaseRefusal::Open));
            }
            if version != held.version {
                return Ok(CaseChanged::Conflict);
            }
            let was = held.verdict.map(Verdict::name);
            let next = Case {
                state: CaseState::InWork,
                verdict: None,
                ..held
            };
            put(transaction, by, &next)?;
            let detail = json!({ "verdict": was });
            by.log(transaction, id, CaseAction::Reopened, None, &detail)?;
            found(transaction, by, id)
        })
    }
}

/// The case after a change.
pub(super) fn found(
    transaction: &Transaction<'_>,
    by: CaseWriter<'_>,
    id: &str,
) -> Result<CaseChanged<Case>> {
    let case = visible(transaction, by.reader, id)?;
    Ok(case.map_or(CaseChanged::Missing, CaseChanged::Done))
}

/// The sites of a case to be, or why there can be none.
fn sites_of(
    by: CaseWriter<'_>,
    draft: &CaseDraft,
    alerts: &[AlertRow],
    exercise: bool,
) -> std::result::Result<Vec<String>, CaseRefusal> {
    if alerts.iter().any(|alert| alert.exercise != exercise) {
        return Err(CaseRefusal::Exercise);
    }
    if alerts.len() as u64 > by.limits.alerts {
        return Err(CaseRefusal::Full);
    }
    let scope = &by.reader.scope;
    let mut sites = draft.sites.clone();
    sites.extend(alerts.iter().map(|alert| alert.site.clone()));
    sites.sort();
    sites.dedup();
    if sites.is_empty() && *scope == Scope::All {
        sites.push(String::new());
    }
    if sites.is_empty() || !sites.iter().all(|site| scope.admits(site)) {
        return Err(CaseRefusal::NoSite);
    }
    Ok(sites)
}

fn insert(
    transaction: &Transaction<'_>,
    by: CaseWriter<'_>,
    draft: &CaseDraft,
    level: Level,
    exercise: bool,
) -> Result<String> {
    let year = year_of(by.now);
    let number: i64 = transaction
        .prepare_cached("SELECT coalesce(max(number), 0) + 1 FROM cases WHERE year = ?1")?
        .query_row([year], |row| row.get(0))?;
    let id = format!("V-{year:04}-{number:04}");
    transaction.execute(
        "INSERT INTO cases VALUES
         (?1, ?2, ?3, ?4, ?5, ?6, 'new', NULL, '', ?7, ?8, ?9, ?10, ?9, 1, ?11)",
        params![
            id,
            year,
            number,
            draft.title,
            draft.summary,
            level.name(),
            draft.assignee,
            exercise,
            by.now.micros(),
            &*by.reader.user,
            words_of(&id, &draft.title, &draft.summary)
        ],
    )?;
    Ok(id)
}

fn year_of(now: Time) -> i64 {
    let text = now.plus(VIETNAM).to_string();
    let year = text.get(..4).and_then(|year| year.parse().ok());
    year.unwrap_or(1970)
}

/// What a search looks in.
fn words_of(id: &str, title: &str, summary: &str) -> String {
    format!("{id}\n{title}\n{summary}").to_lowercase()
}

/// Writes the next version of a case's head.
fn put(transaction: &Transaction<'_>, by: CaseWriter<'_>, next: &Case) -> Result<()> {
    transaction.execute(
        "UPDATE cases SET title = ?2, summary = ?3, level = ?4, state = ?5, verdict = ?6,
           lessons = ?7, assignee = ?8, updated = max(updated, ?9), version = version + 1,
           words = ?10 WHERE id = ?1",
        params![
            next.id,
            next.title,
            next.summary,
            next.level.name(),
            next.state.name(),
            next.verdict.map(Verdict::name),
            next.lessons,
            next.assignee,
            by.now.micros(),
            words_of(&next.id, &next.title, &next.summary)
        ],
    )?;
    Ok(())
}

/// Whether a case may be at these of the writer's sites: at one at least, and at all that its alerts are at.
fn may_have(
    transaction: &Transaction<'_>,
    by: CaseWriter<'_>,
    held: &Case,
    sites: &[String],
) -> Result<bool> {
    if sites.is_empty() || !sites.iter().all(|site| by.reader.scope.admits(site)) {
        return Ok(false);
    }
    for gone in held.sites.iter().filter(|site| !sites.contains(site)) {
        const NEEDED: &str = "SELECT 1 FROM case_alert AS l JOIN alert AS a ON a.id = l.alert
            WHERE l.case_id = ?1 AND a.site = ?2";
        if is_there(transaction, NEEDED, params![held.id, gone])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Puts these in the place of the sites that the writer sees; what an alert brought stays brought by it.
fn put_sites(transaction: &Transaction<'_>, held: &Case, sites: &[String]) -> Result<()> {
    for gone in held.sites.iter().filter(|site| !sites.contains(site)) {
        transaction.execute(
            "DELETE FROM case_site WHERE case_id = ?1 AND site = ?2",
            params![held.id, gone],
        )?;
    }
    for site in sites {
        transaction.execute(
            "INSERT OR IGNORE INTO case_site VALUES (?1, ?2, 1)",
            params![held.id, site],
        )?;
    }
    Ok(())
}
