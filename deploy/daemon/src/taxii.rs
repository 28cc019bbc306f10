//! Fetches a collection of a TAXII 2.1 server into a list's folder, page by page.
//!
//! What comes is checked before it takes the place of what was there: all pages are whole envelopes,
//! within limits, or nothing changes and the list says why. OASIS TAXII 2.1, clauses 3.4 (paging)
//! and 5.4 (objects of a collection).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::rule::IntelLimits;
use engine::rule::intel::{Reading, Sink, envelope};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::TaxiiSection;

/// The media type of TAXII 2.1 (clause 1.6.8).
const ACCEPT: &str = "application/taxii+json;version=2.1";
/// The largest page, in bytes.
const PAGE_BYTES: usize = 64 << 20;
/// Pages of one collection.
const PAGES: usize = 1_000;
/// A page that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where systems keep the authorities that they trust.
const AUTHORITIES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Fetches a collection into a folder; true when something there has changed.
pub(crate) fn fetch(
    section: &TaxiiSection,
    limits: &IntelLimits,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start fetching")?;
    let collection = Collection::of(section)?;
    runtime.block_on(async {
        tokio::select! {
            pages = collection.pages(limits) => keep(&pages?, folder),
            () = until(stop) => bail!("stopped while fetching"),
        }
    })
}

async fn until(stop: &AtomicBool) {
    while !stop.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Where a collection is, and how it is asked.
struct Collection {
    host: String,
    port: u16,
    path: String,
    tls: Option<TlsConnector>,
    authorization: Option<String>,
}

impl Collection {
    fn of(section: &TaxiiSection) -> Result<Self> {
        let url: Uri = section.url.parse().context("url is no URL")?;
        let host = url.host().context("url names no host")?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let plain = match url.scheme_str() {
            Some("https") => false,
            Some("http") if is_loopback(&host) => true,
            _ => bail!("url begins with https:// (http:// only on this machine)"),
        };
        let authorization = match (&section.user, &section.password_file) {
            (Some(user), Some(file)) => {
                let held = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                let password = held.lines().next().unwrap_or_default();
                Some(format!(
                    "Basic {}",
                    STANDARD.encode(format!("{user}:{password}"))
                ))
            }
            (None, None) => None,
            _ => bail!("user and password_file go together; name both or neither"),
        };
        let tls = match plain {
            true => None,
            false => Some(connector(section.ca_file.as_deref())?),
        };
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/objects").unwrap_or(path).to_owned();
        Ok(Self {
            port: url.port_u16().unwrap_or(if plain { 80 } else { 443 }),
            host,
            path,
            tls,
            authorization,
        })
    }

    /// Every page, each a whole envelope.
    async fn pages(&self, limits: &IntelLimits) -> Result<Vec<Bytes>> {
        let (mut pages, mut next, mut bytes) = (Vec::new(), None::<String>, 0_u64);
        loop {
            let asked = tokio::time::timeout(PATIENCE, self.page(next.as_deref()));
            let page = asked.await.context("the server does not answer")??;
            bytes += u64::try_from(page.len()).unwrap_or(u64::MAX);
            let most = limits.file_mib << 20;
            ensure!(
                bytes <= most,
                "more than {} MiB (limits.intel.file_mib)",
                limits.file_mib
            );
            let mut sink = Sink {
                file: "page".to_owned(),
                kind: None,
                limits: *limits,
                reading: Reading::default(),
                take: &mut |_| true,
            };
            let found = envelope(&page[..], &mut sink);
            ensure!(found.whole, "the server sent no TAXII envelope");
            pages.push(page);
            match found.next.filter(|_| found.more) {
                None => return Ok(pages),
                Some(_) if pages.len() >= PAGES => bail!("more than {PAGES} pages"),
                Some(same) if next.as_ref() == Some(&same) => {
                    bail!("the server sends the same page again and again")
                }
                Some(other) => next = Some(other),
            }
        }
    }

    async fn page(&self, next: Option<&str>) -> Result<Bytes> {
        let address = (self.host.as_str(), self.port);
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot reach {}:{}", self.host, self.port))?;
        match &self.tls {
            None => self.ask(stream, next).await,
            Some(tls) => {
                let name =
                    ServerName::try_from(self.host.clone()).context("the host is no name")?;
                let stream = tls.connect(name, stream).await;
                self.ask(stream.context("TLS failed")?, next).await
            }
        }
    }

    async fn ask<S>(&self, stream: S, next: Option<&str>) -> Result<Bytes>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .context("the server speaks no HTTP")?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a TAXII connection ended");
            }
        });
        let mut target = format!("{}/objects/?match%5Btype%5D=indicator", self.path);
        if let Some(next) = next {
            target.push_str(&format!(
                "&next={}",
                utf8_percent_encode(next, NON_ALPHANUMERIC)
            ));
        }
        let mut request = Request::get(target)
            .header("host", &self.host)
            .header("accept", ACCEPT)
            .header("user-agent", "haidang");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request
            .body(Body::empty())
            .context("cannot write the request")?;
        let response = sender.send_request(request).await.context("no answer")?;
        let status = response.status();
        ensure!(status == StatusCode::OK, "the server answers {status}");
        let body = Body::new(response.into_body());
        #[expect(clippy::disallowed_methods, reason = "within a limit")]
        let bytes = axum::body::to_bytes(body, PAGE_BYTES).await;
        bytes.with_context(|| format!("a page broke off, or has more than {PAGE_BYTES} bytes"))
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// TLS that trusts the system's authorities and one more.
fn connector(ca_file: Option<&Path>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let system = AUTHORITIES.iter().map(Path::new).find(|path| path.exists());
    for file in system.into_iter().chain(ca_file) {
        let context = || format!("cannot read {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(context)? {
            // One that cannot be read is trusted by nobody.
            if let Err(error) = roots.add(certificate.with_context(context)?) {
                tracing::debug!(%error, file = %file.display(), "an authority was left out");
            }
        }
    }
    ensure!(!roots.is_empty(), "no authority is trusted; name ca_file");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Puts pages in the place of those that were there; true when one is another.
fn keep(pages: &[Bytes], folder: &Path) -> Result<bool> {
    let name = |number: usize| folder.join(format!("taxii-{number:04}.json"));
    let context = |path: &PathBuf| format!("cannot write {}", path.display());
    let mut changed = false;
    for (number, page) in pages.iter().enumerate() {
        let path = name(number);
        if std::fs::read(&path).is_ok_and(|held| held == page[..]) {
            continue;
        }
        let beside = path.with_extension("new");
        std::fs::write(&beside, page).with_context(|| context(&beside))?;
        std::fs::rename(&beside, &path).with_context(|| context(&path))?;
        changed = true;
    }
    for number in pages.len()..=PAGES {
        let path = name(number);
        if !path.exists() {
            break;
        }
        std::fs::remove_file(&path).with_context(|| context(&path))?;
        changed = true;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Mutex;

    use super::*;

    /// Answers one request after the other with these; what was asked.
    fn server(answers: Vec<(u16, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/api/collections/c1/",
            listener.local_addr().unwrap()
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut head, mut buffer) = (Vec::new(), [0_u8; 4_096]);
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let read = stream.read(&mut buffer).unwrap();
                    head.extend_from_slice(&buffer[..read]);
                }
                heard
                    .lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&head).into_owned());
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        (url, asked)
    }

    fn section(url: &str) -> TaxiiSection {
        TaxiiSection {
            list: "cert".to_owned(),
            url: url.to_owned(),
            user: None,
            password_file: None,
            ca_file: None,
            every_minutes: 60,
        }
    }

    fn page(domain: &str, next: Option<&str>) -> String {
        let more = next.map_or(String::new(), |next| {
            format!(",\"more\":true,\"next\":\"{next}\"")
        });
        format!(
            "{{\"objects\":[{{\"type\":\"indicator\",\"pattern_type\":\"stix\",\
             \"pattern\":\"[domain-name:value = '{domain}']\"}}]{more}}}"
        )
    }

    fn fetched(url: &str, folder: &Path) -> Result<bool> {
        let stop = AtomicBool::new(false);
        fetch(&section(url), &IntelLimits::default(), folder, &stop)
    }

    #[test]
    fn a_collection_is_fetched_page_by_page_with_the_password_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let answers = vec![
            (200, page("a.example", Some("p 2"))),
            (200, page("b.example", None)),
        ];
        let (url, asked) = server(answers);
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "mật khẩu\n").unwrap();
        let own = TaxiiSection {
            user: Some("haidang".to_owned()),
            password_file: Some(secret),
            ..section(&url)
        };
        let stop = AtomicBool::new(false);
        let changed = fetch(&own, &IntelLimits::default(), dir.path(), &stop).unwrap();
        assert!(changed);
        let asked = asked.lock().unwrap();
        let first = "GET /api/collections/c1/objects/?match%5Btype%5D=indicator HTTP/1.1";
        assert!(asked[0].starts_with(first), "{}", asked[0]);
        assert!(asked[0].contains("application/taxii+json;version=2.1"));
        assert!(
            asked[0].contains("authorization: Basic aGFpZGFuZzpt"),
            "{}",
            asked[0]
        );
        assert!(asked[1].contains("&next=p%202 "), "{}", asked[1]);
        let held = std::fs::read_to_string(dir.path().join("taxii-0001.json")).unwrap();
        assert!(held.contains("b.example"));

        let (url, _) = server(vec![(200, page("a.example", None))]);
        assert!(fetched(&url, dir.path()).unwrap(), "a page less");
        assert!(!dir.path().join("taxii-0001.json").exists());
    }

    #[test]
    fn what_is_no_whole_answer_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("taxii-0000.json");
        std::fs::write(&kept, page("old.example", None)).unwrap();
        let torn = page("a.example", None).replace("}]", "");
        for answers in [
            vec![(401, String::new())],
            vec![(200, "<html>".to_owned())],
            vec![(200, torn)],
            vec![(200, page("a.example", Some("2"))), (500, String::new())],
            vec![
                (200, page("a.example", Some("2"))),
                (200, page("a.example", Some("2"))),
            ],
        ] {
            let (url, _) = server(answers);
            assert!(fetched(&url, dir.path()).is_err());
            let held = std::fs::read_to_string(&kept).unwrap();
            assert!(held.contains("old.example"));
        }
        for bad in ["http://taxii.example/c/", "ftp://127.0.0.1/", "nonsense"] {
            assert!(fetched(bad, dir.path()).is_err(), "{bad}");
        }
    }
}
