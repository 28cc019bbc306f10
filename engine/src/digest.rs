//! A digest of many things whose order does not matter: the same content, the same digest.
//!
//! Partitions merge their segments and SQLite moves its pages, so that bytes of files say nothing about
//! content. Each item is hashed, and the hashes are added: an item that is missing, changed or there
//! twice changes the sum. It tells accidents apart, not forgeries.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// How many items, and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Items added.
    pub items: u64,
    sum: [u64; 4],
}

impl Digest {
    /// Adds one item, given as the pieces of its bytes.
    pub fn add(&mut self, item: &[u8]) {
        let hash = Sha256::digest(item);
        for (sum, piece) in self.sum.iter_mut().zip(hash.chunks(8)) {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(piece);
            *sum = sum.wrapping_add(u64::from_le_bytes(bytes));
        }
        self.items += 1;
    }

    /// Adds all items of another.
    pub fn join(&mut self, other: &Self) {
        for (sum, more) in self.sum.iter_mut().zip(other.sum) {
            *sum = sum.wrapping_add(more);
        }
        self.items += other.items;
    }
}

/// Sixteen hexadecimal digits: enough to compare by eye.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folded = Sha256::digest(self.sum.map(u64::to_le_bytes).concat());
        let short = folded.iter().take(8);
        short
            .into_iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let of = |items: &[&str]| {
            let mut digest = Digest::default();
            items.iter().for_each(|item| digest.add(item.as_bytes()));
            digest.to_string()
        };
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "b", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
    }
}
