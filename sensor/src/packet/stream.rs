//! One direction of a TCP stream put in order (RFC 9293 §3.10.7.4).
//!
//! What is next is handed on at once, without a copy. What comes early waits within limits; where
//! early segments overlap, what came first stays. What was acknowledged but never seen, and what no
//! limit can hold, is a gap: it is told, and the stream goes on behind it.

use std::collections::BTreeMap;

/// How far ahead of the expected byte a segment may lie: the largest scaled window is 1 GiB, but
/// no path holds more than this in flight.
const WINDOW: i32 = 1 << 26;

/// A piece of the stream, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// So many bytes are missing here.
    Gap(u64),
}

/// What was odd about a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// It lies outside of any window.
    pub(crate) out_of_window: bool,
    /// It says other bytes than an earlier segment for the same place.
    pub(crate) contradicts: bool,
}

/// The limits of a direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes after which nothing is handed on; 0 for no limit.
    pub(crate) depth: u64,
    /// Bytes that may wait.
    pub(crate) held: usize,
    /// Segments that may wait.
    pub(crate) segments: usize,
}

/// One direction.
#[derive(Debug, Default)]
pub(crate) struct Half {
    /// The sequence number of the next byte, once known.
    next: Option<u32>,
    /// The place of the next byte, counted from the beginning.
    place: u64,
    /// Early segments by place.
    early: BTreeMap<u64, Vec<u8>>,
    held: usize,
    /// Nothing more is wanted: order is kept, bytes are not.
    deaf: bool,
    /// Gaps told so far.
    pub(crate) gaps: u32,
}

impl Half {
    /// Sets the sequence number of the first byte.
    pub(crate) fn start(&mut self, sequence: u32) {
        self.next = Some(sequence);
    }

    pub(crate) fn next(&self) -> Option<u32> {
        self.next
    }

    /// Bytes that wait.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Stops handing on and frees what waits.
    pub(crate) fn silence(&mut self) {
        self.deaf = true;
        self.early.clear();
        self.held = 0;
    }

    #[cfg(test)]
    fn is_deaf(&self) -> bool {
        self.deaf
    }

    /// Takes a segment; hands on what is in order now.
    pub(crate) fn push(
        &mut self,
        sequence: u32,
        data: &[u8],
        bounds: Bounds,
        deliver: &mut dyn FnMut(Chunk<'_>),
    ) -> Oddities {
        let mut odd = Oddities::default();
        let Some(next) = self.next else {
            return odd;
        };
        let ahead = sequence.wrapping_sub(next).cast_signed();
        if !(-WINDOW..WINDOW).contains(&ahead) {
            odd.out_of_window = true;
            return odd;
        }
        if self.deaf {
            let end = i64::from(ahead) + i64::try_from(data.len()).unwrap_or(0);
            self.advance(u64::try_from(end).unwrap_or(0));
            return odd;
        }
        match u64::try_from(ahead) {
            Ok(0) => self.deliver(data, bounds, deliver),
            Ok(ahead) => odd.contradicts = self.hold(ahead, data, bounds, deliver),
            Err(_) => {
                let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
                match data.get(known..) {
                    Some(fresh) if !fresh.is_empty() => self.deliver(fresh, bounds, deliver),
                    _ => {}
                }
            }
        }
        odd
    }

    /// The peer has acknowledged up to `sequence`: what is missing before an early segment below
    /// it will not come any more.
    pub(crate) fn acknowledged(
        &mut self,
        sequence: u32,
        bounds: Bounds,
        deliver: &mut dyn FnMut(Chunk<'_>),
    ) {
        let (Some(next), Some((first, _))) = (self.next, self.early.first_key_value()) else {
            return;
        };
        let ahead = i64::from(sequence.wrapping_sub(next).cast_signed());
        let missing = first.saturating_sub(self.place);
        if u64::try_from(ahead).is_ok_and(|ahead| ahead >= missing) {
            self.skip(bounds, deliver);
        }
    }

    /// The stream is over: what waits is handed on behind its gaps.
    pub(crate) fn finish(&mut self, bounds: Bounds, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while !self.early.is_empty() && !self.deaf {
            self.skip(bounds, deliver);
        }
    }

    /// Tells the gap before the first early segment and goes on behind it.
    fn skip(&mut self, bounds: Bounds, deliver: &mut dyn FnMut(Chunk<'_>)) {
        let Some((first, _)) = self.early.first_key_value() else {
            return;
        };
        let missing = first.saturating_sub(self.place);
        if missing > 0 {
            self.gaps = self.gaps.saturating_add(1);
            self.advance(missing);
            deliver(Chunk::Gap(missing));
        }
        self.drain(bounds, deliver);
    }

    fn deliver(&mut self, data: &[u8], bounds: Bounds, deliver: &mut dyn FnMut(Chunk<'_>)) {
        self.hand(data, bounds, deliver);
        if !self.early.is_empty() {
            self.drain(bounds, deliver);
        }
    }

    /// Hands on early segments that are in order now.
    fn drain(&mut self, bounds: Bounds, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while let Some(entry) = self.early.first_entry() {
            if *entry.key() > self.place {
                return;
            }
            let (place, data) = entry.remove_entry();
            self.held = self.held.saturating_sub(data.len());
            let known = usize::try_from(self.place - place).unwrap_or(usize::MAX);
            if let Some(fresh) = data.get(known..).filter(|fresh| !fresh.is_empty()) {
                self.hand(fresh, bounds, deliver);
            }
        }
    }

    fn hand(&mut self, data: &[u8], bounds: Bounds, deliver: &mut dyn FnMut(Chunk<'_>)) {
        let room = if bounds.depth == 0 {
            u64::MAX
        } else {
            bounds.depth.saturating_sub(self.place)
        };
        self.advance(data.len() as u64);
        let wanted = usize::try_from(room).unwrap_or(usize::MAX).min(data.len());
        if let Some(data) = data.get(..wanted).filter(|data| !data.is_empty()) {
            deliver(Chunk::Data(data));
        }
        if room <= data.len() as u64 {
            self.silence();
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "sequence numbers count modulo 2^32"
    )]
    fn advance(&mut self, length: u64) {
        self.place = self.place.saturating_add(length);
        self.next = self.next.map(|next| next.wrapping_add(length as u32));
    }

    /// Keeps a segment for later, less what is held already. Says whether it contradicts.
    fn hold(
        &mut self,
        ahead: u64,
        data: &[u8],
        bounds: Bounds,
        deliver: &mut dyn FnMut(Chunk<'_>),
    ) -> bool {
        let mut contradicts = false;
        let mut start = self.place.saturating_add(ahead);
        let end = start.saturating_add(data.len() as u64);
        let mut rest = data;
        // The segment before may reach into this one.
        let before = self.early.range(..start).next_back();
        if let Some((place, held)) = before {
            let reach = place.saturating_add(held.len() as u64).min(end);
            if reach > start {
                let known = usize::try_from(reach - start).unwrap_or(usize::MAX);
                let from = usize::try_from(start - place).unwrap_or(usize::MAX);
                contradicts |= held.get(from..from.saturating_add(known)) != rest.get(..known);
                rest = rest.get(known..).unwrap_or_default();
                start = reach;
            }
        }
        while !rest.is_empty() {
            let following = self.early.range(start..end).next();
            let (free, overlap) = match following {
                Some((place, held)) => (place - start, held.len() as u64),
                None => (end - start, 0),
            };
            let free = usize::try_from(free).unwrap_or(usize::MAX).min(rest.len());
            let (fresh, tail) = rest.split_at_checked(free).unwrap_or((rest, &[]));
            let known = usize::try_from(overlap)
                .unwrap_or(usize::MAX)
                .min(tail.len());
            if let Some((_, held)) = following {
                contradicts |= held.get(..known) != tail.get(..known);
            }
            if !fresh.is_empty() {
                self.held = self.held.saturating_add(fresh.len());
                self.early.insert(start, fresh.to_vec());
            }
            start = start.saturating_add((free + known) as u64);
            rest = tail.get(known..).unwrap_or_default();
        }
        if self.held > bounds.held || self.early.len() > bounds.segments {
            self.skip(bounds, deliver);
        }
        contradicts
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
