//! Elasticsearch's `_bulk`: pairs of lines, an action and its document. What is wrong with the form refuses
//! all of it before anything is taken. A document that is no JSON object is kept as one `parse.failed`, and its item
//! is told so with 400, as Elasticsearch does: agents do not send such an item again.
//!
//! Also what agents ask before they use it: they want an Elasticsearch, its licence, templates.

use event::{Kind, Leaf, Time};
use serde::Deserialize;

use super::super::around::{Around, Wrapped};
use super::super::stream::{Stream, log_name};
use super::super::{detect, failed};
use super::answer::{Answer, JSON};
use super::{Output, Reader, Taken, on_one_line};
use crate::json::Json;

/// The longest line of an action: names of an index and an id are at most 512 bytes each.
const ACTION_BYTES: usize = 16 << 10;
/// The version that is claimed: the last of the eighth, which agents of the seventh to the ninth take.
const VERSION: &str = "8.19.0";

/// What is asked with a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The index of the path.
    pub index: Option<String>,
    /// Only the status of each item is wanted (`filter_path`).
    pub short: bool,
    /// A name for the ids that are made.
    pub seed: u64,
}

/// An action line.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ActionLine {
    Index(Meta),
    Create(Meta),
    Update(Meta),
    Delete(Meta),
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default, rename = "_index")]
    index: Option<String>,
    #[serde(default, rename = "_id")]
    id: Option<Id>,
}

/// Clients send numbers too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

/// An action with its document.
struct Item<'a> {
    verb: &'static str,
    meta: Meta,
    document: &'a [u8],
    /// Its document is no JSON object; why.
    broken: Option<&'static str>,
}

impl Item<'_> {
    fn is_taken(&self) -> bool {
        matches!(self.verb, "index" | "create")
    }
}

/// Makes events of a body.
pub fn take(body: &[u8], ask: &Ask, reader: &mut Reader, seen: Time) -> Taken {
    let mut items = match items(body, reader.limits.items) {
        Ok(items) => items,
        Err(answer) => return Taken::nothing(answer),
    };
    let mut output = Output::new(&reader.limits);
    let mut stream = reader.stream();
    for item in items.iter_mut().filter(|item| item.is_taken()) {
        if let Err(reason) = document(item.document, reader, &mut stream, seen, &mut output.made) {
            item.broken = Some(reason);
            output
                .made
                .push(failed(seen, "http", reason, item.document, |_| {}));
        }
        if output.is_over() {
            return Taken::nothing(too_many("its records pass limits.http.record_bytes"));
        }
    }
    reader.lines.finish(&mut stream, seen, &mut output.made);
    Taken {
        made: output.made,
        answer: answer(&items, ask),
    }
}

fn illegal(reason: &str) -> Answer {
    Answer::elastic(400, "illegal_argument_exception", reason)
}

fn too_many(reason: &str) -> Answer {
    Answer::elastic(413, "illegal_argument_exception", reason)
}

/// The items of a body, or why it is none.
fn items(body: &[u8], most: usize) -> Result<Vec<Item<'_>>, Answer> {
    if body.trim_ascii().is_empty() {
        let reason = "the body is empty";
        return Err(Answer::elastic(400, "parse_exception", reason));
    }
    let Some(body) = body.strip_suffix(b"\n") else {
        let reason = "the last line of the body has no line break";
        return Err(illegal(reason));
    };
    let mut lines = body
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut items = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if items.len() >= most {
            return Err(too_many("it has more items than limits.http.items"));
        }
        let malformed =
            || illegal("an action is one of index, create, update and delete, and nothing beside");
        if line.len() > ACTION_BYTES {
            return Err(malformed());
        }
        let action = serde_json::from_slice(line).map_err(|_| malformed())?;
        let (verb, meta) = match action {
            ActionLine::Index(meta) => ("index", meta),
            ActionLine::Create(meta) => ("create", meta),
            ActionLine::Update(meta) => ("update", meta),
            ActionLine::Delete(meta) => ("delete", meta),
        };
        let document = match verb {
            "delete" => &[][..],
            _ => lines
                .next()
                .ok_or_else(|| illegal("an action at the end has no document"))?,
        };
        items.push(Item {
            verb,
            meta,
            document,
            broken: None,
        });
    }
    Ok(items)
}

/// Makes an event of a document: of what Winlogbeat wrapped, of the line in it, or of itself. One that is no JSON
/// object makes none; why.
fn document(
    bytes: &[u8],
    reader: &mut Reader,
    stream: &mut Stream,
    seen: Time,
    out: &mut Vec<crate::Made>,
) -> Result<(), &'static str> {
    let Reader { lines, fields, .. } = reader;
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    fields.read(bytes, detect::LOOK);
    if !detect::is_json(fields, text) {
        return Err("not valid JSON");
    }
    if !detect::is_object(text) {
        return Err("not a JSON object");
    }
    if fields.at("winlog").next().is_none() {
        let said = |path: &'static str| fields.at(path).find_map(Leaf::text);
        let (host, file) = (said("host.name"), said("log.file.path"));
        let log = log_name(file.as_deref().unwrap_or_default());
        let around = Around {
            time: fields
                .at("@timestamp")
                .find_map(|leaf| lines.clock().leaf(leaf)),
            host: host.as_deref(),
            log: &log,
            rules: false,
        };
        for line in ["event.original", "message", "log"]
            .into_iter()
            .filter_map(said)
        {
            let line = on_one_line(&line);
            match lines.wrapped(stream, &line, around, seen, out) {
                // What nobody knows stays in its document.
                Wrapped::Event(made) if matches!(made.kind, Kind::Text | Kind::Json) => {}
                Wrapped::Event(made) => {
                    out.push(made);
                    return Ok(());
                }
                Wrapped::Held => return Ok(()),
                Wrapped::Refused(_) => {}
            }
        }
    }
    out.push(lines.whole(bytes, "http", seen));
    Ok(())
}

fn answer(items: &[Item<'_>], ask: &Ask) -> Answer {
    let mut json = Json::with_capacity(64 + items.len() * if ask.short { 32 } else { 192 });
    json.open();
    json.number("took", 1);
    let is_done = |item: &Item<'_>| item.is_taken() && item.broken.is_none();
    json.bool("errors", !items.iter().all(is_done));
    json.list_at("items");
    for (number, item) in items.iter().enumerate() {
        json.open();
        json.open_at(item.verb);
        if !ask.short {
            name(&mut json, item, ask, number);
        }
        if is_done(item) {
            if !ask.short {
                json.number("_version", 1);
                json.text("result", "created");
                json.number("_seq_no", number as u64);
                json.number("_primary_term", 1);
            }
            json.number("status", 201);
        } else {
            json.number("status", 400);
            json.open_at("error");
            let (kind, reason) = match item.broken {
                Some(reason) => ("mapper_parsing_exception", reason),
                None => (
                    "illegal_argument_exception",
                    "events are kept as they are: only index and create are taken",
                ),
            };
            json.text("type", kind);
            json.text("reason", reason);
            json.close();
        }
        json.close();
        json.close();
    }
    json.end_list();
    json.close();
    Answer {
        status: 200,
        kind: JSON,
        body: json.into_bytes(),
    }
}

fn name(json: &mut Json, item: &Item<'_>, ask: &Ask, number: usize) {
    let index = item.meta.index.as_deref().or(ask.index.as_deref());
    json.text("_index", index.unwrap_or("haidang"));
    match &item.meta.id {
        Some(Id::Text(id)) => json.text("_id", id),
        Some(Id::Number(id)) => json.text("_id", &id.to_string()),
        None => json.text("_id", &format!("{:016x}{number:06x}", ask.seed)),
    }
}

/// What agents ask that is no `_bulk`. Nothing is kept of what they put.
pub(super) fn handshake(method: &str, path: &str) -> Answer {
    let reads = matches!(method, "GET" | "HEAD");
    if !reads && !matches!(method, "PUT" | "POST") {
        let reason = "nothing can be deleted or changed here";
        return Answer::elastic(405, "illegal_argument_exception", reason);
    }
    let first = path.trim_start_matches('/').split('/').next();
    match first.unwrap_or_default() {
        "" if reads => about(),
        "_license" if reads => Answer::json(200, licence),
        "_xpack" if reads => Answer::json(200, |json| {
            licence(json);
            json.open_at("features");
            json.open_at("ilm");
            json.bool("available", true);
            json.bool("enabled", true);
            json.close();
            json.close();
        }),
        "_cluster" if reads => Answer::json(200, |json| {
            json.text("cluster_name", "haidang");
            json.text("status", "green");
            json.bool("timed_out", false);
            json.number("number_of_nodes", 1);
        }),
        "_nodes" if reads => Answer::json(200, |json| {
            json.text("cluster_name", "haidang");
            json.open_at("nodes");
            json.close();
        }),
        "_index_template"
        | "_template"
        | "_component_template"
        | "_ilm"
        | "_ingest"
        | "_data_stream"
        | "_alias"
        | "_aliases" => known(reads),
        // An index: looked for, made or refreshed.
        name if !name.is_empty() && !name.starts_with('_') && !path.contains("/_search") => {
            known(reads)
        }
        _ => {
            let reason = format!("{method} {path} is nothing that a receiver of events has");
            Answer::elastic(404, "resource_not_found_exception", &reason)
        }
    }
}

fn known(reads: bool) -> Answer {
    Answer::json(200, |json| {
        if !reads {
            json.bool("acknowledged", true);
        }
    })
}

fn about() -> Answer {
    Answer::json(200, |json| {
        json.text("name", "haidang");
        json.text("cluster_name", "haidang");
        json.text("cluster_uuid", "aGFpZGFuZy1zb3VyY2UtMQ");
        json.open_at("version");
        json.text("number", VERSION);
        json.text("build_flavor", "default");
        json.text("build_type", "deb");
        json.text("build_hash", "0000000000000000000000000000000000000000");
        json.text("build_date", "2025-01-01T00:00:00.000Z");
        json.bool("build_snapshot", false);
        json.text("lucene_version", "9.12.0");
        json.text("minimum_wire_compatibility_version", "7.17.0");
        json.text("minimum_index_compatibility_version", "7.0.0");
        json.close();
        json.text("tagline", "You Know, for Search");
    })
}

fn licence(json: &mut Json) {
    json.open_at("license");
    json.text("status", "active");
    json.text("uid", "00000000-0000-0000-0000-000000000000");
    json.text("type", "basic");
    json.text("mode", "basic");
    json.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Limits, LogFormat};
    use crate::log::format::Lines;

    fn taken(body: &str, ask: &Ask) -> (Vec<crate::Made>, serde_json::Value) {
        let mut reader = Reader::new(Lines::utc(LogFormat::Auto), &Limits::default());
        let seen = Time::from_seconds(1_800_000_000, 0);
        let taken = take(body.as_bytes(), ask, &mut reader, seen);
        let answer = serde_json::from_slice(&taken.answer.body).unwrap();
        (taken.made, answer)
    }

    #[test]
    fn the_line_of_fluent_bit_is_unwrapped_and_what_nobody_knows_is_kept_whole() {
        let body = concat!(
            "{\"create\":{}}\n",
            "{\"@timestamp\":\"2026-11-30T07:00:00Z\",\"log\":\"<86>Nov 30 14:05:01 gw01 sshd[811]: bye\"}\n",
            "{\"create\":{}}\n",
            "{\"@timestamp\":\"2026-11-30T07:00:00Z\",\"log\":\"bye\",\"message\":{\"a\":1}}\n",
        );
        let (made, _) = taken(body, &Ask::default());
        let kinds: Vec<Kind> = made.iter().map(|made| made.kind).collect();
        assert_eq!(kinds, [Kind::LinuxAuth, Kind::Json]);
        assert!(made[1].record.starts_with(b"{\"@timestamp\""));
    }

    #[test]
    fn a_document_that_is_no_object_is_kept_and_told() {
        let body =
            "{\"create\":{}}\n{\"k\":\"hong\"\n{\"index\":{}}\n[1]\n{\"create\":{}}\n{\"a\":1}\n";
        let (made, answer) = taken(body, &Ask::default());
        let kinds: Vec<Kind> = made.iter().map(|made| made.kind).collect();
        assert_eq!(kinds, [Kind::ParseFailed, Kind::ParseFailed, Kind::Json]);
        assert_eq!(answer["errors"], true);
        let told = |n: usize, verb: &str| {
            let item = &answer["items"][n][verb];
            (item["status"].as_u64(), item["error"]["reason"].as_str())
        };
        assert_eq!(told(0, "create"), (Some(400), Some("not valid JSON")));
        assert_eq!(told(1, "index"), (Some(400), Some("not a JSON object")));
        assert_eq!(told(2, "create"), (Some(201), None));
        let kind = &answer["items"][0]["create"]["error"]["type"];
        assert_eq!(kind, "mapper_parsing_exception");
    }

    #[test]
    fn items_are_named_as_they_were_and_short_ones_are_short() {
        let body = "{\"index\":{\"_id\":7}}\n{}\n\n{\"create\":{\"_index\":\"b\"}}\r\n{}\r\n";
        let mut ask = Ask {
            index: Some("a".to_owned()),
            ..Ask::default()
        };
        let (made, answer) = taken(body, &ask);
        assert_eq!(made.len(), 2);
        let items = &answer["items"];
        assert_eq!(
            (&items[0]["index"]["_id"], &items[0]["index"]["_index"]),
            (&"7".into(), &"a".into())
        );
        assert_eq!(items[1]["create"]["_index"], "b");
        ask.short = true;
        let (_, answer) = taken(body, &ask);
        assert_eq!(
            answer["items"][0],
            serde_json::json!({"index": {"status": 201}})
        );
    }

    #[test]
    fn what_is_not_done_is_not_acknowledged() {
        for (method, path, status) in [
            ("DELETE", "/a", 405),
            ("GET", "/a/_search", 404),
            ("POST", "/_search", 404),
            ("PUT", "/_ingest/pipeline/a", 200),
            ("GET", "/_nodes/http", 200),
            ("HEAD", "/", 200),
            ("POST", "/", 404),
        ] {
            assert_eq!(handshake(method, path).status, status, "{method} {path}");
        }
    }
}
