//! Messages made by hand, cut at every byte, with loops and lies.

use proptest::prelude::*;

use super::parse::{Data, DnsLimits, message};

const LIMITS: DnsLimits = DnsLimits {
    queries: 4,
    records: 4,
};

/// A response for `tỉnh.vn` (UTF-8 on the wire): one CNAME by pointer, one A.
pub(crate) fn response() -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
    bytes.extend(b"\x06t\xe1\xbb\x89nh\x02vn\x00\x00\x01\x00\x01");
    bytes.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03www\xc0\x0c");
    bytes.extend(b"\xc0\x27\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xcb\x00\x71\x09");
    bytes
}

#[test]
fn reads_a_response_with_compressed_names() {
    let read = message(&response(), LIMITS).unwrap();
    assert_eq!((read.id, read.is_response()), (0x1234, true));
    assert_eq!(read.queries[0].name, "tỉnh.vn".as_bytes());
    let Data::Text(name) = &read.answers[0].data else {
        panic!("{:?}", read.answers[0]);
    };
    assert_eq!(name, "www.tỉnh.vn".as_bytes());
    assert_eq!(read.answers[1].name, "www.tỉnh.vn".as_bytes());
    assert_eq!(read.answers[1].data, Data::Address([203, 0, 113, 9].into()));
}

#[test]
fn a_name_that_loops_is_refused() {
    for pointer in [12_u8, 13, 14, 200] {
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend([1, b'a', 0xc0, pointer, 0, 1, 0, 1]);
        assert!(message(&bytes, LIMITS).is_none(), "{pointer}");
    }
}

#[test]
fn every_cut_is_harmless() {
    let whole = response();
    for end in 0..whole.len() {
        assert!(message(&whole[..end], LIMITS).is_none(), "cut at {end}");
    }
}

#[test]
fn a_lie_about_the_last_section_does_not_spoil_the_answer() {
    let mut bytes = response();
    bytes[11] = 9;
    let read = message(&bytes, LIMITS).unwrap();
    assert_eq!(read.answers.len(), 2);
    assert_eq!(read.faults, ["INVALID_ADDITIONALS"]);
}

proptest! {
    #[test]
    fn hostile_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(message(&bytes, LIMITS));
    }
}
