//! Updates of the sensors' program: which one a sensor is offered with an answer, and the file, piece by piece.

use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path as Named, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::rollout::{Offer, Published, SaidOfUpdate, Step};
use engine::store::{Sensor, Store};
use serde_json::Value;

use super::router::{EdgePeer, Edges, Said4xx, blocking, known};
use crate::config::OWN_SOURCE;
use crate::data_dir::VERSION as LAYOUT;
use crate::update::{hash_of, verify};

/// The largest piece of a file that one answer carries.
const PIECE: u64 = 1 << 20;

/// What a sensor that speaks is offered, if something.
pub(super) fn offer(edges: &Edges, sensor: &Sensor) -> engine::Result<Option<Offer>> {
    let mut sites: Vec<String> = sensor.sites.clone();
    let leaves = edges.registry.admission(sensor).sites;
    sites.extend(leaves.iter().map(ToString::to_string));
    let said = |name: &str| said(&edges.registry.store, name);
    let waits = ((edges.clock)(), edges.offered);
    edges.rollouts.offer((&sensor.name, &sites), waits, said)
}

/// What a sensor said last of its program and of what it was offered.
fn said(store: &Store, name: &str) -> engine::Result<SaidOfUpdate> {
    let version = store.sensor(name)?.map(|sensor| sensor.said.version);
    let report = store.own_report(name, OWN_SOURCE)?;
    let report: Value = report
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let of = |key: &str| report.get("update").and_then(|update| update.get(key));
    let text = |key: &str| {
        of(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(SaidOfUpdate {
        version: version.unwrap_or_default(),
        pushed: of("pushed").and_then(Value::as_bool).unwrap_or(false),
        id: of("id").and_then(Value::as_u64).unwrap_or(0),
        state: text("state"),
        reason: text("reason"),
    })
}

/// A piece of the file of a rollout, for a sensor that is offered it.
pub(super) async fn piece(
    State(edges): State<Arc<Edges>>,
    Extension(peer): Extension<EdgePeer>,
    Named(id): Named<u64>,
    headers: HeaderMap,
) -> Result<Response, Said4xx> {
    let range = headers.get(header::RANGE);
    let range = range.and_then(|range| range.to_str().ok().and_then(range_of));
    let work = move || {
        let sensor = known(&edges, peer, false)?;
        let newest = edges.rollouts.newest().filter(|own| own.id == id);
        let is_offered =
            newest.is_some_and(|own| own.sensors.get(&sensor.name) == Some(&Step::Offered));
        let file = edges.rollouts.file(id).filter(|_| is_offered);
        let Some(file) = file else {
            let message = "this sensor is not offered that update";
            return Err(Said4xx::new(StatusCode::NOT_FOUND, "no_update", message));
        };
        let (first, last) = range.ok_or_else(bad_range)?;
        read(&file, first, last)
    };
    blocking(work).await
}

/// `bytes=FIRST-LAST`; nothing else is asked for.
fn range_of(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

fn bad_range() -> Said4xx {
    let message = "ask for a range of the file: bytes=FIRST-LAST";
    Said4xx::new(StatusCode::RANGE_NOT_SATISFIABLE, "bad_range", message)
}

fn read(file: &Path, first: u64, last: u64) -> Result<Response, Said4xx> {
    let failed = |error: std::io::Error| {
        tracing::error!(%error, file = %file.display(), "cannot read the update");
        Said4xx::wait("the centre cannot read the update; its log has the cause")
    };
    let opened = std::fs::File::open(file).map_err(failed)?;
    let size = opened.metadata().map_err(failed)?.len();
    if first >= size {
        return Err(bad_range());
    }
    let length = (last.min(size - 1) - first + 1).min(PIECE);
    let mut piece = vec![0; usize::try_from(length).unwrap_or(0)];
    opened.read_exact_at(&mut piece, first).map_err(failed)?;
    let range = format!("bytes {first}-{}/{size}", first + length - 1);
    let head = [
        (header::CONTENT_RANGE, range),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
    ];
    Ok((StatusCode::PARTIAL_CONTENT, head, piece).into_response())
}

/// Looks at a file that a person wants to publish: signed by whoever this centre takes updates from, whole, and one
/// that a sensor may go back from.
pub(super) fn publishable(certificate: PathBuf) -> web::CheckUpdate {
    Arc::new(move |path: &Path| look(path, &certificate).map_err(|problem| format!("{problem:#}")))
}

fn look(path: &Path, certificate: &Path) -> anyhow::Result<Published> {
    let file = std::fs::File::open(path)?;
    let manifest = verify(&file, "the file", certificate)?;
    anyhow::ensure!(
        manifest.layout == LAYOUT,
        "it changes the layout of data, after which there is no way back; install it by hand, box by box"
    );
    Ok(Published {
        version: manifest.version,
        target: manifest.target,
        size: file.metadata()?.len(),
        sha256: hash_of(path)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_range_is_one() {
        for (text, range) in [
            ("bytes=0-9", Some((0, 9))),
            ("bytes=5-5", Some((5, 5))),
            ("bytes=9-0", None),
            ("bytes=-5", None),
            ("bytes=5-", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(range_of(text), range, "{text}");
        }
    }
}
