//! Hellos made by hand, cut at every byte.

use proptest::prelude::*;

use super::parse::*;
use super::x509::certificate;
use super::*;

/// TLS 1.3 with GREASE, SNI `a.vn`, ALPN h2, two signature algorithms.
pub(crate) fn hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 6, 0x0a, 0x0a, 0x13, 0x01, 0x13, 0x02]);
    body.extend([1, 0]);
    let extensions: &[&[u8]] = &[
        &[0x1a, 0x1a, 0, 0],
        &[0, 0, 0, 9, 0, 7, 0, 0, 4, b'a', b'.', b'v', b'n'],
        &[0, 16, 0, 5, 0, 3, 2, b'h', b'2'],
        &[0, 13, 0, 6, 0, 4, 4, 3, 8, 4],
        &[0, 43, 0, 3, 2, 3, 4],
    ];
    let extensions = extensions.concat();
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    body
}

#[test]
fn reads_a_client_hello_and_names_it() {
    let read = client_hello(&hello()).unwrap();
    assert_eq!(read.server_name.as_deref(), Some(&b"a.vn"[..]));
    assert_eq!(read.alpns, [b"h2".to_vec()]);
    assert_eq!(read.extensions, [0x1a1a, 0, 16, 13, 43]);
    let name = ja4(&read);
    assert!(name.starts_with("t13d0204h2_"), "{name}");
    assert_eq!(name.len(), 36);
}

#[test]
fn ja4_agrees_with_its_published_vector() {
    let ciphers = [
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
    ];
    let extensions = [
        0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
        0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
    ];
    let read = ClientHello {
        version: 0x0303,
        ciphers: ciphers.to_vec(),
        extensions: extensions.to_vec(),
        signatures: vec![
            0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
        ],
        versions: vec![0x0304, 0x0303],
        alpns: vec![b"h2".to_vec()],
        ..ClientHello::default()
    };
    assert_eq!(ja4(&read), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

#[test]
fn every_cut_is_harmless() {
    let whole = hello();
    for end in 0..whole.len() {
        drop(client_hello(&whole[..end]));
        drop(server_hello(&whole[..end]));
    }
}

proptest! {
    #[test]
    fn hostile_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(client_hello(&bytes));
        drop(server_hello(&bytes));
        certificates(&bytes);
        drop(certificate(&bytes));
    }
}
