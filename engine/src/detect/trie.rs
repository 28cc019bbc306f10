//! Texts that a value begins or ends with, whatever the case of ASCII letters: a walk from one end of the value along a trie finds all
//! of them in as many steps as the longest has bytes. Whole values are those that end where the
//! value does.

use std::collections::BTreeMap;

use super::names::index;

/// A trie whose texts carry numbers.
#[derive(Debug, Default)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// For each node its children's bytes, in order; the children themselves stand side by side.
    labels: Vec<u8>,
    outs: Vec<u32>,
}

#[derive(Debug, Default)]
struct Node {
    /// Range of `labels`.
    labels: (u32, u32),
    /// The first child's place.
    child: u32,
    /// Range of `outs`: texts that end here, whatever follows.
    open: (u32, u32),
    /// Range of `outs`: texts that end here with the value.
    closed: (u32, u32),
}

/// A text of a trie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch<'a> {
    pub(super) text: &'a [u8],
    /// From the last byte to the first.
    pub(super) reversed: bool,
    /// It is the whole value.
    pub(super) closed: bool,
    pub(super) out: u32,
}

/// A node while the trie is made.
#[derive(Default)]
struct Growing {
    children: BTreeMap<u8, usize>,
    open: Vec<u32>,
    closed: Vec<u32>,
}

impl Trie {
    /// Makes a trie; its size is at most the bytes of its texts.
    pub(super) fn new<'a>(branches: impl Iterator<Item = Branch<'a>>) -> Self {
        let mut growing = vec![Growing::default()];
        for branch in branches {
            let mut at = 0;
            let length = branch.text.len();
            for place in 0..length {
                let place = if branch.reversed {
                    length - 1 - place
                } else {
                    place
                };
                let byte = branch.text.get(place).copied().unwrap_or_default();
                let new = growing.len();
                let Some(node) = growing.get_mut(at) else {
                    break;
                };
                at = *node.children.entry(byte).or_insert(new);
                if at == new {
                    growing.push(Growing::default());
                }
            }
            if let Some(node) = growing.get_mut(at) {
                let outs = if branch.closed {
                    &mut node.closed
                } else {
                    &mut node.open
                };
                outs.push(branch.out);
            }
        }
        Self::packed(&growing)
    }

    /// Lays the nodes out so that the children of one stand side by side.
    fn packed(growing: &[Growing]) -> Self {
        let mut trie = Self::default();
        if growing.len() < 2
            && growing
                .first()
                .is_none_or(|root| root.open.is_empty() && root.closed.is_empty())
        {
            return trie;
        }
        let mut order = vec![0];
        let mut next = 0;
        while let Some(node) = order
            .get(next)
            .and_then(|place: &usize| growing.get(*place))
        {
            let first = trie.labels.len();
            let child = order.len();
            trie.labels.extend(node.children.keys());
            order.extend(node.children.values());
            let open = trie.outs.len();
            trie.outs.extend(&node.open);
            let closed = trie.outs.len();
            trie.outs.extend(&node.closed);
            trie.nodes.push(Node {
                labels: (short(first), short(trie.labels.len())),
                child: short(child),
                open: (short(open), short(closed)),
                closed: (short(closed), short(trie.outs.len())),
            });
            next += 1;
        }
        trie
    }

    /// Adds the numbers of the texts that the value begins with, and of those that it is.
    pub(super) fn walk(&self, value: impl Iterator<Item = u8>, hits: &mut Vec<u32>) {
        let Some(mut node) = self.nodes.first() else {
            return;
        };
        hits.extend_from_slice(self.outs(node.open));
        for byte in value {
            let labels = self.labels.get(index(node.labels.0)..index(node.labels.1));
            let byte = byte.to_ascii_lowercase();
            let place = labels.and_then(|labels| match labels.len() {
                0..=8 => labels.iter().position(|label| *label == byte),
                _ => memchr::memchr(byte, labels),
            });
            let child = place.and_then(|place| self.nodes.get(index(node.child) + place));
            let Some(child) = child else { return };
            node = child;
            if node.open.0 != node.open.1 {
                hits.extend_from_slice(self.outs(node.open));
            }
        }
        hits.extend_from_slice(self.outs(node.closed));
    }

    /// Whether nothing is to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn outs(&self, (from, to): (u32, u32)) -> &[u32] {
        self.outs.get(index(from)..index(to)).unwrap_or_default()
    }
}

/// Sizes are bounded by the rule limits far below this.
fn short(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_comparison_finds(
            texts in prop::collection::vec(("[ab]{0,4}", any::<bool>()), 0..12),
            value in "[ab]{0,6}",
            reversed: bool,
        ) {
            let branches = texts.iter().enumerate().map(|(out, (text, closed))| Branch {
                text: text.as_bytes(),
                reversed,
                closed: *closed,
                out: short(out),
            });
            let trie = Trie::new(branches);
            let mut hits = Vec::new();
            if reversed {
                trie.walk(value.bytes().rev(), &mut hits);
            } else {
                trie.walk(value.bytes(), &mut hits);
            }
            hits.sort_unstable();
            let meets = |(text, closed): &(String, bool)| match (closed, reversed) {
                (true, _) => value == *text,
                (false, true) => value.ends_with(text.as_str()),
                (false, false) => value.starts_with(text.as_str()),
            };
            let numbered = texts.iter().enumerate().filter(|(_, text)| meets(text));
            let expected: Vec<u32> = numbered.map(|(place, _)| short(place)).collect();
            prop_assert_eq!(hits, expected);
        }
    }
}
