//! Compares events with rows: core and record are subsets, a number equals its decimal text, null is
//! absent, addresses are compared as addresses.

use std::net::IpAddr;

use event::{CoreField, CoreValue};
use sensor::Made;
use serde_json::Value;

use crate::{first_line, is_disputed};

/// Compares all events of a file with its rows; returns what differs.
pub(crate) fn differences(folder: &str, file: &str, rows: &[Value], made: &[Made]) -> Vec<String> {
    let mut found = Vec::new();
    if rows.len() != made.len() {
        found.push(format!(
            "{folder}/{file}: {} events, {} rows",
            made.len(),
            rows.len()
        ));
    }
    for (row, made) in rows.iter().zip(made) {
        if is_disputed(folder, row) {
            continue;
        }
        let place = format!("{folder}/{file}:{}", first_line(row));
        let mut say =
            |field: &str, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
                found.push(format!("{place}: {field}: expected {expected}, got {got}"));
            };
        if row["kind"] != made.kind.name() {
            say("kind", &row["kind"], &made.kind.name());
        }
        if let Some(time) = row["time"].as_str()
            && time != made.time.to_string()
        {
            say("time", &time, &made.time);
        }
        for (name, value) in row["core"].as_object().into_iter().flatten() {
            let field = CoreField::from_name(name).unwrap();
            let got = made.core.first(field).map(CoreValue::to_string);
            let got = got.map_or(Value::Null, Value::String);
            if !same(value, &got) {
                say(name, value, &got);
            }
        }
        let record: Value = serde_json::from_slice(&made.record).unwrap();
        if let Some(expected) = row.get("record") {
            differ("record", expected, &record, &mut say);
        }
    }
    found
}

type Say<'a> = &'a mut dyn FnMut(&str, &dyn std::fmt::Display, &dyn std::fmt::Display);

fn differ(path: &str, expected: &Value, got: &Value, say: Say<'_>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (key, value) in expected {
                let path = format!("{path}.{key}");
                differ(&path, value, got.get(key).unwrap_or(&Value::Null), say);
            }
        }
        _ if same(expected, got) => {}
        _ => say(path, expected, got),
    }
}

fn same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(a, b)| same(a, b))
        }
        (Value::Object(expected), Value::Object(got)) => expected
            .iter()
            .all(|(key, value)| same(value, got.get(key).unwrap_or(&Value::Null))),
        _ => {
            expected == got
                || scalar(expected).is_some_and(|a| scalar(got).is_some_and(|b| equal(&a, &b)))
        }
    }
}

fn equal(expected: &str, got: &str) -> bool {
    let ip = |text: &str| text.parse::<IpAddr>().ok();
    expected == got || ip(expected).is_some_and(|expected| ip(got) == Some(expected))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[test]
fn what_differs_is_found() {
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    for (expected, got, equal) in [
        (r#"{"a":1}"#, r#"{"a":"1","b":2}"#, true),
        (r#"{"a":null}"#, "{}", true),
        (r#"{"a":"::1"}"#, r#"{"a":"0:0:0:0:0:0:0:1"}"#, true),
        (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, false),
        (r#"{"a":[{"b":1}]}"#, r#"{"a":[{"b":1,"c":2}]}"#, true),
        (r#"{"a":"x"}"#, "{}", false),
        (r#"{"a":null}"#, r#"{"a":0}"#, false),
    ] {
        let mut count = 0;
        differ("", &json(expected), &json(got), &mut |_, _, _| count += 1);
        assert_eq!(count == 0, equal, "{expected} {got}");
    }
}
