//! Heads and bodies made by hand; pairing is tested where packets are.

use proptest::prelude::*;

use super::body::Body;
use super::parse::*;

#[test]
fn reads_a_request_with_folded_headers_and_a_blank_in_its_target() {
    let head = b"GET /a b HTTP/1.1\r\nHost:  example.vn:8080 \r\nX: 1\r\n  2\nbroken\r\n\r\n";
    let read = request(head);
    assert_eq!(read.method, b"GET");
    assert_eq!(read.target, b"/a b");
    assert_eq!(read.protocol, b"HTTP/1.1");
    assert_eq!(read.headers.first("host"), Some(&b"example.vn:8080"[..]));
    assert_eq!(read.headers.first("x"), Some(&b"1 2"[..]));
    assert!(read.headers.missing_colon);
    assert_eq!(head_length(head, 0), Some(head.len()));
    assert_eq!(head_length(head, head.len() - 1), Some(head.len()));
}

#[test]
fn reads_a_status_line_without_reason_and_without_number() {
    assert_eq!(response(b"HTTP/1.0 200\r\n\r\n").code(), Some(200));
    assert_eq!(response(b"HTTP/1.1 2x0 OK\r\n\r\n").code(), None);
}

#[test]
fn tells_requests_and_responses_by_their_first_bytes() {
    for (data, expected) in [
        (&b"GET / HTTP/1.1"[..], Start::Request),
        (b"\r\nPOST /", Start::Request),
        (b"HTTP/1.1 200", Start::Response),
        (b"HT", Start::Unsure),
        (b"GE", Start::Unsure),
        (b"GETAWAY", Start::Neither),
        (b"\x16\x03\x01", Start::Neither),
    ] {
        assert_eq!(begins(data), expected, "{data:?}");
    }
}

#[test]
fn takes_host_and_port_apart() {
    assert_eq!(authority(b"a.vn:81"), (&b"a.vn"[..], Some(81)));
    assert_eq!(authority(b"a.vn"), (&b"a.vn"[..], None));
    assert_eq!(
        authority(b"[2001:db8::1]:81"),
        (&b"[2001:db8::1]"[..], Some(81))
    );
    assert_eq!(authority(b"[2001:db8::1]"), (&b"[2001:db8::1]"[..], None));
}

#[test]
fn follows_chunks_however_they_are_cut() {
    let data = b"5;x=1\r\nhello\r\n3\nabc\r\n0\r\nTrailer: x\r\n\r\nNEXT";
    for cut in 0..data.len() {
        let mut body = Body::ChunkLine;
        let first = body.take(&data[..cut]);
        let (mut length, mut used) = (first.body, first.used);
        if !first.done {
            let second = body.take(&data[used..]);
            assert!(second.done, "cut at {cut}");
            length += second.body;
            used += second.used;
        }
        assert_eq!((length, &data[used..]), (8, &b"NEXT"[..]), "cut at {cut}");
    }
    assert!(Body::ChunkLine.take(b"zz\r\n").bad_chunk);
}

proptest! {
    #[test]
    fn hostile_bytes_are_harmless(data in prop::collection::vec(any::<u8>(), 0..200)) {
        request(&data);
        response(&data);
        begins(&data);
        authority(&data);
        Body::ChunkLine.take(&data);
        if let Some(length) = head_length(&data, 0) {
            prop_assert!(length <= data.len());
        }
    }
}
