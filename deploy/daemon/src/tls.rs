//! The certificate of the console: the configured one, or one made at the first start.

use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::WebSection;
use crate::system_clock;

/// How long a certificate made at the first start holds.
const YEARS: i32 = 10;

/// The TLS side of the listener.
pub(crate) fn server_config(web: &WebSection, data_dir: &Path) -> Result<Arc<ServerConfig>> {
    let folder = data_dir.join("tls");
    let (certificate, key) = match (&web.certificate, &web.key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ => (folder.join("console.crt"), folder.join("console.key")),
    };
    if !certificate.exists() && web.certificate.is_none() {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        make(web, &certificate, &key)?;
    }
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    let key_der = PrivateKeyDer::from_pem_file(&key)
        .with_context(|| format!("cannot read the key {}", key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .with_context(|| {
            format!(
                "{} and {} do not fit together",
                certificate.display(),
                key.display()
            )
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn make(web: &WebSection, certificate: &Path, key: &Path) -> Result<()> {
    let mut names = web.names.clone();
    names.push("localhost".to_owned());
    let listen = web.listen.ip();
    if !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    names.push(IpAddr::from([127, 0, 0, 1]).to_string());
    names.dedup();
    let context = "cannot make a certificate";
    let mut asked = rcgen::CertificateParams::new(names).context(context)?;
    asked
        .distinguished_name
        .push(rcgen::DnType::CommonName, "haidang");
    // Long enough to be replaced by a trusted one, and not for ever.
    let today = system_clock()().to_string();
    let year = today.split('-').next().and_then(|year| year.parse().ok());
    if let Some(year) = year {
        asked.not_before = rcgen::date_time_ymd(year, 1, 1);
        asked.not_after = rcgen::date_time_ymd(year + YEARS, 1, 1);
    }
    let signing_key = rcgen::KeyPair::generate().context(context)?;
    let made = asked.self_signed(&signing_key).context(context)?;
    std::fs::write(certificate, made.pem())
        .with_context(|| format!("cannot write {}", certificate.display()))?;
    let mut options = std::fs::File::options();
    let opened = options
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(key);
    opened
        .and_then(|mut file| {
            std::io::Write::write_all(&mut file, signing_key.serialize_pem().as_bytes())
        })
        .with_context(|| format!("cannot write {}", key.display()))?;
    tracing::warn!(
        certificate = %certificate.display(),
        "made a certificate of its own; configure web.certificate and web.key with a trusted one"
    );
    Ok(())
}
