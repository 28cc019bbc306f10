//! What was found in a value is remembered for a while: events of one host hold the same paths,
//! names and hashes again and again. A place of the table belongs to the value that was there first
//! until it is not asked for any more; memory is bounded, and a wrong answer is impossible, for the
//! value itself is kept and compared.

use std::hash::Hasher as _;

use super::expression::Bit;
use super::hash::Quick;
use super::names::index;

/// Places of the table: with the longest values and their bits a megabyte and a half.
const PLACES: usize = 1 << 11;
/// The values that are remembered, in bytes: shorter ones are looked through as quickly.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=MOST_BYTES;
const MOST_BYTES: usize = 512;
/// The most bits that are remembered of a value.
const MOST_BITS: usize = 64;

/// Values and the bits that they set. All space is taken at once, by the first value.
#[derive(Debug, Default)]
pub(super) struct Memo {
    places: Vec<Remembered>,
    /// For each place the value.
    texts: Vec<u8>,
    /// For each place the bits.
    bits: Vec<Bit>,
}

/// Where a value would be remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    hash: u64,
    slot: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Remembered {
    hash: u64,
    slot: u64,
    /// Bytes of the value; none is remembered where it is zero.
    length: usize,
    bits: usize,
    /// It was asked for since another wanted its place.
    wanted: bool,
}

impl Memo {
    /// The key of a value in a slot of a partition; none when it is not remembered.
    pub(super) fn key(partition: u32, slot: u32, text: &[u8]) -> Option<Key> {
        if !LENGTHS.contains(&text.len()) {
            return None;
        }
        let slot = u64::from(partition) << 32 | u64::from(slot);
        let mut hash = Quick::default();
        hash.write_u64(slot);
        hash.write(text);
        let hash = hash.finish();
        Some(Key { hash, slot })
    }

    /// The bits of a value, if it is remembered.
    pub(super) fn recall(&mut self, key: Key, text: &[u8]) -> Option<&[Bit]> {
        let place = key.place();
        let held = self.places.get_mut(place)?;
        if held.hash != key.hash || held.slot != key.slot {
            return None;
        }
        let from = place * MOST_BYTES;
        if self.texts.get(from..from + held.length) != Some(text) {
            return None;
        }
        held.wanted = true;
        let from = place * MOST_BITS;
        self.bits.get(from..from + held.bits)
    }

    /// Remembers the bits of a value, unless another's are still asked for.
    pub(super) fn learn(&mut self, key: Key, text: &[u8], bits: &[Bit]) {
        if bits.len() > MOST_BITS {
            return;
        }
        if self.places.is_empty() {
            self.places = vec![Remembered::default(); PLACES];
            self.texts = vec![0; PLACES * MOST_BYTES];
            self.bits = vec![0; PLACES * MOST_BITS];
        }
        let place = key.place();
        let Some(held) = self.places.get_mut(place) else {
            return;
        };
        if std::mem::take(&mut held.wanted) {
            return;
        }
        *held = Remembered {
            hash: key.hash,
            slot: key.slot,
            length: text.len(),
            bits: bits.len(),
            wanted: false,
        };
        let from = place * MOST_BYTES;
        if let Some(room) = self.texts.get_mut(from..from + text.len()) {
            room.copy_from_slice(text);
        }
        let from = place * MOST_BITS;
        if let Some(room) = self.bits.get_mut(from..from + bits.len()) {
            room.copy_from_slice(bits);
        }
    }
}

impl Key {
    /// The low bits of the hash are its best.
    fn place(self) -> usize {
        let low = u32::try_from(self.hash & (PLACES as u64 - 1));
        low.map_or(0, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_in_its_slot_alone_and_keeps_its_place_while_it_is_asked_for() {
        let mut memo = Memo::default();
        let text = b"C:\\Windows\\System32\\svchost.exe";
        fn key(slot: u32, text: &[u8]) -> Key {
            Memo::key(1, slot, text).unwrap()
        }
        assert!(memo.recall(key(0, text), text).is_none());
        memo.learn(key(0, text), text, &[3, 5]);
        assert_eq!(memo.recall(key(0, text), text), Some(&[3, 5][..]));
        assert!(memo.recall(key(1, text), text).is_none());
        // Another that falls on the same place.
        let place = key(0, text).place();
        let other = (0..).map(|number| format!("value number {number}"));
        let mut other = other.filter(|other| key(0, other.as_bytes()).place() == place);
        let other = other.next().unwrap();
        let other = other.as_bytes();
        memo.learn(key(0, other), other, &[7]);
        assert!(
            memo.recall(key(0, other), other).is_none(),
            "the first was asked for"
        );
        memo.learn(key(0, other), other, &[7]);
        assert_eq!(memo.recall(key(0, other), other), Some(&[7][..]));
        assert!(memo.recall(key(0, text), text).is_none());
    }

    #[test]
    fn what_is_short_long_or_has_many_bits_is_not_remembered() {
        assert!(Memo::key(0, 0, b"short").is_none());
        assert!(Memo::key(0, 0, &[b'x'; 513]).is_none());
        let mut memo = Memo::default();
        let text = b"a value";
        let key = Memo::key(0, 0, b"a long value").unwrap();
        memo.learn(key, text, &[0; 65]);
        assert!(memo.recall(key, text).is_none());
    }
}
