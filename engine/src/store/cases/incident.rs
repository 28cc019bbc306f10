//! An incident is opened from a case: what the centre must know of.

use std::time::Duration;

use rusqlite::OptionalExtension;
use serde_json::json;

use super::super::Store;
use super::super::incidents::{IncidentOrigin, Raised, open_by, standing};
use super::{CaseAction, CaseChanged, CaseRefusal, CaseWriter};
use crate::error::Result;
use crate::rule::Level;

/// What raises an incident from a case.
const RULE: &str = "case";

impl Store {
    /// Opens an incident from a case; gives its id. Its site is the case's, or none when the case has several.
    pub fn open_case_incident(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        level: Option<Level>,
    ) -> Result<CaseChanged<String>> {
        self.in_case(by, id, |transaction, held| {
            let sites: Option<String> = transaction
                .query_row(
                    "SELECT max(site) FROM case_site WHERE case_id = ?1 HAVING count(*) = 1",
                    [id],
                    |row| row.get(0),
                )
                .optional()?;
            let dimensions = json!({ "case": id }).to_string();
            let raised = Raised {
                origin: IncidentOrigin::Case,
                rule: RULE,
                dimensions: &dimensions,
                site: sites.as_deref().unwrap_or_default(),
                exercise: held.exercise,
                level: level.unwrap_or(held.level),
                window: Duration::ZERO,
            };
            if standing(transaction, &raised)? {
                return Ok(CaseChanged::Refused(CaseRefusal::HasIncident));
            }
            let incident = open_by(transaction, &raised, &by.reader.user, by.now)?;
            let detail = json!({ "incident": incident });
            by.log(transaction, id, CaseAction::IncidentOpened, None, &detail)?;
            Ok(CaseChanged::Done(incident))
        })
    }
}
