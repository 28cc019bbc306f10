//! One event: every field that may hold a known-bad value is looked up, without allocating unless
//! something is found.

use std::net::IpAddr;

use event::{CoreField, CoreValue, Leaf, View};

use super::fields::{self, Look};
use super::meta::{self, Meta};
use super::nets::{Bits, Nets};
use super::table::{Table, kind_of, unpacked};
use super::{Intel, IntelMatch};
use crate::rule::{
    Buffer, EntryKind, URL_BYTES, hex, is_ja4, is_reserved, lower_name, mail_address, url_form,
};

/// Matches of one event: more tell nobody more.
const MOST: usize = 20;

/// An event that is looked at.
pub(super) struct Examined<'a> {
    pub(super) intel: &'a Intel,
    pub(super) now: u32,
    pub(super) matches: &'a mut Vec<IntelMatch>,
}

/// The field that is looked at, and its value as the event has it.
#[derive(Clone, Copy)]
struct At<'a> {
    field: &'a str,
    value: &'a str,
}

impl Examined<'_> {
    pub(super) fn event(&mut self, view: View<'_>) {
        for (field, value) in view.event.core.iter() {
            let Some(look) = fields::core(field) else {
                continue;
            };
            match value {
                CoreValue::Ip(ip) => self.ip(field.name(), *ip),
                CoreValue::Text(text) => self.text(look, field.name(), text),
                CoreValue::Number(_) => {}
            }
        }
        for (path, leaf) in view.fields.iter() {
            if let Leaf::Text(text) = leaf
                && let Some((look, twin)) = self.intel.paths.look(path)
                && !twin.is_some_and(|twin| is_in_core(view, twin, text))
            {
                self.text(look, path, text);
            }
        }
    }

    fn text(&mut self, look: Look, field: &str, value: &str) {
        let at = At { field, value };
        match look {
            Look::Ip => {
                if let Some(ip) = ip_of(value) {
                    self.ip(field, ip);
                }
            }
            Look::Name => self.name(at),
            Look::Url => {
                let mut buffer = Buffer::<URL_BYTES>::new();
                if let Some(url) = url_form(value, &mut buffer) {
                    self.exact(EntryKind::Url, url.as_bytes(), at);
                }
            }
            Look::Email => {
                let mut buffer = Buffer::<253>::new();
                if let Some(address) = mail_address(value, &mut buffer) {
                    self.exact(EntryKind::Email, address.as_bytes(), at);
                    let host = address.rsplit_once('@').map_or("", |(_, host)| host);
                    self.suffixes(host, at);
                }
            }
            Look::Hash => self.hash(value, at),
            Look::Hashes => self.hashes(at),
            Look::Ja3 => {
                let mut buffer = [0; 32];
                if let Some(bytes) = hex(value, &mut buffer).filter(|bytes| bytes.len() == 16) {
                    self.exact(EntryKind::Ja3, bytes, at);
                }
            }
            Look::Ja4 if is_ja4(value) => {
                let mut buffer = Buffer::<253>::new();
                if let Some(lower) = lower_name(value, &mut buffer) {
                    self.exact(EntryKind::Ja4, lower.as_bytes(), at);
                }
            }
            Look::Ja4 => {}
        }
    }

    /// An address; lists hold no private ones.
    fn ip(&mut self, field: &str, ip: IpAddr) {
        if is_reserved(ip) {
            return;
        }
        let intel = self.intel;
        for (table, is_base) in intel.tables() {
            match ip.to_canonical() {
                IpAddr::V4(ip) => self.nets(&table.v4, ip.to_bits(), table, is_base, field),
                IpAddr::V6(ip) => self.nets(&table.v6, ip.to_bits(), table, is_base, field),
            }
        }
    }

    fn nets<B: Bits + Shown>(
        &mut self,
        nets: &Nets<B>,
        ip: B,
        table: &Table,
        is_base: bool,
        field: &str,
    ) {
        for (start, prefix, meta) in nets.find(ip) {
            let kind = kind_of::<B>(prefix);
            let entry = || match kind {
                EntryKind::Address => start.shown().to_string(),
                _ => format!("{}/{prefix}", start.shown()),
            };
            let value = || ip.shown().to_string();
            self.found(table, is_base, meta, (field, kind), entry, value);
        }
    }

    /// A host: an address, or a name with every name above it.
    fn name(&mut self, at: At<'_>) {
        if at
            .value
            .ends_with(|c: char| c.is_ascii_hexdigit() || c == ']')
            && let Some(ip) = ip_of(at.value)
        {
            return self.ip(at.field, ip);
        }
        let mut buffer = Buffer::<253>::new();
        if let Some(name) = lower_name(at.value, &mut buffer) {
            self.suffixes(name, at);
        }
    }

    /// A name and the names above it, but for the last label, which is nobody's.
    fn suffixes(&mut self, name: &str, at: At<'_>) {
        let mut rest = name;
        while let Some((_, above)) = rest.split_once('.') {
            self.exact(EntryKind::Domain, rest.as_bytes(), at);
            rest = above;
        }
    }

    fn hash(&mut self, value: &str, at: At<'_>) {
        let mut buffer = [0; 32];
        let Some(bytes) = hex(value, &mut buffer) else {
            return;
        };
        let kind = match bytes.len() {
            16 => EntryKind::Md5,
            20 => EntryKind::Sha1,
            _ => EntryKind::Sha256,
        };
        self.exact(kind, bytes, at);
    }

    /// Only what is named as a hash of the file: an import hash has the length of an MD5.
    fn hashes(&mut self, at: At<'_>) {
        for part in at.value.split(',').take(8) {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let name = name.trim();
            if ["MD5", "SHA1", "SHA256"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
            {
                self.hash(value.trim(), at);
            }
        }
    }

    fn exact(&mut self, kind: EntryKind, value: &[u8], at: At<'_>) {
        let intel = self.intel;
        for (table, is_base) in intel.tables() {
            if !table.has(kind) {
                continue;
            }
            for record in table.texts.find(kind, value) {
                let entry = || unpacked(kind, record.value);
                let seen = || shortened(at.value);
                self.found(table, is_base, record.meta, (at.field, kind), entry, seen);
            }
        }
    }

    /// Keeps a match unless it does not count, or is known of this event.
    fn found(
        &mut self,
        table: &Table,
        is_base: bool,
        meta: Meta,
        (field, kind): (&str, EntryKind),
        entry: impl Fn() -> String,
        value: impl Fn() -> String,
    ) {
        if !meta.counts(self.now) || self.matches.len() >= MOST {
            return;
        }
        let Some(list) = self.intel.enabled(meta.list) else {
            return;
        };
        let entry = entry();
        if is_base && self.intel.is_removed(meta.list, kind, &entry) {
            return;
        }
        let known =
            |held: &IntelMatch| held.kind == kind && held.entry == entry && held.list == meta.list;
        if self.matches.iter().any(known) {
            return;
        }
        self.matches.push(IntelMatch {
            list: meta.list,
            rule: list.rule.clone(),
            field: field.to_owned(),
            value: value(),
            kind,
            entry,
            confidence: meta.confidence,
            source: table.source(meta),
            valid_until: meta::time(meta.until, meta::NONE.1),
        });
    }
}

/// Whether core holds this value, and so was looked at: an address by being there at all, for a
/// record has one where core has one.
fn is_in_core(view: View<'_>, twin: CoreField, text: &str) -> bool {
    view.event.core.values(twin).any(|value| match value {
        CoreValue::Ip(_) => true,
        CoreValue::Text(held) => &**held == text,
        CoreValue::Number(_) => false,
    })
}

/// A number that is shown as an address.
pub(super) trait Shown {
    fn shown(self) -> IpAddr;
}

impl Shown for u32 {
    fn shown(self) -> IpAddr {
        IpAddr::V4(self.into())
    }
}

impl Shown for u128 {
    fn shown(self) -> IpAddr {
        IpAddr::V6(self.into())
    }
}

/// An address as records write it: also with a port, or in brackets.
fn ip_of(text: &str) -> Option<IpAddr> {
    if text.len() > 60 {
        return None;
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(ip);
    }
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split_once(']')?.0.parse().ok();
    }
    let (host, port) = text.split_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse().ok()
}

fn shortened(text: &str) -> String {
    const MOST_CHARS: usize = 512;
    text.chars().take(MOST_CHARS).collect()
}
