//! The CA of the sensors: made at the first start, or the operator's own.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use engine::store::Certificate;
use event::Time;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
    SigningKey as _,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::config::EdgesSection;

/// How long certificates of sensors, and that of the listener, hold.
pub(super) const LIFE: Duration = Duration::from_secs(90 * 86_400);
/// How long the CA holds.
const CA_LIFE: Duration = Duration::from_secs(20 * 365 * 86_400);
/// A certificate holds from a day before it is made: clocks of edges go wrong.
const BEFORE: Duration = Duration::from_secs(86_400);

/// The CA.
pub(crate) struct Ca {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

/// What a sensor gets.
pub(crate) struct Issued {
    /// For the sensor: its certificate, PEM.
    pub(crate) pem: String,
    /// For the store.
    pub(crate) certificate: Certificate,
}

/// SHA-256 of a certificate's DER: how a certificate is called.
pub(crate) fn fingerprint(der: &[u8]) -> [u8; 32] {
    Sha256::digest(der).into()
}

impl Ca {
    /// Opens the configured CA, or the folder's own, which is made when it is not there.
    pub(crate) fn open(section: &EdgesSection, dir: &Path, now: Time) -> Result<Self> {
        let folder = dir.join("tls");
        let (certificate, key) = match (&section.ca_certificate, &section.ca_key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            (None, None) => {
                let own = (folder.join("sensors-ca.crt"), folder.join("sensors-ca.key"));
                if !own.0.exists() {
                    std::fs::create_dir_all(&folder)
                        .with_context(|| format!("cannot create {}", folder.display()))?;
                    make(&own.0, &own.1, now)?;
                }
                own
            }
            _ => bail!("edges.ca_certificate and edges.ca_key go together; name both or neither"),
        };
        let pem = std::fs::read_to_string(&certificate)
            .with_context(|| format!("cannot read {}", certificate.display()))?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .with_context(|| format!("{} is no certificate in PEM", certificate.display()))?;
        let key_pem = std::fs::read_to_string(&key)
            .with_context(|| format!("cannot read {}", key.display()))?;
        let pair = KeyPair::from_pem(&key_pem)
            .with_context(|| format!("{} is no key in PEM", key.display()))?;
        let issuer = Issuer::from_ca_cert_der(&der, pair).with_context(|| {
            format!(
                "{} and {} do not make a CA",
                certificate.display(),
                key.display()
            )
        })?;
        Ok(Self { issuer, der, pem })
    }

    /// Its certificate.
    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Its certificate, PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs what is no certificate; whoever calls says in it what it is.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signed = self.issuer.key().sign(message);
        signed.context("the CA's key cannot sign")
    }

    /// A certificate for a sensor. Of its request only the key is taken: what it is called is the
    /// centre's to say.
    pub(crate) fn issue_sensor(&self, request: &str, sensor: &str, now: Time) -> Result<Issued> {
        let asked = CertificateSigningRequestParams::from_pem(request)
            .context("the certificate request cannot be read")?;
        let uri = format!("urn:haidang:sensor:{sensor}");
        let uri = uri
            .as_str()
            .try_into()
            .context("the name is no part of a URN")?;
        let (mut params, expires) = params(sensor, vec![SanType::URI(uri)], now)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let made = params
            .signed_by(&asked.public_key, &self.issuer)
            .context("cannot sign a certificate")?;
        Ok(Issued {
            certificate: Certificate {
                fingerprint: fingerprint(made.der()),
                sensor: sensor.to_owned(),
                issued: now,
                expires,
                revoked: None,
            },
            pem: made.pem(),
        })
    }

    /// A certificate with its key for the listener; the CA's own behind it, so that who knows the CA by
    /// its fingerprint only finds it.
    pub(crate) fn issue_listener(
        &self,
        names: &[String],
        now: Time,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let mut all = names.to_vec();
        all.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        let own = CertificateParams::new(all).context("edges.names holds what is no name")?;
        let (mut params, _) = params("haidang", own.subject_alt_names, now)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().context("cannot make a key")?;
        let made = params
            .signed_by(&key, &self.issuer)
            .context("cannot sign a certificate")?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((vec![made.der().clone(), self.der.clone()], key.into()))
    }
}

fn params(name: &str, names: Vec<SanType>, now: Time) -> Result<(CertificateParams, Time)> {
    let expires = now.plus(LIFE);
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names;
    params.not_before = date(now.minus(BEFORE))?;
    params.not_after = date(expires)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let mut serial = [0_u8; 16];
    getrandom::fill(&mut serial).context("no random numbers")?;
    // Positive, as RFC 5280 4.1.2.2 asks.
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok((params, expires))
}

fn date(time: Time) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time.micros().div_euclid(1_000_000))
        .context("a time that no certificate can say")
}

fn make(certificate: &Path, key: &Path, now: Time) -> Result<()> {
    let pair = KeyPair::generate().context("cannot make a key")?;
    let (mut params, _) = params("haidang sensors CA", Vec::new(), now)?;
    params.not_after = date(now.plus(CA_LIFE))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = false;
    let made = params.self_signed(&pair).context("cannot make a CA")?;
    // The key first: a certificate without its key would be taken for a CA that is there.
    write_secret(key, &pair.serialize_pem())?;
    std::fs::write(certificate, made.pem())
        .with_context(|| format!("cannot write {}", certificate.display()))?;
    tracing::info!(certificate = %certificate.display(), "made the CA of the sensors");
    Ok(())
}

/// Writes a file that only its owner reads, whole or not at all.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    let next = path.with_extension("next");
    let context = || format!("cannot write {}", path.display());
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&next)
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)?;
    file.sync_all().with_context(context)?;
    std::fs::rename(&next, path).with_context(context)
}
