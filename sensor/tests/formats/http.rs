//! The inputs that agents send to: each request over real HTTP, its answer, and the events that were
//! handed over before the answer.

use std::time::Instant;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::agent::{Answer, PATIENCE, Running, ask};
use crate::compare::differences;
use crate::{expected, folder};

/// A folder: its source, and the tokens of its README.
const FOLDERS: [(&str, &str, &str); 3] = [
    ("bulk", "bulk", "thu:kha-mat"),
    ("hec", "hec", "00000000-0000-4000-8000-000000000001"),
    ("otlp-logs", "otlp", "thu-otlp"),
];

fn rows(name: &str, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder(name).join(file)).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.collect()
}

/// Objects are subsets; lists have the same length and elements that are subsets.
fn is_subset(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => expected
            .iter()
            .all(|(key, value)| got.get(key).is_some_and(|got| is_subset(value, got))),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(a, b)| is_subset(a, b))
        }
        _ => expected == got,
    }
}

fn wrong(expected: &Value, got: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if expected["status"] != got.status {
        found.push(format!("status {} for {}", got.status, expected["status"]));
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let own = got
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        if own.is_none_or(|(_, own)| own != value.as_str().unwrap()) {
            found.push(format!("header {name} is {own:?} for {value}"));
        }
    }
    if let Some(json) = expected.get("json") {
        let own: Value = serde_json::from_slice(&got.body).unwrap_or_default();
        if !is_subset(json, &own) {
            found.push(format!("answer {own} for {json}"));
        }
    }
    found
}

#[test]
fn every_request_is_answered_and_kept_as_is_asked() {
    let mut found = Vec::new();
    for (name, kind, token) in FOLDERS {
        let running = Running::start(kind, token);
        let events = expected(name);
        for (request, answer) in rows(name, "requests.ndjson")
            .iter()
            .zip(rows(name, "answers.ndjson"))
        {
            let number = &request["request"];
            assert_eq!(*number, answer["request"]);
            let got = ask(running.address, &folder(name), request);
            let wrong = wrong(&answer, &got).into_iter();
            found.extend(wrong.map(|what| format!("{name} {number}: {what}")));
            let of_this = events.iter().filter(|(_, row)| row["line"] == *number);
            let of_this: Vec<Value> = of_this.map(|(_, row)| row.clone()).collect();
            // What was answered is kept already.
            found.extend(differences(
                name,
                &number.to_string(),
                &of_this,
                &running.taken(),
            ));
        }
        running.end();
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each is answered, nothing is the sensor's fault, records are JSON, and the next request finds all well.
#[test]
fn hostile_requests_do_no_harm() {
    for (name, kind, token) in FOLDERS {
        let running = Running::start(kind, token);
        for request in rows(name, "hostile.ndjson") {
            let begun = Instant::now();
            let got = ask(running.address, &folder(name), &request);
            let place = format!("{name} {}", request["request"]);
            assert!((200..500).contains(&got.status), "{place}: {}", got.status);
            assert!(begun.elapsed() < PATIENCE, "{place}");
            let taken = running.taken();
            for made in &taken {
                let json = serde_json::from_slice::<IgnoredAny>(&made.record);
                assert!(made.record.starts_with(b"{") && json.is_ok(), "{place}");
            }
            // But for Splunk, who keeps what stood before the fault.
            assert!(
                got.status == 200 || kind == "hec" || taken.is_empty(),
                "{place}"
            );
        }
        let (requests, answers) = (rows(name, "requests.ndjson"), rows(name, "answers.ndjson"));
        let got = ask(running.address, &folder(name), &requests[1]);
        assert_eq!(wrong(&answers[1], &got), [""; 0], "{name}");
        running.end();
    }
}
