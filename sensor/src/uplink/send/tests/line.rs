//! Both ends of an uplink and the line between them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use event::{Batch, Core, Event, EventId, Instance, Kind, Lane, Record, SourceOffset};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::*;
use crate::out::Parcel;
use crate::uplink::order::Place;
use crate::uplink::receive::{Admission, Receiver, Refusal};
use crate::uplink::spool::SpoolOptions;
use crate::uplink::wire::WireLimits;

pub(super) fn clock() -> Arc<dyn Fn() -> Time + Send + Sync> {
    Arc::new(|| Time::from_seconds(1_800_000_000, 0))
}

pub(super) fn event(kind: Kind, mark: u64) -> Event {
    Event {
        id: EventId::unnumbered(kind.lane()),
        time: Time::from_micros(1),
        seen: Time::from_micros(2),
        sensor: "edge-1".into(),
        source: "a".into(),
        site: "x".into(),
        kind,
        exercise: false,
        core: Core::default(),
        record: Record::new(record(mark).into_bytes()),
    }
}

/// A record that does not shrink to nothing on the line.
pub(super) fn record(mark: u64) -> String {
    let mut random = mark;
    let noise = std::iter::repeat_with(|| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        format!("{random:016x}")
    });
    let noise: String = noise.take(12).collect();
    format!("{{\"mark\":{mark},\"noise\":\"{noise}\"}}")
}

/// What the centre made durable: events by number, numbers declared as gone, and the offsets.
#[derive(Default)]
pub(super) struct Held {
    pub(super) events: BTreeMap<(Instance, Lane, u64), u64>,
    pub(super) twice: u64,
    pub(super) declared: u64,
    pub(super) offsets: BTreeMap<(String, String), SourceOffset>,
    pub(super) first_lanes: Vec<Lane>,
}

impl Held {
    pub(super) fn take(&mut self, batch: Batch) {
        if let Some(first) = batch.first {
            self.first_lanes.push(first.lane);
        }
        for (event, place) in batch.events.iter().zip(0..) {
            let record: serde_json::Value = serde_json::from_slice(event.record.bytes()).unwrap();
            let Some(first) = batch.first else {
                self.declared += record["dropped"].as_u64().unwrap();
                continue;
            };
            let key = (first.instance, first.lane, first.number + place);
            let mark = record["mark"].as_u64().unwrap();
            self.twice += u64::from(self.events.insert(key, mark).is_some());
        }
        for offset in batch.offsets {
            let key = (offset.source.to_string(), offset.input.to_string());
            self.offsets.insert(key, offset);
        }
    }
}

pub(super) struct Certificates {
    pub(super) server: Arc<rustls::ServerConfig>,
    pub(super) client: Arc<rustls::ClientConfig>,
}

/// A CA with a certificate for each end.
pub(super) fn certificates() -> Certificates {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let issue = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let asked = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let made = asked.signed_by(&key, &issuer).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        (vec![made.der().clone()], key)
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca_certificate.der().clone()).unwrap();
    let roots = Arc::new(roots);
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::clone(&roots),
        Arc::clone(&provider),
    );
    let (chain, key) = issue("localhost");
    let mut server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec()];
    let (chain, key) = issue("edge-1");
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    client.alpn_protocols = vec![b"h2".to_vec()];
    Certificates {
        server: Arc::new(server),
        client: Arc::new(client),
    }
}

/// A centre: takes bodies, keeps what is durable in memory.
pub(super) struct Centre {
    pub(super) held: Arc<Mutex<Held>>,
    pub(super) address: SocketAddr,
    /// How many were taken.
    pub(super) connections: Arc<AtomicU64>,
    pub(super) tasks: tokio::task::JoinSet<()>,
}

impl Centre {
    pub(super) async fn start(certificates: &Certificates, held: Arc<Mutex<Held>>) -> Self {
        let (out, mut parcels) = crate::channel(8);
        let offsets: Vec<SourceOffset> = held.lock().unwrap().offsets.values().cloned().collect();
        let receiver = Receiver::new(out, WireLimits::default(), "centre", clock(), &offsets);
        let receiver = Arc::new(receiver);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&certificates.server));
        let mut tasks = tokio::task::JoinSet::new();
        let keep = Arc::clone(&held);
        let connections = Arc::new(AtomicU64::new(0));
        let taken = Arc::clone(&connections);
        tasks.spawn(async move {
            while let Some(Parcel { batch, durable }) = parcels.recv().await {
                keep.lock().unwrap().take(batch);
                durable.send(()).unwrap_or_default();
            }
        });
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                taken.fetch_add(1, Ordering::Relaxed);
                let (acceptor, receiver) = (acceptor.clone(), Arc::clone(&receiver));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = hyper::service::service_fn(move |request| {
                        answer(Arc::clone(&receiver), request)
                    });
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    drop(
                        builder
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Self {
            held,
            address,
            connections,
            tasks,
        }
    }
}

pub(super) async fn answer(
    receiver: Arc<Receiver>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let instance = request.headers()["haidang-instance"].to_str().unwrap();
    let instance = Instance(u64::from_str_radix(instance, 16).unwrap());
    let begins = request.headers().get("haidang-begins");
    let place = begins.map(|begins| Place::read(begins.to_str().unwrap()).unwrap());
    let arrival = place.map(|place| receiver.arrive(&"edge-1".into(), instance, place));
    let Ok(body) = request.into_body().collect().await else {
        return Ok(Response::new(Full::default()));
    };
    if let Some(arrival) = &arrival {
        let patience = Duration::from_secs(5);
        receiver.turn(arrival, instance, patience).await;
    }
    let admission = Admission {
        sensor: "edge-1".into(),
        sites: ["x".into()].into(),
    };
    let taken = receiver.take(Arc::new(admission), instance, body.to_bytes().to_vec());
    let (status, said) = match taken.await {
        Ok(marks) => (
            200,
            serde_json::json!({"acknowledged": marks.0, "credit": 1 << 20}),
        ),
        Err(Refusal::Hole { lane, expected, .. }) => {
            let lane = lane.number();
            (
                409,
                serde_json::json!({"code": "hole", "lane": lane, "expected": expected}),
            )
        }
        Err(Refusal::Site { site, .. }) => (
            403,
            serde_json::json!({"code": "foreign_site", "message": "no", "foreign": &*site}),
        ),
        Err(other) => (
            400,
            serde_json::json!({"code": "refused", "message": other.to_string()}),
        ),
    };
    let body = Full::new(Bytes::from(said.to_string()));
    Ok(Response::builder().status(status).body(body).unwrap())
}

/// A line between edge and centre that is cut again and again, by a seed.
pub(super) async fn relay(to: SocketAddr, seed: u64, until: Arc<AtomicU64>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut random = seed;
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let Ok(far) = TcpStream::connect(to).await else {
                continue;
            };
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let cuts_left = until.load(Ordering::Relaxed);
            let bytes = (cuts_left > 0).then_some(4_000 + (random >> 33) % 40_000);
            until.store(cuts_left.saturating_sub(1), Ordering::Relaxed);
            tokio::spawn(carry(near, far, bytes));
        }
    });
    address
}

/// Carries bytes both ways until so many have gone to the centre, then closes both ends.
pub(super) async fn carry(near: TcpStream, far: TcpStream, most: Option<u64>) {
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = far.into_split();
    let up = async {
        let mut left = most.unwrap_or(u64::MAX);
        let mut buffer = [0; 1_000];
        while left > 0 {
            let Ok(read @ 1..) = near_read.read(&mut buffer).await else {
                break;
            };
            left = left.saturating_sub(read as u64);
            if far_write.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = up => {}
        _ = tokio::io::copy(&mut far_read, &mut near_write) => {}
    }
}

pub(super) fn open_spool(dir: &Path) -> Arc<Spool> {
    let options = SpoolOptions {
        bytes: 64 << 20,
        segment_bytes: 32 << 10,
        group_bytes: 1 << 20,
        reserve_bytes: 0,
        queue: 8,
    };
    Arc::new(Spool::open(dir, options).unwrap())
}

pub(super) struct Edge {
    pub(super) stop: watch::Sender<bool>,
    pub(super) task: tokio::task::JoinHandle<()>,
    pub(super) status: watch::Receiver<UplinkStatus>,
    /// Who would renew its certificate.
    pub(super) renews: Option<watch::Sender<Arc<rustls::ClientConfig>>>,
}

impl Edge {
    pub(super) fn start(
        spool: &Arc<Spool>,
        centre: SocketAddr,
        certificates: &Certificates,
    ) -> Self {
        let (status, told) = watch::channel(UplinkStatus::default());
        let (renews, tls) = watch::channel(Arc::clone(&certificates.client));
        let uplink = Uplink {
            spool: Arc::clone(spool),
            centre: format!("https://localhost:{}", centre.port()),
            tls,
            version: "test",
            clock: clock(),
            pace: Pace::unlimited(),
            line: LineUse::default(),
            status,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(uplink.run(Stop::new(stopped)));
        Self {
            stop,
            task,
            status: told,
            renews: Some(renews),
        }
    }

    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

pub(super) async fn put(spool: &Arc<Spool>, events: Vec<Event>) {
    let (done, durable) = tokio::sync::oneshot::channel();
    let spool = Arc::clone(spool);
    let batch = Batch {
        events,
        ..Batch::default()
    };
    let append = move || spool.append(batch, move |result| done.send(result).unwrap());
    tokio::task::spawn_blocking(append).await.unwrap();
    durable.await.unwrap().unwrap();
}

pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) fn delivered(spool: &Spool) -> bool {
    let mut lanes = spool.status().lanes.0.into_iter();
    lanes.all(|lane| lane.acknowledged == lane.last)
}
