//! Sequence numbers: what an exporter sent and we never got.

use std::collections::HashMap;
use std::net::SocketAddr;

/// Exports that come this much too late were overtaken on their way; from further back the exporter
/// has begun anew.
const OVERTAKEN: u32 = 1_000;

/// Which numbers belong together: the exporter, the version, its engine or domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    pub(super) peer: SocketAddr,
    pub(super) version: u16,
    pub(super) domain: u32,
}

/// The number that each stream has next; none when it cannot be known.
#[derive(Debug)]
pub(super) struct Sequences {
    next: HashMap<Stream, Option<u32>>,
    most: usize,
}

impl Sequences {
    pub(super) fn new(most: usize) -> Self {
        Self {
            next: HashMap::new(),
            most,
        }
    }

    /// An export with this number and so many after it; `None` when they cannot be counted. Returns how
    /// many are missing before it.
    pub(super) fn step(&mut self, stream: Stream, number: u32, count: Option<u32>) -> Option<u64> {
        let after = count.map(|count| number.wrapping_add(count));
        // Full: exporters that are gone, or forged ones. Counting begins anew with those that are there.
        if self.next.len() >= self.most && !self.next.contains_key(&stream) {
            self.next.clear();
        }
        let Some(next) = self.next.get_mut(&stream) else {
            self.next.insert(stream, after);
            return None;
        };
        let Some(expected) = *next else {
            *next = after;
            return None;
        };
        let (ahead, behind) = (number.wrapping_sub(expected), expected.wrapping_sub(number));
        if behind != 0 && behind <= OVERTAKEN {
            return None;
        }
        *next = after;
        (ahead != 0 && ahead < 1 << 31).then_some(u64::from(ahead))
    }

    pub(super) fn close(&mut self, peer: SocketAddr) {
        self.next.retain(|stream, _| stream.peer != peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_counted_and_what_was_overtaken_is_not() {
        let mut sequences = Sequences::new(1);
        let stream = Stream {
            peer: "192.0.2.1:1".parse().unwrap(),
            version: 5,
            domain: 0,
        };
        for (number, count, expected) in [
            (u32::MAX, Some(2), None),
            (1, Some(3), None),
            (14, Some(1), Some(10)),
            (4, Some(10), None),
            (15, None, None),
            (99, Some(1), None),
            (100, Some(1), None),
            (5_000_000, Some(1), Some(4_999_899)),
            (7, Some(1), None),
            (9, Some(1), Some(1)),
        ] {
            assert_eq!(sequences.step(stream, number, count), expected, "{number}");
        }
        let other = Stream {
            domain: 1,
            ..stream
        };
        assert_eq!(sequences.step(other, 1, Some(1)), None);
        assert_eq!(sequences.step(other, 9, Some(1)), Some(7));
        assert_eq!(sequences.next.len(), 1, "there is room for one");
        sequences.close(stream.peer);
        assert!(sequences.next.is_empty());
    }
}
