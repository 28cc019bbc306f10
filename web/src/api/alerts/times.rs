//! How long people take to acknowledge and to close alerts.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query as Params, State};
use engine::reader::Permission;
use engine::store::{self, Spread};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::events::read_time;
use super::super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Without `from`: so far back.
const DEFAULT_SPAN: Duration = Duration::from_secs(30 * 86_400);

/// Of when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertTimesParams {
    /// Done not before; 30 days before `to` without it.
    from: Option<String>,
    /// Done before; now without it.
    to: Option<String>,
    /// Alerts of exercises in place of real ones.
    exercise: Option<bool>,
}

/// How a number of spans is spread, in seconds; all 0 when there is none.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertSpread {
    count: u64,
    mean: u64,
    median: u64,
    /// Nine of ten are not longer.
    p90: u64,
}

/// How long was taken for some alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertTimesOf {
    /// From opening to the first time that a person took notice.
    acknowledge: AlertSpread,
    /// From opening to closing, of those that are closed.
    resolve: AlertSpread,
    /// How many of those acknowledged were so after the answer was due.
    late: u64,
}

/// The times of one level.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertTimesLevel {
    #[schema(value_type = words::Level)]
    level: String,
    #[serde(flatten)]
    times: AlertTimesOf,
}

/// The times of one person: of alerts that the person holds, or worked on when nobody holds them.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertTimesPerson {
    person: String,
    #[serde(flatten)]
    times: AlertTimesOf,
}

/// How long people took for what they did in a span of time. What was taken back does not count.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertTimes {
    from: String,
    to: String,
    exercise: bool,
    all: AlertTimesOf,
    /// The worst first.
    levels: Vec<AlertTimesLevel>,
    people: Vec<AlertTimesPerson>,
    /// More than 100,000 things were done; the rest was not looked at.
    capped: bool,
}

/// How long people take.
#[utoipa::path(get, path = "/api/v1/alerts/times", operation_id = "alerts_times", tag = "alerts",
    params(AlertTimesParams),
    responses((status = 200, body = AlertTimes), (status = 400, body = ApiError)))]
pub(in crate::api) async fn times(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AlertTimesParams>,
) -> Result<Json<AlertTimes>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let to = read_time("to", params.to.as_deref())?.unwrap_or_else(|| app.now());
    let from = read_time("from", params.from.as_deref())?;
    let from = from.unwrap_or_else(|| to.minus(DEFAULT_SPAN));
    let exercise = params.exercise.unwrap_or(app.exercise);
    let asked = Arc::clone(&app);
    let told = blocking(move || {
        let (store, triage) = (&asked.store, &asked.triage);
        store.times(&signed_in.reader, triage, exercise, from, to)
    });
    let told = told.await?;
    Ok(Json(AlertTimes {
        from: from.to_string(),
        to: to.to_string(),
        exercise,
        all: times_of(told.all),
        levels: told
            .levels
            .into_iter()
            .map(|(level, times)| AlertTimesLevel {
                level: level.name().to_owned(),
                times: times_of(times),
            })
            .collect(),
        people: told
            .people
            .into_iter()
            .map(|(person, times)| AlertTimesPerson {
                person,
                times: times_of(times),
            })
            .collect(),
        capped: told.is_capped,
    }))
}

fn times_of(times: store::TimesOf) -> AlertTimesOf {
    AlertTimesOf {
        acknowledge: spread_of(times.acknowledge),
        resolve: spread_of(times.resolve),
        late: times.late,
    }
}

fn spread_of(spread: Spread) -> AlertSpread {
    AlertSpread {
        count: spread.count,
        mean: spread.mean.as_secs(),
        median: spread.median.as_secs(),
        p90: spread.p90.as_secs(),
    }
}
