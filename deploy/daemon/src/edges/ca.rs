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
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType,
    SerialNumber, SigningKey as _,
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
        check(&der, &pair, now).with_context(|| {
            format!(
                "{} with the key {} cannot be the CA of the sensors",
                certificate.display(),
                key.display()
            )
        })?;
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

/// Whether a certificate is a CA's that may sign others now, and a key is its key.
fn check(der: &CertificateDer<'_>, pair: &KeyPair, now: Time) -> Result<()> {
    let (_, read) = x509_parser::parse_x509_certificate(der)
        .map_err(|error| anyhow::anyhow!("the certificate cannot be read: {error}"))?;
    if read.public_key().subject_public_key.data != pair.der_bytes() {
        bail!("the key is not the certificate's; name the two files that were made together");
    }
    let is_ca = read.basic_constraints().ok().flatten();
    if !is_ca.is_some_and(|constraints| constraints.value.ca) {
        bail!(
            "the certificate is no CA's (basicConstraints lacks CA:TRUE); make one that is, for example \
             with openssl req -x509 -addext basicConstraints=critical,CA:TRUE"
        );
    }
    // A certificate without key usages may be used for all (RFC 5280, 4.2.1.3).
    let usage = read
        .key_usage()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    if !usage.is_none_or(|usage| usage.value.key_cert_sign()) {
        bail!(
            "the certificate may not sign others (keyUsage lacks keyCertSign); make one that may"
        );
    }
    let seconds = now.micros().div_euclid(1_000_000);
    let (from, to) = (read.validity().not_before, read.validity().not_after);
    if seconds < from.timestamp() {
        bail!("the certificate holds from {from} only; look at the clock, or make a new one");
    }
    if seconds > to.timestamp() {
        bail!("the certificate has expired at {to}; make a new one, and enrol the sensors again");
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system_clock;

    /// What an operator may have: each part as it should be, or not.
    #[derive(Clone, Copy)]
    struct Own {
        is_ca: bool,
        signs: bool,
        days: (i64, i64),
        own_key: bool,
    }

    fn opened(own: Own) -> Result<Ca> {
        let dir = tempfile::tempdir().unwrap();
        let (now, day) = (system_clock()(), 86_400);
        let at = |days: i64| {
            OffsetDateTime::from_unix_timestamp(now.micros() / 1_000_000 + days * day).unwrap()
        };
        let (pair, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let (mut params, _) = params("own", Vec::new(), now).unwrap();
        params.is_ca = if own.is_ca {
            IsCa::Ca(BasicConstraints::Unconstrained)
        } else {
            IsCa::ExplicitNoCa
        };
        params.key_usages = if own.signs {
            vec![KeyUsagePurpose::KeyCertSign]
        } else {
            vec![KeyUsagePurpose::DigitalSignature]
        };
        (params.not_before, params.not_after) = (at(own.days.0), at(own.days.1));
        let made = params.self_signed(&pair).unwrap();
        let (certificate, key) = (dir.path().join("ca.crt"), dir.path().join("ca.key"));
        std::fs::write(&certificate, made.pem()).unwrap();
        let held = if own.own_key { &pair } else { &other };
        std::fs::write(&key, held.serialize_pem()).unwrap();
        let section = EdgesSection {
            ca_certificate: Some(certificate),
            ca_key: Some(key),
            ..EdgesSection::default()
        };
        Ca::open(&section, dir.path(), now)
    }

    #[test]
    fn an_operators_own_ca_must_be_one() {
        let good = Own {
            is_ca: true,
            signs: true,
            days: (-1, 1),
            own_key: true,
        };
        assert!(opened(good).is_ok());
        for (bad, words) in [
            (
                Own {
                    is_ca: false,
                    ..good
                },
                "is no CA's",
            ),
            (
                Own {
                    signs: false,
                    ..good
                },
                "lacks keyCertSign",
            ),
            (
                Own {
                    days: (-9, -1),
                    ..good
                },
                "has expired at",
            ),
            (
                Own {
                    days: (1, 9),
                    ..good
                },
                "holds from",
            ),
            (
                Own {
                    own_key: false,
                    ..good
                },
                "the key is not the certificate's",
            ),
        ] {
            let said = format!("{:#}", opened(bad).err().unwrap());
            assert!(said.contains(words) && said.contains("ca.crt"), "{said}");
        }
    }
}
