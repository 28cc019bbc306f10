//! Updates of the sensors' program: one is published, offered to a few sensors at a time, and stopped when one fails.
//!
//! A program is the same for all sites: who publishes one sees all of them. Who sees some sees how far their sensors are.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader, Scope};
use engine::rollout::{Recipients, Rollout, RolloutState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::sensors::sees;
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// So many sensors may have an update on trial at once.
const AT_ONCE: (u32, u32) = (1, 100);

/// The newest update.
#[derive(Serialize, ToSchema)]
pub(crate) struct Updates {
    /// None while nothing was published.
    #[schema(required)]
    rollout: Option<UpdateRollout>,
}

/// An update on its way to the sensors.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdateRollout {
    id: u64,
    version: String,
    /// The machines that it runs on.
    target: String,
    /// Bytes of the file.
    size: u64,
    sha256: String,
    /// The sensors and sites that get it; without either it is for all.
    to_sensors: Vec<String>,
    to_sites: Vec<String>,
    /// So many sensors have it on trial at once.
    at_once: u32,
    who: String,
    made: String,
    #[schema(value_type = words::RolloutState)]
    state: String,
    /// Why it stopped: the sensor that failed, and what it said.
    reason: String,
    /// The sensors that it was offered to, of the reader's sites.
    sensors: Vec<UpdateStep>,
}

/// How far a sensor is with an update.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdateStep {
    sensor: String,
    #[schema(value_type = words::RolloutStep)]
    step: String,
}

/// To whom an update goes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateParams {
    /// Sensors by name, joined by commas.
    sensors: Option<String>,
    /// Sites or areas, joined by commas.
    sites: Option<String>,
    /// 1 to 100; 1 without it.
    at_once: Option<u32>,
}

/// What is to become of a rollout.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RolloutTurn {
    #[schema(value_type = words::RolloutState)]
    state: RolloutState,
}

/// The update that sensors are offered, and how far it is.
#[utoipa::path(get, path = "/api/v1/updates", operation_id = "updates_one", tag = "sensors",
    responses((status = 200, body = Updates), (status = 403, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Updates>, Failure> {
    signed_in.must(Permission::SensorsRead)?;
    let own = Arc::clone(&app);
    let rollout = blocking(move || {
        let newest = own.edges.as_ref().and_then(|edges| edges.rollouts.newest());
        newest
            .map(|rollout| shown(&own, &signed_in.reader, rollout))
            .transpose()
    });
    let rollout = rollout.await?;
    Ok(Json(Updates { rollout }))
}

/// Publish an update file: it takes the place of the one before.
#[utoipa::path(post, path = "/api/v1/updates", operation_id = "updates_publish", tag = "sensors",
    params(UpdateParams), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = UpdateRollout), (status = 403, body = ApiError),
        (status = 409, body = ApiError), (status = 413, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(to): Params<UpdateParams>,
    file: Bytes,
) -> Result<(StatusCode, Json<UpdateRollout>), Failure> {
    let edges = must_roll(&app, &signed_in)?;
    let at_once = to.at_once.unwrap_or(AT_ONCE.0);
    if !(AT_ONCE.0..=AT_ONCE.1).contains(&at_once) {
        return Err(Failure::Unprocessable(
            "bad_at_once",
            "1 to 100 sensors may have an update on trial at once",
        ));
    }
    let recipients = recipients_of(&app, &to)?;
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let rollout = blocking(move || {
        let _one = edges.publishing.lock();
        let incoming = edges.rollouts.receive(&file)?;
        let update = match (edges.check_update)(&incoming) {
            Ok(update) => update,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Some(name) = unknown(&own, &recipients)? {
            return Ok(Err(format!("there is no sensor {name:?}")));
        }
        let now = own.now();
        let made = edges
            .rollouts
            .publish(update, (recipients, at_once), &reader.user, now)?;
        let detail = json!({ "version": made.update.version, "sha256": made.update.sha256,
            "sensors": made.to.sensors, "sites": made.to.sites, "at_once": at_once });
        own.store.audit(
            now,
            &reader.user,
            "update.publish",
            &made.id.to_string(),
            &detail,
        )?;
        shown(&own, &reader, made).map(Ok)
    });
    let rollout = rollout.await?;
    let rollout = rollout.map_err(|problem| Failure::Unusable("bad_update", problem))?;
    Ok((StatusCode::CREATED, Json(rollout)))
}

/// Stop a rollout, or take it up again.
#[utoipa::path(post, path = "/api/v1/updates/{id}/state", operation_id = "updates_turn", tag = "sensors",
    params(("id" = u64, Path)), request_body = RolloutTurn,
    responses((status = 200, body = UpdateRollout), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn turn(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<u64>,
    Json(RolloutTurn { state }): Json<RolloutTurn>,
) -> Result<Json<UpdateRollout>, Failure> {
    let edges = must_roll(&app, &signed_in)?;
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let turned = blocking(move || {
        let Some(made) = edges.rollouts.turn(id, state)? else {
            return Ok(None);
        };
        let action = match state {
            RolloutState::Running => "update.go_on",
            RolloutState::Stopped => "update.stop",
        };
        let detail = json!({ "version": made.update.version });
        own.store.audit(
            own.now(),
            &reader.user,
            action,
            &made.id.to_string(),
            &detail,
        )?;
        shown(&own, &reader, made).map(Some)
    });
    turned.await?.map(Json).ok_or(Failure::NotFound("rollout"))
}

/// Who may roll out, at a centre that takes sensors.
fn must_roll(app: &App, signed_in: &SignedIn) -> Result<crate::app::EdgesInfo, Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    if signed_in.reader.scope != Scope::All {
        return Err(Failure::Forbidden(
            "a program is the same for all sites; only who sees all of them rolls one out",
        ));
    }
    app.edges.clone().ok_or(Failure::Conflict(
        "this centre takes no sensors; set edges.listen and start it again",
    ))
}

fn recipients_of(app: &App, to: &UpdateParams) -> Result<Recipients, Failure> {
    let list = |text: &Option<String>| {
        let names = text.iter().flat_map(|text| text.split(','));
        let names = names.map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect::<Vec<String>>()
    };
    let now = app.now();
    let mut sites = list(&to.sites);
    for site in sites.clone() {
        let leaves = app.sites.expand(&site, now);
        if leaves.is_empty() {
            let problem = format!("there is no site {site:?}");
            return Err(Failure::Unusable("bad_sites", problem));
        }
        sites.extend(leaves.iter().map(ToString::to_string));
    }
    sites.sort();
    sites.dedup();
    Ok(Recipients {
        sensors: list(&to.sensors),
        sites,
    })
}

fn unknown(app: &App, to: &Recipients) -> Result<Option<String>, engine::Error> {
    for name in &to.sensors {
        if app.store.sensor(name)?.is_none() {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

fn shown(app: &App, reader: &Reader, own: Rollout) -> Result<UpdateRollout, engine::Error> {
    let mut sensors = Vec::new();
    for (name, step) in &own.sensors {
        let sites = app.store.sensor(name)?.map(|sensor| sensor.sites);
        if sees(app, reader, &sites.unwrap_or_default()).0 {
            sensors.push(UpdateStep {
                sensor: name.clone(),
                step: step.name().to_owned(),
            });
        }
    }
    let sees_all = reader.scope == Scope::All;
    Ok(UpdateRollout {
        id: own.id,
        version: own.update.version,
        target: own.update.target,
        size: own.update.size,
        sha256: own.update.sha256,
        // Names of sensors and sites are those of the reader's.
        to_sensors: if sees_all { own.to.sensors } else { Vec::new() },
        to_sites: if sees_all { own.to.sites } else { Vec::new() },
        at_once: own.at_once,
        who: own.who,
        made: own.made,
        state: own.state.name().to_owned(),
        reason: if sees_all { own.reason } else { String::new() },
        sensors,
    })
}
