//! The core: typed ECS fields for search and pivots, filled by the parser that makes the event.
//!
//! The table is the one place that says which names are core and what they hold.

use std::fmt;
use std::net::IpAddr;

use crate::event::Text;

/// What a core field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// An IPv4 or IPv6 address.
    Ip,
    /// A non-negative whole number.
    Number,
    /// Text, compared without regard to case.
    Text,
}

macro_rules! core_fields {
    ($($variant:ident $name:literal $kind:ident,)+) => {
        /// A core field. Names are ECS's, but for `source.site` and `destination.site`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum CoreField { $(#[doc = $name] $variant,)+ }

        impl CoreField {
            /// Every core field, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The dotted ECS name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it holds.
            pub fn kind(self) -> CoreType {
                match self { $(Self::$variant => CoreType::$kind,)+ }
            }

            /// The field with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

core_fields! {
    SourceIp "source.ip" Ip,
    SourcePort "source.port" Number,
    SourceMac "source.mac" Text,
    SourceSite "source.site" Text,
    SourceBytes "source.bytes" Number,
    SourcePackets "source.packets" Number,
    DestinationIp "destination.ip" Ip,
    DestinationPort "destination.port" Number,
    DestinationMac "destination.mac" Text,
    DestinationSite "destination.site" Text,
    DestinationBytes "destination.bytes" Number,
    DestinationPackets "destination.packets" Number,
    NetworkDirection "network.direction" Text,
    NetworkTransport "network.transport" Text,
    NetworkProtocol "network.protocol" Text,
    NetworkCommunityId "network.community_id" Text,
    HostName "host.name" Text,
    HostIp "host.ip" Ip,
    UserName "user.name" Text,
    UserDomain "user.domain" Text,
    UserTargetName "user.target.name" Text,
    ProcessName "process.name" Text,
    ProcessExecutable "process.executable" Text,
    ProcessCommandLine "process.command_line" Text,
    ProcessPid "process.pid" Number,
    ProcessParentExecutable "process.parent.executable" Text,
    FileName "file.name" Text,
    FilePath "file.path" Text,
    FileHashMd5 "file.hash.md5" Text,
    FileHashSha1 "file.hash.sha1" Text,
    FileHashSha256 "file.hash.sha256" Text,
    DnsQuestionName "dns.question.name" Text,
    UrlFull "url.full" Text,
    UrlDomain "url.domain" Text,
    HttpRequestMethod "http.request.method" Text,
    HttpResponseStatusCode "http.response.status_code" Number,
    UserAgentOriginal "user_agent.original" Text,
    TlsClientServerName "tls.client.server_name" Text,
    TlsClientJa4 "tls.client.ja4" Text,
    EventAction "event.action" Text,
    EventOutcome "event.outcome" Text,
    RuleId "rule.id" Text,
    RuleLevel "rule.level" Text,
    Message "message" Text,
}

/// The value of a core field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreValue {
    /// An address.
    Ip(IpAddr),
    /// A non-negative whole number.
    Number(u64),
    /// Text.
    Text(Text),
}

impl fmt::Display for CoreValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<IpAddr> for CoreValue {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl From<u64> for CoreValue {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u16> for CoreValue {
    fn from(number: u16) -> Self {
        Self::Number(u64::from(number))
    }
}

impl From<&str> for CoreValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for CoreValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// The core fields of one event: few, so a sorted list; a field may hold several values
/// (`rule.id`, `host.ip`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Core(Vec<(CoreField, CoreValue)>);

impl Core {
    /// Sets a field that holds one value; a value of the wrong type for the field is left out.
    pub fn set(&mut self, field: CoreField, value: impl Into<CoreValue>) {
        self.0.retain(|(held, _)| *held != field);
        self.add(field, value);
    }

    /// Adds a value to a field that may hold several.
    pub fn add(&mut self, field: CoreField, value: impl Into<CoreValue>) {
        let value = value.into();
        let fits = matches!(
            (field.kind(), &value),
            (CoreType::Ip, CoreValue::Ip(_))
                | (CoreType::Number, CoreValue::Number(_))
                | (CoreType::Text, CoreValue::Text(_))
        );
        debug_assert!(fits, "{} does not hold {value:?}", field.name());
        if fits {
            let place = self.0.partition_point(|(held, _)| *held <= field);
            self.0.insert(place, (field, value));
        }
    }

    /// Sets a text field when there is text to set.
    pub fn set_text(&mut self, field: CoreField, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.set(field, text);
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: CoreField) {
        self.0.retain(|(held, _)| *held != field);
    }

    /// The first value of a field.
    pub fn first(&self, field: CoreField) -> Option<&CoreValue> {
        self.values(field).next()
    }

    /// The address in a field.
    pub fn ip(&self, field: CoreField) -> Option<IpAddr> {
        match self.first(field) {
            Some(CoreValue::Ip(ip)) => Some(*ip),
            _ => None,
        }
    }

    /// The text in a field.
    pub fn text(&self, field: CoreField) -> Option<&str> {
        match self.first(field) {
            Some(CoreValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// All values of a field.
    pub fn values(&self, field: CoreField) -> impl Iterator<Item = &CoreValue> {
        self.0
            .iter()
            .filter(move |(held, _)| *held == field)
            .map(|(_, value)| value)
    }

    /// All fields with their values, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (CoreField, &CoreValue)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no field is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_are_dotted_or_plain_ecs() {
        for field in CoreField::ALL {
            assert_eq!(CoreField::from_name(field.name()), Some(*field));
        }
    }

    #[test]
    fn keeps_the_order_of_the_table_and_one_value_where_one_is_meant() {
        let mut core = Core::default();
        core.set(CoreField::Message, "later");
        core.set(CoreField::SourcePort, 53_u16);
        core.set(CoreField::Message, "last");
        core.add(CoreField::RuleId, "a");
        core.add(CoreField::RuleId, "b");
        let names: Vec<_> = core.iter().map(|(field, _)| field.name()).collect();
        assert_eq!(names, ["source.port", "rule.id", "rule.id", "message"]);
        assert_eq!(core.text(CoreField::Message), Some("last"));
    }
}
