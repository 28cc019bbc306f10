//! A case as one page of HTML that prints: what is escaped where it is written, and no script.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::extract::{Path, Query as Params, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use engine::reader::{Permission, Reader};
use engine::store::Moment;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::evidence::attachment;
use super::page::{self, Language};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The most lines of the timeline that a page carries; it says so when there are more.
const MOST: usize = 5_000;
/// Lines that are read at once.
const PAGE: usize = 500;

/// In which language.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// vi or en; vi without it.
    lang: Option<String>,
}

/// A case as one page of HTML that prints on A4, without scripts.
#[utoipa::path(get, path = "/api/v1/cases/{id}/export", operation_id = "cases_export", tag = "cases",
    params(("id" = String, Path), ExportParams),
    responses((status = 200, body = words::CaseHtml, content_type = "text/html"), (status = 404, body = ApiError)))]
pub(in crate::api) async fn export(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<ExportParams>,
) -> Result<Response, Failure> {
    signed_in.must(Permission::CasesRead)?;
    let language = match params.lang.as_deref() {
        Some("en") => Language::English,
        _ => Language::Vietnamese,
    };
    let name = attachment(&format!("{id}.html"));
    let (own, reader) = (Arc::clone(&app), signed_in.reader);
    let made = blocking(move || {
        let Some(detail) = own.store.case(&reader, &id)? else {
            return Ok(None);
        };
        let (moments, is_all) = moments(&own, &reader, &id)?;
        let now = own.now();
        let page = page::write(&detail, &moments, is_all, language, (&reader.user, now));
        let text = json!({ "bytes": page.len() });
        let store = &own.store;
        store.audit(now, &reader.user, "case.export", &id, &text)?;
        Ok(Some(page))
    });
    let page = made.await?.ok_or(Failure::NotFound("case"))?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name.as_str()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ),
    ];
    Ok((headers, page).into_response())
}

/// The timeline, the oldest first, and whether that is all of it.
fn moments(app: &App, reader: &Reader, id: &str) -> Result<(Vec<Moment>, bool), engine::Error> {
    let (mut moments, mut after) = (Vec::new(), None);
    loop {
        let page = app.store.timeline(reader, id, after.as_ref(), PAGE)?;
        let page = page.unwrap_or_default();
        moments.extend(page.moments);
        after = page.next;
        if after.is_none() || moments.len() >= MOST {
            moments.reverse();
            return Ok((moments, after.is_none()));
        }
    }
}
