//! Alerts: the queue, and one.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

mod filter;
pub(super) mod people;
mod shown;
pub(super) mod times;
pub(super) mod work;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use engine::reader::Permission;
use engine::store::{self, AlertCursor, Order};
use event::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::rule::{RuleText, list_of, text};
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};
use filter::{Asked, words};
use shown::{Alert, common_of, evidence_of, history_of, is_retro};

pub(super) use shown::{AlertRow, row_of};

/// The most alerts on a page.
const MAX_LIMIT: usize = 200;
/// Events of a retro alert that its query names; a query has a limit.
const RETRO_EVENTS: usize = 100;

/// How many alerts there are in each state and in each view of work, whatever states, assignee and overdue are asked
/// for. Counting stops at 10,000: a figure above means more.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertCounts {
    new: u64,
    acknowledged: u64,
    in_work: u64,
    closed: u64,
    /// Not closed, and held by who asks.
    mine: u64,
    /// Not closed, and held by nobody.
    unassigned: u64,
    /// New, and an answer is overdue.
    overdue: u64,
}

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertPage {
    items: Vec<AlertRow>,
    #[schema(required)]
    next: Option<String>,
    total: u64,
    total_capped: bool,
    counts: AlertCounts,
    /// When this was so; a change of all that match names it.
    as_of: String,
}

/// Which alerts. Lists are joined by commas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    state: Option<String>,
    level: Option<String>,
    site: Option<String>,
    rule: Option<String>,
    /// An entity's exact value.
    entity: Option<String>,
    /// Who holds them: a name, me, or none.
    assignee: Option<String>,
    /// Only new ones to which an answer is overdue.
    overdue: Option<bool>,
    from: Option<String>,
    to: Option<String>,
    /// newest, oldest, severity.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<usize>,
}

/// The queue.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "alerts_list", tag = "alerts", params(AlertParams),
    responses((status = 200, body = AlertPage), (status = 400, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AlertParams>,
) -> Result<Json<AlertPage>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let now = app.now();
    let asked = Asked {
        state: params.state,
        level: params.level,
        site: params.site,
        rule: params.rule,
        entity: params.entity,
        assignee: params.assignee,
        overdue: params.overdue,
        from: params.from,
        to: params.to,
    };
    let filter = asked.read(&app, &signed_in.reader, now)?;
    let order = words("sort", params.sort.as_deref(), Order::from_name)?;
    let order = order.first().copied().unwrap_or(Order::Newest);
    let limit = params.limit.unwrap_or(50).clamp(1, MAX_LIMIT);
    let after =
        match params.cursor.as_deref() {
            None => None,
            Some(text) => Some(AlertCursor::parse(text).ok_or_else(|| {
                Failure::BadRequest("cursor is not the next of a page".to_owned())
            })?),
        };
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let page = blocking(move || store.alerts(&reader, &filter, order, after.as_ref(), limit));
    let page = page.await?;
    Ok(Json(AlertPage {
        items: page
            .rows
            .into_iter()
            .map(|row| row_of(&app.triage, row))
            .collect(),
        next: page.next.map(|next| next.to_string()),
        total: page.total,
        total_capped: page.total_capped,
        counts: AlertCounts {
            new: page.counts.new,
            acknowledged: page.counts.acknowledged,
            in_work: page.counts.in_work,
            closed: page.counts.closed,
            mine: page.views.mine,
            unassigned: page.views.unassigned,
            overdue: page.views.overdue,
        },
        as_of: now.to_string(),
    }))
}

/// One alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", operation_id = "alerts_one", tag = "alerts",
    params(("id" = String, Path, description = "the alert's id")),
    responses((status = 200, body = Alert), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Alert>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || {
        let found = store.alert(&reader, &id)?;
        let retro = found
            .as_ref()
            .is_some_and(|found| is_retro(&found.row.rule));
        let events = if retro {
            store.found_events(&id, RETRO_EVENTS)?
        } else {
            Vec::new()
        };
        Ok(found.map(|found| (found, events)))
    });
    let (detail, events) = found.await?.ok_or(Failure::NotFound("alert"))?;
    let (mut query, from, to) = query_of(&detail.row);
    if !events.is_empty() {
        // What was found in the past carries no rule: its events are named.
        let either: Vec<String> = events
            .iter()
            .map(|id| format!("id:{}", quoted(id)))
            .collect();
        query = either.join(" OR ");
    }
    let copies = detail.evidence.len();
    Ok(Json(Alert {
        rule: RuleText::of(&detail.row.rule),
        evidence: detail
            .evidence
            .iter()
            .enumerate()
            .map(|(place, copy)| evidence_of(copy, place, copies))
            .collect(),
        history: detail.history.into_iter().map(history_of).collect(),
        common: common_of(&app.triage, detail.row),
        query,
        query_from: from.to_string(),
        query_to: to.to_string(),
    }))
}

/// The names under which events hold a field that a correlation groups by; else the field itself.
fn names_of(rule: &Value, field: &str) -> Vec<String> {
    let group = rule.get("group").and_then(Value::as_array);
    let named = group.into_iter().flatten().find_map(|pair| {
        let held = pair.get(0).and_then(Value::as_str) == Some(field);
        let names = pair.get(1).filter(|_| held)?.as_array()?.iter();
        Some(names.filter_map(|name| name.as_str().map(str::to_owned)))
    });
    let names: Vec<String> = named.into_iter().flatten().collect();
    if names.is_empty() {
        vec![field.to_owned()]
    } else {
        names
    }
}

/// A search that finds an alert's events: the rules that matched them, what it is about, when.
fn query_of(row: &store::AlertRow) -> (String, Time, Time) {
    let mut rules = list_of(&row.rule, "rules");
    if rules.is_empty() {
        rules.push(text(&row.rule, "id"));
    }
    let either: Vec<String> = rules.iter().map(|id| format!("rule.id:{id}")).collect();
    let mut clauses = vec![match either.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" OR ")),
    }];
    if !row.site.is_empty() {
        clauses.push(format!("site:{}", quoted(&row.site)));
    }
    clauses.push(format!("exercise:{}", row.exercise));
    let named = row.entities.iter();
    let named = named.filter(|entity| !entity.value.is_empty());
    clauses.extend(named.map(|entity| {
        let names = names_of(&row.rule, &entity.field);
        let either: Vec<String> = names
            .iter()
            .map(|name| format!("{name}:{}", quoted(&entity.value)))
            .collect();
        match either.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(" OR ")),
        }
    }));
    // `to` is exclusive.
    (
        clauses.join(" AND "),
        row.first,
        Time::from_micros(row.last.micros().saturating_add(1)),
    )
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
