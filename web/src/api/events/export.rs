//! Exports: every event that a query finds, as lines or as a table, newest first, sent while it is read.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query as Params, State};
use axum::http::{HeaderMap, HeaderValue, header};
use csv::{Terminator, WriterBuilder};
use engine::index::{Given, Journaled, SearchRequest, Searcher};
use engine::query::Query;
use engine::reader::Permission;
use event::{Envelope, Fields, Leaf, Limits, Name, View};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{Event, open_index, read_time, reason};
use crate::api::assets::csv::{BOM, guarded};
use crate::app::{App, Place};
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Bytes that are sent at once.
const CHUNK: usize = 64 << 10;
/// Chunks that wait for a slow receiver.
const WAITING: usize = 4;
/// Columns of a table.
const MAX_FIELDS: usize = 100;
/// The columns of a table where none are named.
const FIELDS: [&str; 16] = [
    "id",
    "time",
    "kind",
    "site",
    "sensor",
    "source",
    "source.ip",
    "source.port",
    "destination.ip",
    "destination.port",
    "network.transport",
    "host.name",
    "user.name",
    "event.action",
    "rule.id",
    "message",
];
/// Stands between several values of a cell.
const BETWEEN: &str = " | ";

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// A table (RFC 4180).
    Csv,
}

/// What is exported.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// The query; empty: every event.
    q: Option<String>,
    /// Not before.
    from: Option<String>,
    /// Before.
    to: Option<String>,
    /// `ndjson` without it.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// Names joined by commas, at most 100. Without them a line of NDJSON is a whole event, and a table has the usual
    /// columns.
    fields: Option<String>,
    /// At most so many events; never more than `limits.export.events`.
    limit: Option<u64>,
}

/// Events as NDJSON or CSV, newest first. Where there are more than may be exported, or time ran out, the last line says
/// so: `{"export":{"events":N,"cut":"limit"}}`, in a table a row that begins with `#cut`. A cell that a spreadsheet
/// would run begins with `'`. Every export is in the audit trail.
#[utoipa::path(get, path = "/api/v1/events/export", operation_id = "events_export", tag = "events",
    params(ExportParams),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
        (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError),
        (status = 503, body = ApiError)))]
pub(in crate::api) async fn export(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<ExportParams>,
) -> Result<(HeaderMap, Body), Failure> {
    signed_in.must(Permission::EventsRead)?;
    let limits = app.options.export;
    let most = params.limit.unwrap_or(u64::MAX).min(limits.events);
    let request = SearchRequest {
        query: Query::parse(params.q.as_deref().unwrap_or_default(), &app.options.query)?,
        scope: signed_in.reader.scope.clone(),
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
        after: None,
        limit: usize::try_from(most).unwrap_or(usize::MAX),
        deadline: app.options.search_deadline,
    };
    let format = params.format.unwrap_or_default();
    let names = read_names(format, params.fields.as_deref())?;
    let searcher = open_index(&app)?;
    let place = app.memory.exporting.take(limits.at_once);
    let place = place.ok_or(Failure::Busy("too many exports at once; try again later"))?;
    let detail = json!({
        "q": params.q, "from": params.from, "to": params.to, "format": format,
        "fields": params.fields, "most": most,
    });
    let (store, now, who) = (Arc::clone(&app.store), app.now(), signed_in.reader.user);
    blocking(move || store.audit(now, &who, "events.export", "", &detail)).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let output = Output {
        waiting: Vec::with_capacity(CHUNK),
        sender,
        stall: Duration::from_secs(limits.stall_seconds),
        runtime: tokio::runtime::Handle::current(),
    };
    let work = Work {
        format,
        names,
        output,
        fields: Fields::default(),
        _place: place,
    };
    tokio::task::spawn_blocking(move || work.run(&searcher, &request));
    Ok((headers(format), Body::from_stream(Chunks(receiver))))
}

fn headers(format: ExportFormat) -> HeaderMap {
    let (kind, name) = match format {
        ExportFormat::Ndjson => (
            "application/x-ndjson",
            "attachment; filename=\"events.ndjson\"",
        ),
        ExportFormat::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"events.csv\"",
        ),
    };
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ])
}

/// The names of the fields; none: whole events.
fn read_names(format: ExportFormat, fields: Option<&str>) -> Result<Vec<(String, Name)>, Failure> {
    let given = fields.unwrap_or_default().split(',').map(str::trim);
    let mut names: Vec<&str> = given.filter(|name| !name.is_empty()).collect();
    if names.len() > MAX_FIELDS {
        return Err(Failure::BadRequest(format!(
            "fields names more than {MAX_FIELDS}"
        )));
    }
    if names.is_empty() && format == ExportFormat::Csv {
        names = FIELDS.to_vec();
    }
    Ok(names
        .into_iter()
        .map(|name| (name.to_owned(), Name::parse(name)))
        .collect())
}

/// An export under way.
struct Work {
    format: ExportFormat,
    names: Vec<(String, Name)>,
    output: Output,
    fields: Fields,
    _place: Place,
}

impl Work {
    fn run(mut self, searcher: &Searcher, request: &SearchRequest) {
        if self.format == ExportFormat::Csv {
            let header = self.names.iter().map(|(name, _)| name.clone()).collect();
            self.output.waiting.extend_from_slice(BOM);
            self.output.row(header);
        }
        let mut open = true;
        let given = searcher.each(request, |journaled| {
            self.event(&journaled);
            open = self.output.waiting.len() < CHUNK || self.output.send();
            open
        });
        match given {
            Ok(_) if !open => {}
            Ok(given) => {
                self.end(given);
                self.output.send();
            }
            // The connection breaks off: whoever reads knows that this was not all.
            Err(error) => {
                tracing::error!(%error, "an export failed");
                self.output.give(Err(io::Error::other("the export failed")));
            }
        }
    }

    fn event(&mut self, journaled: &Journaled) {
        if self.names.is_empty() {
            self.output.line(&Event::of(journaled));
            return;
        }
        self.fields
            .read(journaled.event.record.bytes(), Limits::default());
        let (names, fields) = (&self.names, &self.fields);
        match self.format {
            ExportFormat::Ndjson => {
                let values = names.iter().filter_map(|(text, name)| {
                    let mut values = values(journaled, fields, name);
                    let value = if values.len() > 1 {
                        Value::Array(values)
                    } else {
                        values.pop()?
                    };
                    Some((text.clone(), value))
                });
                let line = Map::from_iter(values);
                self.output.line(&line);
            }
            ExportFormat::Csv => {
                let cells = names.iter().map(|(_, name)| {
                    let values = values(journaled, fields, name);
                    let texts: Vec<String> = values.into_iter().map(text).collect();
                    guarded(&texts.join(BETWEEN))
                });
                self.output.row(cells.collect());
            }
        }
    }

    /// Says what is missing, if anything is.
    fn end(&mut self, given: Given) {
        let cut = match given.partial {
            Some(partial) => reason(partial),
            None if given.more => "limit".to_owned(),
            None => return,
        };
        let events = given.events;
        match self.format {
            ExportFormat::Ndjson => {
                self.output
                    .line(&json!({ "export": { "events": events, "cut": cut } }));
            }
            ExportFormat::Csv => {
                let first = format!("#cut after {events} events: {cut}");
                let rest = self.names.iter().skip(1).map(|_| String::new());
                self.output
                    .row(std::iter::once(first).chain(rest).collect());
            }
        }
    }
}

/// The values of a field in an event, as JSON.
fn values(journaled: &Journaled, fields: &Fields, name: &Name) -> Vec<Value> {
    let event = &journaled.event;
    match name {
        Name::Envelope(Envelope::Id) => vec![json!(event.id.to_string())],
        Name::Envelope(Envelope::Time) => vec![json!(event.time.to_string())],
        Name::Envelope(Envelope::Seen) => vec![json!(event.seen.to_string())],
        name => {
            let leaves = View { event, fields }.values(name).into_iter();
            let values = leaves.filter_map(|leaf| match leaf {
                Leaf::Null | Leaf::Container => None,
                Leaf::Bool(value) => Some(json!(value)),
                Leaf::Int(value) => Some(json!(value)),
                Leaf::Unsigned(value) => Some(json!(value)),
                Leaf::Float(value) => Some(json!(value)),
                Leaf::Text(value) => Some(json!(value)),
                Leaf::Ip(value) => Some(json!(value.to_string())),
            });
            values.collect()
        }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Where an export goes.
struct Output {
    waiting: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
    stall: Duration,
    runtime: tokio::runtime::Handle,
}

impl Output {
    fn line(&mut self, value: &impl Serialize) {
        // A buffer takes everything, and what is written has no keys but texts.
        serde_json::to_writer(&mut self.waiting, value).unwrap_or_default();
        self.waiting.push(b'\n');
    }

    fn row(&mut self, cells: Vec<String>) {
        let mut row = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(&mut self.waiting);
        // A buffer takes everything.
        row.write_record(cells).unwrap_or_default();
        row.flush().unwrap_or_default();
    }

    /// Sends what waits; false when nobody takes it any more.
    fn send(&mut self) -> bool {
        let chunk = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        self.give(Ok(Bytes::from(chunk)))
    }

    fn give(&self, chunk: io::Result<Bytes>) -> bool {
        let sent = async { tokio::time::timeout(self.stall, self.sender.send(chunk)).await };
        matches!(self.runtime.block_on(sent), Ok(Ok(())))
    }
}

/// The chunks of a body.
struct Chunks(mpsc::Receiver<io::Result<Bytes>>);

impl futures_core::Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
