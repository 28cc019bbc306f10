//! An event with its record flattened: what matchers and the query's slow twin look at.

use crate::core_field::CoreValue;
use crate::event::Event;
use crate::leaf::Leaf;
use crate::name::{Envelope, Name};
use crate::record::Fields;

/// An event and the leaves of its record.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its record, flattened.
    pub fields: &'a Fields,
}

impl<'a> View<'a> {
    /// The values a Sigma rule sees under a name: the record decides when it has the key, even
    /// with null; core answers only when the key is absent. No value means the field is absent.
    pub fn sigma(self, name: &str) -> Vec<Leaf<'a>> {
        let held: Vec<Leaf<'a>> = self
            .fields
            .iter()
            .filter(|(path, _)| *path == name)
            .map(|(_, leaf)| leaf)
            .collect();
        if !held.is_empty() {
            return held;
        }
        match crate::CoreField::from_name(name) {
            Some(field) => self.event.core.values(field).map(leaf_of).collect(),
            None => held,
        }
    }

    /// The values a query or an entity sees under a resolved name. `time`, `seen` and `id` are
    /// not leaves; a query treats them by themselves.
    pub fn values(self, name: &Name) -> Vec<Leaf<'a>> {
        match name {
            Name::Envelope(field) => self.envelope(*field).into_iter().collect(),
            Name::Core(field) => self.event.core.values(*field).map(leaf_of).collect(),
            Name::Record(wanted) => self
                .fields
                .iter()
                .filter(|(path, _)| path == wanted)
                .map(|(_, leaf)| leaf)
                .collect(),
        }
    }

    fn envelope(self, field: Envelope) -> Option<Leaf<'a>> {
        Some(match field {
            Envelope::Sensor => Leaf::Text(&self.event.sensor),
            Envelope::Source => Leaf::Text(&self.event.source),
            Envelope::Site => Leaf::Text(&self.event.site),
            Envelope::Kind => Leaf::Text(self.event.kind.name()),
            Envelope::Exercise => Leaf::Bool(self.event.exercise),
            Envelope::Id | Envelope::Time | Envelope::Seen => return None,
        })
    }
}

/// A core value as matchers see values.
pub fn leaf_of(value: &CoreValue) -> Leaf<'_> {
    match value {
        CoreValue::Ip(ip) => Leaf::Ip(*ip),
        CoreValue::Number(number) => {
            i64::try_from(*number).map_or(Leaf::Unsigned(*number), Leaf::Int)
        }
        CoreValue::Text(text) => Leaf::Text(text),
    }
}
