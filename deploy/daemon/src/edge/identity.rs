//! Who an edge is: a key made here, a certificate from the centre, and what both agreed on.
//!
//! In `data_dir/tls`: `sensor.key`, `sensor.crt`, `centre-ca.crt` and `enrolled.json`. Key and certificate are one
//! file, so that no crash leaves one of them behind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use event::Time;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sensor::uplink::send::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::edges::{fingerprint, write_secret};

const ENROLLED: &str = "enrolled.json";
const CERTIFICATE: &str = "sensor.pem";
pub(super) const CA: &str = "centre-ca.crt";

/// What was agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name that events carry.
    pub sensor: String,
    /// `https://host:port` of the centre.
    pub centre: String,
    /// What it may deliver for.
    pub sites: Vec<String>,
    /// The leaves that these were then; absent where an older centre or program did not say.
    #[serde(default)]
    pub leaves: Option<Vec<String>>,
    /// When the certificate came, by this machine's clock, in microseconds.
    pub issued: i64,
    /// How long it holds from then, in seconds.
    pub life_seconds: u64,
}

/// What the centre answers.
#[derive(Deserialize)]
struct Enrolled {
    sensor: String,
    sites: Vec<String>,
    leaves: Option<Vec<String>>,
    certificate: String,
    ca: String,
    life_seconds: u64,
}

impl Identity {
    /// Reads who this edge is.
    ///
    /// # Errors
    /// It was not enrolled.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join("tls").join(ENROLLED);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "this sensor is not enrolled ({} is not there); run: haidang enrol --centre URL --token T",
                path.display()
            )
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; enrol this sensor again", path.display()))
    }

    /// When the certificate ends, by this machine's clock.
    pub fn expires(&self) -> Time {
        Time::from_micros(self.issued).plus(Duration::from_secs(self.life_seconds))
    }

    /// Whether two thirds of the certificate's life are over.
    pub fn is_due(&self, now: Time) -> bool {
        let lived = now.since(Time::from_micros(self.issued));
        lived >= Duration::from_secs(self.life_seconds / 3 * 2)
    }
}

/// Enrols this edge: a key is made here, and the centre, known by the fingerprint of its CA, signs it.
///
/// # Errors
/// A token of another form, a centre that is not the one of the token, a token that the centre
/// does not take.
pub async fn enrol(dir: &Path, centre: &str, token: &str, now: Time) -> Result<Identity> {
    let (secret, pinned) = token
        .trim()
        .split_once('.')
        .and_then(|(secret, print)| Some((secret, read_fingerprint(print)?)))
        .context("the token is not whole; copy all of it, with what stands behind the dot")?;
    ensure!(
        centre.starts_with("https://"),
        "{centre} is no address of a centre; write it as https://HOST:8444"
    );
    let tls = pinned_config(pinned)?;
    let (key, request) = new_request()?;
    let body = json!({ "token": secret, "request": request });
    let enrolled = ask(centre, tls, "/v1/enrol", &body).await?;
    let ca = CertificateDer::from_pem_slice(enrolled.ca.as_bytes())
        .context("the centre sent a CA that cannot be read")?;
    ensure!(
        fingerprint(&ca) == pinned,
        "the centre sent another CA than the token names"
    );
    let folder = dir.join("tls");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    write_secret(&folder.join(CA), &enrolled.ca)?;
    keep(dir, centre, &key, enrolled, now)
}

/// A new key and a new certificate in place of those that end soon.
pub(super) async fn renew(dir: &Path, centre: &str, now: Time) -> Result<()> {
    let tls = client_config(dir)?;
    let (key, request) = new_request()?;
    let enrolled = ask(centre, tls, "/v1/renew", &json!({ "request": request })).await?;
    let known = Identity::read(dir)?.centre;
    keep(dir, &known, &key, enrolled, now).map(drop)
}

fn new_request() -> Result<(KeyPair, String)> {
    let key = KeyPair::generate().context("cannot make a key")?;
    let request = CertificateParams::default()
        .serialize_request(&key)
        .and_then(|request| request.pem())
        .context("cannot ask for a certificate")?;
    Ok((key, request))
}

fn keep(
    dir: &Path,
    centre: &str,
    key: &KeyPair,
    enrolled: Enrolled,
    now: Time,
) -> Result<Identity> {
    let folder = dir.join("tls");
    let both = format!("{}{}", enrolled.certificate, key.serialize_pem());
    write_secret(&folder.join(CERTIFICATE), &both)?;
    let identity = Identity {
        sensor: enrolled.sensor,
        centre: centre.to_owned(),
        sites: enrolled.sites,
        leaves: enrolled.leaves,
        issued: now.micros(),
        life_seconds: enrolled.life_seconds,
    };
    let text =
        serde_json::to_string_pretty(&identity).context("cannot write who this sensor is")?;
    write_secret(&folder.join(ENROLLED), &text)?;
    Ok(identity)
}

async fn ask(
    centre: &str,
    tls: Arc<ClientConfig>,
    path: &str,
    body: &serde_json::Value,
) -> Result<Enrolled> {
    let connection = Connection::open(centre, tls)
        .await
        .map_err(anyhow::Error::msg)?;
    let (status, answer) = connection
        .post(path, body.to_string().into())
        .await
        .with_context(|| format!("{centre} gave no answer"))?;
    if !status.is_success() {
        let said: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        let message = said.get("message").and_then(serde_json::Value::as_str);
        bail!(
            "the centre refused: {}",
            message.unwrap_or("it did not say why")
        );
    }
    serde_json::from_slice(&answer).context("the centre's answer cannot be read")
}

/// How this edge speaks with its centre.
pub(crate) fn client_config(dir: &Path) -> Result<Arc<ClientConfig>> {
    let folder = dir.join("tls");
    let (ca, own) = (folder.join(CA), folder.join(CERTIFICATE));
    let mut roots = RootCertStore::empty();
    let der = CertificateDer::from_pem_file(&ca)
        .with_context(|| format!("cannot read {}; enrol this sensor again", ca.display()))?;
    roots.add(der).context("the centre's CA cannot be used")?;
    let chain = CertificateDer::pem_file_iter(&own)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read {}; enrol this sensor again", own.display()))?;
    let key = PrivateKeyDer::from_pem_file(&own)
        .with_context(|| format!("cannot read the key in {}", own.display()))?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .with_context(|| format!("{} does not hold a key with its certificate", own.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

fn read_fingerprint(text: &str) -> Option<[u8; 32]> {
    let mut print = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (place, byte) in print.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(print)
}

/// Speaks only with who shows a CA of this fingerprint and a certificate signed by it.
fn pinned_config(pinned: [u8; 32]) -> Result<Arc<ClientConfig>> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("cannot set up TLS")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pinned }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct Pinned {
    pinned: [u8; 32],
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let other = || {
            Error::General(
                "the centre is not the one that the token names: check the address, or whether \
                 somebody stands between"
                    .to_owned(),
            )
        };
        let ca = between.iter().find(|held| fingerprint(held) == self.pinned);
        let ca = ca.ok_or_else(other)?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned()).map_err(|_| other())?;
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
