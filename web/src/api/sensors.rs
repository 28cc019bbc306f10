//! The fleet: which sensors there are, how each is, and who lets them in.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader, Scope};
use engine::store;
use event::Instance;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::assets::tell_sensors;
use super::sources::freshness;
use super::users::check_grant;
use super::words;
use crate::app::App;
use crate::auth::{SignedIn, random_password};
use crate::error::{ApiError, Failure, blocking};

/// The source under which a sensor speaks of itself.
const OWN_SOURCE: &str = "haidang";
/// How long a token may be good, in hours; a week lets one travel by post.
const HOURS: (u64, u64) = (24, 168);
/// How long a sensor may be silent, in seconds: a month is a box in a cupboard.
const SILENT: (u64, u64) = (30, 30 * 86_400);
/// The longest reason, in characters.
pub(super) const MAX_TEXT_CHARS: usize = 500;

/// A sensor.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sensor {
    name: String,
    /// What it may deliver for; a grant on an area covers its leaves.
    sites: Vec<String>,
    created: String,
    #[schema(required)]
    revoked: Option<String>,
    /// Who revoked it, and why.
    #[schema(required)]
    revoked_by: Option<String>,
    #[schema(required)]
    revoked_why: Option<String>,
    /// Of its silence: fresh, late, stale, or never heard.
    #[schema(value_type = words::Freshness)]
    freshness: String,
    #[schema(required)]
    last_seen: Option<String>,
    /// Silent for so long, it becomes an incident.
    silent_seconds: u64,
    /// What it last said: empty until then.
    version: String,
    address: String,
    /// Its clock less the centre's.
    skew_ms: i64,
    /// When its certificate ends.
    #[schema(required)]
    certificate_expires: Option<String>,
    instances: Vec<SensorInstance>,
    /// Its newest `sensor.status` of itself: `spool`, `uplink`, `certificate`.
    #[schema(required, value_type = Option<Object>)]
    report: Option<Value>,
    /// Its sources.
    sources: u64,
    /// What its sources and its line lost, as far as was declared.
    dropped: u64,
    /// What the centre refuses it now, the newest first.
    refused: Vec<SensorRefused>,
}

/// Requests of a sensor that the centre refuses: an episode, over when none came for an hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct SensorRefused {
    /// foreign_site, foreign_sensor, bad_body …
    code: String,
    message: String,
    /// Requests.
    count: u64,
    since: String,
    last: String,
}

/// A data folder that spoke under a sensor's name.
#[derive(Serialize, ToSchema)]
pub(crate) struct SensorInstance {
    instance: String,
    first_seen: String,
    last_seen: String,
    /// The first one, or a person has said that it is the sensor's.
    confirmed: bool,
}

/// Every sensor of the reader's sites.
#[derive(Serialize, ToSchema)]
pub(crate) struct SensorList {
    items: Vec<Sensor>,
    /// Whether this centre takes sensors at all (`edges.listen`).
    open: bool,
}

/// A sensor to invite.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewSensor {
    /// Small letters, digits and -; what events will carry.
    name: String,
    /// Sites or areas that it may deliver for.
    sites: Vec<String>,
    /// How long the token is good: 1 to 168; 24 without it.
    hours: Option<u64>,
}

/// Leave to become a sensor. The token is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    name: String,
    token: String,
    expires: String,
    /// What to type on the sensor.
    command: String,
}

/// What to change of a sensor; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SensorChange {
    sites: Option<Vec<String>>,
    silent_seconds: Option<u64>,
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Why {
    why: String,
}

/// Every sensor.
#[utoipa::path(get, path = "/api/v1/sensors", operation_id = "sensors_list", tag = "sensors",
    responses((status = 200, body = SensorList), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<SensorList>, Failure> {
    signed_in.must(Permission::SensorsRead)?;
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let items = blocking(move || shown(&own, &reader)).await?;
    Ok(Json(SensorList {
        items,
        open: app.edges.is_some(),
    }))
}

/// One sensor.
#[utoipa::path(get, path = "/api/v1/sensors/{name}", operation_id = "sensors_one", tag = "sensors",
    params(("name" = String, Path)),
    responses((status = 200, body = Sensor), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Json<Sensor>, Failure> {
    signed_in.must(Permission::SensorsRead)?;
    let reader = signed_in.reader;
    let items = blocking(move || shown(&app, &reader)).await?;
    let found = items.into_iter().find(|sensor| sensor.name == name);
    found.map(Json).ok_or(Failure::NotFound("sensor"))
}

/// Give leave to become a sensor, or to enrol one anew.
#[utoipa::path(post, path = "/api/v1/sensors", operation_id = "sensors_invite", tag = "sensors",
    request_body = NewSensor,
    responses((status = 201, body = Invitation), (status = 403, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewSensor>,
) -> Result<(StatusCode, Json<Invitation>), Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    let Some(edges) = app.edges.clone() else {
        return Err(Failure::Conflict(
            "this centre takes no sensors; set edges.listen and start it again",
        ));
    };
    if !is_sensor_name(&new.name) || new.name == app.sensor {
        return Err(Failure::Unprocessable(
            "bad_name",
            "a sensor's name has 1 to 60 small letters, digits and -, and is not the centre's",
        ));
    }
    if new.sites.is_empty() {
        return Err(Failure::Unprocessable(
            "no_sites",
            "a sensor needs a site to deliver for",
        ));
    }
    check_grant(&app, &signed_in.reader, Some(&new.sites))?;
    must_govern(&app, &signed_in.reader, &new.name).await?;
    let hours = new.hours.unwrap_or(HOURS.0);
    if !(1..=HOURS.1).contains(&hours) {
        return Err(Failure::Unprocessable(
            "bad_hours",
            "a token is good for 1 to 168 hours",
        ));
    }
    let secret = random_password()?;
    let now = app.now();
    let enrolment = store::Enrolment {
        token: Sha256::digest(secret.as_bytes()).into(),
        sensor: new.name.clone(),
        sites: new.sites,
        expires: now.plus(Duration::from_secs(3_600 * hours)),
        who: signed_in.reader.user.to_string(),
        created: now,
    };
    let expires = enrolment.expires.to_string();
    let kept = Arc::clone(&app.store);
    blocking(move || kept.add_enrolment(&enrolment)).await?;
    let token = format!("{secret}.{}", edges.ca);
    let command = format!("haidang enrol --centre {} --token {token}", edges.url);
    let invitation = Invitation {
        name: new.name,
        token,
        expires,
        command,
    };
    Ok((StatusCode::CREATED, Json(invitation)))
}

/// Change what a sensor may deliver for and how long it may be silent.
#[utoipa::path(patch, path = "/api/v1/sensors/{name}", operation_id = "sensors_change", tag = "sensors",
    params(("name" = String, Path)), request_body = SensorChange,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(change): Json<SensorChange>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    let sensor = must_govern(&app, &signed_in.reader, &name).await?;
    let sensor = sensor.ok_or(Failure::NotFound("sensor"))?;
    let sites = change.sites.unwrap_or(sensor.sites);
    if sites.is_empty() {
        return Err(Failure::Unprocessable(
            "no_sites",
            "a sensor needs a site to deliver for",
        ));
    }
    check_grant(&app, &signed_in.reader, Some(&sites))?;
    let silent = change.silent_seconds.unwrap_or(sensor.silent_seconds);
    if !(SILENT.0..=SILENT.1).contains(&silent) {
        return Err(Failure::Unprocessable(
            "bad_silence",
            "a sensor may be silent for 30 seconds to 30 days",
        ));
    }
    let (store, now) = (Arc::clone(&app.store), app.now());
    let who = signed_in.reader.user;
    let done = blocking(move || store.change_sensor(&name, &sites, silent, &who, now)).await?;
    blocking(move || Ok(tell_sensors(&app, done))).await??;
    found(done)
}

/// A sensor may deliver no more, from its next request on.
#[utoipa::path(post, path = "/api/v1/sensors/{name}/revoke", operation_id = "sensors_revoke", tag = "sensors",
    params(("name" = String, Path)), request_body = Why,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(Why { why }): Json<Why>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    must_govern(&app, &signed_in.reader, &name).await?;
    if why.trim().is_empty() || why.chars().count() > MAX_TEXT_CHARS {
        return Err(Failure::Unprocessable(
            "bad_reason",
            "a reason has 1 to 500 characters",
        ));
    }
    let (store, now) = (Arc::clone(&app.store), app.now());
    let who = signed_in.reader.user;
    let done = blocking(move || store.revoke_sensor(&name, &who, why.trim(), now)).await?;
    found(done)
}

/// A person says that a data folder is the sensor's own.
#[utoipa::path(post, path = "/api/v1/sensors/{name}/instances/{instance}/confirm",
    operation_id = "sensors_confirm", tag = "sensors",
    params(("name" = String, Path), ("instance" = String, Path)),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((name, instance)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    must_govern(&app, &signed_in.reader, &name).await?;
    let instance = u64::from_str_radix(&instance, 16).map(Instance);
    let instance = instance.map_err(|_| Failure::NotFound("instance"))?;
    let (store, now) = (Arc::clone(&app.store), app.now());
    let who = signed_in.reader.user;
    let done = blocking(move || store.confirm_instance(&name, instance, &who, now)).await?;
    found(done)
}

fn found(done: bool) -> Result<StatusCode, Failure> {
    if done {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("sensor"))
    }
}

/// Whether a text may be a sensor's name.
fn is_sensor_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=60).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('-')
}

/// The sensor of a name, if there is one; only who sees all of its sites may touch it.
pub(super) async fn must_govern(
    app: &Arc<App>,
    reader: &Reader,
    name: &str,
) -> Result<Option<store::Sensor>, Failure> {
    let (store, name) = (Arc::clone(&app.store), name.to_owned());
    let sensor = blocking(move || store.sensor(&name)).await?;
    if let Some(sensor) = &sensor {
        match sees(app, reader, &sensor.sites) {
            (false, _) => return Err(Failure::NotFound("sensor")),
            (true, false) => {
                return Err(Failure::Forbidden(
                    "the sensor delivers for sites that you do not see",
                ));
            }
            (true, true) => {}
        }
    }
    Ok(sensor)
}

/// Whether a reader sees one of the sites granted, and all of them.
pub(super) fn sees(app: &App, reader: &Reader, sites: &[String]) -> (bool, bool) {
    if reader.scope == Scope::All {
        return (true, true);
    }
    let now = app.now();
    let leaves = sites.iter().flat_map(|site| app.sites.expand(site, now));
    let admitted: Vec<bool> = leaves.map(|leaf| reader.scope.admits(&leaf)).collect();
    (
        admitted.contains(&true),
        !admitted.is_empty() && !admitted.contains(&false),
    )
}

/// What of a sensor comes from its sources.
#[derive(Default)]
struct Brought {
    report: Option<Value>,
    sources: u64,
    dropped: u64,
}

fn shown(app: &App, reader: &Reader) -> Result<Vec<Sensor>, engine::Error> {
    let sensors = app.store.sensors()?;
    // What a sensor says of itself belongs to whoever sees the sensor.
    let everything = Reader {
        scope: Scope::All,
        ..reader.clone()
    };
    let mut brought: HashMap<String, Brought> = HashMap::new();
    for state in app.store.sources(&everything)? {
        let own = brought.entry(state.sensor).or_default();
        own.dropped += state.dropped;
        if state.source == OWN_SOURCE {
            own.report = state
                .report
                .and_then(|text| serde_json::from_str(&text).ok());
        } else {
            own.sources += 1;
        }
    }
    let seen = sensors
        .into_iter()
        .filter(|sensor| sees(app, reader, &sensor.sites).0);
    seen.map(|sensor| {
        let own = brought.remove(&sensor.name).unwrap_or_default();
        let revoked = sensor.revoked.map(|_| app.store.revocation(&sensor.name));
        Ok(sensor_of(app, sensor, own, revoked.transpose()?.flatten()))
    })
    .collect()
}

fn sensor_of(
    app: &App,
    sensor: store::Sensor,
    own: Brought,
    revocation: Option<store::Revocation>,
) -> Sensor {
    let silent = Duration::from_secs(sensor.silent_seconds);
    let said = sensor.said;
    let mut report = own.report;
    // What it says with every request is newer than its last event, and all there is while its spool is full.
    if let Some(accepts) = report
        .as_mut()
        .and_then(|own| own.pointer_mut("/spool/accepts"))
    {
        *accepts = said.spool.into();
    }
    let text = |time: event::Time| time.to_string();
    let refused = app
        .edges
        .as_ref()
        .map_or_else(Vec::new, |edges| edges.refusals.of(&sensor.name, app.now()));
    let refused = refused.into_iter().map(|own| SensorRefused {
        code: own.code,
        message: own.message,
        count: own.count,
        since: text(own.since),
        last: text(own.last),
    });
    let refused = refused.collect();
    Sensor {
        name: sensor.name,
        sites: sensor.sites,
        created: text(sensor.created),
        revoked: sensor.revoked.map(text),
        revoked_by: revocation.as_ref().map(|own| own.who.clone()),
        revoked_why: revocation.map(|own| own.why),
        freshness: freshness(sensor.last_seen, silent, app.now()).to_owned(),
        last_seen: sensor.last_seen.map(text),
        silent_seconds: sensor.silent_seconds,
        version: said.version,
        address: said.address,
        skew_ms: said.skew_ms,
        certificate_expires: sensor.certificate.map(|held| text(held.expires)),
        instances: sensor
            .instances
            .into_iter()
            .map(|held| SensorInstance {
                instance: held.instance.to_string(),
                first_seen: text(held.first_seen),
                last_seen: text(held.last_seen),
                confirmed: held.confirmed,
            })
            .collect(),
        report,
        sources: own.sources,
        dropped: own.dropped,
        refused,
    }
}
