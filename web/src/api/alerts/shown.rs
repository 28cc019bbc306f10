//! An alert as lists and its page show it.

use engine::store::{self, Evidence as Copy, State as Standing};
use engine::triage::Triage;
use event::Time;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::events::Event;
use super::super::rule::{RuleRef, RuleText};
use super::super::words;

/// Who or what an alert is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entity {
    field: String,
    value: String,
}

/// The closed alert of the same key before it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviousAlert {
    id: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
}

/// What every view of an alert shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertCommon {
    id: String,
    site: String,
    exercise: bool,
    /// Found in the past, when an intel list had grown.
    retro: bool,
    #[schema(value_type = words::AlertState)]
    state: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    entities: Vec<Entity>,
    count: u64,
    /// The time of the earliest event.
    first: String,
    /// The time of the latest.
    last: String,
    opened: String,
    updated: String,
    version: i64,
    #[schema(required)]
    previous: Option<PreviousAlert>,
    #[schema(value_type = words::KindGroup)]
    kind_group: String,
    /// The alert that it was merged into.
    #[schema(required)]
    merged: Option<String>,
    /// Who holds it: the name to sign in with.
    #[schema(required)]
    assignee: Option<String>,
    /// When somebody must have acknowledged it; none: it is not new, or no answer is due.
    #[schema(required)]
    due: Option<String>,
}

/// An alert in the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertRow {
    #[serde(flatten)]
    common: AlertCommon,
    rule: RuleRef,
}

/// An alert with its evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alert {
    #[serde(flatten)]
    pub(super) common: AlertCommon,
    pub(super) rule: RuleText,
    /// Copies of the first and last 20 events; they outlive retention.
    pub(super) evidence: Vec<Evidence>,
    pub(super) history: Vec<HistoryEntry>,
    /// A search that finds its events while they are kept.
    pub(super) query: String,
    pub(super) query_from: String,
    pub(super) query_to: String,
}

/// A copy of a matched event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Evidence {
    #[schema(value_type = words::Which)]
    which: String,
    /// The fields that matched with their values.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    matched: serde_json::Map<String, serde_json::Value>,
    event: Event,
}

/// A line of an alert's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    at: String,
    who: String,
    #[schema(value_type = words::AlertAction)]
    action: String,
    #[schema(value_type = Option<words::AlertState>, required)]
    from: Option<String>,
    #[schema(value_type = Option<words::AlertState>, required)]
    to: Option<String>,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    #[schema(required)]
    note: Option<String>,
    /// Who holds the alert after it, where it says so.
    #[schema(required)]
    assignee: Option<String>,
    /// It was taken back, or takes something back.
    undone: bool,
}

pub(in crate::api) fn row_of(triage: &Triage, row: store::AlertRow) -> AlertRow {
    AlertRow {
        rule: RuleRef::of(&row.rule),
        common: common_of(triage, row),
    }
}

pub(super) fn common_of(triage: &Triage, row: store::AlertRow) -> AlertCommon {
    let due = due_of(triage, &row);
    let entities = row.entities.into_iter();
    AlertCommon {
        id: row.id,
        site: row.site,
        exercise: row.exercise,
        retro: is_retro(&row.rule),
        state: row.state.name().to_owned(),
        verdict: row.verdict.map(|verdict| verdict.name().to_owned()),
        entities: entities
            .map(|e| Entity {
                field: e.field,
                value: e.value,
            })
            .collect(),
        count: row.count,
        first: row.first.to_string(),
        last: row.last.to_string(),
        opened: row.opened.to_string(),
        updated: row.updated.to_string(),
        version: row.version,
        previous: row.previous.map(|(id, verdict)| PreviousAlert {
            id,
            verdict: verdict.map(|verdict| verdict.name().to_owned()),
        }),
        kind_group: row.kind_group,
        merged: row.merged,
        assignee: row.assignee,
        due: due.map(|due| due.to_string()),
    }
}

pub(super) fn evidence_of(copy: &Copy, place: usize, copies: usize) -> Evidence {
    let which = if place < 20 || copies <= 20 {
        "first"
    } else {
        "last"
    };
    let matched = copy
        .matched
        .iter()
        .map(|(field, value)| (field.clone(), value.clone().into()));
    Evidence {
        which: which.to_owned(),
        matched: matched.collect(),
        event: Event::of(&copy.event),
    }
}

pub(super) fn history_of(entry: store::HistoryEntry) -> HistoryEntry {
    HistoryEntry {
        at: entry.at.to_string(),
        who: entry.who,
        action: entry.action,
        from: entry.from,
        to: entry.to,
        verdict: entry.verdict,
        note: entry.note,
        assignee: entry.assignee,
        undone: entry.is_undone,
    }
}

pub(super) fn is_retro(rule: &Value) -> bool {
    rule.get("retro").and_then(Value::as_bool).unwrap_or(false)
}

/// Only a new alert waits for an answer.
fn due_of(triage: &Triage, row: &store::AlertRow) -> Option<Time> {
    let waits = row.state == Standing::New && row.merged.is_none();
    let due = triage.sla.due(&triage.hours, row.level, row.opened);
    due.filter(|_| waits)
}
