//! The uplink whole, in one process: a spool, a line that breaks, a receiver; nothing is lost, nothing
//! comes twice.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use event::{
    Batch, Core, Event, EventId, Instance, Kind, Lane, PerLane, Record, SourceOffset, decode_events,
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::out::Parcel;
use crate::uplink::receive::{Admission, Receiver, Refusal};
use crate::uplink::spool::SpoolOptions;
use crate::uplink::wire::WireLimits;

fn clock() -> Arc<dyn Fn() -> Time + Send + Sync> {
    Arc::new(|| Time::from_seconds(1_800_000_000, 0))
}

fn event(kind: Kind, mark: u64) -> Event {
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
fn record(mark: u64) -> String {
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
struct Held {
    events: BTreeMap<(Instance, Lane, u64), u64>,
    twice: u64,
    declared: u64,
    offsets: BTreeMap<(String, String), SourceOffset>,
    first_lanes: Vec<Lane>,
}

impl Held {
    fn take(&mut self, batch: Batch) {
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

struct Certificates {
    server: Arc<rustls::ServerConfig>,
    client: Arc<rustls::ClientConfig>,
}

/// A CA with a certificate for each end.
fn certificates() -> Certificates {
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
struct Centre {
    held: Arc<Mutex<Held>>,
    address: SocketAddr,
    tasks: tokio::task::JoinSet<()>,
}

impl Centre {
    async fn start(certificates: &Certificates, held: Arc<Mutex<Held>>) -> Self {
        let (out, mut parcels) = crate::channel(8);
        let offsets: Vec<SourceOffset> = held.lock().unwrap().offsets.values().cloned().collect();
        let receiver = Receiver::new(out, WireLimits::default(), "centre", clock(), &offsets);
        let receiver = Arc::new(receiver);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&certificates.server));
        let mut tasks = tokio::task::JoinSet::new();
        let keep = Arc::clone(&held);
        tasks.spawn(async move {
            while let Some(Parcel { batch, durable }) = parcels.recv().await {
                keep.lock().unwrap().take(batch);
                durable.send(()).unwrap_or_default();
            }
        });
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
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
            tasks,
        }
    }
}

async fn answer(
    receiver: Arc<Receiver>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let instance = request.headers()["haidang-instance"].to_str().unwrap();
    let instance = Instance(u64::from_str_radix(instance, 16).unwrap());
    let Ok(body) = request.into_body().collect().await else {
        return Ok(Response::new(Full::default()));
    };
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
        Err(other) => (
            400,
            serde_json::json!({"code": "refused", "message": other.to_string()}),
        ),
    };
    let body = Full::new(Bytes::from(said.to_string()));
    Ok(Response::builder().status(status).body(body).unwrap())
}

/// A line between edge and centre that is cut again and again, by a seed.
async fn relay(to: SocketAddr, seed: u64, until: Arc<AtomicU64>) -> SocketAddr {
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
async fn carry(near: TcpStream, far: TcpStream, most: Option<u64>) {
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

fn open_spool(dir: &Path) -> Arc<Spool> {
    let options = SpoolOptions {
        bytes: 64 << 20,
        segment_bytes: 32 << 10,
        group_bytes: 1 << 20,
        reserve_bytes: 0,
        queue: 8,
    };
    Arc::new(Spool::open(dir, options).unwrap())
}

struct Edge {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    status: watch::Receiver<UplinkStatus>,
}

impl Edge {
    fn start(spool: &Arc<Spool>, centre: SocketAddr, certificates: &Certificates) -> Self {
        let (status, told) = watch::channel(UplinkStatus::default());
        let (keep, tls) = watch::channel(Arc::clone(&certificates.client));
        let uplink = Uplink {
            spool: Arc::clone(spool),
            centre: format!("https://localhost:{}", centre.port()),
            tls,
            version: "test",
            clock: clock(),
            pace: Pace::unlimited(),
            status,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            uplink.run(Stop::new(stopped)).await;
            drop(keep);
        });
        Self {
            stop,
            task,
            status: told,
        }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

async fn put(spool: &Arc<Spool>, events: Vec<Event>) {
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

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn delivered(spool: &Spool) -> bool {
    let mut lanes = spool.status().lanes.0.into_iter();
    lanes.all(|lane| lane.acknowledged == lane.last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_loses_nothing_and_brings_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let seed = 20_261_130;
    println!("seed {seed}");
    let cuts = Arc::new(AtomicU64::new(6));
    let line = relay(centre.address, seed, Arc::clone(&cuts)).await;
    let spool = open_spool(dir.path());
    let edge = Edge::start(&spool, line, &certificates);
    let kinds = [Kind::Dns, Kind::Flow, Kind::Dns, Kind::Anomaly];
    for round in 0..60_u64 {
        let events = (0..50).map(|n| {
            let kind = kinds[usize::try_from(n % 4).unwrap()];
            event(kind, round * 50 + n)
        });
        put(&spool, events.collect()).await;
    }
    until("all is acknowledged", || delivered(&spool)).await;
    assert_eq!(edge.status.borrow().state, UplinkState::Connected);
    edge.end().await;
    let held = centre.held.lock().unwrap();
    assert_eq!(
        (held.events.len(), held.twice, held.declared),
        (3_000, 0, 0)
    );
    let marks: std::collections::BTreeSet<u64> = held.events.values().copied().collect();
    assert_eq!(marks.len(), 3_000, "each event once");
    assert_eq!(
        cuts.load(Ordering::Relaxed),
        0,
        "the line was cut as often as it was to be"
    );
    drop(centre.tasks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_leaves_the_most_urgent_first() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let spool = open_spool(dir.path());
    for round in 0..40 {
        let kinds = [Kind::Flow, Kind::Dns, Kind::Anomaly];
        let events = kinds.map(|kind| (0..40).map(move |_| event(kind, round)));
        put(&spool, events.into_iter().flatten().collect()).await;
    }
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    until("all is acknowledged", || delivered(&spool)).await;
    edge.end().await;
    let held = held.lock().unwrap();
    let order = &held.first_lanes;
    let last = |lane| order.iter().rposition(|own| *own == lane).unwrap();
    let first = |lane| order.iter().position(|own| *own == lane).unwrap();
    // The last body of a lane may still be on its way when the next lane begins.
    let frames = |lane| order.iter().filter(|own| **own == lane).count();
    assert!(frames(Lane::First) >= 4, "{order:?}");
    assert!(first(Lane::Second) > first(Lane::First));
    assert!(last(Lane::First) < last(Lane::Second), "{order:?}");
    assert!(last(Lane::Second) < last(Lane::Third), "{order:?}");
    assert_eq!(held.events.len(), 4_800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_put_back_from_a_backup_is_told_what_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let spool = open_spool(dir.path());
    let old = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&old)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    let many = |count| (0..count).map(|n| event(Kind::Dns, n)).collect::<Vec<_>>();
    put(&spool, many(30)).await;
    until("the first 30", || delivered(&spool)).await;
    let backup = old.lock().unwrap().offsets.clone();
    // Segments of 32 KiB: the first is full and goes, the second stays open.
    for count in [90, 20] {
        put(&spool, many(count)).await;
        until("more", || delivered(&spool)).await;
    }
    put(&spool, many(1)).await;
    until("one more", || delivered(&spool)).await;
    until("the first segment is gone", || {
        spool.oldest(Lane::Second) > 30
    })
    .await;
    let oldest = spool.oldest(Lane::Second);
    edge.end().await;
    drop(centre);
    // The centre of the backup has 30 of the 50; the spool has let go of its first segment.
    let held = Arc::new(Mutex::new(Held {
        offsets: backup,
        ..Held::default()
    }));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    put(&spool, many(5)).await;
    until("5 more", || delivered(&spool)).await;
    edge.end().await;
    drop(centre);
    let held = held.lock().unwrap();
    assert_eq!(held.declared, oldest - 31, "from 31 to what is still there");
    let numbers: Vec<u64> = held.events.keys().map(|(_, _, number)| *number).collect();
    assert_eq!(numbers, (oldest..=146).collect::<Vec<_>>());
    assert_eq!(held.twice, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_put_back_from_a_backup_goes_on_behind_what_the_centre_has() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let spool = open_spool(dir.path());
    let instance = spool.instance();
    put(&spool, vec![event(Kind::Dns, 1)]).await;
    let ahead = SourceOffset {
        source: crate::uplink::receive::UPLINK.into(),
        input: format!("{instance}-2").into(),
        state: "40".into(),
    };
    drop(centre);
    let key = (ahead.source.to_string(), ahead.input.to_string());
    held.lock().unwrap().offsets.insert(key, ahead);
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    until("the old number is taken for delivered", || {
        delivered(&spool)
    })
    .await;
    put(&spool, vec![event(Kind::Dns, 2)]).await;
    until("the new one is delivered", || delivered(&spool)).await;
    edge.end().await;
    drop(centre);
    let held = held.lock().unwrap();
    let numbers: Vec<u64> = held.events.keys().map(|(_, _, number)| *number).collect();
    assert_eq!(numbers, [41]);
}

#[tokio::test]
async fn what_is_not_the_sensors_to_send_is_refused_and_leaves_no_trace() {
    let (out, mut parcels) = crate::channel(8);
    let receiver = Receiver::new(out, WireLimits::default(), "centre", clock(), &[]);
    let receiver = Arc::new(receiver);
    let admission = |sensor: &str, site: &str| {
        Arc::new(Admission {
            sensor: sensor.into(),
            sites: [site.into()].into(),
        })
    };
    let body = |first: u64| {
        let payload = event::encode_events(&[event(Kind::Dns, 1)]);
        let piece = crate::uplink::spool::Piece::Events {
            first,
            count: 1,
            payload,
        };
        let mut body = Vec::new();
        crate::uplink::wire::put(Lane::Second, &piece, &mut body);
        crate::uplink::wire::pack(&body).unwrap()
    };
    let said = |taken: Result<PerLane<u64>, Refusal>| taken.unwrap_err().to_string();
    let own = Instance(7);
    let taken = receiver.take(admission("edge-2", "x"), own, body(1)).await;
    assert!(said(taken).contains("edge-1"));
    let taken = receiver.take(admission("edge-1", "y"), own, body(1)).await;
    assert!(said(taken).contains("no part in the site x"));
    let taken = receiver.take(admission("edge-1", "x"), own, body(5)).await;
    let (lane, expected, first) = (Lane::Second, 1, 5);
    assert_eq!(
        taken,
        Err(Refusal::Hole {
            lane,
            expected,
            first
        })
    );
    let taken = receiver
        .take(
            admission("edge-1", "x"),
            own,
            b"\x28\xb5\x2f\xfd????".to_vec(),
        )
        .await;
    assert!(said(taken).contains("zstd"));
    let bomb = crate::uplink::wire::pack(&vec![0; 64 << 20]).unwrap();
    assert!(bomb.len() < 10_000);
    let taken = receiver.take(admission("edge-1", "x"), own, bomb).await;
    assert!(said(taken).contains("unpacks to more than"));
    assert!(parcels.try_recv().is_err(), "nothing was handed on");
    // An honest body is taken once, whole or again.
    let keep = tokio::spawn(async move {
        let mut events = 0;
        while let Some(Parcel { batch, durable }) = parcels.recv().await {
            events += decode_events(&event::encode_events(&batch.events), None)
                .unwrap()
                .len();
            durable.send(()).unwrap();
        }
        events
    });
    for _ in 0..3 {
        let taken = receiver.take(admission("edge-1", "x"), own, body(1)).await;
        assert_eq!(taken.unwrap(), PerLane([0, 1, 0]));
    }
    drop(receiver);
    assert_eq!(keep.await.unwrap(), 1);
}
