//! `expect.toml`: which events, detections and alerts there must be, and how many of each.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// A scenario as its folder tells it.
pub struct Scenario {
    /// What it shows, in a sentence.
    pub purpose: String,
    /// The file that is read.
    pub input: PathBuf,
    /// `capture` or a format of logs.
    pub format: String,
    /// The site of its events.
    pub site: String,
    expect: Vec<Expect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    purpose: String,
    input: String,
    #[serde(default = "auto")]
    format: String,
    #[serde(default)]
    site: String,
    expect: Vec<Expect>,
}

fn auto() -> String {
    "auto".to_owned()
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
    /// Reads a folder's `expect.toml`. The input is in the folder, else in the nearest one above.
    ///
    /// # Errors
    /// What an author can mend, with the file.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("expect.toml");
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(named)?;
        let written: Written = toml::from_str(&text).with_context(named)?;
        for expect in &written.expect {
            expect.check().with_context(named)?;
        }
        let folder = folder.canonicalize().with_context(named)?;
        let input = folder
            .ancestors()
            .map(|base| base.join(&written.input))
            .find(|input| input.exists());
        let input = input.with_context(|| {
            format!(
                "{}: input {} is not there, nor above",
                named(),
                written.input
            )
        })?;
        Ok(Self {
            purpose: written.purpose,
            input,
            format: written.format,
            site: written.site,
            expect: written.expect,
        })
    }

    /// Each expectation that does not hold, with both counts. Events and alerts are as the API gives
    /// them; an event may also hold `matched`: by rule, the fields with their values.
    pub fn failures(&self, events: &[Value], alerts: &[Value]) -> Vec<String> {
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
                let place = format!("{place:?}").to_lowercase();
                format!("{found} instead of {} {place} with {matches}", expect.count)
            })
        });
        failed.collect()
    }
}

impl Expect {
    fn check(&self) -> Result<()> {
        for key in self.matches.keys() {
            let (path, test) = split(key);
            if !matches!(test, "equals" | "contains" | "gte" | "lte") {
                bail!("unknown test __{test}; there are __contains, __gte and __lte");
            }
            let known = match self.place {
                Place::Events => true,
                Place::Detections => {
                    matches!(path, "rule.id" | "event.kind") || path.starts_with("matched.")
                }
                Place::Alerts => {
                    matches!(path, "rule.id" | "level" | "count") || path.starts_with("entities.")
                }
            };
            if !known {
                let place = format!("{:?}", self.place).to_lowercase();
                bail!("{place} have no {path}");
            }
        }
        Ok(())
    }
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once("__").unwrap_or((key, "equals"))
}

fn count(items: &[Value], holds: impl Fn(&Value) -> bool) -> usize {
    items.iter().filter(|item| holds(item)).count()
}

/// One detection for each rule that an event carries.
fn detections(event: &Value, expect: &Expect) -> usize {
    let rules = event.get("rules").and_then(Value::as_array);
    let rules = rules.map(Vec::as_slice).unwrap_or_default();
    count(rules, |rule| {
        holds(
            expect,
            &|path| match (path, path.strip_prefix("matched.")) {
                ("rule.id", _) => vec![rule],
                (_, Some(field)) => {
                    let matched = event.get("matched").and_then(|by| by.get(rule.as_str()?));
                    let value = matched.and_then(|matched| matched.get(field));
                    value.into_iter().collect()
                }
                _ => event.get("kind").into_iter().collect(),
            },
        )
    })
}

/// Every key of `match` holds for at least one of its values.
fn holds<'a>(expect: &Expect, values: &dyn Fn(&str) -> Vec<&'a Value>) -> bool {
    expect.matches.iter().all(|(key, wanted)| {
        let (path, test) = split(key);
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
        "contains" => held.contains(&wanted),
        "gte" => numbers().is_some_and(|(held, wanted)| held >= wanted),
        "lte" => numbers().is_some_and(|(held, wanted)| held <= wanted),
        _ => held == wanted,
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
        return event.get("kind").into_iter().collect();
    }
    if let Some(core) = event.get("core").and_then(|core| core.get(path)) {
        return elements(core);
    }
    event
        .get("record")
        .map(|record| at(record, path))
        .unwrap_or_default()
}

/// Every value at a path; a key may itself hold dots.
pub fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| at(item, path)).collect(),
        Value::Object(map) => {
            let whole = map.get(path).map(elements).unwrap_or_default();
            let splits = path.match_indices('.').filter_map(|(dot, _)| {
                let (head, rest) = path.split_at_checked(dot)?;
                Some(at(map.get(head)?, rest.strip_prefix('.')?))
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
    let value = match path {
        "rule.id" => alert.pointer("/rule/id"),
        "level" => alert.pointer("/rule/level"),
        "count" => alert.get("count"),
        other => {
            let Some(field) = other.strip_prefix("entities.") else {
                return Vec::new();
            };
            let entities = alert.get("entities").and_then(Value::as_array);
            let of_field = entities.into_iter().flatten().filter(|entity| {
                let named = entity.get("field").and_then(Value::as_str);
                named == Some(field)
            });
            return of_field.filter_map(|entity| entity.get("value")).collect();
        }
    };
    value.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str) -> Scenario {
        let mut expect: std::collections::HashMap<String, Vec<Expect>> =
            toml::from_str(text).unwrap();
        Scenario {
            purpose: String::new(),
            input: PathBuf::new(),
            format: String::new(),
            site: String::new(),
            expect: expect.remove("expect").unwrap(),
        }
    }

    /// The runner itself must be able to say no.
    #[test]
    fn an_expectation_that_does_not_hold_is_told() {
        let event = serde_json::json!({
            "kind": "dns", "core": {"source.ip": "10.0.0.1"}, "rules": ["r1", "r2"],
            "record": {"dns": {"queries": [{"rrname": "a.vn"}, {"rrname": "b.vn"}], "id": 7}},
            "matched": {"r2": {"query": "b.vn"}},
        });
        let check = |matches: &str, place: &str, count: usize| {
            let text =
                format!("[[expect]]\nin = \"{place}\"\ncount = {count}\nmatch = {matches}\n");
            let failures = scenario(&text).failures(std::slice::from_ref(&event), &[]);
            failures.len()
        };
        let both = r#"{ "dns.queries.rrname" = "b.vn", "dns.id" = "7" }"#;
        assert_eq!(check(both, "events", 1), 0);
        let within = r#"{ "dns.id__gte" = 7, "dns.id__lte" = 7 }"#;
        assert_eq!(check(within, "events", 1), 0);
        assert_eq!(check(r#"{ "rule.id" = "r2" }"#, "detections", 1), 0);
        let matched = r#"{ "matched.query" = "b.vn" }"#;
        assert_eq!(check(matched, "detections", 1), 0);
        assert_eq!(check(matched, "detections", 2), 1);
        let other = r#"{ "dns.queries.rrname" = "c.vn" }"#;
        assert_eq!(check(other, "events", 1), 1);
        assert_eq!(check(r#"{ "source.ip" = "10.0.0.1" }"#, "events", 0), 1);
        assert_eq!(check(r#"{ "rule.id" = "r2" }"#, "alerts", 1), 1);
    }

    #[test]
    fn what_nothing_has_is_refused_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("input.ndjson"), "").unwrap();
        for (expect, reason) in [
            (
                "in = \"alerts\"\ncount = 1\nmatch = { host = \"x\" }",
                "alerts have no host",
            ),
            (
                "in = \"events\"\ncount = 1\nmatch = { a__near = 1 }",
                "unknown test __near",
            ),
            ("in = \"alert\"\ncount = 1\nmatch = {}", "unknown variant"),
        ] {
            let text = format!("purpose = \"p\"\ninput = \"input.ndjson\"\n[[expect]]\n{expect}\n");
            std::fs::write(dir.path().join("expect.toml"), text).unwrap();
            let error = Scenario::read(dir.path()).err().unwrap();
            let error = format!("{error:#}");
            assert!(
                error.contains("expect.toml") && error.contains(reason),
                "{error}"
            );
        }
    }
}
