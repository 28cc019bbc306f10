//! The entries of a list as people look through them: page by page, in the order of the tables.

use std::sync::Arc;

use event::Time;

use super::Intel;
use super::examine::Shown;
use super::meta::{self, Meta};
use super::nets::{Bits, Nets};
use super::table::{Table, kind_of, packed, unpacked};
use crate::rule::EntryKind;

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// What it is a value of.
    pub kind: EntryKind,
    /// The value.
    pub value: String,
    /// 0 to 100.
    pub confidence: u8,
    /// Who says so.
    pub source: Arc<str>,
    /// From when on it counts.
    pub valid_from: Option<Time>,
    /// Until when it counts.
    pub valid_until: Option<Time>,
}

/// A page of entries.
#[derive(Clone, Debug, Default)]
pub struct EntryPage {
    /// The entries.
    pub rows: Vec<EntryRow>,
    /// Where the next page begins, if there is one. Building anew moves places: a page may then
    /// begin elsewhere.
    pub next: Option<(u8, u32)>,
}

/// Entries that are looked at for one page: a filter that nothing meets ends too.
const LOOKED_AT: usize = 12_000_000;

/// One page on its way.
struct Paging<'a> {
    intel: &'a Intel,
    list: u16,
    contains: &'a str,
    limit: usize,
    left: usize,
    page: EntryPage,
}

impl Intel {
    /// Entries of a list whose value contains a text (empty: all), at most `limit`, behind a place.
    pub fn entries(
        &self,
        list: u16,
        contains: &str,
        after: Option<(u8, u32)>,
        limit: usize,
    ) -> EntryPage {
        let contains = contains.trim().to_ascii_lowercase();
        let mut paging = Paging {
            intel: self,
            list,
            contains: &contains,
            limit,
            left: LOOKED_AT,
            page: EntryPage::default(),
        };
        let (first, mut from) = after.unwrap_or((0, 0));
        for part in first..6 {
            let (table, is_base) = if part < 3 {
                (&self.added, false)
            } else {
                (&self.base, true)
            };
            let full = match part % 3 {
                0 => paging.nets(&table.v4, table, is_base, from),
                1 => paging.nets(&table.v6, table, is_base, from),
                _ => paging.texts(table, is_base, from),
            };
            if let Some(next) = full {
                paging.page.next = Some((part, next));
                break;
            }
            from = 0;
        }
        paging.page
    }
}

impl Paging<'_> {
    /// Goes through networks; where to go on, when the page is full before the end.
    fn nets<B: Bits + Shown>(
        &mut self,
        nets: &Nets<B>,
        table: &Table,
        is_base: bool,
        from: u32,
    ) -> Option<u32> {
        let first = usize::try_from(from).unwrap_or(usize::MAX);
        for place in first..nets.len() {
            let (start, prefix, meta) = nets.at(place)?;
            if meta.list != self.list {
                continue;
            }
            if self.is_full() {
                return u32::try_from(place).ok();
            }
            let kind = kind_of::<B>(prefix);
            let value = match kind {
                EntryKind::Address => start.shown().to_string(),
                _ => format!("{}/{prefix}", start.shown()),
            };
            self.offer(table, is_base, meta, kind, value);
        }
        None
    }

    fn texts(&mut self, table: &Table, is_base: bool, from: u32) -> Option<u32> {
        let mut here = from;
        for (record, next) in table.texts.arena.from(from) {
            self.left = self.left.saturating_sub(1);
            if record.meta.list == self.list {
                if self.is_full() {
                    return Some(here);
                }
                // Of an entry that stands twice in the arena the table leads to one.
                if is_current(table, record.kind, record.value, record.meta) {
                    let value = unpacked(record.kind, record.value);
                    self.offer(table, is_base, record.meta, record.kind, value);
                }
            }
            here = next;
        }
        None
    }

    fn is_full(&self) -> bool {
        self.page.rows.len() >= self.limit || self.left == 0
    }

    fn offer(&mut self, table: &Table, is_base: bool, meta: Meta, kind: EntryKind, value: String) {
        let matches = self.contains.is_empty() || value.contains(self.contains);
        if !matches || (is_base && self.intel.is_removed(self.list, kind, &value)) {
            return;
        }
        self.page.rows.push(EntryRow {
            kind,
            value,
            confidence: meta.confidence,
            source: table.source(meta),
            valid_from: meta::time(meta.from, meta::NONE.0),
            valid_until: meta::time(meta.until, meta::NONE.1),
        });
    }
}

fn is_current(table: &Table, kind: EntryKind, value: &[u8], meta: Meta) -> bool {
    let mut found = table.texts.find(kind, value);
    found.any(|record| record.meta == meta && std::ptr::eq(record.value, value))
}

/// Whether a table has an entry of a list.
pub(super) fn holds(table: &Table, list: u16, kind: EntryKind, value: &str) -> bool {
    if matches!(kind, EntryKind::Address | EntryKind::Network) {
        let network = value
            .parse::<ipnet::IpNet>()
            .or_else(|_| value.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
        return match network {
            Ok(ipnet::IpNet::V4(net)) => {
                in_nets(&table.v4, net.network().to_bits(), net.prefix_len(), list)
            }
            Ok(ipnet::IpNet::V6(net)) => {
                in_nets(&table.v6, net.network().to_bits(), net.prefix_len(), list)
            }
            Err(_) => false,
        };
    }
    let mut buffer = [0; 32];
    packed(kind, value, &mut buffer).is_some_and(|bytes| {
        let mut found = table.texts.find(kind, bytes);
        found.any(|record| record.meta.list == list)
    })
}

fn in_nets<B: Bits>(nets: &Nets<B>, start: B, prefix: u8, list: u16) -> bool {
    nets.find(start)
        .any(|(own, of, meta)| own == start && of == prefix && meta.list == list)
}
