//! Assets: what stands at which site. Each read and write is cut to the reader's sites in the store; what the
//! store cannot know (the tree of sites, whose networks those are) is asked here, in [`Rights`].

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

pub(super) mod csv;
mod rights;
pub(super) mod sheet;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader};
use engine::store::{
    self, AssetChanged, AssetCursor, AssetDraft, AssetFilter, AssetKind, AssetOrigin, AssetState,
    AssetWriter,
};
use event::Time;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};
use rights::Rights;

/// The most assets on a page.
const MAX_LIMIT: usize = 500;
/// The most assets whose state is changed at once.
const MAX_IDS: usize = 500;

/// Reads a CSV of assets as an import does: how many lines say an asset, and how many problems there are; none when it
/// has more than `most` lines. What it says goes nowhere.
pub fn count_assets_csv(bytes: &[u8], most: usize) -> Option<(usize, usize)> {
    let read = csv::read(bytes, most).ok()?;
    Some((read.lines.len(), read.problems.len()))
}

/// Something that stands at a site.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asset {
    id: String,
    site: String,
    /// An IP address or a CIDR.
    address: String,
    #[schema(value_type = words::AssetKind)]
    kind: String,
    name: String,
    role: String,
    #[schema(value_type = words::Criticality)]
    criticality: String,
    owner: String,
    contact: String,
    #[schema(required)]
    mac: Option<String>,
    /// The first day, 2026-01-31.
    #[schema(required)]
    valid_from: Option<String>,
    /// The last day.
    #[schema(required)]
    valid_to: Option<String>,
    #[schema(value_type = words::AssetState)]
    state: String,
    #[schema(value_type = words::AssetOrigin)]
    origin: String,
    /// What showed a host that was seen.
    #[schema(value_type = Option<words::SeenBy>, required)]
    seen_by: Option<String>,
    exercise: bool,
    #[schema(required)]
    first_seen: Option<String>,
    /// Within ten minutes.
    #[schema(required)]
    last_seen: Option<String>,
    updated: String,
    who: String,
}

/// How many assets there are in each state, whatever the states asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssetCounts {
    proposed: u64,
    confirmed: u64,
    dismissed: u64,
}

/// A page of assets, by site and address.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssetPage {
    items: Vec<Asset>,
    #[schema(required)]
    next: Option<String>,
    counts: AssetCounts,
}

/// Which assets. Lists are joined by commas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssetParams {
    site: Option<String>,
    state: Option<String>,
    kind: Option<String>,
    /// A text in address, name, role, owner, contact or MAC address.
    text: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 100 without it.
    limit: Option<usize>,
}

/// A new asset.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewAsset {
    site: String,
    /// An IP address, or a CIDR: a network.
    address: String,
    name: Option<String>,
    role: Option<String>,
    #[schema(value_type = Option<words::Criticality>)]
    criticality: Option<String>,
    owner: Option<String>,
    contact: Option<String>,
    mac: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

/// What to change of an asset; what is absent stays, an empty text is none.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AssetChange {
    site: Option<String>,
    address: Option<String>,
    name: Option<String>,
    role: Option<String>,
    #[schema(value_type = Option<words::Criticality>)]
    criticality: Option<String>,
    owner: Option<String>,
    contact: Option<String>,
    mac: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// confirmed or dismissed.
    #[schema(value_type = Option<words::AssetState>)]
    state: Option<String>,
}

/// Many assets, and the state that they get.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AssetStates {
    /// At most 500.
    ids: Vec<String>,
    /// confirmed or dismissed.
    #[schema(value_type = words::AssetState)]
    state: String,
}

/// How many changed: those that are not there or are in the state already did not.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssetsChanged {
    changed: u64,
}

/// Assets.
#[utoipa::path(get, path = "/api/v1/assets", operation_id = "assets_list", tag = "assets", params(AssetParams),
    responses((status = 200, body = AssetPage), (status = 400, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AssetParams>,
) -> Result<Json<AssetPage>, Failure> {
    signed_in.must(Permission::AssetsRead)?;
    let filter = filter_of(&params)?;
    let limit = params.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let after = params.cursor.as_deref().map(|text| {
        AssetCursor::parse(text)
            .ok_or_else(|| Failure::BadRequest("cursor is not the next of a page".to_owned()))
    });
    let (after, own, reader) = (after.transpose()?, Arc::clone(&app), signed_in.reader);
    let page = blocking(move || {
        let (store, sites) = (&own.store, &own.sites);
        store.assets(&reader, sites, &filter, after.as_ref(), limit)
    });
    let page = page.await?;
    let [proposed, confirmed, dismissed] = page.counts;
    Ok(Json(AssetPage {
        items: page.rows.into_iter().map(|row| shown(row, &app)).collect(),
        next: page.next.map(|next| next.to_string()),
        counts: AssetCounts {
            proposed,
            confirmed,
            dismissed,
        },
    }))
}

/// One asset.
#[utoipa::path(get, path = "/api/v1/assets/{id}", operation_id = "assets_one", tag = "assets",
    params(("id" = String, Path)),
    responses((status = 200, body = Asset), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Asset>, Failure> {
    signed_in.must(Permission::AssetsRead)?;
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let found = blocking(move || own.store.asset(&reader, &own.sites, &id)).await?;
    let found = found.ok_or(Failure::NotFound("asset"))?;
    Ok(Json(shown(found, &app)))
}

/// Add an asset.
#[utoipa::path(post, path = "/api/v1/assets", operation_id = "assets_add", tag = "assets",
    request_body = NewAsset,
    responses((status = 201, body = Asset), (status = 403, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewAsset>,
) -> Result<(StatusCode, Json<Asset>), Failure> {
    signed_in.must(Permission::AssetsWrite)?;
    let draft = AssetDraft {
        site: Some(new.site),
        address: Some(new.address),
        name: new.name,
        role: new.role,
        criticality: new.criticality,
        owner: new.owner,
        contact: new.contact,
        mac: new.mac,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
    };
    let fields = draft.apply(None).map_err(unusable)?;
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let added = work(move || {
        let rights = Rights::read(&own, &reader)?;
        rights.must(&fields)?;
        let added = own.store.add_asset(writer(&own, &reader), fields)?;
        let added = done(added)?;
        tell_sensors(&own, added.is_network())?;
        Ok(added)
    });
    Ok((StatusCode::CREATED, Json(shown(added.await?, &app))))
}

/// Change, confirm or dismiss an asset.
#[utoipa::path(patch, path = "/api/v1/assets/{id}", operation_id = "assets_change", tag = "assets",
    params(("id" = String, Path)), request_body = AssetChange,
    responses((status = 200, body = Asset), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(change): Json<AssetChange>,
) -> Result<Json<Asset>, Failure> {
    signed_in.must(Permission::AssetsWrite)?;
    let state = change.state.as_deref().map(decided).transpose()?;
    let draft = AssetDraft {
        site: change.site,
        address: change.address,
        name: change.name,
        role: change.role,
        criticality: change.criticality,
        owner: change.owner,
        contact: change.contact,
        mac: change.mac,
        valid_from: change.valid_from,
        valid_to: change.valid_to,
    };
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let changed = work(move || {
        must_be_no_file(&own, &reader, &id)?;
        let rights = Rights::read(&own, &reader)?;
        let mut was = false;
        let changed = own.store.change_asset(writer(&own, &reader), &id, |asset| {
            was = asset.is_network();
            let fields = draft.apply(Some(&asset.fields)).map_err(unusable)?;
            let state = state.unwrap_or(asset.state);
            // What is dismissed counts for nothing, and may be at a site that is no more.
            let stays = state == AssetState::Dismissed && fields.site == asset.fields.site;
            if !stays {
                rights.must(&fields)?;
            }
            Ok::<_, Failure>((fields, state))
        });
        let changed = done(changed??)?;
        tell_sensors(&own, was || changed.is_network())?;
        Ok(changed)
    });
    Ok(Json(shown(changed.await?, &app)))
}

/// Remove an asset. A host that is seen again is proposed again; one that is dismissed is not.
#[utoipa::path(delete, path = "/api/v1/assets/{id}", operation_id = "assets_remove", tag = "assets",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 409, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::AssetsWrite)?;
    let reader = signed_in.reader;
    work(move || {
        must_be_no_file(&app, &reader, &id)?;
        let removed = app.store.remove_asset(writer(&app, &reader), &id)?;
        let removed = removed.ok_or(Failure::NotFound("asset"))?;
        tell_sensors(&app, removed.is_network())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm or dismiss many assets.
#[utoipa::path(post, path = "/api/v1/assets/state", operation_id = "assets_set_states", tag = "assets",
    request_body = AssetStates,
    responses((status = 200, body = AssetsChanged), (status = 403, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn set_states(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(asked): Json<AssetStates>,
) -> Result<Json<AssetsChanged>, Failure> {
    signed_in.must(Permission::AssetsWrite)?;
    let state = decided(&asked.state)?;
    if asked.ids.len() > MAX_IDS {
        return Err(Failure::Unprocessable(
            "too_many",
            "at most 500 assets are changed at once",
        ));
    }
    let reader = signed_in.reader;
    let changed = work(move || {
        let rights = Rights::read(&app, &reader)?;
        let may = |asset: &store::Asset| {
            state == AssetState::Dismissed || rights.must(&asset.fields).is_ok()
        };
        let by = writer(&app, &reader);
        let changed = app.store.set_asset_states(by, &asked.ids, state, may)?;
        let kinds = changed.iter().map(|asset| asset.fields.address.kind());
        tell_sensors(
            &app,
            kinds.into_iter().any(|kind| kind == AssetKind::Network),
        )?;
        Ok(changed.len() as u64)
    });
    Ok(Json(AssetsChanged {
        changed: changed.await?,
    }))
}

fn filter_of(params: &AssetParams) -> Result<AssetFilter, Failure> {
    let listed = |list: Option<&str>| -> Vec<String> {
        let words = list.unwrap_or_default().split(',');
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let bad = |key: &str, word: &str| {
        let word: String = word.chars().take(60).collect();
        Failure::BadRequest(format!("{key} has no {word:?}"))
    };
    let states = listed(params.state.as_deref());
    let states = states
        .iter()
        .map(|word| AssetState::from_name(word).ok_or_else(|| bad("state", word)));
    let kinds = listed(params.kind.as_deref());
    let kinds = kinds
        .iter()
        .map(|word| AssetKind::from_name(word).ok_or_else(|| bad("kind", word)));
    let text = params.text.as_deref().map(str::trim);
    Ok(AssetFilter {
        sites: listed(params.site.as_deref()),
        states: states.collect::<Result<_, _>>()?,
        kinds: kinds.collect::<Result<_, _>>()?,
        text: text.filter(|text| !text.is_empty()).map(str::to_owned),
        exercise: None,
    })
}

/// What a person may decide.
fn decided(word: &str) -> Result<AssetState, Failure> {
    let state = AssetState::from_name(word).filter(|state| *state != AssetState::Proposed);
    state.ok_or(Failure::Unprocessable(
        "bad_state",
        "an asset is confirmed or dismissed",
    ))
}

fn must_be_no_file(app: &App, reader: &Reader, id: &str) -> Result<(), Failure> {
    match app.store.asset(reader, &app.sites, id)? {
        None => Err(Failure::NotFound("asset")),
        Some(asset) if asset.origin == AssetOrigin::File => Err(Failure::Conflict(
            "a file of rules/sites has this network; change it there",
        )),
        Some(_) => Ok(()),
    }
}

fn writer<'a>(app: &App, reader: &'a Reader) -> AssetWriter<'a> {
    AssetWriter {
        reader,
        exercise: app.exercise,
        limits: app.options.assets,
        now: app.now(),
    }
}

fn done(changed: AssetChanged) -> Result<store::Asset, Failure> {
    match changed {
        AssetChanged::Done(asset) => Ok(*asset),
        AssetChanged::Missing => Err(Failure::NotFound("asset")),
        AssetChanged::Taken => Err(Failure::Conflict(
            "the site has an asset with this address already",
        )),
        AssetChanged::Full => Err(Failure::Conflict(
            "there are as many assets as limits.assets.rows allows",
        )),
        AssetChanged::ManyNetworks => Err(Failure::Conflict(
            "there are as many networks as limits.assets.networks allows",
        )),
    }
}

/// Sensors that are told networks and what they may deliver for are told them anew. The centre's own sources take them up at its next start.
pub(super) fn tell_sensors(app: &App, changed: bool) -> Result<(), Failure> {
    if !changed || app.edges.is_none() {
        return Ok(());
    }
    let now = app.now();
    let networks = app.store.networks(&app.sites, app.exercise, now)?;
    Ok(app.store.spread_networks(&networks, &app.sites, now)?)
}

fn unusable(bad: store::BadAsset) -> Failure {
    Failure::Unusable("bad_asset", bad.to_string())
}

/// Runs what waits for the disk and may be refused.
async fn work<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await?
}

pub(super) fn shown(asset: store::Asset, app: &App) -> Asset {
    let text = |time: Option<Time>| time.map(|time| time.to_string());
    let id = asset.id();
    let updated = match asset.origin {
        AssetOrigin::File => app.started,
        _ => asset.updated,
    };
    let fields = asset.fields;
    Asset {
        id,
        address: fields.address.to_string(),
        kind: fields.address.kind().name().to_owned(),
        site: fields.site,
        name: fields.name,
        role: fields.role,
        criticality: fields.criticality.name().to_owned(),
        owner: fields.owner,
        contact: fields.contact,
        mac: fields.mac,
        valid_from: fields.valid_from,
        valid_to: fields.valid_to,
        state: asset.state.name().to_owned(),
        origin: asset.origin.name().to_owned(),
        seen_by: asset.seen_by.map(|by| by.name().to_owned()),
        exercise: asset.exercise,
        first_seen: text(asset.first_seen),
        last_seen: text(asset.last_seen),
        updated: updated.to_string(),
        who: asset.who,
    }
}
