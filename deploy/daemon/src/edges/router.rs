//! What edges may ask of the centre: `/v1/enrol` without a certificate, `/v1/renew`, `/v1/bundle`, `/v1/updates/ID`
//! and `/v1/batches` with one.
//!
//! Answers that are no success have the form of the API: `{status, code, message}`, a hole beside it
//! `lane` and `expected`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use engine::journal::{self, Journal};
use engine::rollout::Rollouts;
use engine::store::{NotEnrolled, Said, Sensor};
use event::{Instance, Time};
use http_body_util::BodyExt as _;
use sensor::Out;
use sensor::uplink::order::Place;
use sensor::uplink::receive::{Receiver, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::ca::{Ca, LIFE};
use super::instance;
use super::places::Places;
use super::registry::{Registry, Stranger};
use super::updates;
use crate::Clock;
use crate::bundle::Signed;

/// A request for a certificate is a few hundred bytes.
const CONTROL_BYTES: usize = 16 << 10;
/// Bytes a sensor may have on its way: at most, and however little room there is.
const CREDIT: (u64, u64) = (4 << 20, 64 << 10);
/// What a sensor that is told to wait should wait for.
const WAIT_SECONDS: u64 = 5;

/// Everything the handlers share.
pub(super) struct Edges {
    pub(super) receiver: Arc<Receiver>,
    pub(super) registry: Registry,
    /// Updates of the sensors' program.
    pub(super) rollouts: Arc<Rollouts>,
    pub(super) ca: Arc<Ca>,
    pub(super) out: Out,
    pub(super) journal: Arc<Journal>,
    /// Bodies that are unpacked at once.
    pub(super) room: Semaphore,
    /// Bodies of one sensor that are under way.
    pub(super) places: Arc<Places>,
    /// Data folders that one sensor may ever come with.
    pub(super) instances: usize,
    /// How long a sensor may take to say that it runs an update.
    pub(super) offered: Duration,
    /// How long a body waits for the one before it.
    pub(super) order: Duration,
    /// How long the next piece of a body, and a whole body, are waited for.
    pub(super) patience: Patience,
    /// The largest body.
    pub(super) body: usize,
    pub(super) clock: Clock,
}

/// How long a sensor may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until the next piece of a body.
    pub(super) piece: Duration,
    /// For a whole body.
    pub(super) body: Duration,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgePeer {
    /// From where.
    pub(crate) ip: IpAddr,
    /// SHA-256 of its certificate, which the CA has signed.
    pub(crate) certificate: Option<[u8; 32]>,
}

pub(super) fn router(edges: Arc<Edges>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol))
        .route("/v1/renew", post(renew))
        .route("/v1/bundle", post(bundle))
        .route("/v1/updates/{id}", get(updates::piece))
        .layer(DefaultBodyLimit::max(CONTROL_BYTES))
        .route("/v1/batches", post(batches))
        .fallback(|| async {
            let (status, message) = (StatusCode::NOT_FOUND, "there is no such resource");
            Said4xx::new(status, "not_found", message)
        })
        .with_state(edges)
}

/// An answer that is no success.
pub(super) struct Said4xx {
    status: StatusCode,
    body: serde_json::Value,
}

impl Said4xx {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body = json!({
            "status": status.as_u16(), "code": code, "message": message.into(),
        });
        Self { status, body }
    }

    pub(super) fn wait(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "wait", message)
    }
}

impl IntoResponse for Said4xx {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, WAIT_SECONDS.into());
        }
        response
    }
}

impl From<Stranger> for Said4xx {
    fn from(stranger: Stranger) -> Self {
        Self::new(StatusCode::FORBIDDEN, stranger.code(), stranger.to_string())
    }
}

impl From<engine::Error> for Said4xx {
    fn from(error: engine::Error) -> Self {
        tracing::error!(%error, "a sensor could not be answered");
        Self::wait("something went wrong at the centre; its log has the cause")
    }
}

#[derive(Deserialize)]
struct Enrol {
    token: String,
    request: String,
}

#[derive(Deserialize)]
struct Renew {
    request: String,
}

/// What a sensor is told when it gets a certificate.
#[derive(Serialize)]
struct Enrolled {
    sensor: String,
    sites: Vec<String>,
    /// The leaves that these are.
    leaves: Vec<String>,
    certificate: String,
    ca: String,
    /// How long the certificate holds from now.
    life_seconds: u64,
}

async fn enrol(
    State(edges): State<Arc<Edges>>,
    Extension(peer): Extension<EdgePeer>,
    Json(asked): Json<Enrol>,
) -> Result<Json<Enrolled>, Said4xx> {
    let work = move || {
        let (now, mut pem) = ((edges.clock)(), String::new());
        let token: [u8; 32] = Sha256::digest(asked.token.trim().as_bytes()).into();
        let mut bad_request = String::new();
        let enrolled = edges.registry.store.enrol(&token, now, |name| {
            match edges.ca.issue_sensor(&asked.request, name, now) {
                Ok(issued) => {
                    pem = issued.pem;
                    Some(issued.certificate)
                }
                Err(error) => {
                    bad_request = format!("{error:#}");
                    None
                }
            }
        })?;
        let certificate = enrolled.map_err(|bad| {
            let (code, message) = match bad {
                NotEnrolled::Request => {
                    return Said4xx::new(StatusCode::BAD_REQUEST, "bad_request", bad_request);
                }
                NotEnrolled::Unknown => {
                    ("unknown_token", "there is no such token; ask for a new one")
                }
                NotEnrolled::Used => ("used_token", "the token was used; ask for a new one"),
                NotEnrolled::Expired => {
                    ("expired_token", "the token has expired; ask for a new one")
                }
            };
            edges.registry.refuse(None, peer.ip, code, message);
            Said4xx::new(StatusCode::FORBIDDEN, code, message)
        })?;
        edges.registry.spread_networks()?;
        let sensor = edges.registry.store.sensor(&certificate.sensor)?;
        Ok(Enrolled {
            leaves: sensor
                .as_ref()
                .map_or_else(Vec::new, |own| edges.registry.leaves(own)),
            sites: sensor.map(|sensor| sensor.sites).unwrap_or_default(),
            sensor: certificate.sensor,
            certificate: pem,
            ca: edges.ca.pem().to_owned(),
            life_seconds: LIFE.as_secs(),
        })
    };
    blocking(work).await.map(Json)
}

async fn renew(
    State(edges): State<Arc<Edges>>,
    Extension(peer): Extension<EdgePeer>,
    Json(asked): Json<Renew>,
) -> Result<Json<Enrolled>, Said4xx> {
    let work = move || {
        let sensor = known(&edges, peer, true)?;
        let now = (edges.clock)();
        let issued = edges
            .ca
            .issue_sensor(&asked.request, &sensor.name, now)
            .map_err(|error| {
                Said4xx::new(StatusCode::BAD_REQUEST, "bad_request", format!("{error:#}"))
            })?;
        edges.registry.store.renew(&issued.certificate, now)?;
        Ok(Enrolled {
            leaves: edges.registry.leaves(&sensor),
            sensor: sensor.name,
            sites: sensor.sites,
            certificate: issued.pem,
            ca: edges.ca.pem().to_owned(),
            life_seconds: LIFE.as_secs(),
        })
    };
    blocking(work).await.map(Json)
}

/// The configuration that the centre wants of a sensor, signed.
async fn bundle(
    State(edges): State<Arc<Edges>>,
    Extension(peer): Extension<EdgePeer>,
) -> Result<Json<Signed>, Said4xx> {
    let work = move || {
        let sensor = known(&edges, peer, false)?;
        let Some(made) = edges.registry.store.bundle(&sensor.name)? else {
            let message = "the centre has no configuration for this sensor";
            return Err(Said4xx::new(StatusCode::NOT_FOUND, "no_bundle", message));
        };
        Signed::make(&made.text, |message| edges.ca.sign(message)).map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "cannot sign a configuration");
            Said4xx::wait("the centre cannot sign the configuration; its log has the cause")
        })
    };
    blocking(work).await.map(Json)
}

async fn batches(
    State(edges): State<Arc<Edges>>,
    Extension(peer): Extension<EdgePeer>,
    request: Request,
) -> Result<Json<serde_json::Value>, Said4xx> {
    let (head, body) = request.into_parts();
    let own = Arc::clone(&edges);
    let sensor = blocking(move || known(&own, peer, false)).await?;
    let (instance, said) = head_of(&head.headers, peer, (edges.clock)())?;
    if edges.journal.status().state != journal::State::Ok {
        return Err(Said4xx::wait(
            "the centre's disk is full or failing; it takes nothing now",
        ));
    }
    instance::check(&edges, &sensor, peer, instance).await?;
    let place = begins(&head.headers)?;
    let arrival = place.map(|place| {
        edges
            .receiver
            .arrive(&sensor.name.as_str().into(), instance, place)
    });
    let own = edges.places.enter(&sensor.name);
    // Whoever is slow, or waits for the body before it, holds no place among those that are unpacked.
    let whole = async {
        let body = read(body, edges.body, edges.patience).await?;
        if let Some(arrival) = &arrival {
            edges.receiver.turn(arrival, instance, edges.order).await;
        }
        let room = edges.room.acquire().await;
        room.map(|room| (body, room))
            .map_err(|_| Said4xx::wait("the centre is stopping"))
    };
    let (body, _room) = tokio::select! {
        whole = whole => whole?,
        () = own.given_up() => {
            let message = "newer bodies of this sensor have taken its place; see edges.sensor_bodies";
            return Err(Said4xx::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message));
        }
    };
    let wanted = sensor.bundle.clone();
    let (admission, bytes) = (Arc::new(edges.registry.admission(&sensor)), body.len());
    let taken = edges
        .receiver
        .take(Arc::clone(&admission), instance, body)
        .await;
    let marks = taken.map_err(|refusal| refused(&edges, &sensor, peer, &refusal))?;
    edges.registry.counts.took(bytes);
    instance::note(&edges, (sensor.clone(), admission), instance, said).await?;
    let own = Arc::clone(&edges);
    let offered = blocking(move || Ok(updates::offer(&own, &sensor)?)).await?;
    Ok(Json(
        json!({ "acknowledged": marks.0, "credit": credit(&edges.out), "bundle": wanted, "update": offered }),
    ))
}

/// The sensor at the other end.
pub(super) fn known(edges: &Edges, peer: EdgePeer, renewing: bool) -> Result<Sensor, Said4xx> {
    match edges.registry.sensor(peer.certificate, renewing)? {
        Ok((sensor, _)) => Ok(sensor),
        Err(stranger) => {
            let message = stranger.to_string();
            edges
                .registry
                .refuse(None, peer.ip, stranger.code(), &message);
            Err(stranger.into())
        }
    }
}

/// What stands in the head of a body.
fn head_of(headers: &HeaderMap, peer: EdgePeer, now: Time) -> Result<(Instance, Said), Said4xx> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let instance = text("haidang-instance").filter(|text| text.len() == 16);
    let instance = instance.and_then(|text| u64::from_str_radix(text, 16).ok());
    let instance = instance.ok_or_else(|| lacks("haidang-instance"))?;
    let micros = text("haidang-time").and_then(|text| text.parse::<i64>().ok());
    let micros = micros.ok_or_else(|| lacks("haidang-time"))?;
    let version: String = text("haidang-version")
        .unwrap_or("")
        .chars()
        .take(40)
        .collect();
    let said = Said {
        version,
        skew_ms: micros.saturating_sub(now.micros()) / 1_000,
        address: peer.ip.to_string(),
        spool: match text("haidang-spool") {
            Some(word @ ("full" | "failed")) => word.to_owned(),
            // An older sensor does not say.
            _ => "ok".to_owned(),
        },
    };
    Ok((Instance(instance), said))
}

/// Where a body begins, as its head says; an older sensor does not say.
fn begins(headers: &HeaderMap) -> Result<Option<Place>, Said4xx> {
    let Some(value) = headers.get("haidang-begins") else {
        return Ok(None);
    };
    let place = value.to_str().ok().and_then(Place::read);
    place.map(Some).ok_or_else(|| lacks("haidang-begins"))
}

fn lacks(name: &str) -> Said4xx {
    let message = format!("the header {name} is not there, or is not what it should be");
    Said4xx::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

/// Reads a body whole, piece by piece, as long as pieces come.
async fn read(mut body: Body, most: usize, patience: Patience) -> Result<Vec<u8>, Said4xx> {
    let late = || {
        Said4xx::new(
            StatusCode::REQUEST_TIMEOUT,
            "late",
            "the body came too slowly",
        )
    };
    let whole = async {
        let mut held = Vec::new();
        loop {
            let frame = tokio::time::timeout(patience.piece, body.frame()).await;
            let Some(frame) = frame.map_err(|_| late())? else {
                return Ok(held);
            };
            let cut = |_| {
                Said4xx::new(
                    StatusCode::BAD_REQUEST,
                    "cut_short",
                    "the body was cut short",
                )
            };
            let Ok(piece) = frame.map_err(cut)?.into_data() else {
                continue;
            };
            if held.len().saturating_add(piece.len()) > most {
                let message = format!("a body may have {most} bytes");
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(Said4xx::new(status, "too_large", message));
            }
            held.extend_from_slice(&piece);
        }
    };
    tokio::time::timeout(patience.body, whole)
        .await
        .map_err(|_| late())?
}

pub(super) fn refused(
    edges: &Edges,
    sensor: &Sensor,
    peer: EdgePeer,
    refusal: &Refusal,
) -> Said4xx {
    if matches!(refusal, Refusal::Site { .. }) && edges.registry.is_partial() {
        // A sensor lets go of what is refused for its site: not for a slip in a file here.
        return Said4xx::wait(
            "the files of sites have problems here; nothing is refused for its site until they are mended",
        );
    }
    let message = refusal.to_string();
    let (status, code) = match refusal {
        Refusal::Hole { lane, expected, .. } => {
            // Not worth an audit row: it is how both ends find each other again.
            edges.registry.counts.refused("hole");
            return Said4xx {
                status: StatusCode::CONFLICT,
                body: json!({
                    "status": 409, "code": "hole", "message": message,
                    "lane": lane.number(), "expected": expected,
                }),
            };
        }
        Refusal::Closing => return Said4xx::wait("the centre is stopping"),
        Refusal::Body(_) => (StatusCode::BAD_REQUEST, "bad_body"),
        Refusal::Sensor { .. } => (StatusCode::FORBIDDEN, "foreign_sensor"),
        Refusal::Site { .. } => (StatusCode::FORBIDDEN, "foreign_site"),
        Refusal::Instance { .. } => (StatusCode::FORBIDDEN, "foreign_instance"),
        Refusal::Instances { .. } => (StatusCode::FORBIDDEN, "too_many_instances"),
    };
    edges
        .registry
        .refuse(Some(&sensor.name), peer.ip, code, &message);
    let mut said = Said4xx::new(status, code, message);
    if let Refusal::Site { site, .. } = refusal
        && let Some(body) = said.body.as_object_mut()
    {
        // The sensor declares the events of this site as a gap and goes on.
        body.insert("foreign".to_owned(), json!(&**site));
    }
    said
}

/// How many bytes a sensor may have on its way: less as the journal's queue fills.
fn credit(out: &Out) -> u64 {
    let (free, all) = out.room();
    let part = CREDIT.0.saturating_mul(free as u64) / (all as u64).max(1);
    part.max(CREDIT.1)
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Said4xx> + Send + 'static,
) -> Result<T, Said4xx> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Said4xx::wait("something went wrong at the centre")))
}
