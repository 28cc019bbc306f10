//! Alerts of a case: links, never copies.

use rusqlite::{Transaction, params};
use serde_json::json;

use super::super::Store;
use super::super::alerts::{AlertRow, visible as visible_alert};
use super::rows::is_there;
use super::write::found;
use super::{Case, CaseAction, CaseChanged, CaseRefusal, CaseWriter};
use crate::error::Result;

const LINKED: &str = "SELECT 1 FROM case_alert WHERE case_id = ?1 AND alert = ?2";

impl Store {
    /// Links alerts to a case; those that are linked already stay. The case comes to be at their sites.
    pub fn link_alerts(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        alerts: &[String],
    ) -> Result<CaseChanged<Case>> {
        self.in_case(by, id, |transaction, held| {
            let mut fresh: Vec<AlertRow> = Vec::new();
            for alert in alerts {
                let Some(row) = visible_alert(transaction, by.reader, alert)? else {
                    return Ok(CaseChanged::Refused(CaseRefusal::NoAlert));
                };
                if row.exercise != held.exercise {
                    return Ok(CaseChanged::Refused(CaseRefusal::Exercise));
                }
                let known = fresh.iter().any(|other| other.id == row.id);
                if !known && !is_there(transaction, LINKED, params![id, row.id])? {
                    fresh.push(row);
                }
            }
            let most = by.limits.alerts.saturating_sub(fresh.len() as u64);
            let full = by.is_full(transaction, id, "case_alert", most.saturating_add(1))?;
            if !fresh.is_empty() && full {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            for alert in &fresh {
                link(transaction, by, id, alert)?;
            }
            found(transaction, by, id)
        })
    }

    /// Takes an alert out of a case. A site that only it brought goes with it.
    pub fn unlink_alert(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        alert: &str,
    ) -> Result<CaseChanged<Case>> {
        self.in_case(by, id, |transaction, _| {
            let row = visible_alert(transaction, by.reader, alert)?;
            let linked = is_there(transaction, LINKED, params![id, alert])?;
            let Some(row) = row.filter(|_| linked) else {
                return Ok(CaseChanged::Missing);
            };
            transaction.execute(
                "DELETE FROM case_alert WHERE case_id = ?1 AND alert = ?2",
                params![id, alert],
            )?;
            transaction.execute(
                "DELETE FROM case_site WHERE case_id = ?1 AND chosen = 0 AND site NOT IN
                   (SELECT a.site FROM case_alert AS l JOIN alert AS a ON a.id = l.alert
                    WHERE l.case_id = ?1)",
                [id],
            )?;
            let detail = json!({ "alert": alert, "title": title_of(&row) });
            let site = Some(&*row.site);
            by.log(transaction, id, CaseAction::AlertUnlinked, site, &detail)?;
            found(transaction, by, id)
        })
    }
}

/// Links an alert that is not linked yet.
pub(super) fn link(
    transaction: &Transaction<'_>,
    by: CaseWriter<'_>,
    id: &str,
    alert: &AlertRow,
) -> Result<()> {
    let added = transaction.execute(
        "INSERT OR IGNORE INTO case_alert VALUES (?1, ?2, ?3, ?4)",
        params![id, alert.id, by.now.micros(), &*by.reader.user],
    )?;
    if added == 0 {
        return Ok(());
    }
    transaction.execute(
        "INSERT OR IGNORE INTO case_site VALUES (?1, ?2, 0)",
        params![id, alert.site],
    )?;
    let detail = json!({ "alert": alert.id, "title": title_of(alert) });
    let site = Some(&*alert.site);
    by.log(transaction, id, CaseAction::AlertLinked, site, &detail)
}

fn title_of(alert: &AlertRow) -> serde_json::Value {
    alert.rule.get("title").cloned().unwrap_or_default()
}
