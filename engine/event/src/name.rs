//! Names in queries and rules: one rule for index, query, Sigma and CEL (DESIGN §2).
//!
//! A name is the envelope's if the envelope has it, core if the core table has it, else a path in
//! the record; the prefix `record.` forces the record.

use crate::core_field::CoreField;

/// The fields that every event has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Envelope {
    /// `id`
    Id,
    /// `time`
    Time,
    /// `seen`
    Seen,
    /// `sensor`
    Sensor,
    /// `source`
    Source,
    /// `site`
    Site,
    /// `kind`
    Kind,
    /// `exercise`
    Exercise,
}

impl Envelope {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Id,
        Self::Time,
        Self::Seen,
        Self::Sensor,
        Self::Source,
        Self::Site,
        Self::Kind,
        Self::Exercise,
    ];

    /// The name in queries and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Time => "time",
            Self::Seen => "seen",
            Self::Sensor => "sensor",
            Self::Source => "source",
            Self::Site => "site",
            Self::Kind => "kind",
            Self::Exercise => "exercise",
        }
    }
}

/// What a name in a query or a rule's entities stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A field that every event has.
    Envelope(Envelope),
    /// A core field.
    Core(CoreField),
    /// A path in the record.
    Record(String),
}

impl Name {
    /// Resolves a name as it is written.
    pub fn parse(text: &str) -> Self {
        if let Some(path) = text.strip_prefix("record.") {
            return Self::Record(path.to_owned());
        }
        if let Some(field) = Envelope::ALL.into_iter().find(|field| field.name() == text) {
            return Self::Envelope(field);
        }
        CoreField::from_name(text).map_or_else(|| Self::Record(text.to_owned()), Self::Core)
    }

    /// The name without the forcing prefix.
    pub fn text(&self) -> &str {
        match self {
            Self::Envelope(field) => field.name(),
            Self::Core(field) => field.name(),
            Self::Record(path) => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelope_then_core_then_record_and_the_prefix_forces() {
        assert_eq!(Name::parse("kind"), Name::Envelope(Envelope::Kind));
        assert_eq!(Name::parse("source.ip"), Name::Core(CoreField::SourceIp));
        assert_eq!(
            Name::parse("record.source.ip"),
            Name::Record("source.ip".into())
        );
        assert_eq!(
            Name::parse("dns.queries.rrname"),
            Name::Record("dns.queries.rrname".into())
        );
    }
}
