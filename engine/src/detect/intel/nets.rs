//! Addresses and networks: sorted, each knowing the network around it.
//!
//! CIDRs nest or are apart. So the entries that contain an address are the last one that begins at
//! or before it, and those around that one; those of them that do not reach the address are passed
//! over. The upper 16 bits of an address lead to where to look. Memory: 25 bytes an IPv4 entry, 37
//! an IPv6 entry, and 256 KiB.

use super::meta::Meta;

/// An address as a number.
pub(super) trait Bits: Copy + Ord {
    const WIDTH: u8;
    /// The upper 16 bits.
    fn head(self) -> usize;
    /// The last address of the network of this length that begins here.
    fn last(self, prefix: u8) -> Self;
}

impl Bits for u32 {
    const WIDTH: u8 = 32;

    fn head(self) -> usize {
        usize::from(u16::try_from(self >> 16).unwrap_or(0))
    }

    fn last(self, prefix: u8) -> Self {
        self | Self::MAX.checked_shr(Self::from(prefix)).unwrap_or(0)
    }
}

impl Bits for u128 {
    const WIDTH: u8 = 128;

    fn head(self) -> usize {
        usize::from(u16::try_from(self >> 112).unwrap_or(0))
    }

    fn last(self, prefix: u8) -> Self {
        self | Self::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
    }
}

/// No network around it.
const NOBODY: u32 = u32::MAX;

/// Networks of one family. Immutable.
#[derive(Debug)]
pub(super) struct Nets<B> {
    starts: Box<[B]>,
    prefixes: Box<[u8]>,
    parents: Box<[u32]>,
    metas: Box<[Meta]>,
    /// For each upper half where its addresses begin; empty when there is nothing.
    heads: Box<[u32]>,
}

impl<B> Default for Nets<B> {
    fn default() -> Self {
        Self {
            starts: Box::default(),
            prefixes: Box::default(),
            parents: Box::default(),
            metas: Box::default(),
            heads: Box::default(),
        }
    }
}

impl<B: Bits> Nets<B> {
    /// Sorts networks. Of a network that a list names twice the later end stays.
    pub(super) fn new(mut all: Vec<(B, u8, Meta)>, counts: &mut impl FnMut(Meta, u8)) -> Self {
        all.sort_unstable_by(|(a, a_prefix, a_meta), (b, b_prefix, b_meta)| {
            let order = (a, a_prefix, a_meta.list).cmp(&(b, b_prefix, b_meta.list));
            order.then_with(|| b_meta.until.cmp(&a_meta.until))
        });
        all.dedup_by(|(b, b_prefix, b_meta), (a, a_prefix, a_meta)| {
            (a, a_prefix, a_meta.list) == (b, b_prefix, b_meta.list)
        });
        let mut parents = Vec::with_capacity(all.len());
        let mut around: Vec<(u32, B)> = Vec::new();
        for (place, (start, prefix, meta)) in (0_u32..).zip(&all) {
            counts(*meta, *prefix);
            while around.last().is_some_and(|(_, last)| *last < *start) {
                around.pop();
            }
            parents.push(around.last().map_or(NOBODY, |(place, _)| *place));
            around.push((place, start.last(*prefix)));
        }
        let mut heads = Vec::new();
        if !all.is_empty() {
            heads.reserve_exact((1 << 16) + 1);
            for head in 0..=(1_usize << 16) {
                let place = all.partition_point(|(start, ..)| start.head() < head);
                heads.push(u32::try_from(place).unwrap_or(NOBODY));
            }
        }
        Self {
            starts: all.iter().map(|(start, ..)| *start).collect(),
            prefixes: all.iter().map(|(_, prefix, _)| *prefix).collect(),
            metas: all.iter().map(|(.., meta)| *meta).collect(),
            parents: parents.into_boxed_slice(),
            heads: heads.into_boxed_slice(),
        }
    }

    /// The entries that contain an address: start, prefix, meta; the narrowest first.
    pub(super) fn find(&self, ip: B) -> impl Iterator<Item = (B, u8, Meta)> {
        let mut next = self.last_from(ip);
        std::iter::from_fn(move || {
            loop {
                let place = next?;
                let parent = *self.parents.get(place)?;
                next = usize::try_from(parent).ok().filter(|_| parent != NOBODY);
                let (start, prefix, meta) = self.at(place)?;
                if start.last(prefix) >= ip {
                    return Some((start, prefix, meta));
                }
            }
        })
    }

    /// The last entry that begins at or before an address.
    fn last_from(&self, ip: B) -> Option<usize> {
        let head = ip.head();
        let low = usize::try_from(*self.heads.get(head)?).ok()?;
        let high = usize::try_from(*self.heads.get(head + 1)?).ok()?;
        let within = self.starts.get(low..high)?;
        (low + within.partition_point(|start| *start <= ip)).checked_sub(1)
    }

    /// The entry at a place.
    pub(super) fn at(&self, place: usize) -> Option<(B, u8, Meta)> {
        Some((
            *self.starts.get(place)?,
            *self.prefixes.get(place)?,
            *self.metas.get(place)?,
        ))
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let each = size_of::<B>() + size_of::<u8>() + size_of::<u32>() + size_of::<Meta>();
        self.len() * each + self.heads.len() * size_of::<u32>()
    }
}
