//! One connection to the centre: TCP, TLS 1.3 with both certificates, HTTP/2.

use std::sync::Arc;
use std::time::Duration;

use event::{Instance, Lane, PerLane, Time};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::body::{Leaving, Pace, Paced};
use crate::uplink::order::Place;
use crate::uplink::spool::Accepts;

/// For a name to be found, a connection to be made, TLS to be agreed on.
const OPENING: Duration = Duration::from_secs(30);
/// Of it for the connection: the kernel tries after 1, 3 and 7 s, and then too seldom. Who begins anew is there sooner
/// when a line comes back.
const CONNECTING: Duration = Duration::from_secs(10);
/// The connection holds so much of a body that has not left yet, so that what is more urgent is not behind it.
const UNSENT: usize = 64 << 10;
/// A line that is quiet for so long is asked whether it lives, and given so long to answer.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(40));
/// A body has this long, and a second more for each KiB.
const ANSWER: Duration = Duration::from_secs(90);
/// An answer to a body is never longer.
const ANSWER_BYTES: usize = 64 << 10;
/// Nor one to a request: a bundle with the networks of a province.
const POSTED_BYTES: usize = 4 << 20;

/// An open connection.
pub struct Connection {
    requests: SendRequest<Paced>,
    authority: String,
}

/// What broke a request.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Nothing came.
    #[error("no answer in time")]
    Late,
    /// The line broke.
    #[error("{0}")]
    Line(String),
    /// What came is no answer.
    #[error("an answer that is none: {0}")]
    Answer(String),
}

/// What the centre said, and after how long.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) answer: Answer,
    /// From the first byte sent to the answer.
    pub(super) took: Duration,
}

/// What the centre says to a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is durable there.
    Taken {
        /// How far the centre has each lane.
        acknowledged: PerLane<u64>,
        /// Bytes that may be on their way.
        credit: u64,
        /// The digest of the configuration that the centre wants here.
        bundle: Option<String>,
        /// The update that it offers.
        update: Option<Wanted>,
    },
    /// A lane goes on at another number.
    Hole {
        /// The lane.
        lane: Lane,
        /// The number.
        expected: u64,
    },
    /// It takes nothing now.
    Wait {
        /// For so long.
        after: Duration,
    },
    /// It takes no events of this site from this sensor.
    Foreign {
        /// The site.
        site: String,
        /// Its words.
        message: String,
    },
    /// It will not take this.
    Refused {
        /// The code of its answer.
        code: String,
        /// Its words.
        message: String,
    },
}

#[derive(Deserialize)]
struct Taken {
    acknowledged: [u64; 3],
    credit: u64,
    bundle: Option<String>,
    #[serde(default)]
    update: serde_json::Value,
}

/// An update that the centre offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Wanted {
    /// The rollout.
    pub id: u64,
    /// The version that it brings.
    pub version: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    message: String,
    lane: Option<u8>,
    expected: Option<u64>,
    /// Of a centre that takes the gap, which older ones do not.
    foreign: Option<String>,
}

impl Connection {
    /// Connects to `https://host:port`.
    ///
    /// # Errors
    /// Why not, in words for people.
    pub async fn open(centre: &str, tls: Arc<rustls::ClientConfig>) -> Result<Self, String> {
        Self::open_until_silent(centre, tls, Duration::ZERO).await
    }

    /// As [`Self::open`]; what is sent and not acknowledged by the other end's kernel for `silence` breaks the
    /// connection. Zero: as long as the kernel tries, a quarter of an hour.
    pub(super) async fn open_until_silent(
        centre: &str,
        tls: Arc<rustls::ClientConfig>,
        silence: Duration,
    ) -> Result<Self, String> {
        timeout(OPENING, Self::open_slowly(centre, tls, silence))
            .await
            .map_err(|_| format!("{centre} did not answer in time"))?
    }

    async fn open_slowly(
        centre: &str,
        tls: Arc<rustls::ClientConfig>,
        silence: Duration,
    ) -> Result<Self, String> {
        let uri: Uri = centre
            .parse()
            .map_err(|_| format!("{centre} is no address"))?;
        let host = uri
            .host()
            .ok_or_else(|| format!("{centre} names no host"))?;
        let port = uri.port_u16().unwrap_or(8444);
        let name = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let stream = timeout(CONNECTING, TcpStream::connect((name.as_str(), port)))
            .await
            .map_err(|_| format!("{host}:{port} did not answer in time"))?
            .map_err(|error| format!("cannot reach {host}:{port}: {error}"))?;
        tune(&stream, silence)?;
        let server = ServerName::try_from(name).map_err(|_| format!("{host} is no name"))?;
        let stream = tokio_rustls::TlsConnector::from(tls)
            .connect(server, stream)
            .await
            .map_err(|error| format!("no TLS with {host}:{port}: {error}"))?;
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_send_buf_size(UNSENT)
            .keep_alive_interval(ALIVE.0)
            .keep_alive_timeout(ALIVE.1);
        let (requests, connection) = builder
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| format!("no HTTP/2 with {host}:{port}: {error}"))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the centre ended");
            }
        });
        Ok(Self {
            requests,
            authority: format!("{host}:{port}"),
        })
    }

    /// The other end's clock, to the second: the date that it puts on any answer (RFC 9110, 6.6.1).
    ///
    /// # Errors
    /// No answer, or one without a date.
    pub async fn time(&self) -> Result<Time, Trouble> {
        let response = self.exchange("/v1/time", Bytes::new()).await?;
        let date = response.headers().get("date");
        let date = date.and_then(|date| date.to_str().ok());
        let read = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let time = read.map(|time| Time::from_micros(time.timestamp().as_microsecond()));
        time.ok_or_else(|| Trouble::Answer("it has no date".to_owned()))
    }

    /// Posts JSON; gives the status and what came with it.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, json: Bytes) -> Result<(StatusCode, Bytes), Trouble> {
        let exchange = async {
            let (head, body) = self.exchange(path, json).await?.into_parts();
            let body = Limited::new(body, POSTED_BYTES).collect().await;
            let body = body.map_err(|error| Trouble::Line(error.to_string()))?;
            Ok((head.status, body.to_bytes()))
        };
        timeout(ANSWER, exchange).await.map_err(|_| Trouble::Late)?
    }

    async fn exchange(&self, path: &str, json: Bytes) -> Result<Response<Incoming>, Trouble> {
        let line = |error: hyper::Error| Trouble::Line(error.to_string());
        let request = Request::post(format!("https://{}{path}", self.authority))
            .header("content-type", "application/json")
            .body(Paced::new(json, Pace::unlimited(), None))
            .map_err(|error| Trouble::Line(error.to_string()))?;
        let mut requests = self.requests.clone();
        let exchange = async {
            requests.ready().await.map_err(line)?;
            requests.send_request(request).await.map_err(line)
        };
        timeout(ANSWER, exchange).await.map_err(|_| Trouble::Late)?
    }

    /// A piece of a resource: `length` bytes from `from` on, or as many as there are.
    ///
    /// # Errors
    /// No answer, or one that is not that piece.
    pub async fn piece(&self, path: &str, from: u64, length: u64) -> Result<Bytes, Trouble> {
        let line = |error: hyper::Error| Trouble::Line(error.to_string());
        let last = from.saturating_add(length).saturating_sub(1);
        let request = Request::get(format!("https://{}{path}", self.authority))
            .header("range", format!("bytes={from}-{last}"))
            .body(Paced::new(Bytes::new(), Pace::unlimited(), None))
            .map_err(|error| Trouble::Line(error.to_string()))?;
        let mut requests = self.requests.clone();
        let most = usize::try_from(length)
            .unwrap_or(POSTED_BYTES)
            .min(POSTED_BYTES);
        let exchange = async {
            requests.ready().await.map_err(line)?;
            let (head, body) = requests
                .send_request(request)
                .await
                .map_err(line)?
                .into_parts();
            if head.status != StatusCode::PARTIAL_CONTENT {
                return Err(Trouble::Answer(format!(
                    "the centre answered {}",
                    head.status
                )));
            }
            let range = head.headers.get("content-range");
            let begins = range
                .and_then(|range| range.to_str().ok()?.strip_prefix("bytes ")?.split_once('-'));
            if begins.and_then(|(begins, _)| begins.parse().ok()) != Some(from) {
                return Err(Trouble::Answer("another piece than asked for".to_owned()));
            }
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|error| Trouble::Line(error.to_string()))?;
            Ok(body.to_bytes())
        };
        let limit = ANSWER + Duration::from_secs(length / 1_024);
        timeout(limit, exchange).await.map_err(|_| Trouble::Late)?
    }

    /// `POST /v1/batches`.
    pub(super) fn batches(
        &self,
        (instance, accepts): (Instance, Accepts),
        version: &str,
        now: Time,
        (place, packed): (Option<Place>, Bytes),
        (pace, leaving): (Pace, Leaving),
    ) -> impl Future<Output = Result<Answered, Trouble>> + Send + 'static {
        let limit = ANSWER + Duration::from_secs(packed.len() as u64 / 1_024);
        let request = Request::post(format!("https://{}/v1/batches", self.authority))
            .header("content-type", "application/vnd.haidang.batch")
            .header("content-encoding", "zstd")
            .header("haidang-instance", instance.to_string())
            .header("haidang-version", version)
            .header("haidang-spool", accepts.name())
            .header("haidang-time", now.micros().to_string());
        let request = match place {
            Some(place) => request.header("haidang-begins", place.to_string()),
            None => request,
        };
        let request = request.body(Paced::new(packed, pace, Some(leaving)));
        let mut requests = self.requests.clone();
        async move {
            let request = request.map_err(|error| Trouble::Line(error.to_string()))?;
            let began = Instant::now();
            let line = |error: hyper::Error| Trouble::Line(error.to_string());
            let exchange = async {
                requests.ready().await.map_err(line)?;
                let response = requests.send_request(request).await.map_err(line)?;
                read(response).await
            };
            let answer = timeout(limit, exchange)
                .await
                .map_err(|_| Trouble::Late)??;
            let took = began.elapsed();
            Ok(Answered { answer, took })
        }
    }
}

/// What the kernel should do with a connection.
fn tune(stream: &TcpStream, silence: Duration) -> Result<(), String> {
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    // BBR takes loss for what it is on a bad line, and not for a line that is full. Where the kernel does not
    // let this user have it, its own default is what is left.
    if let Err(error) = rustix::net::sockopt::set_tcp_congestion(stream, "bbr") {
        tracing::debug!(%error, "the kernel gives no BBR; the line is used with its default");
    }
    // A kernel tries a cut line ever more seldom, and finds late that it is back.
    let silence = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, silence) {
        tracing::debug!(%error, "the kernel does not say when the centre's has gone silent");
    }
    Ok(())
}

async fn read(response: Response<Incoming>) -> Result<Answer, Trouble> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_BYTES).collect().await;
    let body = body
        .map_err(|error| Trouble::Line(error.to_string()))?
        .to_bytes();
    let after = head.headers.get("retry-after");
    let after = after.and_then(|value| value.to_str().ok());
    understood(head.status, after, &body)
}

/// What an answer says; of a newer centre's, what this program knows of it.
pub(super) fn understood(
    status: StatusCode,
    after: Option<&str>,
    body: &[u8],
) -> Result<Answer, Trouble> {
    let broken = |error: serde_json::Error| Trouble::Answer(error.to_string());
    if status == StatusCode::OK {
        let taken: Taken = serde_json::from_slice(body).map_err(broken)?;
        return Ok(Answer::Taken {
            acknowledged: PerLane(taken.acknowledged),
            credit: taken.credit,
            bundle: taken.bundle,
            // A newer centre may offer in another form; what counts is that it took the body.
            update: serde_json::from_value(taken.update).ok(),
        });
    }
    if matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        let after = after.and_then(|after| after.parse().ok());
        return Ok(Answer::Wait {
            after: Duration::from_secs(after.unwrap_or(5)),
        });
    }
    let problem: Problem = serde_json::from_slice(body).map_err(broken)?;
    let lane = problem.lane.and_then(Lane::from_number);
    let Problem { code, message, .. } = problem;
    Ok(match (lane, problem.expected, problem.foreign) {
        (Some(lane), Some(expected), _) => Answer::Hole { lane, expected },
        (_, _, Some(site)) => Answer::Foreign { site, message },
        _ => Answer::Refused { code, message },
    })
}
