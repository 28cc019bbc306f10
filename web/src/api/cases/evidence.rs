//! Evidence of a case: brought in and taken out as a stream; each reading is a line of custody and of the audit trail.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, Query as Params, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use engine::evidence::{Evidence, Received};
use engine::reader::Permission;
use engine::store::{Custody, CustodyAction, EvidenceDraft};
use futures_core::Stream;
use serde::Deserialize;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::read::text;
use super::shown::CaseEvidence;
use super::{done, work};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure};

/// The longest name of a file, and note on it, in characters.
const MAX_NAME: usize = 200;
const MAX_NOTE: usize = 1_000;
/// Pieces that wait for the disk.
const WAITING: usize = 4;
/// What is read from the disk at once, in bytes.
const PIECE: usize = 1 << 16;

/// What a piece of evidence is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EvidenceParams {
    /// What the file is called.
    name: String,
    /// What it is.
    note: Option<String>,
    /// The site of the case that it is from; without it, it is of the case as a whole.
    site: Option<String>,
}

/// Bring evidence into a case. The body is the file, at most `cases.evidence_mib`.
#[utoipa::path(post, path = "/api/v1/cases/{id}/evidence", operation_id = "cases_add_evidence", tag = "cases",
    params(("id" = String, Path), EvidenceParams),
    request_body(content = words::EvidenceBytes, content_type = "application/octet-stream"),
    responses((status = 201, body = CaseEvidence), (status = 400, body = ApiError), (status = 404, body = ApiError),
        (status = 413, body = ApiError), (status = 422, body = ApiError), (status = 503, body = ApiError)))]
pub(in crate::api) async fn add(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<EvidenceParams>,
    body: Body,
) -> Result<(StatusCode, Json<CaseEvidence>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let name = text("name", &params.name, 1..=MAX_NAME)?;
    let note = text("note", &params.note.unwrap_or_default(), 0..=MAX_NOTE)?;
    let (store, reader, own) = (Arc::clone(&app.store), signed_in.reader.clone(), id.clone());
    // Nothing is received for a case that is not there.
    let there = crate::error::blocking(move || store.case(&reader, &own)).await?;
    there.ok_or(Failure::NotFound("case"))?;
    let _seat = Seat::take(&app)?;
    let received = receive(&app, body).await?;
    let kept = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let draft = EvidenceDraft {
            name,
            bytes: received.bytes,
            sha256: received.sha256.clone(),
            note,
            site: params.site.filter(|site| !site.is_empty()),
        };
        let files = files(app);
        let keep = || files.keep(&id, &received);
        done(app.store.add_evidence(by, &id, &draft, keep)?, "case")
    });
    let kept = kept.await?;
    let first = Custody {
        at: kept.at,
        who: kept.who.clone(),
        action: CustodyAction::Received,
    };
    let shown = CaseEvidence::of(kept, vec![first]);
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Take a copy of a piece of evidence.
#[utoipa::path(get, path = "/api/v1/cases/{id}/evidence/{evidence}", operation_id = "cases_evidence", tag = "cases",
    params(("id" = String, Path), ("evidence" = i64, Path)),
    responses((status = 200, body = words::EvidenceBytes, content_type = "application/octet-stream"),
        (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(in crate::api) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    signed_in.must(Permission::EvidenceRead)?;
    let found = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let kept = app.store.read_evidence(by, &id, own)?;
        let kept = kept.ok_or(Failure::NotFound("piece of evidence"))?;
        let file = files(app).open(&id, &kept.sha256)?;
        Ok((kept, file))
    });
    let (kept, file) = found.await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, kept.bytes.to_string()),
        (header::CONTENT_DISPOSITION, attachment(&kept.name)),
    ];
    let pieces = Pieces {
        file: tokio::fs::File::from_std(file),
    };
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn files(app: &App) -> Evidence {
    Evidence::new(app.data_dir.join("evidence"))
}

/// A name that any browser saves a file under, whatever letters it has.
pub(super) fn attachment(name: &str) -> String {
    let mut said = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            said.push(char::from(byte));
        } else {
            said.push_str(&format!("%{byte:02X}"));
        }
    }
    said
}

/// One of the uploads that may run at once.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(app: &App) -> Result<Self, Failure> {
        let seats = Arc::clone(&app.memory.uploads);
        let taken = seats.fetch_add(1, Ordering::AcqRel);
        let seat = Self(seats);
        if taken < app.options.cases.uploads {
            return Ok(seat);
        }
        Err(Failure::Busy(
            "as much evidence is being received as cases.uploads allows; try again in a minute",
        ))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Receives a body into a file. What is cut short leaves nothing.
async fn receive(app: &App, body: Body) -> Result<Received, Failure> {
    let limits = app.options.cases;
    let (most, silence) = (
        limits.evidence_mib << 20,
        Duration::from_secs(limits.silence_seconds),
    );
    let number = getrandom::u64().map_err(Failure::NoRandom)?;
    let (files, name) = (files(app), format!("{number:016x}"));
    let (pieces, mut waiting) = mpsc::channel::<Option<Bytes>>(WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        let mut incoming = files.receive(&name)?;
        while let Some(next) = waiting.blocking_recv() {
            match next {
                Some(piece) => incoming.put(&piece)?,
                None => return incoming.end().map(Some),
            }
        }
        Ok::<_, engine::Error>(None)
    });
    let (mut stream, mut bytes) = (body.into_data_stream(), 0_u64);
    loop {
        let next = tokio::time::timeout(silence, next(&mut stream)).await;
        let cut_short = || Failure::BadRequest("the file ended before its end".to_owned());
        let piece = match next {
            Ok(Some(piece)) => Some(piece.map_err(|_| cut_short())?),
            Ok(None) => None,
            Err(_) => return Err(cut_short()),
        };
        bytes += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if bytes > most {
            let said = format!(
                "evidence has at most {} MiB (cases.evidence_mib)",
                limits.evidence_mib
            );
            return Err(Failure::Refused(StatusCode::PAYLOAD_TOO_LARGE, said));
        }
        let is_last = piece.is_none();
        // Who cannot write says why below.
        if pieces.send(piece).await.is_err() || is_last {
            break;
        }
    }
    let received = writing.await??;
    received.ok_or_else(|| Failure::BadRequest("the file ended before its end".to_owned()))
}

async fn next(stream: &mut BodyDataStream) -> Option<Result<Bytes, axum::Error>> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await
}

/// A file on its way out.
struct Pieces {
    file: tokio::fs::File,
}

impl Stream for Pieces {
    type Item = std::io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut piece = vec![0; PIECE];
        let mut room = ReadBuf::new(&mut piece);
        let read = ready!(Pin::new(&mut self.file).poll_read(context, &mut room));
        let length = room.filled().len();
        Poll::Ready(match read {
            Err(error) => Some(Err(error)),
            Ok(()) if length == 0 => None,
            Ok(()) => {
                piece.truncate(length);
                Some(Ok(piece))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn no_name_breaks_out_of_its_header() {
        let said = attachment("bộ nhớ\r\n\"x\".bin");
        assert!(
            said.ends_with("b%E1%BB%99%20nh%E1%BB%9B%0D%0A%22x%22.bin"),
            "{said}"
        );
    }
}
