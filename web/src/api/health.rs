//! How the system is: to anybody in a word, to those signed in with figures.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Room;
use engine::journal::{self, State as Standing};
use engine::pipeline;
use engine::reader::{Permission, Scope};
use engine::rules::Book;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::Failure;

/// How the system is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(value_type = words::HealthStatus)]
    pub(super) status: String,
    version: String,
    started: String,
    exercise: bool,
    /// None for who may not see every site: it counts the events of all.
    #[schema(required)]
    journal: Option<JournalHealth>,
    /// The same.
    #[schema(required)]
    index: Option<IndexHealth>,
    /// The same.
    #[schema(required)]
    detector: Option<DetectorHealth>,
    rules: RulesHealth,
    problems: Vec<Problem>,
}

/// How the system is, to somebody who is not signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicHealth {
    #[schema(value_type = words::HealthStatus)]
    status: String,
    /// The whole data folder is an exercise.
    exercise: bool,
    problems: Vec<String>,
}

/// The journal.
#[derive(Serialize, ToSchema)]
pub(crate) struct JournalHealth {
    #[schema(value_type = words::JournalState)]
    state: String,
    position: u64,
    bytes: u64,
    free_bytes: u64,
    /// Events that the journal lost to damage.
    corrupt_events: u64,
}

/// The index.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndexHealth {
    position: u64,
    events: u64,
    partitions: u64,
    lag_events: u64,
    /// Events since the start whose records could not be indexed whole.
    partial_events: u64,
    #[schema(value_type = words::IndexState)]
    state: String,
}

/// The detector.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetectorHealth {
    position: u64,
    lag_events: u64,
    /// Events that came too late for correlations.
    late_events: u64,
    /// Events that correlations forgot because there was no room.
    evicted_events: u64,
}

/// The rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulesHealth {
    loaded: u64,
    problems: Vec<RuleProblem>,
}

/// A rule file that costs only itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleProblem {
    file: String,
    #[schema(required)]
    line: Option<u32>,
    reason: String,
}

/// Something that is wrong.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// disk_full, journal_failed, frame_corrupt, index_stalled, partition_quarantined,
    /// source_failed, windows_evicted, rule_bad.
    code: String,
    #[schema(value_type = words::Severity)]
    severity: String,
    message: String,
    /// What the message names, for a reader's own language.
    params: BTreeMap<&'static str, String>,
    /// Since when it has been seen.
    since: String,
}

impl Problem {
    fn new(code: &str, critical: bool, message: String) -> Self {
        let severity = if critical { "critical" } else { "warn" };
        Self {
            code: code.to_owned(),
            severity: severity.to_owned(),
            message,
            params: BTreeMap::new(),
            since: String::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.insert(name, value.to_string());
        self
    }
}

/// How the system is. Without a session: the status and the codes of the problems.
#[utoipa::path(get, path = "/api/v1/health", operation_id = "health_health", tag = "health",
    responses((status = 200, body = Health)))]
pub(super) async fn health(
    State(app): State<Arc<App>>,
    signed_in: Result<SignedIn, Failure>,
) -> Response {
    let mut health = look(&app);
    let who = signed_in.ok().filter(|who| who.may(Permission::HealthRead));
    if let Some(reader) = who.map(|who| who.reader) {
        if reader.scope != Scope::All {
            (health.journal, health.index, health.detector) = (None, None, None);
        }
        return Json(health).into_response();
    }
    let problems = health
        .problems
        .into_iter()
        .map(|problem| problem.code)
        .collect();
    Json(PublicHealth {
        status: health.status,
        exercise: health.exercise,
        problems,
    })
    .into_response()
}

pub(super) fn look(app: &App) -> Health {
    let journal = app.journal.status();
    let pipeline = app
        .pipeline
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let room = Room::at(&app.data_dir).unwrap_or_default();
    let mut problems = problems_of(app, &journal, &pipeline);
    app.note_since(&mut problems);
    let status = match problems
        .iter()
        .map(|problem| problem.severity.as_str())
        .max()
    {
        None => "ok",
        Some(_)
            if problems
                .iter()
                .any(|problem| problem.severity == "critical") =>
        {
            "failing"
        }
        Some(_) => "degraded",
    };
    let lag = |position: u64| journal.durable.saturating_sub(position);
    Health {
        status: status.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: app.started.to_string(),
        exercise: app.exercise,
        journal: Some(JournalHealth {
            state: state_word(journal.state).to_owned(),
            position: journal.durable,
            bytes: journal.appended_bytes,
            free_bytes: room.free,
            corrupt_events: journal
                .corrupt
                .iter()
                .map(|lost| lost.last - lost.first + 1)
                .sum(),
        }),
        index: Some(IndexHealth {
            position: pipeline.index_position,
            events: app.searcher.events(),
            partitions: app.searcher.partitions().len() as u64,
            lag_events: lag(pipeline.index_position),
            partial_events: pipeline.partial,
            state: if pipeline.stalled.is_some() {
                "stalled"
            } else if app.searcher.is_open() {
                "ok"
            } else {
                "starting"
            }
            .to_owned(),
        }),
        detector: Some(DetectorHealth {
            position: pipeline.position,
            lag_events: lag(pipeline.position),
            late_events: pipeline.windows.late,
            evicted_events: pipeline.windows.evicted,
        }),
        rules: rules_of(app),
        problems,
    }
}

impl App {
    /// Says of each problem since when it has been seen, and forgets those that have gone.
    fn note_since(&self, problems: &mut [Problem]) {
        let now = self.now();
        let mut seen = self
            .memory
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(code, message), _| {
            problems
                .iter()
                .any(|problem| problem.code == *code && problem.message == *message)
        });
        for problem in problems {
            let key = (problem.code.clone(), problem.message.clone());
            problem.since = seen.entry(key).or_insert(now).to_string();
        }
    }
}

fn state_word(state: Standing) -> &'static str {
    match state {
        Standing::Ok => "ok",
        Standing::Full => "full",
        Standing::Failed => "failed",
    }
}

/// Problems of rules that are shown; who has more mends these first.
const MAX_PROBLEMS: usize = 200;

impl RuleProblem {
    pub(super) fn of(problem: &engine::rule::Problem) -> Self {
        Self {
            file: problem.file.clone(),
            line: problem.line,
            reason: problem.reason.clone(),
        }
    }

    /// Those of the rules.
    pub(super) fn all(book: &Book) -> Vec<Self> {
        let problems = book.problems().iter().map(Self::of);
        problems.take(MAX_PROBLEMS).collect()
    }
}

fn rules_of(app: &App) -> RulesHealth {
    let book = app.rules.current();
    let mut problems = RuleProblem::all(&book);
    problems.extend(app.problems.iter().map(|problem| RuleProblem {
        file: problem.file.clone(),
        line: problem.line,
        reason: problem.reason.clone(),
    }));
    RulesHealth {
        loaded: book.rows().len() as u64,
        problems,
    }
}

fn problems_of(app: &App, journal: &journal::Status, pipeline: &pipeline::Status) -> Vec<Problem> {
    let mut problems = Vec::new();
    match journal.state {
        Standing::Ok => {}
        Standing::Full => problems.push(Problem::new(
            "disk_full",
            true,
            "the disk is full: no event is accepted until there is room".to_owned(),
        )),
        Standing::Failed => problems.push(Problem::new(
            "journal_failed",
            true,
            "a write to the journal failed: check the disk and start haidang again".to_owned(),
        )),
    }
    if let Some(reason) = &pipeline.stalled {
        let stalled = Problem::new("index_stalled", true, reason.clone());
        problems.push(stalled.with("reason", reason));
    }
    for lost in &journal.corrupt {
        let message = format!(
            "the journal lost events {} to {} to damage",
            lost.first, lost.last
        );
        let corrupt = Problem::new("frame_corrupt", false, message);
        problems.push(corrupt.with("first", lost.first).with("last", lost.last));
    }
    for partition in &pipeline.quarantined {
        let message = format!("{partition} cannot be read; run haidang verify --rebuild");
        let quarantined = Problem::new("partition_quarantined", false, message);
        problems.push(quarantined.with("partition", partition));
    }
    if !pipeline.failing.is_empty() {
        let message = format!(
            "{} sources do not work; the board of sources says why",
            pipeline.failing.len()
        );
        let failed = Problem::new("source_failed", false, message);
        problems.push(failed.with("count", pipeline.failing.len()));
    }
    if pipeline.windows.evicted > 0 {
        let message = format!(
            "correlations forgot {} events since the start, for there was no room; raise \
             detector.window_entries",
            pipeline.windows.evicted
        );
        let evicted = Problem::new("windows_evicted", false, message);
        problems.push(evicted.with("count", pipeline.windows.evicted));
    }
    let bad = app.rules.current().problems().len() + app.problems.len();
    if bad > 0 {
        let message = format!("{bad} rule problems; see the rules below");
        problems.push(Problem::new("rule_bad", false, message).with("count", bad));
    }
    problems
}
