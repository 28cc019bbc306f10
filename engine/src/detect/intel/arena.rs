//! Entries that are texts or hashes: one after the other in an arena, found through a table.
//!
//! A slot of the table is the place of a record and 32 bits of a keyed hash; the record holds the
//! value itself, so what is found is the value and nothing that looks like it. Memory of n entries
//! whose values have v bytes on average: n × (8 / 0.7 + 16 + v) bytes.

use std::hash::{BuildHasher, RandomState};

use super::meta::Meta;
use crate::rule::EntryKind;

/// Bytes of a piece of the arena: it grows by pieces, so that growing copies nothing.
const PIECE: usize = 1 << 20;
/// Bytes of a record before its value: meta (13), kind (1), length (2).
const HEAD: usize = 16;

/// Records one after the other; a place is a piece's number and a byte in it.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pieces: Vec<Vec<u8>>,
    records: u32,
}

/// An entry as it stands in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) meta: Meta,
    pub(super) kind: EntryKind,
    /// Text, or the bytes of a hash.
    pub(super) value: &'a [u8],
}

impl Arena {
    /// Adds a record; none when the arena is full (4 GiB) or the value is no value.
    fn push(&mut self, meta: Meta, kind: EntryKind, value: &[u8]) -> Option<u32> {
        let length = u16::try_from(value.len()).ok()?;
        let needed = HEAD + value.len();
        let room = self
            .pieces
            .last()
            .is_some_and(|piece| piece.len() + needed <= PIECE);
        if !room {
            // The last piece of all could not be named by a u32.
            if self.pieces.len() >= 4_095 {
                return None;
            }
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let number = self.pieces.len().checked_sub(1)?;
        let piece = self.pieces.last_mut()?;
        let place = number * PIECE + piece.len();
        piece.extend_from_slice(&meta.bytes());
        piece.push(kind_byte(kind));
        piece.extend_from_slice(&length.to_le_bytes());
        piece.extend_from_slice(value);
        self.records += 1;
        u32::try_from(place).ok()
    }

    /// The record at a place, and the place behind it.
    fn at(&self, place: u32) -> Option<(Record<'_>, u32)> {
        let place = usize::try_from(place).ok()?;
        let piece = self.pieces.get(place / PIECE)?;
        let rest = piece.get(place % PIECE..)?;
        let (head, rest) = rest.split_first_chunk::<HEAD>()?;
        let [meta @ .., kind, low, high] = head;
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let record = Record {
            meta: Meta::of(meta),
            kind: EntryKind::ALL.get(usize::from(*kind)).copied()?,
            value: rest.get(..length)?,
        };
        let next = place + HEAD + length;
        let behind = place % PIECE + HEAD + length;
        let next = if behind >= piece.len() {
            (place / PIECE + 1) * PIECE
        } else {
            next
        };
        Some((record, u32::try_from(next).ok()?))
    }

    /// The records from a place on, each with the place behind it.
    pub(super) fn from(&self, mut place: u32) -> impl Iterator<Item = (Record<'_>, u32)> {
        std::iter::from_fn(move || {
            let (record, next) = self.at(place)?;
            place = next;
            Some((record, next))
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.iter().map(Vec::capacity).sum()
    }
}

fn kind_byte(kind: EntryKind) -> u8 {
    u8::try_from(kind as usize).unwrap_or(u8::MAX)
}

/// The table over an arena. Immutable: it is made when all records are there.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) arena: Arena,
    /// Place + 1 in the high half, 32 bits of the hash in the low half; 0: empty.
    slots: Box<[u64]>,
    key: Key,
}

/// Two random numbers: nobody can choose values that meet in one slot.
#[derive(Clone, Copy, Debug)]
struct Key(u64, u64);

impl Default for Key {
    fn default() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1) | 1)
    }
}

impl Key {
    /// A hash by folded multiplication, eight bytes at a time. It only leads to a slot: the value
    /// itself decides.
    fn hash(self, kind: u8, value: &[u8]) -> u64 {
        let fold = |state: u64, word: u64| {
            let product = u128::from(state ^ word) * u128::from(self.1);
            let (low, high) = (product & u128::from(u64::MAX), product >> 64);
            u64::try_from(low ^ high).unwrap_or(0)
        };
        let (words, rest) = value.as_chunks::<8>();
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        let begin = self.0 ^ (u64::from(kind) << 56) ^ length;
        let state = words.iter().fold(begin, |state, word| {
            fold(state, u64::from_le_bytes(*word)).wrapping_add(self.0)
        });
        fold(fold(state, u64::from_le_bytes(last)), self.0)
    }
}

/// Collects records.
#[derive(Debug, Default)]
pub(super) struct TextsBuilder(Arena);

impl TextsBuilder {
    /// Adds an entry; false when there is no room.
    pub(super) fn add(&mut self, meta: Meta, kind: EntryKind, value: &[u8]) -> bool {
        self.0.push(meta, kind, value).is_some()
    }

    /// Makes the table. Of an entry that a list names twice the later end stays.
    pub(super) fn finish(self, counts: &mut impl FnMut(Meta, EntryKind)) -> Texts {
        let records = usize::try_from(self.0.records).unwrap_or(usize::MAX);
        let size = records.saturating_mul(10) / 7 + usize::from(records > 0);
        let mut texts = Texts {
            arena: self.0,
            slots: vec![0; size].into_boxed_slice(),
            key: Key::default(),
        };
        let mut place = 0;
        while let Some((record, next)) = texts.arena.at(place) {
            let (meta, kind) = (record.meta, record.kind);
            let hash = texts.hash(record.kind, record.value);
            let (slot, is_new) = texts.free_slot(hash, record);
            if let Some((slot, is_new)) = slot.map(|slot| (slot, is_new)) {
                let value = ((u64::from(place) + 1) << 32) | (hash & 0xffff_ffff);
                if let Some(held) = texts.slots.get_mut(slot) {
                    *held = value;
                }
                if is_new {
                    counts(meta, kind);
                }
            }
            place = next;
        }
        texts
    }
}

impl Texts {
    fn hash(&self, kind: EntryKind, value: &[u8]) -> u64 {
        self.key.hash(kind_byte(kind), value)
    }

    /// Where looking for a hash begins: the high bits decide, the low ones stand in the slot.
    fn home(&self, hash: u64) -> usize {
        let spread = u128::from(hash) * self.slots.len() as u128;
        usize::try_from(spread >> 64).unwrap_or(0)
    }

    /// The slot that a record takes: an empty one (new), or that of the same entry when this one
    /// lasts longer; none when the entry stands already.
    fn free_slot(&self, hash: u64, new: Record<'_>) -> (Option<usize>, bool) {
        for slot in self.probe(hash) {
            match self.slots.get(slot) {
                None | Some(0) => return (Some(slot), true),
                Some(held) => {
                    let Some(record) = self.confirmed(*held, hash, new.kind, new.value) else {
                        continue;
                    };
                    if record.meta.list == new.meta.list {
                        let longer = new.meta.until > record.meta.until;
                        return (longer.then_some(slot), false);
                    }
                }
            }
        }
        (None, false)
    }

    /// Every slot once, from a hash's home on.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let (home, size) = (self.home(hash), self.slots.len());
        (home..size).chain(0..home)
    }

    fn confirmed(&self, slot: u64, hash: u64, kind: EntryKind, value: &[u8]) -> Option<Record<'_>> {
        if slot & 0xffff_ffff != hash & 0xffff_ffff {
            return None;
        }
        let place = u32::try_from((slot >> 32).checked_sub(1)?).ok()?;
        let (record, _) = self.arena.at(place)?;
        (record.kind == kind && record.value == value).then_some(record)
    }

    /// The entries with this value: one for each list that has it.
    pub(super) fn find<'a>(
        &'a self,
        kind: EntryKind,
        value: &'a [u8],
    ) -> impl Iterator<Item = Record<'a>> {
        let hash = self.hash(kind, value);
        let held = self.probe(hash).map_while(move |slot| {
            let held = *self.slots.get(slot)?;
            (held != 0).then_some(held)
        });
        held.filter_map(move |held| self.confirmed(held, hash, kind, value))
    }

    pub(super) fn bytes(&self) -> usize {
        self.arena.bytes() + self.slots.len() * size_of::<u64>()
    }
}
