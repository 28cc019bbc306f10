//! `expect.toml`: which events, detections and alerts there must be, and how many of each.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tests::repository;

/// A scenario as its folder tells it.
pub(crate) struct Scenario {
    pub(crate) purpose: String,
    pub(crate) input: PathBuf,
    pub(crate) format: String,
    pub(crate) site: String,
    expect: Vec<Expect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    purpose: String,
    input: String,
    format: String,
    site: String,
    expect: Vec<Expect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    #[serde(rename = "in")]
    place: Place,
    count: usize,
    #[serde(rename = "match")]
    matches: toml::Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Events,
    Detections,
    Alerts,
}

impl Scenario {
    pub(crate) fn read(folder: &Path) -> Self {
        let path = folder.join("expect.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let written: Written =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let base = if written.input.contains('/') {
            repository()
        } else {
            folder.to_owned()
        };
        Self {
            purpose: written.purpose,
            input: base.join(written.input).canonicalize().unwrap(),
            format: written.format,
            site: written.site,
            expect: written.expect,
        }
    }

    /// Each expectation that does not hold, with both counts.
    pub(crate) fn failures(&self, events: &[Value], alerts: &[Value]) -> Vec<String> {
        let failed = self.expect.iter().filter_map(|expect| {
            let found = match expect.place {
                Place::Events => {
                    count(events, |event| holds(expect, &|path| of_event(event, path)))
                }
                Place::Alerts => {
                    count(alerts, |alert| holds(expect, &|path| of_alert(alert, path)))
                }
                Place::Detections => events.iter().map(|event| detections(event, expect)).sum(),
            };
            (found != expect.count).then(|| {
                let (place, matches) = (expect.place, &expect.matches);
                format!(
                    "{found} instead of {} {place:?} with {matches}",
                    expect.count
                )
            })
        });
        failed.collect()
    }
}

fn count(items: &[Value], holds: impl Fn(&Value) -> bool) -> usize {
    items.iter().filter(|item| holds(item)).count()
}

/// One detection for each rule that an event carries.
fn detections(event: &Value, expect: &Expect) -> usize {
    let rules = event["rules"].as_array().unwrap();
    count(rules, |rule| {
        holds(expect, &|path| match path {
            "rule.id" => vec![rule],
            "event.kind" => vec![&event["kind"]],
            other => panic!("detections have no {other}"),
        })
    })
}

/// Every key of `match` holds for at least one of its values.
fn holds<'a>(expect: &Expect, values: &dyn Fn(&str) -> Vec<&'a Value>) -> bool {
    expect.matches.iter().all(|(key, wanted)| {
        let (path, test) = key.rsplit_once("__").unwrap_or((key, "equals"));
        let held = values(path);
        held.into_iter().any(|held| compare(test, held, wanted))
    })
}

fn compare(test: &str, held: &Value, wanted: &toml::Value) -> bool {
    let (held, wanted) = (
        text(held),
        wanted
            .as_str()
            .map_or_else(|| wanted.to_string(), str::to_owned),
    );
    let numbers = || Some((held.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    match test {
        "equals" => held == wanted,
        "contains" => held.contains(&wanted),
        "gte" => numbers().is_some_and(|(held, wanted)| held >= wanted),
        "lte" => numbers().is_some_and(|(held, wanted)| held <= wanted),
        other => panic!("unknown test __{other}"),
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A core name, else a path of the record; a path passes through arrays.
fn of_event<'a>(event: &'a Value, path: &str) -> Vec<&'a Value> {
    if path == "kind" {
        return vec![&event["kind"]];
    }
    if let Some(core) = event["core"].get(path) {
        return elements(core);
    }
    at(&event["record"], path)
}

/// Every value at a path; a key may itself hold dots.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| at(item, path)).collect(),
        Value::Object(map) => {
            let whole = map.get(path).map(elements).unwrap_or_default();
            let splits = path.match_indices('.').filter_map(|(dot, _)| {
                let inner = map.get(&path[..dot])?;
                Some(at(inner, &path[dot + 1..]))
            });
            whole.into_iter().chain(splits.flatten()).collect()
        }
        _ => Vec::new(),
    }
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

fn of_alert<'a>(alert: &'a Value, path: &str) -> Vec<&'a Value> {
    match path {
        "rule.id" => vec![&alert["rule"]["id"]],
        "level" => vec![&alert["rule"]["level"]],
        "count" => vec![&alert["count"]],
        other => {
            let field = other
                .strip_prefix("entities.")
                .unwrap_or_else(|| panic!("alerts have no {other}"));
            let entities = alert["entities"].as_array().unwrap().iter();
            let of_field = entities.filter(|entity| entity["field"] == field);
            of_field.map(|entity| &entity["value"]).collect()
        }
    }
}

/// The runner itself must be able to say no.
#[test]
fn an_expectation_that_does_not_hold_is_told() {
    let event = serde_json::json!({
        "kind": "dns", "core": {"source.ip": "10.0.0.1"}, "rules": ["r1", "r2"],
        "record": {"dns": {"queries": [{"rrname": "a.vn"}, {"rrname": "b.vn"}], "id": 7}},
    });
    let scenario = |text: &str| Scenario {
        purpose: String::new(),
        input: PathBuf::new(),
        format: String::new(),
        site: String::new(),
        expect: toml::from_str::<std::collections::HashMap<String, Vec<Expect>>>(text)
            .unwrap()
            .remove("expect")
            .unwrap(),
    };
    let check = |matches: &str, place: &str, count: usize| {
        let text = format!("[[expect]]\nin = \"{place}\"\ncount = {count}\nmatch = {matches}\n");
        scenario(&text).failures(std::slice::from_ref(&event), &[])
    };
    assert!(
        check(
            r#"{ "dns.queries.rrname" = "b.vn", "dns.id" = "7" }"#,
            "events",
            1
        )
        .is_empty()
    );
    assert!(check(r#"{ "dns.id__gte" = 7, "dns.id__lte" = 7 }"#, "events", 1).is_empty());
    assert!(check(r#"{ "rule.id" = "r2" }"#, "detections", 1).is_empty());
    assert_eq!(
        check(r#"{ "dns.queries.rrname" = "c.vn" }"#, "events", 1).len(),
        1
    );
    assert_eq!(
        check(r#"{ "source.ip" = "10.0.0.1" }"#, "events", 0).len(),
        1
    );
    assert_eq!(check(r#"{ "rule.id" = "r2" }"#, "alerts", 1).len(), 1);
}
