//! Cases as the API shows them.

use engine::store::{self, Verdict};
use engine::triage::Triage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::alerts::{AlertRow, row_of};
use crate::api::words;

/// How much a case holds, as far as the reader may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseCounts {
    alerts: u64,
    notes: u64,
    tasks: u64,
    /// Of the tasks, those that are done.
    done: u64,
    observables: u64,
    evidence: u64,
    /// Pinned events.
    events: u64,
    /// Sites of the case that the reader may not see.
    outside_sites: u64,
    /// Alerts, events and pieces of evidence at such sites.
    outside: u64,
}

/// A person's inquiry.
#[derive(Serialize, ToSchema)]
pub(crate) struct Case {
    /// V-2026-0001, counted in each year.
    id: String,
    title: String,
    summary: String,
    #[schema(value_type = words::Level)]
    level: String,
    #[schema(value_type = words::CaseState)]
    state: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    /// What was learned; said at its closing.
    lessons: String,
    #[schema(required)]
    assignee: Option<String>,
    /// Those that the reader may see; an empty one is the province.
    sites: Vec<String>,
    exercise: bool,
    opened: String,
    opened_by: String,
    /// When anything in it was changed last.
    updated: String,
    /// Grows with each change of what stands above; notes, tasks and the like have their own.
    version: i64,
    /// The newest incident that was opened from it, if the reader may see it.
    #[schema(required)]
    incident: Option<String>,
    counts: CaseCounts,
}

/// A case with all that it holds, but for its timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseDetail {
    #[serde(flatten)]
    case: Case,
    alerts: Vec<AlertRow>,
    /// The newest first.
    notes: Vec<CaseNote>,
    /// In their order.
    tasks: Vec<CaseTask>,
    observables: Vec<CaseObservable>,
    /// The newest first.
    evidence: Vec<CaseEvidence>,
}

/// What somebody wrote into a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseNote {
    id: i64,
    version: i64,
    text: String,
    /// When and by whom it was first written.
    first: String,
    author: String,
    /// When and by whom this version was.
    at: String,
    who: String,
}

/// Something to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseTask {
    id: i64,
    place: i64,
    text: String,
    #[schema(required)]
    assignee: Option<String>,
    #[schema(required)]
    due: Option<String>,
    /// When it was done.
    #[schema(required)]
    done: Option<String>,
    #[schema(required)]
    done_by: Option<String>,
    version: i64,
}

/// Something that is called by an id and a title.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    id: String,
    title: String,
}

/// Where else a value was seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeenIn {
    /// Other cases; at most five of them.
    cases: Vec<Named>,
    /// How many there are, up to 100.
    cases_count: u64,
    /// Alerts that are not in the case; at most five of them.
    alerts: Vec<Named>,
    /// How many there are, up to 100.
    alerts_count: u64,
}

/// A value that a case is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseObservable {
    id: i64,
    #[schema(value_type = words::ObservableKind)]
    kind: String,
    value: String,
    note: String,
    tags: Vec<String>,
    at: String,
    who: String,
    version: i64,
    /// Told with the case; null in the answer to a change.
    #[schema(required)]
    seen_in: Option<SeenIn>,
}

/// A line of custody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Custody {
    at: String,
    who: String,
    #[schema(value_type = words::CustodyAction)]
    action: String,
}

/// A piece of evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseEvidence {
    id: i64,
    name: String,
    bytes: u64,
    sha256: String,
    note: String,
    /// The site that it is from; null: of the case as a whole.
    #[schema(required)]
    site: Option<String>,
    at: String,
    who: String,
    /// Through whose hands it went, the oldest first.
    custody: Vec<Custody>,
}

impl Case {
    pub(super) fn of(row: store::Case) -> Self {
        let counts = row.counts;
        Self {
            id: row.id,
            title: row.title,
            summary: row.summary,
            level: row.level.name().to_owned(),
            state: row.state.name().to_owned(),
            verdict: row.verdict.map(Verdict::name).map(str::to_owned),
            lessons: row.lessons,
            assignee: row.assignee,
            sites: row.sites,
            exercise: row.exercise,
            opened: row.opened.to_string(),
            opened_by: row.opened_by,
            updated: row.updated.to_string(),
            version: row.version,
            incident: row.incident,
            counts: CaseCounts {
                alerts: counts.alerts,
                notes: counts.notes,
                tasks: counts.tasks,
                done: counts.done,
                observables: counts.observables,
                evidence: counts.evidence,
                events: counts.events,
                outside_sites: counts.outside_sites,
                outside: counts.outside,
            },
        }
    }
}

impl CaseDetail {
    pub(super) fn of(triage: &Triage, detail: store::CaseDetail) -> Self {
        let observables = detail.observables.into_iter();
        let evidence = detail.evidence.into_iter();
        Self {
            case: Case::of(detail.row),
            alerts: detail
                .alerts
                .into_iter()
                .map(|row| row_of(triage, row))
                .collect(),
            notes: detail.notes.into_iter().map(CaseNote::of).collect(),
            tasks: detail.tasks.into_iter().map(CaseTask::of).collect(),
            observables: observables
                .map(|(own, seen)| CaseObservable::of(own, Some(seen)))
                .collect(),
            evidence: evidence
                .map(|(kept, custody)| CaseEvidence::of(kept, custody))
                .collect(),
        }
    }
}

impl CaseNote {
    pub(super) fn of(note: store::Note) -> Self {
        Self {
            id: note.id,
            version: note.version,
            text: note.text,
            first: note.first.to_string(),
            author: note.author,
            at: note.at.to_string(),
            who: note.who,
        }
    }
}

impl CaseTask {
    pub(super) fn of(task: store::Task) -> Self {
        Self {
            id: task.id,
            place: task.place,
            text: task.text,
            assignee: task.assignee,
            due: task.due.map(|time| time.to_string()),
            done: task.done.map(|time| time.to_string()),
            done_by: task.done_by,
            version: task.version,
        }
    }
}

impl CaseObservable {
    pub(super) fn of(own: store::Observable, seen: Option<store::SeenIn>) -> Self {
        let named = |list: Vec<(String, String)>| {
            let list = list.into_iter();
            list.map(|(id, title)| Named { id, title }).collect()
        };
        Self {
            id: own.id,
            kind: own.kind.name().to_owned(),
            value: own.value,
            note: own.note,
            tags: own.tags,
            at: own.at.to_string(),
            who: own.who,
            version: own.version,
            seen_in: seen.map(|seen| SeenIn {
                cases: named(seen.cases),
                cases_count: seen.cases_count,
                alerts: named(seen.alerts),
                alerts_count: seen.alerts_count,
            }),
        }
    }
}

impl CaseEvidence {
    pub(super) fn of(kept: store::KeptEvidence, custody: Vec<store::Custody>) -> Self {
        let custody = custody.into_iter().map(|line| Custody {
            at: line.at.to_string(),
            who: line.who,
            action: line.action.name().to_owned(),
        });
        Self {
            id: kept.id,
            name: kept.name,
            bytes: kept.bytes,
            sha256: kept.sha256,
            note: kept.note,
            site: kept.site,
            at: kept.at.to_string(),
            who: kept.who,
            custody: custody.collect(),
        }
    }
}
