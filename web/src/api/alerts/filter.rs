//! Which alerts somebody means: the same words in the parameters of the list and in a change of all that match.

use engine::reader::Reader;
use engine::rule::Level;
use engine::store::{AlertFilter, HeldBy, State as Standing};
use event::Time;

use super::super::events::read_time;
use crate::app::App;
use crate::error::Failure;

/// The words of a filter.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) state: Option<String>,
    pub(super) level: Option<String>,
    pub(super) site: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) entity: Option<String>,
    pub(super) assignee: Option<String>,
    pub(super) overdue: Option<bool>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl Asked {
    /// What the words mean to this reader now.
    pub(super) fn read(
        self,
        app: &App,
        reader: &Reader,
        now: Time,
    ) -> Result<AlertFilter, Failure> {
        let held_by = match self.assignee.as_deref() {
            None | Some("") => None,
            Some("none") => Some(HeldBy::Nobody),
            Some("me") => Some(HeldBy::Person(reader.user.to_string())),
            Some(name) => Some(HeldBy::Person(name.to_owned())),
        };
        let triage = &app.triage;
        Ok(AlertFilter {
            states: words("state", self.state.as_deref(), Standing::from_name)?,
            levels: words("level", self.level.as_deref(), Level::from_name)?,
            sites: words("site", self.site.as_deref(), |site| Some(site.to_owned()))?,
            rule: self.rule,
            entity: self.entity,
            from: read_time("from", self.from.as_deref())?,
            to: read_time("to", self.to.as_deref())?,
            held_by,
            overdue: self.overdue.unwrap_or(false),
            cutoffs: triage.sla.cutoffs(&triage.hours, now),
        })
    }
}

/// Reads a comma-joined list of words of a closed set.
pub(super) fn words<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let parts = text
        .unwrap_or_default()
        .split(',')
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            read(part).ok_or_else(|| Failure::BadRequest(format!("{name} is none that is known")))
        })
        .collect()
}
