//! Columns: what events can be grouped and counted by, beside the terms that they are found by.
//!
//! The envelope and those core fields have one that people group by. Free text, paths, hashes, ids and other values that
//! hardly ever repeat have none: their dictionaries would cost more than all others together. Text of the core stands in lower case, as
//! it is compared (`ADMIN` and `admin` are one user), names of the envelope as they are written; an address as its usual text, which is cheaper to write and to merge than tantivy's column of addresses.

use std::fmt::Write as _;

use event::{CoreField, CoreType, CoreValue, Envelope, Event, Name};
use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, Schema, SchemaBuilder, TextOptions};

use crate::words::words;

/// A longer text is in no column: it is no name that people group by.
pub(super) const MAX_BYTES: usize = 512;

words! {
    /// What a field holds.
    FieldType {
        /// Text, lower case.
        Text "text",
        /// Addresses.
        Address "ip",
        /// Whole numbers.
        Number "number",
        /// true or false.
        Flag "boolean",
        /// A moment.
        Time "time",
    }
}

/// Core fields with a column.
const CORE: [CoreField; 25] = [
    CoreField::SourceIp,
    CoreField::SourceSite,
    CoreField::SourceBytes,
    CoreField::DestinationIp,
    CoreField::DestinationPort,
    CoreField::DestinationSite,
    CoreField::DestinationBytes,
    CoreField::NetworkDirection,
    CoreField::NetworkTransport,
    CoreField::NetworkProtocol,
    CoreField::HostName,
    CoreField::UserName,
    CoreField::UserTargetName,
    CoreField::ProcessName,
    CoreField::FileName,
    CoreField::DnsQuestionName,
    CoreField::UrlDomain,
    CoreField::HttpRequestMethod,
    CoreField::HttpResponseStatusCode,
    CoreField::TlsClientServerName,
    CoreField::TlsClientJa4,
    CoreField::EventAction,
    CoreField::EventOutcome,
    CoreField::RuleId,
    CoreField::RuleLevel,
];

/// The columns of the envelope, but for `time`, which every partition has to sort by.
const ENVELOPE: [(Envelope, FieldType); 5] = [
    (Envelope::Sensor, FieldType::Text),
    (Envelope::Source, FieldType::Text),
    (Envelope::Site, FieldType::Text),
    (Envelope::Kind, FieldType::Text),
    (Envelope::Exercise, FieldType::Flag),
];

/// What the column of a field holds; none if it has no column.
pub fn column_of(name: &Name) -> Option<FieldType> {
    match name {
        Name::Envelope(Envelope::Time) => Some(FieldType::Time),
        Name::Envelope(wanted) => ENVELOPE
            .iter()
            .find(|(field, _)| field == wanted)
            .map(|(_, holds)| *holds),
        Name::Core(field) => CORE.contains(field).then(|| holds(*field)),
        Name::Record(_) => None,
    }
}

/// The names of all fields that have a column.
pub fn column_names() -> impl Iterator<Item = &'static str> {
    let envelope = std::iter::once(Envelope::Time).chain(ENVELOPE.iter().map(|(field, _)| *field));
    envelope
        .map(Envelope::name)
        .chain(CORE.iter().map(|field| field.name()))
}

/// What tantivy calls the column of a field.
pub(super) fn column_name(name: &Name) -> String {
    name.text().replace('.', "_")
}

fn holds(field: CoreField) -> FieldType {
    match field.kind() {
        CoreType::Ip => FieldType::Address,
        CoreType::Number => FieldType::Number,
        CoreType::Text => FieldType::Text,
    }
}

/// The columns of a partition, and a buffer.
#[derive(Debug)]
pub(super) struct Columns {
    envelope: Vec<(Envelope, Field)>,
    /// By the number of the core field.
    core: Vec<Option<Field>>,
    text: String,
}

/// Adds the columns to a schema.
pub(super) fn declare(schema: &mut SchemaBuilder) {
    let mut declare = |name: &Name, holds: FieldType| {
        let column = column_name(name);
        match holds {
            FieldType::Text | FieldType::Address => {
                schema.add_text_field(&column, TextOptions::from(FAST));
            }
            FieldType::Number => {
                schema.add_u64_field(&column, FAST);
            }
            FieldType::Flag => {
                schema.add_bool_field(&column, FAST);
            }
            FieldType::Time => {}
        }
    };
    for (field, holds) in ENVELOPE {
        declare(&Name::Envelope(field), holds);
    }
    for field in CORE {
        declare(&Name::Core(field), holds(field));
    }
}

impl Columns {
    /// Those of a schema that [`declare`] made.
    pub(super) fn of(schema: &Schema) -> Self {
        let field = |name: &Name| schema.get_field(&column_name(name)).ok();
        let envelope = ENVELOPE
            .iter()
            .filter_map(|(envelope, _)| Some((*envelope, field(&Name::Envelope(*envelope))?)));
        let core = CoreField::ALL
            .iter()
            .map(|core| field(&Name::Core(*core)).filter(|_| CORE.contains(core)));
        Self {
            envelope: envelope.collect(),
            core: core.collect(),
            text: String::new(),
        }
    }

    /// Adds an event's values to its document.
    pub(super) fn add(&mut self, document: &mut TantivyDocument, event: &Event) {
        for (envelope, field) in &self.envelope {
            let text = match envelope {
                Envelope::Sensor => &*event.sensor,
                Envelope::Source => &*event.source,
                Envelope::Site => &*event.site,
                Envelope::Kind => event.kind.name(),
                Envelope::Exercise => {
                    document.add_bool(*field, event.exercise);
                    continue;
                }
                Envelope::Id | Envelope::Time | Envelope::Seen => continue,
            };
            document.add_text(*field, text);
        }
        let mut before = None;
        for (core, value) in event.core.iter() {
            let Some(Some(field)) = self.core.get(core as usize) else {
                continue;
            };
            // A value counts once in an event.
            if before == Some(core) && is_repeated(event, core, value) {
                continue;
            }
            before = Some(core);
            match value {
                CoreValue::Number(number) => document.add_u64(*field, *number),
                CoreValue::Text(text) => {
                    if lower(&mut self.text, text) {
                        document.add_text(*field, &self.text);
                    }
                }
                CoreValue::Ip(ip) => {
                    self.text.clear();
                    // A string takes everything.
                    write!(self.text, "{}", ip.to_canonical()).unwrap_or_default();
                    document.add_text(*field, &self.text);
                }
            }
        }
    }
}

/// Whether a field has the same value before this one.
fn is_repeated(event: &Event, field: CoreField, value: &CoreValue) -> bool {
    let earlier = event.core.values(field);
    let mut earlier = earlier.take_while(|earlier| !std::ptr::eq(*earlier, value));
    let lower = value.to_string().to_lowercase();
    earlier.any(|earlier| earlier.to_string().to_lowercase() == lower)
}

/// Writes a text as its column has it; false if it is too long for one.
pub(super) fn lower(buffer: &mut String, text: &str) -> bool {
    buffer.clear();
    if text.len() > MAX_BYTES {
        return false;
    }
    if text.is_ascii() {
        buffer.push_str(text);
        buffer.make_ascii_lowercase();
    } else {
        buffer.push_str(&text.to_lowercase());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let mut names: Vec<String> = column_names()
            .map(|name| column_name(&Name::parse(name)))
            .collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!((names.len(), all), (31, 31));
        assert!(column_names().all(|name| column_of(&Name::parse(name)).is_some()));
        assert_eq!(column_of(&Name::parse("message")), None);
        assert_eq!(column_of(&Name::parse("dns.queries.rrname")), None);
    }

    #[test]
    fn the_number_of_a_core_field_is_its_place() {
        for (place, field) in CoreField::ALL.iter().enumerate() {
            assert_eq!(*field as usize, place);
        }
    }
}
