//! Whether a certificate's key has signed a message: configuration bundles, update files.

use anyhow::{Context, Result};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;

/// Whether it has, in any form that TLS knows. Who signed the certificate is not asked: it is known.
pub(crate) fn is_signed(
    certificate: &CertificateDer<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool> {
    let signer =
        webpki::EndEntityCert::try_from(certificate).context("the certificate cannot be used")?;
    let known = ring::default_provider().signature_verification_algorithms;
    let mut ways = known.all.iter();
    Ok(ways.any(|way| signer.verify_signature(*way, message, signature).is_ok()))
}
