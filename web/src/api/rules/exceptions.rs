//! Exceptions: what rules leave out, because a person said so, why and until when.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Scope};
use engine::rule::{Filter, How, Match};
use engine::rules::{Book, ExceptionChange, Exempt, NewException, PREVIEW_DAYS, is_seen};
use event::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::shown::seen;
use super::{known_sites, refused, short};
use crate::api::events::read_time;
use crate::api::rule::RuleWording;
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// A field and what it may be; any of the values is enough.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub(crate) struct RuleMatch {
    /// As the rule or the event names it.
    field: String,
    #[schema(value_type = words::How)]
    how: String,
    /// Letters of either case are alike; none of them means anything but itself.
    values: Vec<String>,
}

/// The rule that an exception was made for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExceptionRule {
    id: String,
    title: String,
    #[schema(required)]
    vi: Option<RuleWording>,
    #[schema(value_type = words::Level)]
    level: String,
}

/// What a rule leaves out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Exception {
    id: String,
    rule: ExceptionRule,
    /// The rules that it filters, by id: for a correlation those that it counts; empty when it is
    /// for every rule of a log source.
    rules: Vec<String>,
    /// Only events of these sites, as far as the reader sees them; empty: of all.
    sites: Vec<String>,
    /// All of these must hold; empty when the filter is not of this simple form.
    #[serde(rename = "match")]
    matches: Vec<RuleMatch>,
    /// Empty when the file names nobody.
    owner: String,
    reason: String,
    #[schema(required)]
    created: Option<String>,
    /// None: it never ends.
    #[schema(required)]
    expires: Option<String>,
    expired: bool,
    /// The alert that gave rise to it.
    #[schema(required)]
    alert: Option<String>,
    /// Whether it is not of the simple form: it is changed in its file.
    by_hand: bool,
    /// The filter's YAML; empty when it names sites that the reader does not see.
    source: String,
}

/// All exceptions.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExceptionList {
    items: Vec<Exception>,
}

/// What is to be left out of a rule.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ExceptionDraft {
    /// The rule's id.
    rule: String,
    /// Leaves of the site tree; empty: all. Who does not see all sites names some.
    sites: Vec<String>,
    /// All of these must hold.
    #[serde(rename = "match")]
    matches: Vec<RuleMatch>,
}

/// An exception to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewRuleException {
    #[serde(flatten)]
    draft: ExceptionDraft,
    reason: String,
    /// At most 366 days ahead.
    expires: String,
    /// The alert that gave rise to it.
    alert: Option<String>,
}

/// What to change of an exception; what is absent stays.
#[derive(Default, Deserialize, Serialize, ToSchema)]
pub(crate) struct RuleExceptionChange {
    expires: Option<String>,
    reason: Option<String>,
}

/// What an exception would have left out of the alerts of the last days.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExceptionPreview {
    /// Alerts of the rule at the reader's sites, at most the newest 5,000.
    alerts: u64,
    /// Those of which every kept event is left out.
    silenced: u64,
    /// Those that lose some of their events.
    smaller: u64,
    /// Silenced ones with more events than are kept: judged by the kept ones.
    sampled: u64,
    /// Silenced ones that a person judged to be true.
    true_positives: u64,
    /// Silenced ones, at most 5.
    examples: Vec<String>,
    days: u64,
}

/// Why an exception goes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndParams {
    /// For those who read it later.
    why: Option<String>,
}

/// Every exception that leaves out something at the reader's sites.
#[utoipa::path(get, path = "/api/v1/rules/exceptions", operation_id = "exceptions_list", tag = "rules",
    responses((status = 200, body = ExceptionList), (status = 403, body = ApiError)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<ExceptionList>, Failure> {
    signed_in.must(Permission::RulesRead)?;
    let (book, scope) = (app.rules.current(), &signed_in.reader.scope);
    let filters = book
        .filters()
        .iter()
        .filter(|filter| is_seen(filter, scope));
    let items = filters.map(|filter| Exception::of(filter, &book, scope));
    Ok(Json(ExceptionList {
        items: items.collect(),
    }))
}

/// What an exception would have left out.
#[utoipa::path(post, path = "/api/v1/rules/exceptions/preview", operation_id = "exceptions_preview",
    tag = "rules", request_body = ExceptionDraft,
    responses((status = 200, body = ExceptionPreview), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn preview(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(draft): Json<ExceptionDraft>,
) -> Result<Json<ExceptionPreview>, Failure> {
    signed_in.must(Permission::RulesTune)?;
    let exempt = exempt_of(&app, draft)?;
    let seen = blocking(move || {
        let (store, now) = (&app.store, app.now());
        app.rules
            .preview_exception(store, &signed_in.reader, &exempt, now)
    });
    let seen = seen.await?.map_err(refused)?;
    Ok(Json(ExceptionPreview {
        alerts: seen.alerts,
        silenced: seen.silenced,
        smaller: seen.smaller,
        sampled: seen.sampled,
        true_positives: seen.true_positives,
        examples: seen.examples,
        days: PREVIEW_DAYS,
    }))
}

/// Make an exception; it is in force at once.
#[utoipa::path(post, path = "/api/v1/rules/exceptions", operation_id = "exceptions_make", tag = "rules",
    request_body = NewRuleException,
    responses((status = 201, body = Exception), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn make(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewRuleException>,
) -> Result<(StatusCode, Json<Exception>), Failure> {
    signed_in.must(Permission::RulesTune)?;
    short(&new.reason)?;
    said(&new.reason)?;
    let expires = end_of(&new.expires)?;
    let new = NewException {
        id: uuid()?,
        exempt: exempt_of(&app, new.draft)?,
        reason: new.reason,
        expires,
        alert: new.alert,
    };
    let cause = new.alert.clone();
    let (own, reader) = (Arc::clone(&app), signed_in.reader.clone());
    if let Some(alert) = cause {
        let rule = new.exempt.rule.to_lowercase();
        let raised = blocking(move || own.store.alert(&reader, &alert)).await?;
        let raised = raised.ok_or(Failure::NotFound("alert"))?;
        let of = raised
            .row
            .rule
            .get("id")
            .and_then(serde_json::Value::as_str);
        if of != Some(&*rule) {
            return Err(Failure::Unprocessable(
                "other_rule",
                "the alert was raised by another rule; make an exception of that one",
            ));
        }
    }
    let made = blocking(move || {
        let (reader, now) = (&signed_in.reader, app.now());
        let made = app.rules.except(&reader.scope, &new, &reader.user, now)?;
        let Ok(filter) = made else {
            return Ok(made.map(|_| None));
        };
        let detail = json!({ "rule": new.exempt.rule, "source": filter.source });
        app.store
            .audit(now, &reader.user, "exception.make", &filter.id, &detail)?;
        let book = app.rules.current();
        Ok(Ok(Some(Exception::of(&filter, &book, &reader.scope))))
    });
    let made = made.await?.map_err(refused)?;
    let made = made.ok_or(Failure::NotFound("exception"))?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change the end or the reason of an exception.
#[utoipa::path(patch, path = "/api/v1/rules/exceptions/{id}", operation_id = "exceptions_change",
    tag = "rules", params(("id" = String, Path, description = "the exception's id")),
    request_body = RuleExceptionChange,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(change): Json<RuleExceptionChange>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::RulesTune)?;
    if let Some(reason) = &change.reason {
        short(reason)?;
        said(reason)?;
    }
    let asked = ExceptionChange {
        expires: change.expires.as_deref().map(end_of).transpose()?,
        reason: change.reason.clone(),
    };
    let done = blocking(move || {
        let (reader, now) = (&signed_in.reader, app.now());
        let done = app
            .rules
            .change_exception(&reader.scope, &id, &asked, now)?;
        if let Ok(before) = &done {
            let from = json!({
                "expires": before.notes.expires.map(|time| time.to_string()),
                "reason": before.notes.reason,
            });
            let detail = json!({ "from": from, "to": change });
            app.store
                .audit(now, &reader.user, "exception.change", &before.id, &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// End an exception.
#[utoipa::path(delete, path = "/api/v1/rules/exceptions/{id}", operation_id = "exceptions_end",
    tag = "rules", params(("id" = String, Path, description = "the exception's id"), EndParams),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 409, body = ApiError)))]
pub(in crate::api) async fn end(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<EndParams>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::RulesTune)?;
    let why = params.why.unwrap_or_default();
    short(&why)?;
    let done = blocking(move || {
        let (reader, now) = (&signed_in.reader, app.now());
        let done = app.rules.end_exception(&reader.scope, &id, now)?;
        if let Ok(before) = &done {
            let detail = json!({ "source": before.source, "why": why });
            app.store
                .audit(now, &reader.user, "exception.end", &before.id, &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

impl Exception {
    /// As a reader sees it.
    pub(super) fn of(filter: &Filter, book: &Book, scope: &Scope) -> Self {
        let notes = &filter.notes;
        let sites = seen(&notes.sites, scope);
        let whole = sites.len() == notes.sites.len();
        let rules = filter.rules.iter().filter(|_| !filter.any);
        let matches = filter.matches.iter().flatten();
        Self {
            id: filter.id.to_string(),
            rule: rule_of(filter, book),
            rules: rules.map(ToString::to_string).collect(),
            sites,
            matches: matches
                .map(|one| RuleMatch {
                    field: one.field.clone(),
                    how: one.how.name().to_owned(),
                    values: one.values.clone(),
                })
                .collect(),
            owner: notes.owner.clone(),
            reason: notes.reason.clone(),
            created: notes.created.map(|time| time.to_string()),
            expires: notes.expires.map(|time| time.to_string()),
            expired: filter.expired,
            alert: notes.alert.clone(),
            by_hand: filter.matches.is_none(),
            source: if whole {
                filter.source.clone()
            } else {
                String::new()
            },
        }
    }
}

/// The rule that a person meant; by its name as written when it is not loaded.
fn rule_of(filter: &Filter, book: &Book) -> ExceptionRule {
    let meant = filter.notes.rule.as_deref();
    let first = || filter.rules.first().map(|id| &**id).filter(|_| !filter.any);
    let named = filter.named.first().map_or("any", String::as_str);
    let id = meant.or_else(first).unwrap_or(named);
    let info = book.row(id).map(|row| &row.info);
    ExceptionRule {
        id: id.to_owned(),
        title: info.map_or_else(|| id.to_owned(), |info| info.title.clone()),
        vi: info
            .and_then(|info| info.vietnamese.as_ref())
            .map(RuleWording::of),
        level: info
            .map_or("informational", |info| info.level.name())
            .to_owned(),
    }
}

fn exempt_of(app: &App, draft: ExceptionDraft) -> Result<Exempt, Failure> {
    let matches = draft.matches.into_iter().map(|one| {
        let unknown = || Failure::BadRequest("how is none that is known".to_owned());
        Ok(Match {
            field: one.field,
            how: How::from_name(&one.how).ok_or_else(unknown)?,
            values: one.values,
        })
    });
    Ok(Exempt {
        rule: draft.rule,
        sites: known_sites(app, &draft.sites)?,
        matches: matches.collect::<Result<_, Failure>>()?,
    })
}

fn end_of(text: &str) -> Result<Time, Failure> {
    let missing = || Failure::BadRequest("expires is needed".to_owned());
    read_time("expires", Some(text))?.ok_or_else(missing)
}

fn said(reason: &str) -> Result<(), Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::Unprocessable(
            "reason_required",
            "an exception needs a reason",
        ));
    }
    Ok(())
}

/// A random UUID (version 4).
fn uuid() -> Result<String, Failure> {
    let high = getrandom::u64().map_err(Failure::NoRandom)?;
    let low = getrandom::u64().map_err(Failure::NoRandom)?;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    Ok(format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48,
        low & 0xffff_ffff_ffff
    ))
}

/// A random id of 16 hex digits.
pub(super) fn random_id() -> Result<String, Failure> {
    let random = getrandom::u64().map_err(Failure::NoRandom)?;
    Ok(format!("{random:016x}"))
}

/// How many of a rule's exceptions are in force, as a reader sees them.
pub(super) fn in_force(book: &Book, row: &engine::rules::BookRow, scope: &Scope) -> usize {
    let own = book.filters_of(row);
    own.filter(|filter| !filter.expired && is_seen(filter, scope))
        .count()
}
