//! Listens for HTTP: TLS off-host, plain on loopback, and the control socket for this machine's
//! root and the daemon's own user.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use web::Peer;

use crate::edges::{EdgePeer, fingerprint};
use crate::metrics::EdgeCounts;

/// A client has this long for its TLS handshake and for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Binds the console's address; the error names the key that moves it.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; set web.listen to a free address"))
}

/// A listener that lets in so many at once.
struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    /// The key that says how many.
    key: &'static str,
}

impl Door {
    fn new(listener: TcpListener, connections: usize, key: &'static str) -> Self {
        Self {
            listener,
            room: Arc::new(Semaphore::new(connections)),
            key,
        }
    }

    /// The next connection with its place; none when it is time to stop.
    async fn next(
        &self,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => return None,
            };
            let Ok((stream, from)) = accepted else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            match Arc::clone(&self.room).try_acquire_owned() {
                Ok(permit) => return Some((stream, from, permit)),
                Err(_) => {
                    tracing::warn!(%from, key = self.key, "refused a connection: all places are taken")
                }
            }
        }
    }
}

/// Serves until `stop`. Without TLS only loopback is served.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    connections: usize,
    mut stop: watch::Receiver<bool>,
) {
    let door = Door::new(listener, connections, "web.connections");
    while let Some((stream, from, permit)) = door.next(&mut stop).await {
        let peer = Peer::Network {
            ip: from.ip(),
            tls: tls.is_some(),
        };
        let (router, tls, stop) = (router.clone(), tls.clone(), stop.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, peer, router, stop).await,
                Some(tls) => match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                    Ok(Ok(stream)) => connection(stream, peer, router, stop).await,
                    Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS handshake"),
                    Err(_) => tracing::debug!(%from, "no TLS handshake in time"),
                },
            }
            drop(permit);
        });
    }
}

/// Serves plain HTTP on loopback until `stop`, to so many connections; the word names the key that limits them.
pub(crate) async fn serve_plain(
    listener: TcpListener,
    router: Router,
    (connections, key): (usize, &'static str),
    mut stop: watch::Receiver<bool>,
) {
    let door = Door::new(listener, connections, key);
    while let Some((stream, from, permit)) = door.next(&mut stop).await {
        let peer = Peer::Network {
            ip: from.ip(),
            tls: false,
        };
        let (router, stop) = (router.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, stop).await;
            drop(permit);
        });
    }
}

/// Serves what edges deliver until `stop`: HTTP/2 over TLS, with the fingerprint of the certificate
/// that came. The newest of `acceptors` counts for new connections. `most`: connections, and bodies open on each.
pub(crate) async fn serve_edges(
    listener: TcpListener,
    acceptors: watch::Receiver<Arc<ServerConfig>>,
    router: Router,
    ((connections, bodies), counts): ((usize, usize), Arc<EdgeCounts>),
    mut stop: watch::Receiver<bool>,
) {
    let door = Door::new(listener, connections, "edges.connections");
    while let Some((stream, from, permit)) = door.next(&mut stop).await {
        let acceptor = TlsAcceptor::from(Arc::clone(&acceptors.borrow()));
        let connected = counts.connected();
        let (router, stop) = (router.clone(), stop.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => edge(stream, from, (router, bodies), stop).await,
                // Who it was nobody can say; the log keeps it apart from what the audit trail keeps.
                Ok(Err(error)) => tracing::warn!(%from, %error, "no TLS handshake with a sensor"),
                Err(_) => tracing::debug!(%from, "no TLS handshake in time"),
            }
            drop((permit, connected));
        });
    }
}

async fn edge(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    from: SocketAddr,
    (router, bodies): (Router, usize),
    mut stop: watch::Receiver<bool>,
) {
    /// The largest head.
    const HEAD_BYTES: u32 = 16 << 10;
    /// A line that is quiet for so long is asked whether it lives, and given so long to answer.
    const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(40));
    let certificates = stream.get_ref().1.peer_certificates();
    let first = certificates.and_then(|held| held.first());
    let peer = EdgePeer {
        ip: from.ip(),
        certificate: first.map(|der| fingerprint(der)),
    };
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(u32::try_from(bodies).unwrap_or(u32::MAX))
        .max_header_list_size(HEAD_BYTES)
        .keep_alive_interval(ALIVE.0)
        .keep_alive_timeout(ALIVE.1);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a sensor's connection ended early"),
        None => {
            connection.as_mut().graceful_shutdown();
            drop(tokio::time::timeout(HEAD_TIMEOUT, connection).await);
        }
    }
}

/// Serves the control socket until `stop`: the same API, as user `local`.
pub(crate) async fn serve_control(
    listener: UnixListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let own = rustix::process::getuid().as_raw();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let admitted = stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own);
        if admitted {
            let (router, stop) = (router.clone(), stop.clone());
            tokio::spawn(connection(stream, Peer::Control, router, stop));
        } else {
            tracing::warn!("refused a stranger on the control socket");
        }
    }
}

/// Binds the control socket, for its owner only.
pub(crate) fn bind_control(path: &Path) -> Result<UnixListener> {
    if path.exists() {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("cannot bind {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot close {} to others", path.display()))?;
    Ok(listener)
}

async fn connection<S>(stream: S, peer: Peer, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        },
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
}
