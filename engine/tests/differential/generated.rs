//! Generated rules for the modifiers that SigmaHQ hardly uses, on values around theirs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::allowed::{GENERATED, Voice};
use crate::voices::{our_verdict, rsigma_verdict, sigma_rust_verdict};

/// Modifiers with values that they take, and values of events around these.
const ITEMS: &[(&str, &[&str], &[&str])] = &[
    (
        "",
        &[
            "'abc'",
            "'a*c'",
            "'*b?'",
            "'\\*a'",
            "''",
            "'C:\\\\*'",
            "'é'",
        ],
        &[
            "\"abc\"",
            "\"ABC\"",
            "\"abbc\"",
            "\"*a\"",
            "\"\"",
            "\"C:\\\\x\"",
            "\"É\"",
            "\"xbc\"",
        ],
    ),
    (
        "number",
        &["5", "-1", "1.5", "'5'"],
        &["5", "\"5\"", "5.0", "-1", "1.5", "\"1.5\"", "50"],
    ),
    (
        "boolean",
        &["true", "false"],
        &["true", "false", "\"true\"", "\"TRUE\"", "1"],
    ),
    ("null", &["null"], &["null", "\"\"", "0", "\"x\""]),
    (
        "|contains",
        &["'bc'", "'b?d'", "'*b*'", "'é'"],
        &["\"abcd\"", "\"ABCD\"", "\"bxd\"", "\"xÉx\"", "\"\""],
    ),
    (
        "|startswith",
        &["'ab'", "'a?c'", "'\\\\a'"],
        &["\"abc\"", "\"AXC\"", "\"xab\"", "\"\\\\abc\""],
    ),
    (
        "|endswith",
        &["'bc'", "'\\x.exe'"],
        &["\"abc\"", "\"bcx\"", "\"C:\\\\X.EXE\"", "\"x.exe\""],
    ),
    (
        "|contains|all",
        &["['a', 'c']", "['ab', 'bc']"],
        &["\"abc\"", "\"ac\"", "\"a\"", "\"ABxBC\""],
    ),
    (
        "|cased",
        &["'Abc'", "'A*'"],
        &["\"Abc\"", "\"abc\"", "\"ABC\""],
    ),
    ("|contains|cased", &["'Bc'"], &["\"aBcd\"", "\"abcd\""]),
    (
        "|re",
        &["'a.c'", "'^a+$'", "'[0-9]{3}'", "'(x|yz)'"],
        &[
            "\"abc\"",
            "\"xaxcx\"",
            "\"aaa\"",
            "\"12 345\"",
            "\"YZ\"",
            "\"a\\nc\"",
            "345",
        ],
    ),
    (
        "|re|i",
        &["'a.c'", "'YZ'"],
        &["\"ABC\"", "\"xyz\"", "\"a\\nc\""],
    ),
    ("|re|m", &["'^b$'"], &["\"a\\nb\\nc\"", "\"ab\"", "\"b\""]),
    ("|re|s", &["'a.b'"], &["\"a\\nb\"", "\"ab\""]),
    (
        "|cidr",
        &[
            "'10.0.0.0/8'",
            "'fe80::/10'",
            "'192.168.1.7/32'",
            "['10.0.0.0/8', '::1/128']",
        ],
        &[
            "\"10.1.2.3\"",
            "\"11.0.0.1\"",
            "\"fe80::1\"",
            "\"FE80:0::1\"",
            "\"::1\"",
            "\"192.168.1.7\"",
            "\"10.1.2\"",
            "\"x\"",
            "5",
        ],
    ),
    (
        "|exists",
        &["true", "false"],
        &["\"x\"", "null", "\"\"", "0", "[]"],
    ),
    (
        "|lt",
        &["5", "-1.5"],
        &["4", "5", "\"4\"", "-2", "4.99", "\"x\"", "null"],
    ),
    ("|lte", &["5"], &["4", "5", "5.0", "\"5\"", "5.01"]),
    ("|gt", &["5"], &["6", "5", "\"6\"", "5.5", "\"x\""]),
    ("|gte", &["5"], &["5", "6", "\"5\"", "4.999"]),
    (
        "|neq",
        &["'a'", "5", "['a', 'b']"],
        &["\"a\"", "\"A\"", "\"b\"", "\"c\"", "5", "6", "null"],
    ),
    (
        "|fieldref",
        &["G"],
        &["\"same\"", "\"SAME\"", "\"other\"", "7"],
    ),
    (
        "|fieldref|startswith",
        &["G"],
        &["\"same\"", "\"samex\"", "\"xsame\""],
    ),
    (
        "|fieldref|endswith",
        &["G"],
        &["\"same\"", "\"xSame\"", "\"samex\""],
    ),
    ("|fieldref|contains", &["G"], &["\"xsamex\"", "\"sam\""]),
    (
        "|windash|contains",
        &["' -a'", "' /b'", "' -a -b'", "'x-y'"],
        &[
            "\"x /a\"",
            "\"x -a\"",
            "\"x \u{2013}a\"",
            "\"x \u{2014}b\"",
            "\"x -a /b\"",
            "\"x-y\"",
            "\"x/y\"",
        ],
    ),
    (
        "|base64",
        &["'foobar'", "'foob'"],
        &["\"Zm9vYmFy\"", "\"Zm9vYg==\"", "\"zm9vymfy\"", "\"Zm9vYg\""],
    ),
    (
        "|base64|contains",
        &["'foobar'"],
        &["\"xxZm9vYmFyxx\"", "\"xxZM9VYMFYXX\"", "\"Zm9v\""],
    ),
    (
        "|base64offset|contains",
        &["'/bin/bash'", "'ab'"],
        &[
            "\"Y2F0IC9iaW4vYmFzaA==\"",
            "\"L2Jpbi9iYXNo\"",
            "\"eC9iaW4vYmFzaA==\"",
            "\"eHgvYmluL2Jhc2g=\"",
            "\"YWI=\"",
            "\"eGFi\"",
            "\"none\"",
        ],
    ),
    (
        "|wide|base64offset|contains",
        &["'http'"],
        &["\"aAB0AHQAcAA=\"", "\"eABoAHQAdABwAA==\"", "\"aHR0cA==\""],
    ),
    (
        "|utf16be|base64offset|contains",
        &["'http'"],
        &["\"AGgAdAB0AHA=\"", "\"aAB0AHQAcAA=\""],
    ),
    (
        "|hour",
        &["3"],
        &[
            "\"2024-01-01T03:04:05Z\"",
            "\"2024-01-01T04:03:03Z\"",
            "\"x\"",
        ],
    ),
    (
        "|minute",
        &["4"],
        &["\"2024-01-01T03:04:05Z\"", "\"2024-01-01 04:03:03\""],
    ),
    (
        "|day",
        &["1"],
        &["\"2024-01-01T03:04:05Z\"", "\"2024-02-02T01:01:01Z\""],
    ),
    (
        "|week",
        &["1"],
        &["\"2024-01-01T03:04:05Z\"", "\"2024-02-02T01:01:01Z\""],
    ),
    (
        "|month",
        &["2"],
        &["\"2024-01-01T03:04:05Z\"", "\"2024-02-02T01:01:01Z\""],
    ),
    (
        "|year",
        &["2024"],
        &["\"2024-01-01T03:04:05Z\"", "\"2023-12-31T23:59:59Z\""],
    ),
];

/// How the value of an item stands in the event.
#[derive(Clone, Copy, Debug)]
enum Held {
    Plain,
    Missing,
    InArray,
    Nested,
}

const HELD: [Held; 4] = [Held::Plain, Held::Missing, Held::InArray, Held::Nested];

/// The selection `a` is the item; `b` is `G: same`.
const CONDITIONS: [&str; 8] = [
    "a",
    "not a",
    "a and b",
    "a or b",
    "a and not b",
    "1 of them",
    "all of them",
    "not (a and b)",
];

#[derive(Clone, Debug)]
struct Case {
    rule: String,
    record: String,
    /// What is special about it, by the words of the list of what is allowed.
    words: Vec<String>,
}

fn case() -> impl Strategy<Value = Case> {
    let item = (0..ITEMS.len()).prop_flat_map(|item| {
        let (_, values, held) = ITEMS[item];
        (Just(item), 0..values.len(), 0..held.len())
    });
    let rest = (0..HELD.len(), 0..CONDITIONS.len(), any::<bool>());
    (item, rest).prop_map(|((item, value, held), (way, condition, other))| {
        let (modifiers, values, around) = ITEMS[item];
        let (way, condition) = (HELD[way], CONDITIONS[condition]);
        let key = if modifiers.starts_with('|') { modifiers } else { "" };
        let name = if matches!(way, Held::Nested) { "A.F" } else { "F" };
        let value = values[value];
        let rule = format!(
            "title: t\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {{product: windows}}\n\
             detection:\n  a:\n    {name}{key}: {value}\n  b:\n    G: same\n  condition: {condition}\n"
        );
        let held: Value = serde_json::from_str(around[held]).unwrap();
        let mut record = json!({ "Z": 1 });
        match way {
            Held::Plain => record["F"] = held.clone(),
            Held::Missing => {}
            Held::InArray => record["F"] = json!(["first", held]),
            Held::Nested => record["A"] = json!({ "F": held }),
        }
        record["G"] = json!(if other { "same" } else { "else" });
        let words = vec![
            modifiers.to_owned(),
            format!("{modifiers} {way:?}"),
            format!("{modifiers} {value}"),
            format!("{modifiers} on {held}"),
            format!("{way:?}"),
        ];
        Case { rule, record: record.to_string(), words }
    })
}

#[test]
fn generated_rules_and_events_are_decided_alike() {
    let used: Mutex<BTreeMap<(Voice, &str), usize>> = Mutex::default();
    let refused: Mutex<BTreeMap<(Voice, String), usize>> = Mutex::default();
    // The first of each kind.
    let unexplained: Mutex<BTreeMap<(Voice, String), String>> = Mutex::default();
    let mut runner = TestRunner::new(Config::with_cases(20_000));
    let outcome = runner.run(&case(), |case| {
        let we = our_verdict(&case.rule, &case.record);
        prop_assert!(we.is_some(), "we refuse {}", case.rule);
        let voices = [
            (Voice::Rsigma, rsigma_verdict(&case.rule, &case.record)),
            (
                Voice::SigmaRust,
                sigma_rust_verdict(&case.rule, &case.record),
            ),
        ];
        for (voice, they) in voices {
            if they == we {
                continue;
            }
            if they.is_none() {
                let key = (voice, case.words[0].clone());
                *refused.lock().unwrap().entry(key).or_default() += 1;
                continue;
            }
            let entry = GENERATED.iter().find(|entry| {
                entry.voice == voice && case.words.iter().any(|word| word == entry.item)
            });
            let Some(entry) = entry else {
                let said = format!("we say {we:?}\n{}\n{}", case.rule, case.record);
                let key = (voice, case.words[1].clone());
                unexplained.lock().unwrap().entry(key).or_insert(said);
                continue;
            };
            *used.lock().unwrap().entry((voice, entry.item)).or_default() += 1;
        }
        Ok(())
    });
    println!("refused by others: {:?}", refused.lock().unwrap());
    println!("allowed: {:?}", used.lock().unwrap());
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let unexplained = unexplained.into_inner().unwrap();
    for ((voice, words), said) in &unexplained {
        println!("{voice:?} disagrees on {words}: {said}");
    }
    assert!(
        unexplained.is_empty(),
        "{} kinds of disagreement",
        unexplained.len()
    );
    for entry in GENERATED {
        assert!(
            used.lock()
                .unwrap()
                .contains_key(&(entry.voice, entry.item)),
            "nothing needs the entry {entry:?}"
        );
    }
}
