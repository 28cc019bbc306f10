//! A quick hash for tables whose keys come from rules: what events bring is only looked up, never
//! put in, so nobody outside can make its chains long.

use std::hash::{BuildHasherDefault, Hasher};

/// Makes [`Quick`] hashers.
pub(super) type BuildQuick = BuildHasherDefault<Quick>;

/// Multiplies and rotates, eight bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quick(u64);

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
            self.add(u64::from_le_bytes(*chunk));
            rest = behind;
        }
        let tail = rest
            .iter()
            .rfold(0, |word, byte| (word << 8) | u64::from(*byte));
        self.add(tail ^ ((rest.len() as u64) << 56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn finish(&self) -> u64 {
        // The table takes the low bits for the place and the high ones for the tag.
        self.0 ^ (self.0 >> 32)
    }
}
