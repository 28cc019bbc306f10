//! Assets as a CSV: what a person keeps in a spreadsheet.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query as Params, State};
use axum::http::{HeaderName, header};
use engine::reader::Permission;
use engine::store::{AssetProblem, AssetState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AssetParams, Rights, csv, filter_of, tell_sensors, work, writer};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure};

/// Rows that an export reads at once.
const PAGE: usize = 2_000;

/// Whether an import is only tried.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssetImportParams {
    /// true: nothing is written.
    #[serde(default)]
    trial: bool,
}

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssetImport {
    added: u64,
    changed: u64,
    same: u64,
    problems: Vec<LineProblem>,
}

/// A line that could not be taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineProblem {
    /// From 1, the header.
    line: u64,
    message: String,
}

/// Assets as a CSV: those of the list's filters, confirmed ones where no state is asked for; without the files'
/// networks, of one side (exercise or not). One that is longer than an import takes (`limits.assets.csv_lines`) says so
/// by its name, `assets-import-in-parts.csv`.
#[utoipa::path(get, path = "/api/v1/assets/export", operation_id = "assets_export", tag = "assets",
    params(AssetParams),
    responses((status = 200, body = words::AssetCsv, content_type = "text/csv"),
        (status = 400, body = ApiError), (status = 403, body = ApiError)))]
pub(in crate::api) async fn export(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AssetParams>,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), Failure> {
    signed_in.must(Permission::AssetsRead)?;
    let mut filter = filter_of(&params)?;
    filter.exercise = Some(app.exercise);
    // What is imported is confirmed: what nobody confirmed must not come back so unasked.
    if filter.states.is_empty() {
        filter.states.push(AssetState::Confirmed);
    }
    let reader = signed_in.reader;
    let sheet = work(move || {
        let nobody = engine::rule::Sites::default();
        let (mut sheet, mut after, mut lines) = (csv::Sheet::new(), None, 0_usize);
        loop {
            let page = app
                .store
                .assets(&reader, &nobody, &filter, after.as_ref(), PAGE)?;
            page.rows.iter().for_each(|asset| sheet.add(&asset.fields));
            lines = lines.saturating_add(page.rows.len());
            after = page.next;
            if after.is_none() {
                let sheet = sheet.finish();
                let most = app.options.assets;
                let fits = lines <= most.csv_lines && sheet.len() <= most.csv_kib << 10;
                return Ok((sheet, fits));
            }
        }
    });
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    let (sheet, fits) = sheet.await?;
    let name = if fits {
        "attachment; filename=\"assets.csv\""
    } else {
        "attachment; filename=\"assets-import-in-parts.csv\""
    };
    Ok(([kind, (header::CONTENT_DISPOSITION, name)], sheet))
}

/// Import assets: what is named is confirmed; a line that cannot be taken costs only itself.
#[utoipa::path(post, path = "/api/v1/assets/import", operation_id = "assets_import", tag = "assets",
    params(AssetImportParams), request_body(content = words::AssetCsv, content_type = "text/csv"),
    responses((status = 200, body = AssetImport), (status = 403, body = ApiError), (status = 413, body = ApiError),
        (status = 422, body = ApiError)))]
pub(in crate::api) async fn import(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AssetImportParams>,
    body: Bytes,
) -> Result<Json<AssetImport>, Failure> {
    signed_in.must(Permission::AssetsWrite)?;
    let reader = signed_in.reader;
    let done = work(move || {
        let most = app.options.assets.csv_lines;
        let csv::Read { lines, problems } = csv::read(&body, most).map_err(|csv::TooLong| {
            Failure::Unusable(
                "too_many_lines",
                format!(
                    "the CSV has more than {most} lines (limits.assets.csv_lines); cut it in parts"
                ),
            )
        })?;
        let rights = Rights::read(&app, &reader)?;
        let check = |fields: &_| rights.must(fields).map_err(|refused| refused.to_string());
        let by = writer(&app, &reader);
        let mut done = app.store.import_assets(by, lines, params.trial, check)?;
        tell_sensors(&app, done.networks && !params.trial)?;
        done.problems.extend(problems);
        done.problems.sort_by_key(|problem| problem.line);
        Ok(done)
    });
    let done = done.await?;
    let problem = |AssetProblem { line, message }| LineProblem { line, message };
    Ok(Json(AssetImport {
        added: done.added,
        changed: done.changed,
        same: done.same,
        problems: done.problems.into_iter().map(problem).collect(),
    }))
}
