//! What came around a line: an agent's document, the envelope of a collector. It is taken off; what
//! the line itself does not say is kept.

use event::{CoreField, Kind, Time};

use super::format::Parsed;
use crate::origin::Made;

/// What a wrapper says of the line in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'a> {
    pub(super) time: Option<Time>,
    pub(super) host: Option<&'a str>,
    /// What the file's name says of a log of Zeek.
    pub(super) log: &'a str,
    /// Whether it is believed before a line of syslog, of text or of JSON nobody knows: their stamps
    /// lack a year or a zone, or are a guess.
    pub(super) rules: bool,
}

/// What a wrapped text holds.
pub(super) enum Wrapped {
    /// An event.
    Event(Made),
    /// A record of an event of the audit system, held until that is whole.
    Held,
    /// Nothing that its parser takes.
    Refused(&'static str),
}

impl Around<'_> {
    /// Adds what the line did not say.
    pub(super) fn complete(self, parsed: &mut Parsed) {
        let vague = matches!(
            parsed.kind,
            Kind::Syslog | Kind::LinuxAuth | Kind::Text | Kind::Json
        );
        let rules = self.rules && vague;
        if self.time.is_some() && (rules || parsed.time.is_none()) {
            parsed.time = self.time;
        }
        let core = &mut parsed.core;
        if self.host.is_some() && (rules || core.first(CoreField::HostName).is_none()) {
            core.remove(CoreField::HostName);
            core.set_text(CoreField::HostName, self.host);
        }
    }
}
