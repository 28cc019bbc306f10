//! The board of sources: "no alerts" is not "no data".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use engine::reader::Permission;
use engine::store::SourceState;
use event::Time;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::app::{App, SourceInfo};
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// What a source said is shown for a day after it said it last.
const DAY: Duration = Duration::from_secs(86_400);

/// A source and what it brought.
#[derive(Serialize, ToSchema)]
pub(crate) struct Source {
    id: String,
    /// capture, interface, file, journal …
    kind: String,
    site: String,
    sensor: String,
    exercise: bool,
    #[schema(value_type = words::Freshness)]
    freshness: String,
    /// The time of the newest event.
    #[schema(required)]
    last_event: Option<String>,
    /// When the newest event arrived.
    #[schema(required)]
    last_received: Option<String>,
    events: u64,
    parse_failed: u64,
    dropped: u64,
    problems: Vec<SourceProblem>,
}

/// Something that a source lacks.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceProblem {
    /// parse_failed, dropped, failed, unreadable, truncated, limit_reached, capture_interrupted.
    code: String,
    message: String,
    since: String,
    count: u64,
}

/// Every source of the reader's sites.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceList {
    items: Vec<Source>,
}

/// The board of sources.
#[utoipa::path(get, path = "/api/v1/sources", operation_id = "sources_list", tag = "sources",
    responses((status = 200, body = SourceList), (status = 401, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<SourceList>, Failure> {
    signed_in.must(Permission::SourcesRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader.clone());
    let held = blocking(move || store.sources(&reader)).await?;
    let mut held: BTreeMap<(String, String), SourceState> = held
        .into_iter()
        .map(|state| ((state.sensor.clone(), state.source.clone()), state))
        .collect();
    let now = app.now();
    let configured = app
        .sources
        .iter()
        .filter(|info| signed_in.reader.scope.admits(&info.site));
    let mut items: Vec<Source> = configured
        .map(|info| {
            let key = (app.sensor.clone(), info.id.clone());
            source_of(info, &held.remove(&key).unwrap_or_default(), now)
        })
        .collect();
    // What brought events once and is configured no more stays visible; so does what another sensor
    // holds.
    let brought = held.into_values().filter(|state| state.events > 0);
    items.extend(brought.map(|state| {
        let kind = if state.sensor == app.sensor {
            "unconfigured"
        } else {
            "sensor"
        };
        let info = SourceInfo {
            id: state.source.clone(),
            kind: kind.to_owned(),
            site: state.site.clone(),
            exercise: state.exercise,
            expect_every: Duration::from_secs(900),
        };
        source_of(&info, &state, now)
    }));
    Ok(Json(SourceList { items }))
}

/// How fresh a source is: late after its own measure of silence, stale after four times that.
pub(super) fn freshness(last: Option<Time>, expect_every: Duration, now: Time) -> &'static str {
    match last.map(|last| now.since(last)) {
        None => "never",
        Some(silence) if silence < expect_every => "fresh",
        Some(silence) if silence < expect_every.saturating_mul(4) => "late",
        Some(_) => "stale",
    }
}

fn source_of(info: &SourceInfo, state: &SourceState, now: Time) -> Source {
    let mut problems = Vec::new();
    let since = state.last_received.unwrap_or(now).to_string();
    let mut problem = |code: &str, message: &str, count: u64| {
        if count > 0 {
            problems.push(SourceProblem {
                code: code.to_owned(),
                message: message.to_owned(),
                since: since.clone(),
                count,
            });
        }
    };
    problem(
        "parse_failed",
        "lines that no parser took; search kind:parse.failed",
        state.parse_failed,
    );
    problem("dropped", "lost before they became events", state.dropped);
    let told = state.problems.iter();
    let told = told.filter(|told| now.since(told.last) < DAY);
    let told = told.map(|told| SourceProblem {
        code: told.code.clone(),
        message: told.message.clone(),
        since: told.since.to_string(),
        count: told.count,
    });
    Source {
        id: info.id.clone(),
        kind: info.kind.clone(),
        site: info.site.clone(),
        sensor: state.sensor.clone(),
        exercise: info.exercise,
        freshness: freshness(state.last_received, info.expect_every, now).to_owned(),
        last_event: state.last_event.map(|time| time.to_string()),
        last_received: state.last_received.map(|time| time.to_string()),
        events: state.events,
        parse_failed: state.parse_failed,
        dropped: state.dropped,
        problems: problems.into_iter().chain(told).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_makes_late_then_stale_and_nothing_makes_never() {
        let minute = Duration::from_secs(60);
        let now = Time::EPOCH.plus(minute.saturating_mul(100));
        let at = |minutes: u32| Some(now.minus(minute.saturating_mul(minutes)));
        let words: Vec<_> = [at(0), at(5), at(19), at(20), None]
            .map(|last| freshness(last, 5 * minute, now))
            .into();
        assert_eq!(words, ["fresh", "late", "late", "stale", "never"]);
    }
}
