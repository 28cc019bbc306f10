//! Cases: a person's inquiry (DESIGN §2, Case): alerts, notes, tasks, observables, evidence, a verdict at the end.
//!
//! A case is seen by who may see one of its sites. What of it lies at a site (a linked alert, a pinned event, evidence
//! from there) is cut to the reader's sites again; how much that is, is told as a number. Each row has a version of
//! its own, so that two people who work on different parts never stand in each other's way.

mod evidence;
mod incident;
mod items;
mod links;
mod list;
mod observables;
mod rows;
mod seen;
mod timeline;
mod write;

#[cfg(test)]
mod tests;

use event::Time;
use serde::Deserialize;

pub use evidence::{Custody, EvidenceDraft, EvidenceFile, KeptEvidence};
pub use items::{Note, NoteVersion, Task, TaskChange, TaskDraft};
pub use list::{CaseCursor, CaseFilter, CasePage, CaseStateCounts};
pub use observables::{Observable, ObservableChange, ObservableDraft};
pub use seen::SeenIn;
pub use timeline::{Moment, MomentCursor, MomentKind, Pinned, Timeline};
pub use write::{CaseChange, CaseDraft};

use super::alerts::{AlertRow, Verdict};
use crate::reader::Reader;
use crate::rule::Level;
use crate::words::words;

words! {
    /// Where people are with a case.
    CaseState {
        /// It was opened.
        New "new",
        /// Somebody works on it.
        InWork "in_work",
        /// Somebody has judged it.
        Closed "closed",
    }
}

words! {
    /// What an observable is a value of.
    ObservableKind {
        /// An IP address or a network.
        Ip "ip",
        /// A domain.
        Domain "domain",
        /// An address of the web.
        Url "url",
        /// A mail address.
        Email "email",
        /// A checksum of a file.
        Hash "hash",
        /// A file's name or path.
        File "file",
        /// A machine.
        Host "host",
        /// An account.
        User "user",
        /// A program or command line.
        Process "process",
        /// Anything else.
        Other "other",
    }
}

words! {
    /// What was done with a case.
    CaseAction {
        /// It was opened.
        Opened "opened",
        /// Its title, summary, level, state, assignee or sites were changed.
        Changed "changed",
        /// An alert was linked.
        AlertLinked "alert_linked",
        /// An alert was taken out.
        AlertUnlinked "alert_unlinked",
        /// A note was changed.
        NoteChanged "note_changed",
        /// A task was added.
        TaskAdded "task_added",
        /// A task was changed.
        TaskChanged "task_changed",
        /// A task was done.
        TaskDone "task_done",
        /// A task was removed.
        TaskRemoved "task_removed",
        /// An observable was added.
        ObservableAdded "observable_added",
        /// An observable was changed.
        ObservableChanged "observable_changed",
        /// An observable was removed.
        ObservableRemoved "observable_removed",
        /// Evidence was added.
        EvidenceAdded "evidence_added",
        /// A pinned event was taken out.
        EventUnpinned "event_unpinned",
        /// It was closed.
        Closed "closed",
        /// It was opened again.
        Reopened "reopened",
        /// An incident was opened from it.
        IncidentOpened "incident_opened",
    }
}

words! {
    /// What was done with a piece of evidence.
    CustodyAction {
        /// It was brought in.
        Received "received",
        /// Somebody took a copy.
        Read "read",
    }
}

words! {
    /// Why a change of a case is refused.
    CaseRefusal {
        /// It is closed.
        Closed "case_closed",
        /// It is not closed.
        Open "case_open",
        /// Exercise and real data never share a case.
        Exercise "exercise_mixed",
        /// It has as many of these as the configuration allows.
        Full "case_full",
        /// All evidence together has as many bytes as the configuration allows.
        NoRoom "evidence_full",
        /// It would have no site, or it needs one that a linked alert is at.
        NoSite "no_site",
        /// It is in the case already.
        Taken "already_there",
        /// There is no such alert for this reader.
        NoAlert "no_alert",
        /// An open incident stands for it.
        HasIncident "has_incident",
    }
}

impl CaseRefusal {
    /// The sentence for people, with the way out.
    pub fn says(self) -> &'static str {
        match self {
            Self::Closed => "the case is closed; reopen it first",
            Self::Open => "the case is not closed",
            Self::Exercise => {
                "exercise and real data never share a case; open one case for each of them"
            }
            Self::Full => "the case holds as many of these as cases.alerts or cases.items allows",
            Self::NoRoom => {
                "all evidence together has as many bytes as cases.evidence_total_mib allows"
            }
            Self::NoSite => {
                "a case needs a site, and keeps those of its alerts; name one that you may see"
            }
            Self::Taken => "the case has this already",
            Self::NoAlert => "there is no such alert",
            Self::HasIncident => "an open incident stands for this case already",
        }
    }
}

/// `[cases]`: how much a case holds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseLimits {
    /// Alerts that are linked to one case.
    pub alerts: u64,
    /// Notes of one case; as many tasks, observables, pieces of evidence and pinned events.
    pub items: u64,
    /// The largest piece of evidence, in MiB.
    pub evidence_mib: u64,
    /// All evidence together, in MiB.
    pub evidence_total_mib: u64,
    /// Pieces of evidence that are received at once.
    pub uploads: usize,
    /// An upload from which nothing comes for so long ends, in seconds.
    pub silence_seconds: u64,
}

impl Default for CaseLimits {
    fn default() -> Self {
        Self {
            alerts: 1_000,
            items: 500,
            evidence_mib: 256,
            evidence_total_mib: 20_480,
            uploads: 4,
            silence_seconds: 30,
        }
    }
}

/// Who changes a case, and within which limits.
#[derive(Clone, Copy, Debug)]
pub struct CaseWriter<'a> {
    /// Whose name and sites.
    pub reader: &'a Reader,
    /// How much there may be.
    pub limits: CaseLimits,
    /// When.
    pub now: Time,
    /// What makes a request safe to repeat: a word of the client's choice.
    pub key: Option<&'a str>,
}

/// How much a case holds, as far as the reader may see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// Linked alerts.
    pub alerts: u64,
    /// Notes.
    pub notes: u64,
    /// Tasks.
    pub tasks: u64,
    /// Of them, those that are done.
    pub done: u64,
    /// Observables.
    pub observables: u64,
    /// Pieces of evidence.
    pub evidence: u64,
    /// Pinned events.
    pub events: u64,
    /// Sites that the reader may not see.
    pub outside_sites: u64,
    /// Alerts, events and pieces of evidence at such sites.
    pub outside: u64,
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id: `V-2026-0001`, counted in each year of Vietnam's time.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// What is known.
    pub summary: String,
    /// How bad.
    pub level: Level,
    /// Where people are with it.
    pub state: CaseState,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// What was learned, said at its closing.
    pub lessons: String,
    /// Whose it is.
    pub assignee: Option<String>,
    /// Its sites, those that the reader may see; an empty one is the province.
    pub sites: Vec<String>,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// When it was opened.
    pub opened: Time,
    /// By whom.
    pub opened_by: String,
    /// When anything in it was changed last.
    pub updated: Time,
    /// Grows with each change of what stands above; not with notes, tasks and the like.
    pub version: i64,
    /// The newest incident that was opened from it, if the reader may see it.
    pub incident: Option<String>,
    /// How much it holds.
    pub counts: CaseCounts,
}

/// A case with all that it holds, but for its timeline.
#[derive(Clone, Debug)]
pub struct CaseDetail {
    /// The case.
    pub row: Case,
    /// Its alerts, the newest first.
    pub alerts: Vec<AlertRow>,
    /// Its notes, the newest first.
    pub notes: Vec<Note>,
    /// Its tasks in their order.
    pub tasks: Vec<Task>,
    /// Its observables, each with where else it was seen.
    pub observables: Vec<(Observable, SeenIn)>,
    /// Its evidence, the newest first, each with its custody.
    pub evidence: Vec<(KeptEvidence, Vec<Custody>)>,
}

/// How a change of a case went.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseChanged<T> {
    /// Done.
    Done(T),
    /// Somebody changed it in between.
    Conflict,
    /// There is none for this reader.
    Missing,
    /// It cannot be done.
    Refused(CaseRefusal),
    /// The key stood for another request before.
    KeyReused,
}
