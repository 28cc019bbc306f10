//! What the centre does not take of this sensor: events of sites for which it may not deliver.
//!
//! The centre names such a site with its refusal. From then on its events are left out of bodies and their numbers
//! declared as a gap, so that the lane goes on; the centre decides, this end only believes it. It is believed for
//! one connection, or until the centre has another configuration: what may be delivered may have changed.

use std::collections::HashSet;

use event::{EventId, Instance, Lane, Text, decode_events, encode_events};

use crate::uplink::spool::{Gap, GapReason, Piece};

/// Sites believed to be refused; a centre that refuses more of them refuses everything.
const SITES: usize = 1_000;

/// The sites that the centre refuses.
#[derive(Clone, Debug, Default)]
pub(super) struct Foreign {
    sites: HashSet<Text>,
    /// Grows with every change.
    version: u64,
}

impl Foreign {
    /// Notes a refused site; false when it is none to be left out, or was left out already.
    pub(super) fn note(&mut self, site: &str) -> bool {
        let is_new = !site.is_empty() && self.sites.len() < SITES && self.sites.insert(site.into());
        self.version += u64::from(is_new);
        is_new
    }

    /// Believes nothing any more; says whether it believed anything.
    pub(super) fn forget(&mut self) -> bool {
        self.version += 1;
        !std::mem::take(&mut self.sites).is_empty()
    }

    /// Whether a site is left out.
    pub(super) fn contains(&self, site: &str) -> bool {
        self.sites.contains(site)
    }

    /// Grows with every change: what was built under an older one may have to be built anew.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// A piece as the centre takes it: what is refused is a gap.
    pub(super) fn parts(&self, lane: Lane, piece: Piece) -> Vec<Piece> {
        let Piece::Events { first, payload, .. } = &piece else {
            return vec![piece];
        };
        // Whose they are does not matter here: the spool's number is the sender's to say.
        let whose = EventId {
            instance: Instance(0),
            lane,
            number: *first,
        };
        let Ok(events) = decode_events(payload, Some(whose)) else {
            return vec![piece];
        };
        if !events.iter().any(|event| self.sites.contains(&event.site)) {
            return vec![piece];
        }
        let mut parts = Vec::new();
        let mut number = *first;
        for run in events.chunk_by(|one, next| self.is_foreign(one) == self.is_foreign(next)) {
            let count = run.len() as u64;
            let is_foreign = run.first().is_some_and(|event| self.is_foreign(event));
            parts.push(if is_foreign {
                Piece::Gap(Gap {
                    first: number,
                    last: number.saturating_add(count).saturating_sub(1),
                    reason: GapReason::ForeignSite,
                })
            } else {
                Piece::Events {
                    first: number,
                    count,
                    payload: encode_events(run),
                }
            });
            number = number.saturating_add(count);
        }
        parts
    }

    fn is_foreign(&self, event: &event::Event) -> bool {
        self.sites.contains(&event.site)
    }

    /// Whether nothing is left out.
    pub(super) fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }
}

/// Adds a piece to those of a body; gaps that touch become one.
pub(super) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if let (Some(Piece::Gap(held)), Piece::Gap(gap)) = (pieces.last_mut(), &piece)
        && held.reason == gap.reason
        && held.last.saturating_add(1) == gap.first
    {
        held.last = gap.last;
        return;
    }
    pieces.push(piece);
}

/// How many numbers of a body are declared as refused.
pub(super) fn count(pieces: &[Piece]) -> u64 {
    let gaps = pieces.iter().filter_map(|piece| match piece {
        Piece::Gap(gap) if gap.reason == GapReason::ForeignSite => Some(gap),
        _ => None,
    });
    gaps.map(|gap| gap.last.saturating_sub(gap.first).saturating_add(1))
        .sum()
}
