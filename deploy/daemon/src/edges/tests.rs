//! Peers at the edges' listener: who may deliver does; who may not is told why, it is noted, and nobody
//! else feels it.

pub(crate) mod control;
mod grants;
mod instances;
mod skew;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use engine::store::{Certificate, Enrolment};
use event::{Core, Event, EventId, Kind, Lane, Record, Time};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sensor::uplink::spool::Piece;
use sensor::uplink::wire;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::ca::{Ca, fingerprint};
use crate::compose::{self, Running, Start};
use crate::config::{Config, EdgesSection};
use crate::{DataDir, edge, knowledge, system_clock};

/// How long a token of a test is good.
const MINUTE: Duration = Duration::from_secs(60);
const SITE: &str = "xa-binh-minh";
const SITES: &str = include_str!("../../../demo/rules/sites/demo.yml");

struct Centre {
    dir: TempDir,
    running: Running,
}

impl Centre {
    async fn start() -> Self {
        Self::start_with(SITES).await
    }

    async fn start_with(tree: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("rules/sites")).unwrap();
        std::fs::write(dir.path().join("rules/sites/demo.yml"), tree).unwrap();
        let text = "[web]\nlisten = \"127.0.0.1:0\"\n[edges]\nlisten = \"127.0.0.1:0\"\n\
                    [journal]\nreserve_mib = 0\n";
        let config = Config::parse(text).unwrap();
        let data_dir = DataDir::take(dir.path()).unwrap();
        let knowledge = knowledge::load(dir.path(), Vec::new(), &config.limits.rule).unwrap();
        let start = Start {
            config,
            data_dir,
            clock: system_clock(),
            sources: Vec::new(),
            knowledge,
        };
        let running = compose::start(start).await.unwrap();
        Self { dir, running }
    }

    fn port(&self) -> u16 {
        self.running.edges.unwrap().port()
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    fn ca(&self) -> Ca {
        Ca::open(&EdgesSection::default(), self.dir.path(), now()).unwrap()
    }

    /// A token for a sensor.
    fn invite(&self, name: &str, expires: Time) -> String {
        let secret = format!("secret-of-{name}-{}", expires.micros());
        let enrolment = Enrolment {
            token: Sha256::digest(secret.as_bytes()).into(),
            sensor: name.to_owned(),
            sites: vec![SITE.to_owned()],
            expires,
            who: "an".to_owned(),
            created: now(),
        };
        self.running.store.add_enrolment(&enrolment).unwrap();
        format!("{secret}.{}", crate::hex(&fingerprint(self.ca().der())))
    }

    async fn enrol(&self, token: &str) -> Result<Arc<ClientConfig>, String> {
        let dir = tempfile::tempdir().unwrap();
        let enrolled = edge::enrol(dir.path(), &self.url(), token, now()).await;
        enrolled.map_err(|error| format!("{error:#}"))?;
        Ok(edge::client_config(dir.path()).unwrap())
    }

    async fn enrolled(&self, name: &str) -> Arc<ClientConfig> {
        let token = self.invite(name, now().plus(Duration::from_secs(60)));
        self.enrol(&token).await.unwrap()
    }

    /// What speaks with a key whose certificate the CA has signed, in the store or not.
    fn certified(&self, name: &str, kept: Option<Time>) -> Arc<ClientConfig> {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default()
            .serialize_request(&key)
            .unwrap();
        let issued = self
            .ca()
            .issue_sensor(&request.pem().unwrap(), name, now())
            .unwrap();
        if let Some(expires) = kept {
            let certificate = Certificate {
                expires,
                ..issued.certificate
            };
            self.running.store.renew(&certificate, now()).unwrap();
        }
        let chain = vec![CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap()];
        self.speaks(Some((chain, key)))
    }

    fn speaks(&self, own: Option<(Vec<CertificateDer<'static>>, KeyPair)>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca().der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }

    async fn connect(&self, tls: Arc<ClientConfig>) -> Result<Peer, String> {
        let requests = self.shake_hands(tls).await?;
        Ok(Peer { requests })
    }

    async fn shake_hands<B>(&self, tls: Arc<ClientConfig>) -> Result<SendRequest<B>, String>
    where
        B: hyper::body::Body<Data = Bytes, Error = std::convert::Infallible>
            + Send
            + Unpin
            + 'static,
    {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let stream = TcpStream::connect(("127.0.0.1", self.port()))
            .await
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(tls);
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|e| words(&e))?;
        let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let shaken = builder.handshake(TokioIo::new(stream)).await;
        let (requests, connection) = shaken.map_err(|e| words(&e))?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(requests)
    }

    async fn peer(&self, tls: Arc<ClientConfig>) -> Peer {
        self.connect(tls).await.unwrap()
    }

    /// Codes of what was refused, as the audit trail has them.
    fn refused(&self) -> Vec<String> {
        let store = rusqlite::Connection::open(self.dir.path().join("store.db")).unwrap();
        let mut statement = store
            .prepare("SELECT detail FROM audit WHERE action = 'sensor.refused' ORDER BY seq")
            .unwrap();
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        rows.map(|row| {
            let detail: Value = serde_json::from_str(&row.unwrap()).unwrap();
            detail["code"].as_str().unwrap().to_owned()
        })
        .collect()
    }
}

/// A connection to the centre.
struct Peer {
    requests: SendRequest<Full<Bytes>>,
}

impl Peer {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Value), String> {
        let words = |error: hyper::Error| error.to_string();
        self.requests.ready().await.map_err(words)?;
        let answer = self.requests.send_request(request).await.map_err(words)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(words)?.to_bytes();
        Ok((
            head.status,
            serde_json::from_slice(&body).unwrap_or_default(),
        ))
    }

    async fn deliver(&mut self, body: Vec<u8>) -> (StatusCode, Value) {
        self.deliver_under("00000000000000aa", body).await
    }

    async fn deliver_under(&mut self, instance: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let request = Request::post("https://localhost/v1/batches")
            .header("haidang-instance", instance)
            .header("haidang-time", now().micros().to_string())
            .header("haidang-version", "test")
            .body(Full::new(body.into()))
            .unwrap();
        self.send(request).await.unwrap()
    }

    async fn post(&mut self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(format!("https://localhost{path}"))
            .header("content-type", "application/json")
            .body(Full::new(body.to_string().into()))
            .unwrap();
        self.send(request).await.unwrap()
    }

    async fn code(&mut self, body: Vec<u8>) -> (u16, String) {
        let (status, said) = self.deliver(body).await;
        let code = said["code"].as_str().unwrap_or_default();
        (status.as_u16(), code.to_owned())
    }
}

fn now() -> Time {
    system_clock()()
}

/// A body of one event with this number.
fn body(sensor: &str, site: &str, first: u64) -> Vec<u8> {
    let event = Event {
        id: EventId::unnumbered(Lane::Second),
        time: Time::from_seconds(1_800_000_000, 0),
        seen: Time::from_seconds(1_800_000_000, 0),
        sensor: sensor.into(),
        source: "mirror".into(),
        site: site.into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!("{{\"n\":{first}}}").into_bytes()),
    };
    let piece = Piece::Events {
        first,
        count: 1,
        payload: event::encode_events(&[event]),
    };
    let mut body = Vec::new();
    wire::put(Lane::Second, &piece, &mut body);
    wire::pack(&body).unwrap()
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_decide_and_each_refusal_says_why() {
    let centre = Centre::start().await;
    let honest = centre.enrolled("xa-1").await;
    let mut peer = centre.peer(Arc::clone(&honest)).await;
    assert_eq!(peer.code(body("xa-1", SITE, 1)).await.0, 200);

    let mut nobody = centre.peer(centre.speaks(None)).await;
    assert_eq!(
        nobody.code(body("xa-1", SITE, 2)).await,
        said(403, "no_certificate")
    );
    let mut unknown = centre.peer(centre.certified("xa-9", None)).await;
    assert_eq!(
        unknown.code(body("xa-1", SITE, 2)).await,
        said(403, "unknown_certificate")
    );

    // Signed by somebody else: TLS ends it.
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::default().self_signed(&key).unwrap();
    let foreign = centre.speaks(Some((vec![own.der().clone()], key)));
    let answered = async {
        let mut peer = centre.connect(foreign).await?;
        let request = Request::post("https://localhost/v1/batches").body(Full::default());
        peer.send(request.unwrap()).await
    };
    assert!(answered.await.is_err());

    // Revoked: the open connection feels it with its next request.
    let other = centre.enrolled("xa-2").await;
    centre
        .running
        .store
        .revoke_sensor("xa-1", "an", "stolen", now())
        .unwrap();
    assert_eq!(peer.code(body("xa-1", SITE, 2)).await, said(403, "revoked"));
    assert_eq!(
        peer.post("/v1/renew", &json!({ "request": "" })).await.0,
        StatusCode::FORBIDDEN
    );
    let mut other = centre.peer(other).await;
    let (status, _) = other
        .deliver_under("00000000000000bb", body("xa-2", SITE, 1))
        .await;
    assert_eq!(status, StatusCode::OK, "nobody else feels it");

    let codes = centre.refused();
    for code in ["no_certificate", "unknown_certificate", "revoked"] {
        assert!(
            codes.iter().any(|held| held == code),
            "{code} is not in {codes:?}"
        );
    }
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_good_for_a_new_one_and_nothing_else() {
    let centre = Centre::start().await;
    centre.enrolled("xa-1").await;
    // Expired: good for a new one, and nothing else.
    let mut expired = centre.peer(centre.certified("xa-1", Some(now()))).await;
    assert_eq!(
        expired.code(body("xa-1", SITE, 2)).await,
        said(403, "expired")
    );
    let request = CertificateParams::default().serialize_request(&KeyPair::generate().unwrap());
    let request = json!({ "request": request.unwrap().pem().unwrap() });
    assert_eq!(expired.post("/v1/renew", &request).await.0, StatusCode::OK);
    let (status, answer) = expired.post("/v1/renew", &json!({ "request": "x" })).await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (400, &json!("bad_request"))
    );
    assert_eq!(centre.refused(), ["expired"]);
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_good_once_for_a_while_and_name_their_centre() {
    let centre = Centre::start().await;
    let token = centre.invite("xa-1", now().plus(Duration::from_secs(60)));
    centre.enrol(&token).await.unwrap();
    let refusal = async |token: &str| centre.enrol(token).await.unwrap_err();
    assert!(refusal(&token).await.contains("was used"));
    let late = centre.invite("xa-1", now());
    assert!(refusal(&late).await.contains("has expired"));
    let (_, print) = token.split_once('.').unwrap();
    assert!(
        refusal(&format!("guess.{print}"))
            .await
            .contains("no such token")
    );
    assert!(refusal("only-half").await.contains("not whole"));
    let other = format!("secret.{}", "0".repeat(64));
    assert!(
        refusal(&other)
            .await
            .contains("not the one that the token names")
    );
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_bombs_and_wrong_numbers_leave_no_trace() {
    let centre = Centre::start().await;
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    assert_eq!(
        peer.code(body("xa-2", SITE, 1)).await,
        said(403, "foreign_sensor")
    );
    assert_eq!(
        peer.code(body("xa-1", "so-tttt", 1)).await,
        said(403, "foreign_site")
    );
    assert_eq!(peer.code(b"rubbish".to_vec()).await, said(400, "bad_body"));
    let bomb = wire::pack(&vec![0; 256 << 20]).unwrap();
    assert_eq!(peer.code(bomb).await, said(400, "bad_body"));
    let (status, answer) = peer.deliver(body("xa-1", SITE, 7)).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        (&answer["lane"], &answer["expected"]),
        (&json!(2), &json!(1))
    );
    // Too large: refused while it comes, or the connection with it.
    let huge = peer.send(
        Request::post("https://localhost/v1/batches")
            .header("haidang-instance", "00000000000000aa")
            .header("haidang-time", "0")
            .body(Full::new(vec![7; 4 << 20].into()))
            .unwrap(),
    );
    if let Ok((status, _)) = huge.await {
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    let long = "x".repeat(64 << 10);
    let request = Request::post("https://localhost/v1/batches").header("haidang-version", long);
    let answered = peer.send(request.body(Full::default()).unwrap()).await;
    assert!(answered.is_err() || answered.is_ok_and(|(status, _)| status.is_client_error()));

    // Of all that nothing was kept; what is honest is, once, however often it comes.
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    for _ in 0..3 {
        let (status, answer) = peer.deliver(body("xa-1", SITE, 1)).await;
        assert_eq!(
            (status.as_u16(), &answer["acknowledged"]),
            (200, &json!([0, 1, 0]))
        );
        assert!(answer["credit"].as_u64().unwrap() > 0);
    }
    assert_eq!(centre.running.journal.status().durable, 1);
    let sensor = centre.running.store.sensor("xa-1").unwrap().unwrap();
    assert_eq!(
        (sensor.instances.len(), sensor.said.version.as_str()),
        (1, "test")
    );
    centre.running.stop().await.unwrap();
}

/// A body of which nothing ever comes.
struct Stalled;

impl hyper::body::Body for Stalled {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_slow_or_silent_holds_up_nobody() {
    let centre = Centre::start().await;
    let (mut silent, mut stalled) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        let stream = TcpStream::connect(("127.0.0.1", centre.port())).await;
        silent.push(stream.unwrap());
    }
    // More bodies that never end than the centre has places for bodies.
    let slow = centre.enrolled("xa-1").await;
    for _ in 0..6 {
        let mut requests = centre.shake_hands(Arc::clone(&slow)).await.unwrap();
        for _ in 0..4 {
            let request = Request::post("https://localhost/v1/batches")
                .header("haidang-instance", "00000000000000bb")
                .header("haidang-time", now().micros().to_string())
                .body(Stalled)
                .unwrap();
            requests.ready().await.unwrap();
            stalled.push(tokio::spawn(requests.send_request(request)));
        }
    }
    let mut peer = centre.peer(centre.enrolled("xa-2").await).await;
    for number in 1..=20 {
        let (status, answer) = peer.deliver(body("xa-2", SITE, number)).await;
        assert_eq!(
            (status.as_u16(), &answer["acknowledged"]),
            (200, &json!([0, number, 0]))
        );
    }
    // A sensor has eight places; its newest bodies have them.
    let waiting = || {
        stalled
            .iter()
            .filter(|request| !request.is_finished())
            .count()
    };
    for _ in 0..200 {
        if waiting() == 8 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(waiting(), 8);
    drop(silent);
    stalled.iter().for_each(tokio::task::JoinHandle::abort);
    centre.running.stop().await.unwrap();
}
