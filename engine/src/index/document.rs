//! An event as a tantivy document.

use event::{CoreValue, Envelope, Fields as Leaves, Leaf, MAX_TERM_BYTES};
use tantivy::{Searcher, TantivyDocument};

use super::column::Columns;
use super::schema::{Fields, SEPARATOR, Terms};
use super::shape::Shapes;
use super::stored::Journaled;
use crate::error::Result;

/// Makes documents of a partition's events.
#[derive(Debug)]
pub(super) struct Documents {
    fields: Fields,
    shapes: Shapes,
    columns: Columns,
    terms: Terms,
}

impl Documents {
    /// Of a partition that may hold events already.
    pub(super) fn of(fields: Fields, committed: &Searcher) -> Result<Self> {
        Ok(Self {
            fields,
            shapes: Shapes::load(committed, fields.shape)?,
            columns: Columns::of(committed.schema()),
            terms: Terms::default(),
        })
    }

    /// Makes the document of an event; says whether anything of the record could not be indexed.
    pub(super) fn make(
        &mut self,
        journaled: &Journaled,
        leaves: &Leaves,
    ) -> (TantivyDocument, bool) {
        let (fields, event) = (self.fields, &journaled.event);
        let mut document = TantivyDocument::default();
        document.add_u64(fields.instance, event.id.instance.0);
        document.add_u64(fields.lane, event.id.lane.number().into());
        document.add_u64(fields.number, event.id.number);
        document.add_i64(fields.time, event.time.micros());
        document.add_u64(fields.position, journaled.position);
        document.add_bytes(fields.event, &journaled.encode());

        self.columns.add(&mut document, event);

        let mut whole = leaves.partial().is_none();
        whole &= self
            .shapes
            .add(&mut document, fields.shape, &event.core, leaves);
        let exercise = if event.exercise { "true" } else { "false" };
        for (field, text) in [
            (Envelope::Sensor, &*event.sensor),
            (Envelope::Source, &*event.source),
            (Envelope::Site, &*event.site),
            (Envelope::Kind, event.kind.name()),
            (Envelope::Exercise, exercise),
        ] {
            whole &= self.terms.of(field.name(), Leaf::Text(text), true, |term| {
                document.add_bytes(fields.core, term);
            });
        }
        for (field, value) in event.core.iter() {
            whole &= self.terms.of(field.name(), leaf(value), true, |term| {
                document.add_bytes(fields.core, term);
            });
        }
        for (path, leaf) in leaves.iter() {
            if path.len() > MAX_TERM_BYTES / 2 || path.contains(SEPARATOR) {
                whole = false;
                continue;
            }
            whole &= self.terms.of(path, leaf, false, |term| {
                document.add_bytes(fields.record, term);
            });
            if let Leaf::Text(text) = leaf {
                document.add_text(fields.words, text);
            }
        }
        (document, !whole)
    }
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
