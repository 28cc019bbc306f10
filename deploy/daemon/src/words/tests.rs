//! That every set is whole in both languages, and knows the words that this program writes.

use sensor::uplink::spool::Accepts;
use serde_json::json;

use super::cause::{ConfigCause, UpdateCause};
use super::problem::ProblemCode;
use super::*;
use crate::language::Language;
use crate::update::Outcome;

const LANGUAGES: [Language; 2] = [Language::Vietnamese, Language::English];

fn is_both(shown: [&str; 2]) {
    let [vi, en] = shown;
    assert!(vi != en && !vi.is_ascii() && !en.is_empty(), "{vi} | {en}");
    assert!(en.is_ascii(), "{en}");
}

macro_rules! whole_states {
    ($($name:ident $test:ident)+) => {$(
        #[test]
        fn $test() {
            for (own, word) in $name::ALL {
                is_both(LANGUAGES.map(|language| own.words(language)));
                assert_eq!($name::of(word), Some(*own));
            }
            assert_eq!($name::of("of tomorrow"), None);
        }
    )+};
}

whole_states! {
    HealthState words_of_health
    SourceState words_of_sources
    FileFault words_of_faults
    SpoolState words_of_spools
    UplinkState words_of_uplinks
    UpdateState words_of_updates
    ConfigState words_of_configurations
    ProblemCode words_of_problems
}

/// Each has a lead-in and a next step, and is found by its marks.
macro_rules! whole_causes {
    ($($name:ident $test:ident)+) => {$(
        #[test]
        fn $test() {
            for own in $name::ALL {
                let [vi, en] = LANGUAGES.map(|language| own.shown("it broke", language));
                is_both([&vi, &en]);
                assert!(vi.ends_with(" (nguyên văn: it broke)"), "{vi}");
                let (vi, en) = own.next();
                assert!(!vi.is_ascii() && !en.is_empty() && vi != en, "{vi} | {en}");
                for mark in own.marks() {
                    assert_eq!($name::of_text(mark), *own, "{mark}");
                }
            }
            assert_eq!($name::of_text("something else"), $name::Other);
        }
    )+};
}

whole_causes! {
    SourceCause causes_of_sources
    UpdateCause causes_of_updates
    ConfigCause causes_of_configurations
}

#[test]
fn every_full_or_failed_spool_has_a_next_step() {
    for (own, _) in SpoolState::ALL {
        let (vi, en) = own.next();
        assert_eq!(vi.is_empty(), *own == SpoolState::Ok);
        assert!(vi != en || vi.is_empty());
    }
}

#[test]
fn what_this_program_writes_is_known() {
    for accepts in [Accepts::Ok, Accepts::Full, Accepts::Failed] {
        assert!(SpoolState::of(accepts.name()).is_some());
    }
    for outcome in [Outcome::Installed, Outcome::Refused, Outcome::RolledBack] {
        assert!(UpdateState::of(outcome.name()).is_some());
    }
    for (text, cause) in [
        (
            "cannot capture from eth9: this machine has no interface eth9; it has: lo",
            SourceCause::NoInterface,
        ),
        (
            "cannot capture from eth1: libpcap error: Operation not permitted; capturing needs CAP_NET_RAW, which …",
            SourceCause::NoCapture,
        ),
        (
            "cannot read /x: No such file or directory (os error 2); check the source's path",
            SourceCause::NotThere,
        ),
        (
            "0.0.0.0:514: Address already in use (os error 98)",
            SourceCause::AddressInUse,
        ),
        (
            "/x/a.log is not a capture; a log needs kind = \"file\"",
            SourceCause::WrongFormat,
        ),
    ] {
        assert_eq!(SourceCause::of_text(text), cause, "{text}");
    }
}

#[test]
fn a_line_or_a_source_may_be_the_cause() {
    let line = Explained::of_update("cannot reach a:1: refused", Language::Vietnamese);
    assert_eq!(line.shown, "không nối được tới trung tâm");
    let update = Explained::of_update("version 1 is not newer than 1", Language::Vietnamese);
    assert!(update.shown.starts_with("bản cập nhật không mới hơn"));
    let source = Explained::of_config("source a: No such device", Language::Vietnamese);
    assert!(
        source.shown.starts_with("nguồn a: máy này không có"),
        "{}",
        source.shown
    );
    let own = Explained::of_config("the centre took nothing within 9 s", Language::English);
    assert_eq!(own.shown, "the centre took nothing within 9 s");
    assert!(own.line(Language::English).contains("; look at the line"));
}

#[test]
fn what_a_centre_fills_in_stands_in_the_sentence_and_a_code_of_tomorrow_as_it_came() {
    let health = json!({"problems": [
        {"code": "frame_corrupt", "severity": "warn", "message": "x", "params": {"first": "3", "last": "9"}},
        {"code": "moon_full", "severity": "critical", "message": "the moon is full"},
    ]});
    let mut troubles = Trouble::all(&health);
    let lost = troubles.next().unwrap();
    let said = lost.words(Language::Vietnamese);
    assert_eq!(said, "nhật ký gốc bị hỏng, mất các sự kiện từ 3 đến 9");
    assert_eq!(lost.graveness(), Graveness::Warning);
    let moon = troubles.next().unwrap();
    assert_eq!(moon.words(Language::Vietnamese), "the moon is full");
    assert_eq!(moon.graveness(), Graveness::Failure);
    for (code, word) in ProblemCode::ALL {
        let (vi, en) = code.next();
        assert!(!vi.is_ascii() || vi.contains("haidang"), "{word}");
        assert!(vi != en, "{word}");
    }
}
