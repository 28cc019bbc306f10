//! The 47 probes: what a value, a modifier or a condition means, with the verdict that the
//! specification, or the practice of its back ends, gives.

use event::Kind;

use super::{event, examine, load, rule};
use crate::detect::Engine;

/// What a probe gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Match,
    Silent,
    /// The rule is a listed problem.
    Refused,
}

use Verdict::{Match, Refused, Silent};

/// Number, detection, record, verdict. Where the specification is open, the choice is ours:
/// 30 `neq` holds for an absent field, as `not` does; 33 letters fold by their lower case.
const PROBES: [(u8, &str, &str, Verdict); 47] = [
    (1, "s: ['evil']", r#"{"Message":"some evil text"}"#, Match),
    (
        2,
        "s: {'|all': [evil, text]}",
        r#"{"Message":"some evil text"}"#,
        Match,
    ),
    (3, "s: {F: null}", r#"{"A":"x"}"#, Match),
    (4, "s: {F: null}", r#"{"F":null}"#, Match),
    (5, "s: {F: ''}", r#"{"A":"x"}"#, Silent),
    (6, "s: {F|re|i: abc}", r#"{"F":"xABCx"}"#, Match),
    (7, "s: {F|re: 'b.d'}", r#"{"F":"abcde"}"#, Match),
    (8, "s: {F|re: 'a(?=b)'}", r#"{"F":"ab"}"#, Refused),
    (9, "s: {F: '*a?c'}", r#"{"F":"axxabc"}"#, Match),
    (10, "s: {F: '*?'}", r#"{"F":"abc"}"#, Match),
    (11, "s: {F: 'a*b*c'}", r#"{"F":"axbxbyc"}"#, Match),
    (12, "s: {F|contains: bb}", r#"{"F":["aa","xbbx"]}"#, Match),
    (13, "s: {EventID: 4624}", r#"{"EventID":"4624"}"#, Match),
    (14, "s: {EventID: '4624'}", r#"{"EventID":4624}"#, Match),
    (
        15,
        "s: {F|windash|contains: ' -a -b'}",
        r#"{"F":"x /a /b"}"#,
        Match,
    ),
    (
        16,
        "s: {F|windash|contains: ' -a'}",
        r#"{"F":"x –a"}"#,
        Match,
    ),
    (17, "s: {F|base64: foob}", r#"{"F":"Zm9vYg=="}"#, Match),
    (
        18,
        "s: {F|base64|contains: foobar}",
        r#"{"F":"xxZm9vYmFyxx"}"#,
        Match,
    ),
    (
        19,
        "s: {F|base64offset|contains: /bin/bash}",
        r#"{"F":"Y2F0IC9iaW4vYmFzaA=="}"#,
        Match,
    ),
    (
        20,
        "s: {F|wide|base64offset|contains: http}",
        r#"{"F":"aAB0AHQAcAA="}"#,
        Match,
    ),
    (
        21,
        "s: {F|base64|contains: foobar}",
        r#"{"F":"xxZM9VYMFYXX"}"#,
        Match,
    ),
    (
        22,
        "_a: {F: x}\nb: {F: y}\ncondition: 1 of them",
        r#"{"F":"x"}"#,
        Silent,
    ),
    (
        23,
        "a: {F: x}\nb: {F: y}\ncondition: [a, b]",
        r#"{"F":"y"}"#,
        Match,
    ),
    (24, "s: {F|gt: 5}", r#"{"F":"10"}"#, Match),
    (25, "s: {F|gt: 5}", r#"{"F":5.5}"#, Match),
    (26, "s: {F|cidr: 'fe80::/10'}", r#"{"F":"fe80::1"}"#, Match),
    (27, "s: {F|exists: false}", r#"{"F":"x"}"#, Silent),
    (28, "s: {F|fieldref: G}", r#"{"F":"Abc","G":"aBC"}"#, Match),
    (29, "s: {F|neq: a}", r#"{"F":"b"}"#, Match),
    (30, "s: {F|neq: a}", r#"{"G":"b"}"#, Match),
    (
        31,
        "s: {T|hour: 3}",
        r#"{"T":"2024-01-01T03:04:05Z"}"#,
        Match,
    ),
    (32, "s: {F|contains: É}", r#"{"F":"café"}"#, Match),
    (33, "s: {F: k}", "{\"F\":\"\u{212a}\"}", Match),
    (
        34,
        "s: {commandline|contains: a}",
        r#"{"CommandLine":"a"}"#,
        Silent,
    ),
    (35, "s: {a.b: x}", r#"{"a":{"b":"x"}}"#, Match),
    (36, r"s: {F: 'a\*b'}", r#"{"F":"a*b"}"#, Match),
    (37, r"s: {F: 'C:\\*'}", r#"{"F":"C:\\x"}"#, Match),
    (
        38,
        r"s: {F|endswith: '\cmd.exe'}",
        r#"{"F":"C:\\Windows\\cmd.exe"}"#,
        Match,
    ),
    (
        39,
        "s: {F|utf16le|contains: cmd}",
        r#"{"F":"c\u0000m\u0000d\u0000"}"#,
        Match,
    ),
    (40, "s: {F|cased: abc}", r#"{"F":"ABC"}"#, Silent),
    (41, "s: {F|re: 'a.b'}", r#"{"F":"a\nb"}"#, Silent),
    (42, "s: {F: true}", r#"{"F":"true"}"#, Match),
    (43, "s: {F: 1.5}", r#"{"F":"1.5"}"#, Match),
    (44, "s: {F: x}\ntimeframe: 5m", r#"{"F":"x"}"#, Match),
    (
        45,
        "s1: {F: x}\ns2: {F: y}\ncondition: any of s*",
        r#"{"F":"x"}"#,
        Match,
    ),
    (
        46,
        "a: {F: x}\nb: {F: y}\ncondition: a OR b",
        r#"{"F":"y"}"#,
        Refused,
    ),
    (47, "s: [4624]", r#"{"EventID":4624}"#, Match),
];

/// What the probes leave out.
const MORE: [(&str, &str, Verdict); 40] = [
    ("s: {F|neq: [a, b]}", r#"{"F":"c"}"#, Match),
    ("s: {F|neq: [a, b]}", r#"{"F":["c","b"]}"#, Silent),
    ("s: {F|exists: true}", r#"{"F":null}"#, Match),
    ("s: {F|exists: true}", r#"{"F":{"a":1}}"#, Match),
    ("s: {F|exists: yes}", r#"{"F":1}"#, Refused),
    ("s: {F: ''}", r#"{"F":""}"#, Match),
    ("s: {F: '*'}", r#"{"F":null}"#, Silent),
    ("s: {F|all: [1, 2]}", r#"{"F":[1,2]}"#, Match),
    ("s: {F|contains|all: [a, b]}", r#"{"F":"xbax"}"#, Match),
    ("s: {F|contains|all: [a, b]}", r#"{"F":"xax"}"#, Silent),
    ("s: {F|re|s: 'a.b'}", r#"{"F":"a\nb"}"#, Match),
    ("s: {F|re|m: '^b$'}", r#"{"F":"a\nb"}"#, Match),
    ("s: {F|re: 'B'}", r#"{"F":"b"}"#, Silent),
    ("s: {F|i: b}", r#"{"F":"b"}"#, Refused),
    ("s: {F|contains|re: b}", r#"{"F":"b"}"#, Refused),
    ("s: {F|lte: 5}", r#"{"F":5}"#, Match),
    ("s: {F|lt: 5}", r#"{"F":"five"}"#, Silent),
    ("s: {F|gte: five}", r#"{"F":5}"#, Refused),
    (
        "s: {F|cidr: [10.0.0.0/8, 192.0.2.1]}",
        r#"{"F":"192.0.2.1"}"#,
        Match,
    ),
    (
        "s: {F|cidr: 10.0.0.0/8}",
        r#"{"F":"::ffff:10.1.1.1"}"#,
        Match,
    ),
    ("s: {F|cidr: 10.0.0.0/33}", r#"{"F":"10.1.1.1"}"#, Refused),
    (
        "s: {F|fieldref|endswith: G}",
        r#"{"F":"abc","G":"BC"}"#,
        Match,
    ),
    (
        "s: {F|endswith|fieldref: G}",
        r#"{"F":"abc","G":"b"}"#,
        Silent,
    ),
    ("s: {F|fieldref|neq: G}", r#"{"F":"a","G":"b"}"#, Match),
    ("s: {F|fieldref|cased: G}", r#"{"F":"a","G":"A"}"#, Silent),
    (
        "s: {T|week: 1}",
        r#"{"T":"2024-12-30 23:00:00.000"}"#,
        Match,
    ),
    ("s: {T|year|gte: 2024}", r#"{"T":"2025-01-01"}"#, Match),
    ("s: {T|hour: 3}", r#"{"T":"three"}"#, Silent),
    ("s: {F|expand: '%Administrators%'}", "{}", Refused),
    ("s: {F: '%x%'}", r#"{"F":"%X%"}"#, Match),
    (r"s: {F|expand: '50\% of 100\%'}", "{}", Silent),
    ("s: {F|sounds: like}", "{}", Refused),
    ("s: [{F: a}, {G: b}]", r#"{"G":"b"}"#, Match),
    ("s: [evil, {G: b}]", r#"{"A":["x","EVIL one"]}"#, Match),
    ("s: {'|re': 'e[vw]il'}", r#"{"A":{"b":"evil"}}"#, Match),
    ("s: {'|all': ['e*l', missing]}", r#"{"A":"evil"}"#, Silent),
    ("s: {F: null, G: 1}", r#"{"G":1,"F":"x"}"#, Silent),
    ("s: {F: 16}", r#"{"F":16.0}"#, Match),
    ("s: {F: 16}", r#"{"F":"016"}"#, Silent),
    ("s: {Threat Name: x}", r#"{"ThreatName":"X"}"#, Match),
];

fn check(name: &str, detection: &str, record: &str, expected: Verdict) {
    let condition = if detection.contains("condition:") {
        ""
    } else {
        "\ncondition: s"
    };
    let (set, problems) = load(&rule(&format!("{detection}{condition}")));
    let refused = problems.iter().any(|problem| problem.is_error());
    let found = examine(
        &set,
        &Engine::compile(&set),
        &event(Kind::WindowsSystem, record),
    );
    let verdict = match (refused, found.is_empty()) {
        (true, _) => Refused,
        (false, false) => Match,
        (false, true) => Silent,
    };
    assert_eq!(
        verdict, expected,
        "{name} {detection:?} on {record}: {problems:?}"
    );
}

#[test]
fn the_47_probes() {
    for (number, detection, record, expected) in PROBES {
        check(&format!("probe {number}"), detection, record, expected);
    }
}

#[test]
fn and_what_they_leave_out() {
    for (detection, record, expected) in MORE {
        check("", detection, record, expected);
    }
}
