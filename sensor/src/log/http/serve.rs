//! A connection and its requests: who may, what is asked, and the answer once the events are durable.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::answer::{Answer, Refused};
use super::body::{self, Held};
use super::listener::Shared;
use super::tokens::{Shown, shown};
use super::{Reader, Taken, bulk, hec, otlp};
use crate::config::Protocol;
use crate::log::stamp::decimal;
use crate::run::Stop;

/// Of a body that is refused so much is let pass, so that its sender hears the answer.
const PASSED: usize = 1 << 20;

/// What is asked.
enum Asked {
    /// Nothing that needs the body.
    Answer(Answer),
    /// What is in the body.
    Body(Body),
}

/// What a body is.
#[derive(Clone)]
enum Body {
    Bulk(bulk::Ask),
    Hec(hec::Ask),
    Otlp { is_json: bool },
}

impl Body {
    fn is_json(&self) -> bool {
        matches!(self, Self::Otlp { is_json: true })
    }

    fn take(&self, bytes: &[u8], reader: &mut Reader, seen: event::Time) -> Taken {
        match self {
            Self::Bulk(ask) => bulk::take(bytes, ask, reader, seen),
            Self::Hec(ask) => hec::take(bytes, ask, reader, seen),
            Self::Otlp { is_json } => otlp::take(bytes, *is_json, reader, seen),
        }
    }
}

/// Serves a connection until its peer is done or it is time to stop.
pub(super) async fn connection<S>(shared: &Arc<Shared>, stream: S, from: SocketAddr, mut stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let own = Arc::clone(shared);
    let service = hyper::service::service_fn(move |request| {
        let shared = Arc::clone(&own);
        async move { Ok::<_, std::convert::Infallible>(respond(&shared, from, request).await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(shared.limits.head_secs))
        .max_buf_size(shared.limits.head_bytes);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%from, %error, "a connection ended early");
    }
}

async fn respond(
    shared: &Arc<Shared>,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    shared.note_request();
    let (head, body) = request.into_parts();
    let answer = match asked(shared, &head) {
        Asked::Answer(answer) => {
            let refused = answer.status >= 400;
            let most = if refused {
                PASSED
            } else {
                shared.limits.body_bytes
            };
            body::pass(body, &shared.limits, most).await;
            answer
        }
        Asked::Body(asked) => {
            let encoding = header(&head.headers, CONTENT_ENCODING).map(str::to_owned);
            let taken = take(shared, asked.clone(), encoding, body).await;
            taken.unwrap_or_else(|refused| {
                tracing::info!(%from, %refused, "a body was refused");
                refused.answer(shared.protocol, asked.is_json())
            })
        }
    };
    if matches!(answer.status, 401 | 403) {
        shared.refuse();
        tracing::warn!(%from, protocol = shared.protocol.name(), "refused a request without a known token");
    }
    response(shared.protocol, answer)
}

/// Reads a body, makes its events, hands them over and waits until they are durable.
async fn take(
    shared: &Arc<Shared>,
    asked: Body,
    encoding: Option<String>,
    body: Incoming,
) -> Result<Answer, Refused> {
    // Whoever is slow holds no place: the body is read first, within its limit.
    let packed = body::read(body, &shared.limits, &shared.room).await?;
    let patience = Duration::from_secs(shared.limits.answer_secs);
    let own = Arc::clone(shared);
    let kept = async move {
        let place = Arc::clone(&own.places).acquire_owned().await;
        let work = move || {
            let made = make(&own, &asked, packed, encoding.as_deref());
            // Until the events are handed over; after that they wait in the queue's place, not here.
            drop(place);
            made
        };
        let (answer, ticket) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Refused::Waiting)??;
        match ticket {
            None => Ok(answer),
            Some(ticket) => match ticket.durable().await {
                Ok(()) => Ok(answer),
                Err(_) => Err(Refused::Waiting),
            },
        }
    };
    tokio::time::timeout(patience, kept)
        .await
        .unwrap_or(Err(Refused::Waiting))
}

/// Makes the events of a body and hands them over.
fn make(
    shared: &Shared,
    asked: &Body,
    packed: Held,
    encoding: Option<&str>,
) -> Result<(Answer, Option<crate::out::Ticket>), Refused> {
    let body = body::unpack(packed, encoding, &shared.limits)?;
    let seen = shared.now();
    let mut reader = shared.reader.clone();
    let Taken { made, answer } = asked.take(&body.bytes, &mut reader, seen);
    drop(body);
    let ticket = shared.give(made, seen).map_err(|_| Refused::Waiting)?;
    Ok((answer, ticket))
}

fn response(protocol: Protocol, answer: Answer) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(answer.status);
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, fixed(answer.kind));
    if protocol == Protocol::Bulk {
        headers.insert("x-elastic-product", fixed("Elasticsearch"));
    }
    match answer.status {
        401 => {
            let scheme = match protocol {
                Protocol::Bulk => "ApiKey",
                Protocol::Hec => "Splunk",
                Protocol::Otlp => "Bearer",
            };
            headers.insert("www-authenticate", fixed(scheme));
        }
        429 | 503 => {
            headers.insert("retry-after", fixed("5"));
        }
        _ => {}
    }
    response
}

fn header(headers: &HeaderMap, name: hyper::header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn asked(shared: &Shared, head: &Parts) -> Asked {
    match shared.protocol {
        Protocol::Bulk => bulk_asked(shared, head),
        Protocol::Hec => hec_asked(shared, head),
        Protocol::Otlp => otlp_asked(shared, head),
    }
}

fn bulk_asked(shared: &Shared, head: &Parts) -> Asked {
    let value = header(&head.headers, AUTHORIZATION);
    let known = match shown(value, &["ApiKey", "Basic", "Bearer"], false) {
        Shown::Token(token) => shared.tokens.hold(&token),
        Shown::Nothing | Shown::Unknown => false,
    };
    if !known {
        let reason = "the request has no key that this source knows (its token_file)";
        return Asked::Answer(Answer::elastic(401, "security_exception", reason));
    }
    let (method, path) = (head.method.as_str(), head.uri.path());
    let index = match path.trim_end_matches('/').strip_suffix("/_bulk") {
        Some("") => None,
        Some(index) => Some(index.trim_start_matches('/').to_owned()),
        None => return Asked::Answer(bulk::handshake(method, path)),
    };
    if !matches!(method, "POST" | "PUT") {
        let reason = "_bulk takes POST and PUT";
        return Asked::Answer(Answer::elastic(405, "illegal_argument_exception", reason));
    }
    let filter = query(head, "filter_path");
    let mut seed = [0; 8];
    // Ids that nobody looks up: without randomness they are only less different.
    getrandom::fill(&mut seed).unwrap_or_default();
    Asked::Body(Body::Bulk(bulk::Ask {
        index,
        short: filter.is_some_and(|wanted| !wanted.contains("_id") && wanted.contains("status")),
        seed: u64::from_le_bytes(seed),
    }))
}

fn hec_asked(shared: &Shared, head: &Parts) -> Asked {
    let (method, path) = (head.method.as_str(), head.uri.path().trim_end_matches('/'));
    if let Some(answer) = hec::handshake(method, path) {
        return Asked::Answer(answer);
    }
    let say = |status, text, code| Asked::Answer(Answer::splunk(status, text, code, None));
    let value = header(&head.headers, AUTHORIZATION);
    if value.is_none() && query(head, "token").is_some() {
        return say(400, "Query string authorization is not enabled", 16);
    }
    match shown(value, &["Splunk", "Basic"], true) {
        Shown::Nothing => return say(401, "Token is required", 2),
        Shown::Unknown => return say(401, "Invalid authorization", 3),
        Shown::Token(token) if !shared.tokens.hold(&token) => {
            return say(403, "Invalid token", 4);
        }
        Shown::Token(_) => {}
    }
    let place = path.strip_prefix("/services/collector").unwrap_or("-");
    match (method, place) {
        ("POST", "" | "/event" | "/event/1.0") => Asked::Body(Body::Hec(hec::Ask::Event)),
        ("POST", "/raw" | "/raw/1.0") => Asked::Body(Body::Hec(hec::Ask::Raw {
            host: query(head, "host").filter(|host| !host.is_empty()),
            time: query(head, "time").and_then(|time| decimal(&time)),
        })),
        (_, "/ack" | "/ack/1.0") => say(400, "ACK is disabled", 14),
        (_, "" | "/event" | "/event/1.0" | "/raw" | "/raw/1.0") => {
            say(405, "Method Not Allowed", 6)
        }
        _ => say(404, "nothing is taken under this path", 404),
    }
}

fn otlp_asked(shared: &Shared, head: &Parts) -> Asked {
    let kind = header(&head.headers, CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json");
    let say = |status, message| Asked::Answer(Answer::otlp(status, is_json, message));
    let known = match shown(
        header(&head.headers, AUTHORIZATION),
        &["Bearer", "Basic"],
        false,
    ) {
        Shown::Token(token) => shared.tokens.hold(&token),
        Shown::Nothing | Shown::Unknown => false,
    };
    if !known {
        return say(401, "the request has no token that this source knows");
    }
    if head.uri.path().trim_end_matches('/') != "/v1/logs" {
        return say(404, "only logs are taken: POST /v1/logs");
    }
    if head.method != hyper::Method::POST {
        return say(405, "only POST is taken");
    }
    if !is_json && !kind.eq_ignore_ascii_case("application/x-protobuf") {
        return say(415, "send application/x-protobuf or application/json");
    }
    Asked::Body(Body::Otlp { is_json })
}

/// A value of the query, decoded; text that is no UTF-8 is none.
fn query(head: &Parts, name: &str) -> Option<String> {
    let pairs = head.uri.query()?.split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    decoded(value)
}

fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = after.split_first_chunk::<2>()?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}
