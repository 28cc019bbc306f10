//! `/metrics` for Prometheus, on loopback: every counter under a documented name.
//!
//! [`table`] has the names, [`page`] writes them, [`centre`] and [`edge`] read the figures. What is not in the table cannot
//! be written, and `deploy/METRICS.md` is made from it.

mod centre;
mod edge;
mod page;
mod process;
mod table;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use centre::{EdgeCounts, start as centre};
pub(crate) use edge::start as edge;
use page::Page;

use crate::config::MetricsSection;
use crate::listen;

/// The version of the text format: Prometheus reads it since its beginning.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A page is as old as this at most: however many ask, the store is asked once.
const FRESH: Duration = Duration::from_secs(1);
/// One or two scrapers, and a person with curl.
const CONNECTIONS: usize = 16;

/// Reads the figures now.
type Read = dyn Fn() -> Page + Send + Sync;

struct Metrics {
    read: Box<Read>,
    last: Mutex<Option<(Instant, String)>>,
}

impl Metrics {
    fn text(&self) -> String {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, text)) = &*last
            && at.elapsed() < FRESH
        {
            return text.clone();
        }
        let text = (self.read)().text();
        *last = Some((Instant::now(), text.clone()));
        text
    }
}

async fn answer(State(metrics): State<Arc<Metrics>>) -> Response {
    match tokio::task::spawn_blocking(move || metrics.text()).await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Serves until `stopped`. A port that is taken is told and does not keep a centre or a sensor from its work.
fn serve(
    section: &MetricsSection,
    read: Box<Read>,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    if !section.on {
        return;
    }
    let listener = match bind(section.listen) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(
                %error,
                address = %section.listen,
                "no figures for Prometheus: cannot listen; set metrics.listen to a free address"
            );
            return;
        }
    };
    let last = Mutex::new(None);
    let router = Router::new()
        .route("/metrics", get(answer))
        .with_state(Arc::new(Metrics { read, last }));
    let stopped = stopped.clone();
    tasks.spawn(listen::serve_plain(
        listener,
        router,
        (CONNECTIONS, "metrics"),
        stopped,
    ));
}

fn bind(address: SocketAddr) -> std::io::Result<tokio::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tracing::info!(address = %listener.local_addr()?, "figures for Prometheus");
    Ok(listener)
}
