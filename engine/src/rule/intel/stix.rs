//! STIX 2.1: a bundle, or the envelope in which TAXII 2.1 (clause 3.7) sends the same objects.
//!
//! Objects of the type that carries patterns are read one by one, so that a bad one costs only
//! itself and a large bundle needs no memory of its size.

use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::csv::moment;
use super::pattern::read_pattern;
use super::sink::{Said, Sink};

/// What an envelope says beside its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// There are further pages.
    pub more: bool,
    /// How the next one is asked for.
    pub next: Option<String>,
    /// Whether it was one at all.
    pub whole: bool,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    pattern_type: Option<String>,
    #[serde(default)]
    valid_from: Option<String>,
    #[serde(default)]
    valid_until: Option<String>,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    confidence: Option<u64>,
}

/// Reads a bundle or an envelope.
pub fn envelope(reader: impl BufRead, sink: &mut Sink<'_>) -> Envelope {
    let mut found = Envelope::default();
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let top = Top {
        sink: &mut *sink,
        found: &mut found,
    };
    let read = deserializer.deserialize_map(top);
    match read.and_then(|()| deserializer.end()) {
        Ok(()) => found.whole = true,
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            sink.refuse(line, format!("no STIX bundle from here on: {error}"));
        }
    }
    found
}

struct Top<'a, 'b> {
    sink: &'a mut Sink<'b>,
    found: &'a mut Envelope,
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a STIX bundle or a TAXII envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "objects" => map.next_value_seed(Objects(&mut *self.sink))?,
                "more" => self.found.more = map.next_value()?,
                "next" => self.found.next = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Objects<'a, 'b>(&'a mut Sink<'b>);

impl<'de> DeserializeSeed<'de> for Objects<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of STIX objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let most = self.0.limits.line_bytes.saturating_mul(1_024);
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            if raw.get().len() > most {
                self.0
                    .refuse(0, format!("an object of more than {most} bytes"));
                continue;
            }
            match serde_json::from_str::<Object>(raw.get()) {
                Ok(object) => read_object(&object, self.0),
                Err(error) => self.0.refuse(0, format!("no STIX object: {error}")),
            }
        }
        Ok(())
    }
}

fn read_object(object: &Object, sink: &mut Sink<'_>) {
    // The type of STIX that carries a pattern (clause 4.7); what else a bundle holds tells about it.
    if object.kind != "indicator" {
        return;
    }
    if object.revoked {
        return sink.pass("revoked by its source");
    }
    let language = object.pattern_type.as_deref().unwrap_or("stix");
    if language != "stix" {
        let language: String = language.chars().take(20).collect();
        return sink.pass(&format!("a pattern in {language}, not STIX"));
    }
    let Some(pattern) = &object.pattern else {
        return sink.refuse(0, "an object without its pattern".to_owned());
    };
    let confidence = object.confidence.map(|value| value.min(100));
    let said = Said {
        confidence: confidence.and_then(|value| u8::try_from(value).ok()),
        valid_from: object.valid_from.as_deref().and_then(moment),
        valid_until: object.valid_until.as_deref().and_then(moment),
        source: None,
        comment: object.name.clone(),
    };
    if object.valid_until.is_some() && said.valid_until.is_none() {
        return sink.refuse(0, "valid_until is no date".to_owned());
    }
    match read_pattern(pattern) {
        Ok(values) => {
            for value in values {
                sink.offer(0, &value.value, Some(value.kind), &said);
            }
        }
        Err(reason) => sink.pass(reason),
    }
}
