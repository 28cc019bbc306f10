//! An entity: an address, a computer, an account or a name, with all that alerts and assets say of it.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use engine::reader::Permission;
use engine::store::{Criticality, EntityKind};
use engine::triage::{self, Reason};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::alerts::{AlertRow, row_of};
use super::assets::Asset;
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Reasons that are named; the rest adds up.
const REASONS: usize = 20;
/// The longest value: a domain has at most 253 bytes, an account's name less.
const MAX_VALUE: usize = 512;

/// Of which side.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntityParams {
    /// Alerts of exercises in place of real ones.
    exercise: Option<bool>,
}

/// An entity as the reader may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntityPage {
    #[schema(value_type = words::EntityKind)]
    r#type: String,
    value: String,
    exercise: bool,
    risk: EntityRisk,
    /// The assets that it is: hosts first, then the networks around an address. Empty without the right to see assets.
    assets: Vec<Asset>,
    /// The time of the earliest event of its alerts.
    #[schema(required)]
    first: Option<String>,
    /// The time of the latest.
    #[schema(required)]
    last: Option<String>,
    /// The newest twenty.
    alerts: Vec<AlertRow>,
    counts: EntityCounts,
    /// It raised more alerts than were looked at.
    capped: bool,
}

/// Its alerts by state.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntityCounts {
    new: u64,
    acknowledged: u64,
    in_work: u64,
    closed: u64,
}

/// How much it is to be worried about, and why. Score = the sum of points × criticality, at most 100.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntityRisk {
    /// 0 to 100.
    score: u64,
    /// What depends on it: 1 is normal.
    criticality: f64,
    /// Alerts of so many days count.
    days: u64,
    /// The twenty that add most.
    reasons: Vec<RiskReason>,
    /// Alerts that add points beside them.
    more: u64,
    /// What those add.
    more_points: f64,
}

/// What an alert adds: points = weight × freshness × verdict factor ÷ place.
#[derive(Serialize, ToSchema)]
pub(crate) struct RiskReason {
    alert: String,
    rule: String,
    /// What the rule was called when the alert opened.
    title: String,
    /// The same in Vietnamese, when its author wrote it.
    #[schema(required)]
    title_vi: Option<String>,
    #[schema(value_type = words::Level)]
    level: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    points: f64,
    /// Points that the level alone gives.
    weight: u64,
    /// 1 is now, 0 is seven days ago.
    freshness: f64,
    /// 1.5 for an attack, 0 for what was none.
    verdict_factor: f64,
    /// Its place among the alerts of its rule, the newest first: the second counts half, the third a third.
    place: u64,
    /// Days since its latest event.
    age_days: f64,
}

/// An entity.
#[utoipa::path(get, path = "/api/v1/entities/{type}/{value}", operation_id = "entities_one", tag = "entities",
    params(("type" = String, Path, description = "ip, host, user or domain"),
        ("value" = String, Path, description = "its exact value"), EntityParams),
    responses((status = 200, body = EntityPage), (status = 400, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((kind, value)): Path<(String, String)>,
    Params(params): Params<EntityParams>,
) -> Result<Json<EntityPage>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let kind = EntityKind::from_name(&kind).ok_or_else(|| {
        Failure::BadRequest("there is no such type; use ip, host, user or domain".to_owned())
    })?;
    if value.is_empty() || value.len() > MAX_VALUE {
        let long = format!("a value has 1 to {MAX_VALUE} bytes");
        return Err(Failure::BadRequest(long));
    }
    let exercise = params.exercise.unwrap_or(app.exercise);
    let now = app.now();
    let (asked, name) = (Arc::clone(&app), value.clone());
    let found = blocking(move || {
        let (store, reader) = (&asked.store, &signed_in.reader);
        let mut alerts = store.entity_alerts(reader, kind, &name, exercise, now)?;
        let assets = store.assets_of(reader, &asked.sites, kind, &name, exercise, now)?;
        let criticality = assets.iter().map(|asset| asset.fields.criticality);
        let criticality = worst(criticality, kind);
        let risk = triage::risk(std::mem::take(&mut alerts.signals), criticality, now);
        let named = risk.reasons.iter().take(REASONS);
        let named: Vec<&str> = named.map(|reason| &*reason.signal.alert).collect();
        let titles = store.alert_titles(&named)?;
        let may_see = reader.role.may(Permission::AssetsRead);
        Ok((alerts, assets, risk, titles, may_see))
    });
    let (alerts, assets, risk, titles, may_see) = found.await?;
    let rest = risk.reasons.iter().skip(REASONS);
    let (more, more_points) = rest.fold((0, 0), |(n, sum), one| (n + 1, sum + one.points));
    let reasons = risk.reasons.iter().take(REASONS);
    Ok(Json(EntityPage {
        r#type: kind.name().to_owned(),
        value,
        exercise,
        risk: EntityRisk {
            score: risk.score,
            criticality: hundredths(risk.criticality),
            days: triage::WINDOW_DAYS,
            reasons: reasons
                .map(|reason| reason_of(reason, &titles, now))
                .collect(),
            more,
            more_points: hundredths(more_points),
        },
        assets: assets
            .into_iter()
            .filter(|_| may_see)
            .map(|asset| super::assets::shown(asset, &app))
            .collect(),
        first: alerts.first.map(|time| time.to_string()),
        last: alerts.last.map(|time| time.to_string()),
        alerts: alerts
            .rows
            .into_iter()
            .map(|row| row_of(&app.triage, row))
            .collect(),
        counts: EntityCounts {
            new: alerts.counts.new,
            acknowledged: alerts.counts.acknowledged,
            in_work: alerts.counts.in_work,
            closed: alerts.counts.closed,
        },
        capped: alerts.is_capped,
    }))
}

/// Of an address the nearest asset counts, of a name the one on which most depends.
fn worst(mut all: impl Iterator<Item = Criticality>, kind: EntityKind) -> Option<Criticality> {
    if kind == EntityKind::Ip {
        return all.next();
    }
    all.max_by_key(|criticality| *criticality as u8)
}

type Titles = std::collections::HashMap<String, (String, Option<String>)>;

fn reason_of(reason: &Reason, titles: &Titles, now: event::Time) -> RiskReason {
    let signal = &reason.signal;
    let (title, title_vi) = titles.get(&signal.alert).cloned().unwrap_or_default();
    let hours = now.since(signal.last).as_secs() / 3_600;
    RiskReason {
        alert: signal.alert.clone(),
        rule: signal.rule.clone(),
        title,
        title_vi,
        level: signal.level.name().to_owned(),
        verdict: signal.verdict.map(|verdict| verdict.name().to_owned()),
        points: hundredths(reason.points),
        weight: reason.weight,
        freshness: hundredths(reason.freshness),
        verdict_factor: hundredths(reason.verdict),
        place: reason.place,
        age_days: hundredths(hours * 100 / 24),
    }
}

/// A number of hundredths; those of a risk are far below what a float holds exactly.
fn hundredths(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX)) / 100.0
}
