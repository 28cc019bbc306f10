//! The API, version 1: one file per resource, one OpenAPI document made from the handlers.

mod alerts;
mod assets;
mod audit;
mod backups;
mod cases;
mod configuration;
mod entities;
mod events;
mod health;
mod incidents;
mod intel;
mod invitations;
mod live;
mod own_factor;
mod rule;
mod rules;
mod sensors;
mod session;
mod sessions;
mod sites;
mod sources;
mod tokens;
mod updates;
mod users;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use utoipa::OpenApi;

pub use assets::count_assets_csv;
pub use rules::imports::{import_json, noise};
pub use session::FIRST_PASSWORD;
pub use users::is_user_name;

use crate::app::App;
use crate::console;
use crate::error::{ApiError, Failure};

/// Every route, over what the handlers share.
pub fn router(app: Arc<App>) -> Router {
    let body_limit = DefaultBodyLimit::max(app.options.body_bytes);
    let api = Router::new()
        .route("/openapi.json", get(openapi))
        .route("/entities/{type}/{value}", get(entities::one))
        .route("/backups", post(backups::begin))
        .route("/feed", get(incidents::feed))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{id}", get(incidents::one))
        .route("/incidents/{id}/state", post(incidents::change_state))
        .route("/intel", get(intel::list).post(intel::make))
        .route("/intel/{id}", patch(intel::change))
        .route(
            "/intel/{id}/entries",
            get(intel::entries).post(intel::add).delete(intel::remove),
        )
        .route("/invitations", get(invitations::list))
        .route("/invitations/{id}", delete(invitations::withdraw))
        .route("/sensors", get(sensors::list).post(sensors::invite))
        .route("/sensors/{name}", get(sensors::one).patch(sensors::change))
        .route(
            "/sensors/{name}/configuration",
            get(configuration::one).put(configuration::put),
        )
        .route("/sensors/{name}/revoke", post(sensors::revoke))
        .route(
            "/sensors/{name}/instances/{instance}/confirm",
            post(sensors::confirm),
        )
        .route("/sources", get(sources::list))
        .route("/sites", get(sites::list))
        .route("/health", get(health::health))
        .route("/live", get(live::stream))
        .merge(people_routes())
        .merge(event_routes())
        .merge(alert_routes(app.triage.bulk))
        .merge(rule_routes(app.options.import_bytes))
        .merge(asset_routes(app.options.assets.csv_kib << 10))
        .merge(case_routes())
        .route(
            "/updates",
            get(updates::one)
                .post(updates::publish)
                .layer(DefaultBodyLimit::max(app.options.update_bytes)),
        )
        .route("/updates/{id}/state", post(updates::turn))
        .fallback(|| async { Failure::NotFound("resource") })
        .layer(middleware::from_fn(in_one_form))
        .layer(middleware::from_fn(never_cached));
    Router::new()
        .nest("/api/v1", api)
        .fallback(console::serve)
        .layer(body_limit)
        .layer(middleware::from_fn(hardened))
        .with_state(app)
}

/// People, what they hold, and what they did.
fn people_routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/session",
            get(session::current)
                .post(session::begin)
                .delete(session::end),
        )
        .route("/session/password", post(session::change_password))
        .route("/session/second_factor", post(own_factor::begin))
        .route("/session/second_factor/confirm", post(own_factor::confirm))
        .route("/session/second_factor/remove", post(own_factor::remove))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", delete(sessions::revoke))
        .route("/tokens", get(tokens::list).post(tokens::make))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/audit", get(audit::list))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{name}", patch(users::change))
        .route("/users/{name}/password", post(users::set_password))
        .route(
            "/users/{name}/second_factor",
            delete(users::remove_second_factor),
        )
}

/// Events; what stands beside an event's id is no id.
fn event_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/events", get(events::search))
        .route("/events/aggregate", post(events::aggregate::aggregate))
        .route("/events/fields", get(events::fields::fields))
        .route("/events/names", get(events::fields::names))
        .route("/events/values", get(events::fields::values))
        .route("/events/export", get(events::export::export))
        .route("/events/{id}", get(events::one))
}

/// Alerts; a change of many may name so many.
fn alert_routes(most: usize) -> Router<Arc<App>> {
    /// An id in quotes with its comma, and room for a note.
    const ID_BYTES: usize = 36;
    const NOTE_BYTES: usize = 64 << 10;
    let bulk_limit = DefaultBodyLimit::max(most.saturating_mul(ID_BYTES) + NOTE_BYTES);
    Router::new()
        .route("/alerts", get(alerts::list))
        .route("/alerts/bulk", post(alerts::work::bulk).layer(bulk_limit))
        .route("/alerts/bulk/{batch}/undo", post(alerts::work::undo))
        .route("/alerts/people", get(alerts::people::list))
        .route("/alerts/times", get(alerts::times::times))
        .route("/alerts/{id}", get(alerts::one))
        .route("/alerts/{id}/assign", post(alerts::work::assign))
        .route("/alerts/{id}/state", post(alerts::work::change_state))
}

/// Rules, exceptions and packs; an archive of rules may have so many bytes.
fn rule_routes(import_bytes: usize) -> Router<Arc<App>> {
    let import_limit = DefaultBodyLimit::max(import_bytes);
    Router::new()
        .route("/rules", get(rules::list))
        .route("/rules/attack", get(rules::attack))
        .route(
            "/rules/exceptions",
            get(rules::exceptions::list).post(rules::exceptions::make),
        )
        .route(
            "/rules/exceptions/preview",
            post(rules::exceptions::preview),
        )
        .route(
            "/rules/exceptions/{id}",
            patch(rules::exceptions::change).delete(rules::exceptions::end),
        )
        .route(
            "/rules/imports",
            get(rules::imports::list)
                .post(rules::imports::begin)
                .layer(import_limit),
        )
        .route(
            "/rules/imports/{id}",
            get(rules::imports::one).delete(rules::imports::discard),
        )
        .route("/rules/imports/{id}/apply", post(rules::imports::apply))
        .route("/rules/packs", get(rules::packs::list))
        .route("/rules/packs/{name}", delete(rules::packs::remove))
        .route("/rules/back", post(rules::packs::back))
        .route("/rules/{id}", get(rules::one))
        .route("/rules/{id}/off", put(rules::turn_off))
}

/// Assets; a CSV of them may have so many bytes.
fn asset_routes(csv_bytes: usize) -> Router<Arc<App>> {
    let csv_limit = DefaultBodyLimit::max(csv_bytes);
    Router::new()
        .route("/assets", get(assets::list).post(assets::add))
        .route("/assets/state", post(assets::set_states))
        .route("/assets/export", get(assets::sheet::export))
        .route(
            "/assets/import",
            post(assets::sheet::import).layer(csv_limit),
        )
        .route(
            "/assets/{id}",
            get(assets::one)
                .patch(assets::change)
                .delete(assets::remove),
        )
}

/// Cases and what they hold.
fn case_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/cases", get(cases::list).post(cases::open))
        .route("/cases/{id}", get(cases::one).patch(cases::change))
        .route("/cases/{id}/close", post(cases::close))
        .route("/cases/{id}/reopen", post(cases::reopen))
        .route("/cases/{id}/alerts", post(cases::link))
        .route("/cases/{id}/alerts/{alert}", delete(cases::unlink))
        .route("/cases/{id}/incident", post(cases::incident))
        .route("/cases/{id}/notes", post(cases::items::add_note))
        .route(
            "/cases/{id}/notes/{note}",
            get(cases::items::note_versions).patch(cases::items::change_note),
        )
        .route("/cases/{id}/tasks", post(cases::items::add_task))
        .route(
            "/cases/{id}/tasks/{task}",
            patch(cases::items::change_task).delete(cases::items::remove_task),
        )
        .route("/cases/{id}/observables", post(cases::observables::add))
        .route(
            "/cases/{id}/observables/{observable}",
            patch(cases::observables::change).delete(cases::observables::remove),
        )
        .route("/cases/{id}/evidence", post(cases::evidence::add))
        .route("/cases/{id}/evidence/{evidence}", get(cases::evidence::one))
        .route("/cases/{id}/timeline", get(cases::timeline::list))
        .route("/cases/{id}/events", post(cases::timeline::pin))
        .route("/cases/{id}/events/{event}", delete(cases::timeline::unpin))
        .route("/cases/{id}/export", get(cases::export::export))
}

/// The OpenAPI document, as the console's types are generated from it.
pub fn openapi_json() -> String {
    let mut text = Document::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "haidang",
        version = "1",
        description = "Events, alerts and the state of the system. Times are RFC 3339 in UTC. \
            Writes carry X-CSRF-Token; a change of an alert that carries an Idempotency-Key is \
            safe to repeat for a day."
    ),
    paths(
        session::current,
        session::begin,
        session::end,
        session::change_password,
        own_factor::begin,
        own_factor::confirm,
        own_factor::remove,
        sessions::list,
        sessions::revoke,
        tokens::list,
        tokens::make,
        tokens::revoke,
        audit::list,
        alerts::list,
        alerts::one,
        alerts::people::list,
        alerts::times::times,
        alerts::work::assign,
        alerts::work::bulk,
        alerts::work::change_state,
        alerts::work::undo,
        assets::list,
        assets::one,
        assets::add,
        assets::change,
        assets::remove,
        assets::set_states,
        assets::sheet::export,
        assets::sheet::import,
        backups::begin,
        cases::list,
        cases::one,
        cases::open,
        cases::change,
        cases::close,
        cases::reopen,
        cases::link,
        cases::unlink,
        cases::incident,
        cases::items::add_note,
        cases::items::change_note,
        cases::items::note_versions,
        cases::items::add_task,
        cases::items::change_task,
        cases::items::remove_task,
        cases::observables::add,
        cases::observables::change,
        cases::observables::remove,
        cases::evidence::add,
        cases::evidence::one,
        cases::timeline::list,
        cases::timeline::pin,
        cases::timeline::unpin,
        cases::export::export,
        entities::one,
        events::search,
        events::one,
        events::aggregate::aggregate,
        events::fields::fields,
        events::fields::names,
        events::fields::values,
        events::export::export,
        incidents::feed,
        incidents::list,
        incidents::one,
        incidents::change_state,
        intel::list,
        intel::make,
        intel::change,
        intel::entries,
        intel::add,
        intel::remove,
        rules::list,
        rules::attack,
        rules::one,
        rules::turn_off,
        rules::exceptions::list,
        rules::exceptions::preview,
        rules::exceptions::make,
        rules::exceptions::change,
        rules::exceptions::end,
        rules::imports::list,
        rules::imports::begin,
        rules::imports::one,
        rules::imports::discard,
        rules::imports::apply,
        rules::packs::list,
        rules::packs::remove,
        rules::packs::back,
        sensors::list,
        sensors::one,
        sensors::invite,
        invitations::list,
        invitations::withdraw,
        sensors::change,
        configuration::one,
        configuration::put,
        sensors::revoke,
        sensors::confirm,
        sources::list,
        updates::one,
        updates::publish,
        updates::turn,
        sites::list,
        health::health,
        live::stream,
        users::list,
        users::add,
        users::change,
        users::set_password,
        users::remove_second_factor
    ),
    components(schemas(ApiError, live::LiveAlert, live::LiveHealth, words::RuleState))
)]
struct Document;

async fn openapi() -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json())
}

/// What the framework refuses before a handler sees it (a body that is no JSON, a parameter that is
/// no number) is told in the same form as everything else.
async fn in_one_form(request: Request, next: Next) -> Response {
    /// The framework's own words are a line.
    const LONGEST: usize = 4_096;
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !response.status().is_client_error() || is_json {
        return response;
    }
    let (parts, body) = response.into_parts();
    #[expect(clippy::disallowed_methods, reason = "our own answer, within a limit")]
    let bytes = axum::body::to_bytes(body, LONGEST).await;
    let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    Failure::Refused(parts.status, text).into_response()
}

async fn never_cached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn hardened(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
