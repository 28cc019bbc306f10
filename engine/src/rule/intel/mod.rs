//! Intel lists as written: files of known-bad values from other people, read into entries.
//!
//! One file per format: plain text, CSV, MISP feed, STIX 2.1 (also as TAXII sends it). All of them
//! offer values to [`Sink`], which brings them into canonical form, refuses what would match
//! everybody, and counts. A bad line costs only itself.

mod csv;
mod hygiene;
mod limits;
mod list;
mod misp;
mod pattern;
mod sink;
mod stix;
mod text;
mod value;

#[cfg(test)]
mod tests;

use std::io::BufRead;

use event::Time;

pub use limits::IntelLimits;
pub use list::{ListSettings, is_list_id};
pub use misp::{is_attribute_read, manifest};
pub use pattern::{PatternEntry, read_pattern};
pub use sink::{Reading, Sink};
pub use stix::{Envelope, envelope};

pub(crate) use csv::{cells, moment};
pub(crate) use hygiene::is_reserved;
pub(crate) use value::{Buffer, URL_BYTES, hex, is_ja4, lower_name, mail_address, url_form};

use crate::words::words;

words! {
    /// What an intel entry is a value of.
    EntryKind {
        /// One IPv4 or IPv6 address.
        Address "address",
        /// A CIDR.
        Network "network",
        /// A domain with everything under it.
        Domain "domain",
        /// A URL, whole.
        Url "url",
        /// An e-mail address.
        Email "email",
        /// A file's MD5.
        Md5 "md5",
        /// A file's SHA-1.
        Sha1 "sha1",
        /// A file's SHA-256.
        Sha256 "sha256",
        /// The fingerprint of a TLS client, MD5 in hex.
        Ja3 "ja3",
        /// The fingerprint of a TLS client, FoxIO's newer form.
        Ja4 "ja4",
    }
}

words! {
    /// How a file of intel entries is written.
    IntelFormat {
        /// One value a line; also hosts files.
        Text "text",
        /// A table with or without a line of names.
        Csv "csv",
        /// An event of a MISP feed.
        Misp "misp",
        /// A STIX 2.1 bundle, or the envelope of a TAXII 2.1 collection.
        Stix "stix",
    }
}

/// A known-bad value. `None` means that the list says it for all its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntelEntry {
    /// What it is a value of.
    pub kind: EntryKind,
    /// The value in canonical form: lower case where letters do not matter, addresses as `IpAddr`
    /// writes them, domains without a dot at the end, URLs without a fragment.
    pub value: String,
    /// How sure its source is: 0 to 100.
    pub confidence: Option<u8>,
    /// From when on it counts.
    pub valid_from: Option<Time>,
    /// Until when it counts; not at that moment any more.
    pub valid_until: Option<Time>,
    /// Who says so.
    pub source: Option<String>,
    /// What the source says of it; at most [`IntelLimits::comment_bytes`].
    pub comment: Option<String>,
}

impl IntelEntry {
    /// Reads a value as people write it (`hxxp://evil[.]example/`) and tells its kind by its form,
    /// or takes it as `kind`. The error says what is wrong with it and the way out.
    pub fn read(text: &str, kind: Option<EntryKind>, limits: &IntelLimits) -> Result<Self, String> {
        let (kind, value) = value::read(text, kind, limits)?;
        hygiene::check(kind, &value)?;
        Ok(Self {
            kind,
            value,
            confidence: None,
            valid_from: None,
            valid_until: None,
            source: None,
            comment: None,
        })
    }
}

/// Reads a file of a format into a sink. What the reader itself refuses ends the file and is said.
pub fn read(format: IntelFormat, reader: impl BufRead, sink: &mut Sink<'_>) {
    match format {
        IntelFormat::Text => text::read(reader, sink),
        IntelFormat::Csv => csv::read(reader, sink),
        IntelFormat::Misp => misp::read(reader, sink),
        IntelFormat::Stix => drop(envelope(reader, sink)),
    }
}

/// The format that a file's name tells; JSON is STIX unless it stands in a MISP feed's folder.
pub fn format_of(file: &str) -> Option<IntelFormat> {
    let (stem, ending) = file.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    match ending.to_ascii_lowercase().as_str() {
        "txt" | "lst" | "list" | "hosts" => Some(IntelFormat::Text),
        "csv" => Some(IntelFormat::Csv),
        "json" | "stix" => Some(IntelFormat::Stix),
        _ => None,
    }
}
