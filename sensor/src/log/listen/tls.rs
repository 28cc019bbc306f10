//! TLS of a listener: its certificate chain and key, from files.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::cannot;
use crate::error::Result;

/// What a listener shows; `address` is named when it cannot be made.
pub(in crate::log) fn server_config(
    address: SocketAddr,
    certificate: &Path,
    key: &Path,
) -> Result<Arc<ServerConfig>> {
    let failed = |path: &Path, reason: &dyn std::fmt::Display| {
        cannot(address, format!("{}: {reason}", path.display()))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| failed(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let built = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(address, error))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| failed(certificate, &error))?;
    Ok(Arc::new(built))
}
