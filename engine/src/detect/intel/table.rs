//! A table of entries of all lists: built once, then only read.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use event::Time;
use ipnet::IpNet;

use super::arena::{Texts, TextsBuilder};
use super::meta::{self, Meta};
use super::nets::{Bits, Nets};
use crate::rule::{EntryKind, IntelEntry, ListSettings, hex};

/// Entries of all lists.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) texts: Texts,
    pub(super) v4: Nets<u32>,
    pub(super) v6: Nets<u128>,
    pub(super) sources: Vec<Arc<str>>,
    pub(super) counts: HashMap<(u16, EntryKind), u64>,
    /// The kinds that there are: most events ask for others.
    kinds: Vec<bool>,
}

/// Collects entries into a table, one by one: nothing of their size is held beside it.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    texts: TextsBuilder,
    v4: Vec<(u32, u8, Meta)>,
    v6: Vec<(u128, u8, Meta)>,
    sources: Vec<Arc<str>>,
    places: HashMap<Arc<str>, u16>,
}

impl TableBuilder {
    /// Adds an entry of the list with this number; `read` is when its file was written. False: it
    /// has no canonical form, or there is no room.
    pub(super) fn add(
        &mut self,
        list: u16,
        own: &ListSettings,
        entry: &IntelEntry,
        read: Time,
    ) -> bool {
        const DAY: Duration = Duration::from_secs(86_400);
        let from = entry.valid_from.unwrap_or(read);
        let by_list = (own.days > 0).then(|| from.plus(DAY.saturating_mul(own.days)));
        let meta = Meta {
            list,
            source: self.source(entry.source.as_deref().unwrap_or(&own.source)),
            confidence: entry.confidence.unwrap_or(own.confidence),
            from: meta::begin(entry.valid_from),
            until: meta::end(entry.valid_until.or(by_list)),
        };
        self.put(meta, entry.kind, &entry.value)
    }

    pub(super) fn put(&mut self, meta: Meta, kind: EntryKind, value: &str) -> bool {
        if matches!(kind, EntryKind::Address | EntryKind::Network) {
            return self.network(meta, value);
        }
        let mut buffer = [0; 32];
        match packed(kind, value, &mut buffer) {
            Some(bytes) => self.texts.add(meta, kind, bytes),
            None => false,
        }
    }

    fn network(&mut self, meta: Meta, value: &str) -> bool {
        let network = value
            .parse::<IpNet>()
            .or_else(|_| value.parse::<IpAddr>().map(IpNet::from));
        match network {
            Ok(IpNet::V4(net)) => self
                .v4
                .push((net.network().to_bits(), net.prefix_len(), meta)),
            Ok(IpNet::V6(net)) => self
                .v6
                .push((net.network().to_bits(), net.prefix_len(), meta)),
            Err(_) => return false,
        }
        true
    }

    /// The number of a source's name; the last one stands for all that have no room.
    pub(super) fn source(&mut self, name: &str) -> u16 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let Ok(place) = u16::try_from(self.sources.len()) else {
            return u16::MAX;
        };
        let name: Arc<str> = if place == u16::MAX {
            "…".into()
        } else {
            name.into()
        };
        self.sources.push(Arc::clone(&name));
        self.places.insert(name, place);
        place
    }

    /// Makes the table.
    pub(super) fn finish(self) -> Table {
        let mut counts: HashMap<(u16, EntryKind), u64> = HashMap::new();
        let mut count = |meta: Meta, kind| *counts.entry((meta.list, kind)).or_default() += 1;
        let texts = self.texts.finish(&mut count);
        let v4 = Nets::new(self.v4, &mut |meta, prefix| {
            count(meta, kind_of::<u32>(prefix))
        });
        let v6 = Nets::new(self.v6, &mut |meta, prefix| {
            count(meta, kind_of::<u128>(prefix))
        });
        let kinds = EntryKind::ALL.iter();
        let kinds = kinds.map(|kind| counts.keys().any(|(_, held)| held == kind));
        Table {
            texts,
            v4,
            v6,
            sources: self.sources,
            kinds: kinds.collect(),
            counts,
        }
    }
}

impl Table {
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether there is an entry of a kind.
    pub(super) fn has(&self, kind: EntryKind) -> bool {
        let place = kind as usize;
        self.kinds.get(place).copied().unwrap_or(false)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes() + self.v4.bytes() + self.v6.bytes()
    }

    pub(super) fn source(&self, meta: Meta) -> Arc<str> {
        let name = self.sources.get(usize::from(meta.source));
        name.cloned().unwrap_or_else(|| Arc::from(""))
    }
}

/// Whether a prefix is a network's or one address's.
pub(super) fn kind_of<B: Bits>(prefix: u8) -> EntryKind {
    if prefix == B::WIDTH {
        EntryKind::Address
    } else {
        EntryKind::Network
    }
}

/// How a value stands in the arena: hashes as bytes, all else as text.
pub(super) fn packed<'a>(
    kind: EntryKind,
    value: &'a str,
    buffer: &'a mut [u8; 32],
) -> Option<&'a [u8]> {
    match kind {
        EntryKind::Md5 | EntryKind::Sha1 | EntryKind::Sha256 | EntryKind::Ja3 => hex(value, buffer),
        _ => Some(value.as_bytes()),
    }
}

/// The value of a record as text.
pub(super) fn unpacked(kind: EntryKind, bytes: &[u8]) -> String {
    match kind {
        EntryKind::Md5 | EntryKind::Sha1 | EntryKind::Sha256 | EntryKind::Ja3 => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
