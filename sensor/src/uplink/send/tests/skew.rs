//! A centre one version older or newer: each of its answers is understood, as far as this program knows the words; and
//! what only a newer sensor would send.

use event::Instance;
use hyper::StatusCode;
use serde_json::Value;

use super::super::http::understood;
use crate::uplink::spool::GapReason;
use crate::uplink::wire;

#[test]
fn the_answers_of_older_and_newer_centres_are_understood() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap();
    let folder = root.join("tests/golden/wire/answers");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let answer: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let body = answer["body"].to_string();
        let understood = understood(status, answer["retry_after"].as_str(), body.as_bytes());
        let means = format!("{:?}", understood.unwrap());
        assert_eq!(
            means,
            answer["means"].as_str().unwrap(),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 10, "{count} answers");
}

/// A newer sensor may have another reason for a gap: the numbers are gone all the same.
#[test]
fn a_gap_for_a_reason_that_is_not_known_is_a_gap() {
    let mut body = vec![2, 3];
    body.extend(5_u64.to_le_bytes());
    body.extend(9_u64.to_le_bytes());
    body.extend(b"moon_phase");
    let mut frame = b"HDB1".to_vec();
    frame.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    frame.extend(crc32c::crc32c(&body).to_le_bytes());
    frame.extend(&body);
    let read = wire::frames(&frame, Instance(1), wire::WireLimits::default()).unwrap();
    let [wire::WireFrame::Gap { gap, .. }] = &*read else {
        panic!("{read:?}");
    };
    assert_eq!(
        (gap.first, gap.last, gap.reason),
        (5, 9, GapReason::Unknown)
    );
}
