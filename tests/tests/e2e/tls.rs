//! Off this host only over TLS, with a certificate that is made at the first start.

use std::net::UdpSocket;
use std::sync::Arc;

use tests::Setup;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An address of this machine that is not loopback; nothing is sent to find it.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_than_loopback_is_served_over_tls_alone() {
    let Some(ip) = own_address() else {
        println!("skipped: this machine has no address but loopback");
        return;
    };
    let mut lab = Setup::on(&format!("{ip}:0")).start().await;
    lab.add_person("an", "analyst", None).await;
    let address = lab.address();

    // Plain HTTP gets no answer.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    drop(plain.read_to_end(&mut answer).await);
    assert!(
        !answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );

    let certificate = std::fs::read(lab.data_dir().join("tls/console.crt")).unwrap();
    let body = format!(r#"{{"user":"an","password":"{}"}}"#, tests::lab::PASSWORD);
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {address}\r\nOrigin: https://{address}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = over_tls(address, &certificate, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie: "))
        .unwrap();
    assert!(
        cookie.contains("__Host-haidang=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    lab.stop().await;
}

async fn over_tls(address: std::net::SocketAddr, pem: &[u8], request: &[u8]) -> String {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::from(address.ip());
    let mut stream = connector.connect(name, stream).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}
