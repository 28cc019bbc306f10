//! An entity: who or what an alert is about.

use crate::core_field::CoreField;
use crate::kind::KindGroup;
use crate::name::{Envelope, Name};

/// One field of an alert's key with its value; an absent field has the empty value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity {
    /// The field's name as the rule or the table below gives it.
    pub field: String,
    /// Its value as text.
    pub value: String,
}

impl KindGroup {
    /// The entities of a rule that names none (DESIGN §2, Alert).
    pub fn entities(self) -> [Option<Name>; 2] {
        match self {
            Self::Network | Self::Flow => [
                Some(Name::Core(CoreField::SourceIp)),
                Some(Name::Core(CoreField::DestinationIp)),
            ],
            Self::Host => [
                Some(Name::Core(CoreField::HostName)),
                Some(Name::Core(CoreField::UserName)),
            ],
            Self::Online => [Some(Name::Core(CoreField::UrlDomain)), None],
            Self::State => [
                Some(Name::Envelope(Envelope::Sensor)),
                Some(Name::Envelope(Envelope::Source)),
            ],
        }
    }
}
