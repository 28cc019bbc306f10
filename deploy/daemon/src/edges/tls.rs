//! TLS of the edges' listener: 1.3 only, the client's certificate asked for and, where it comes, checked.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use event::Time;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};

use super::ca::Ca;
use crate::config::EdgesSection;

/// A certificate that has ended may still ask for a new one, for so long.
pub(super) const GRACE: Duration = Duration::from_secs(30 * 86_400);

/// A fresh certificate for the listener with everything around it.
pub(super) fn server_config(
    ca: &Ca,
    section: &EdgesSection,
    now: Time,
) -> Result<Arc<ServerConfig>> {
    let (chain, key) = ca.issue_listener(&section.names, now)?;
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots
        .add(ca.der().clone())
        .context("the CA cannot be used")?;
    let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .context("the CA cannot be used")?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .context("cannot set up TLS")?
        .with_client_cert_verifier(Arc::new(SensorVerifier { inner }))
        .with_single_cert(chain, key)
        .context("cannot set up TLS")?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Asks the chain of the CA; lets one through that has ended a while ago, since every request is asked what its
/// certificate is still good for.
#[derive(Debug)]
struct SensorVerifier {
    inner: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for SensorVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn verify_client_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let checked = self.inner.verify_client_cert(end, between, now);
        let Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) = &checked
        else {
            return checked;
        };
        let earlier = Duration::from_secs(now.as_secs().saturating_sub(GRACE.as_secs()));
        let earlier = UnixTime::since_unix_epoch(earlier);
        self.inner.verify_client_cert(end, between, earlier)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
