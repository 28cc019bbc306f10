//! An event as a tantivy document.

use std::collections::HashSet;

use event::{CoreValue, Envelope, Fields as Leaves, Leaf, MAX_TERM_BYTES};
use tantivy::TantivyDocument;

use super::schema::{self, Fields, SEPARATOR};
use super::stored::Journaled;
use crate::query::exact_number;

/// Makes the document; says whether anything of the record could not be indexed.
pub(super) fn build(
    fields: &Fields,
    journaled: &Journaled,
    leaves: &Leaves,
) -> (TantivyDocument, bool) {
    let event = &journaled.event;
    let mut document = TantivyDocument::default();
    document.add_text(fields.id, event.id.to_string());
    document.add_i64(fields.time, event.time.micros());
    document.add_u64(fields.position, journaled.position);
    document.add_bytes(fields.event, &journaled.encode());

    let mut core = Terms::new(&mut document, fields.core_terms, fields.core_ordered);
    for (field, text) in [
        (Envelope::Sensor, &*event.sensor),
        (Envelope::Source, &*event.source),
        (Envelope::Site, &*event.site),
        (Envelope::Kind, event.kind.name()),
        (
            Envelope::Exercise,
            if event.exercise { "true" } else { "false" },
        ),
    ] {
        core.add(field.name(), Leaf::Text(text));
    }
    for (field, value) in event.core.iter() {
        core.add(field.name(), leaf(value));
    }
    let core_whole = core.whole;

    let mut record = Terms::new(&mut document, fields.record_terms, fields.record_ordered);
    for (path, leaf) in leaves.iter() {
        record.add(path, leaf);
    }
    let whole = core_whole && record.whole && leaves.partial().is_none();
    for (_, leaf) in leaves.iter() {
        if let Leaf::Text(text) = leaf {
            document.add_text(fields.words, text);
        }
    }
    (document, !whole)
}

fn leaf(value: &CoreValue) -> Leaf<'_> {
    match value {
        CoreValue::Ip(ip) => Leaf::Ip(*ip),
        CoreValue::Number(number) => {
            i64::try_from(*number).map_or(Leaf::Unsigned(*number), Leaf::Int)
        }
        CoreValue::Text(text) => Leaf::Text(text),
    }
}

/// Adds the terms of one pair of fields.
struct Terms<'a> {
    document: &'a mut TantivyDocument,
    terms: tantivy::schema::Field,
    ordered: tantivy::schema::Field,
    seen: HashSet<String>,
    whole: bool,
}

impl<'a> Terms<'a> {
    fn new(
        document: &'a mut TantivyDocument,
        terms: tantivy::schema::Field,
        ordered: tantivy::schema::Field,
    ) -> Self {
        Self {
            document,
            terms,
            ordered,
            seen: HashSet::new(),
            whole: true,
        }
    }

    fn add(&mut self, path: &str, leaf: Leaf<'_>) {
        if path.len() > MAX_TERM_BYTES / 2 || path.contains(SEPARATOR) {
            self.whole = false;
            return;
        }
        if !self.seen.contains(path) {
            self.seen.insert(path.to_owned());
            self.document.add_text(self.terms, path);
        }
        if let Some(text) = leaf.text() {
            if text.len() > MAX_TERM_BYTES / 2 {
                self.whole = false;
                return;
            }
            self.document
                .add_text(self.terms, schema::text_term(path, &text));
            if let Some(number) = leaf.number() {
                // Beyond what `f64` holds exactly, only ranges see the number, and rounded.
                self.document
                    .add_bytes(self.ordered, &schema::number_term(path, number));
                debug_assert!(exact_number(&text).is_none_or(|exact| exact == number));
            }
        }
        if let Some(ip) = leaf.ip() {
            self.document
                .add_bytes(self.ordered, &schema::address_term(path, ip));
            self.document
                .add_bytes(self.ordered, &schema::near_term(path, ip));
        }
    }
}
