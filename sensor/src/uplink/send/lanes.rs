//! Which of what the spool holds goes next, and how much at once.

use std::sync::Arc;
use std::time::Duration;

use event::{Lane, PerLane};
use hyper::body::Bytes;

use super::super::spool::{Gap, GapReason, Piece, Spool};
use super::super::wire;
use super::foreign::{self, Foreign};

/// Unpacked bytes of a body: at least and at most.
const BODY: (usize, usize) = (32 << 10, 4 << 20);
/// Events of a body: the centre takes twice as many.
const EVENTS: u64 = 10_000;
/// A body is what the line carries in so long: the way there and back of a bad line, half a second, is lost with each,
/// and what is more urgent shares the line with a body that is on its way.
const BODY_TIME: Duration = Duration::from_secs(5);

/// A body on its way.
#[derive(Debug)]
pub(super) struct Load {
    /// Its lane; none of a body that only says that the edge lives.
    pub(super) lane: Option<Lane>,
    /// Its first number.
    first: u64,
    /// The number behind its last.
    next: u64,
    /// Unpacked bytes.
    bytes: usize,
    /// Events that it declares as refused.
    pub(super) foreign: u64,
    /// The body as it goes over the line.
    pub(super) packed: Bytes,
}

impl Load {
    /// A body without frames: the edge lives, and asks where the centre stands.
    pub(super) fn greeting() -> Self {
        Self {
            lane: None,
            first: 0,
            next: 0,
            bytes: 0,
            foreign: 0,
            packed: Bytes::new(),
        }
    }

    /// Its first number.
    #[cfg(test)]
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Its last number.
    #[cfg(test)]
    pub(super) fn last(&self) -> u64 {
        self.next.saturating_sub(1)
    }
}

/// How far each lane was sent.
pub(super) struct Lanes {
    /// The number to send next.
    next: PerLane<u64>,
    /// The number behind what the centre has.
    confirmed: PerLane<u64>,
    /// What the centre asked for though it had acknowledged it: nobody has it any more.
    lost: PerLane<Option<u64>>,
    /// The sites that the centre refuses.
    foreign: Foreign,
    in_flight: PerLane<bool>,
    flying: u64,
    /// The numbers of each lane's last body.
    flown: PerLane<u64>,
    /// A body that was built while the one before it is on its way: reading and packing take as long as the centre
    /// does, and need not wait for it.
    ready: Option<Load>,
    /// Bytes that may be on their way; nothing before the centre has answered on this connection.
    credit: u64,
    /// Packed bytes a second, and unpacked bytes to one packed.
    rate: f64,
    ratio: f64,
}

impl Lanes {
    pub(super) fn new(spool: &Spool) -> Self {
        let status = spool.status();
        let mut next = PerLane::default();
        for (lane, own) in status.lanes.iter() {
            next[lane] = own.acknowledged.saturating_add(1);
        }
        Self {
            next,
            confirmed: next,
            lost: PerLane::default(),
            foreign: Foreign::default(),
            in_flight: PerLane::default(),
            flying: 0,
            flown: PerLane::default(),
            ready: None,
            credit: 0,
            rate: 32_000.0,
            ratio: 6.0,
        }
    }

    /// A connection is gone: what was on its way is sent again.
    pub(super) fn forget_flights(&mut self) {
        self.next = self.confirmed;
        self.in_flight = PerLane::default();
        self.flying = 0;
        self.ready = None;
        self.credit = 0;
    }

    /// Packed bytes a second of the last bodies.
    pub(super) fn rate(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates"
        )]
        let rate = self.rate as u64;
        rate
    }

    /// The next body, if one may go: of the most urgent lane that has something, unless one above it
    /// has more than what is on its way. `greet`: a body without frames when there is none.
    pub(super) async fn next_load(
        &mut self,
        spool: &Arc<Spool>,
        greet: bool,
    ) -> Result<Option<Load>, String> {
        if self.flying >= self.credit {
            return Ok(greet.then(Load::greeting));
        }
        for lane in Lane::ALL {
            let from = self.next[lane];
            if spool.status().lanes[lane].last < from && self.lost[lane].is_none() {
                continue;
            }
            if self.in_flight[lane] {
                // It has more than what is on its way: those below wait.
                self.make_ready(spool, lane).await?;
                return Ok(None);
            }
            let lost = self.lost[lane].map(|first| Gap {
                first,
                last: from.saturating_sub(1),
                reason: GapReason::CentreRestored,
            });
            let ready = self.ready.take_if(|ready| ready.lane == Some(lane));
            let load = match ready.filter(|ready| ready.first == from && lost.is_none()) {
                Some(load) => load,
                None => match self.build(spool, lane, lost).await? {
                    Some(load) => load,
                    None => return Ok(None),
                },
            };
            self.in_flight[lane] = true;
            self.next[lane] = load.next;
            self.flown[lane] = load.next.saturating_sub(load.first);
            self.flying += load.packed.len() as u64;
            return Ok(Some(load));
        }
        Ok(greet.then(Load::greeting))
    }

    /// Builds what comes next in a lane, unless it would be less than what is on its way: more will be there then.
    async fn make_ready(&mut self, spool: &Arc<Spool>, lane: Lane) -> Result<(), String> {
        let from = self.next[lane];
        let waits = spool.status().lanes[lane].last.saturating_add(1) >= from + self.flown[lane];
        let is_ready = |ready: &Load| ready.lane == Some(lane) && ready.first == from;
        if !waits || self.lost[lane].is_some() || self.ready.as_ref().is_some_and(is_ready) {
            return Ok(());
        }
        self.ready = self.build(spool, lane, None).await?;
        Ok(())
    }

    /// The next body of a lane; none when the program ends.
    async fn build(
        &self,
        spool: &Arc<Spool>,
        lane: Lane,
        lost: Option<Gap>,
    ) -> Result<Option<Load>, String> {
        let (spool, from, most) = (Arc::clone(spool), self.next[lane], self.body_bytes());
        let foreign = self.foreign.clone();
        let built =
            tokio::task::spawn_blocking(move || build(&spool, lane, from, lost, (&foreign, most)));
        built.await.map_or(Ok(None), |load| load.map(Some))
    }

    /// Whether a body waits that was built ahead.
    #[cfg(test)]
    pub(super) fn is_ready(&self) -> bool {
        self.ready.is_some()
    }

    /// Unpacked bytes that the line carries in the time of a body.
    fn body_bytes(&self) -> usize {
        let bytes = self.rate * self.ratio * BODY_TIME.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates"
        )]
        let bytes = bytes as usize;
        bytes.clamp(BODY.0, BODY.1)
    }

    /// A body has an answer, after so long.
    pub(super) fn came_back(&mut self, load: &Load, took: Duration) {
        let packed = load.packed.len();
        self.flying = self.flying.saturating_sub(packed as u64);
        let Some(lane) = load.lane else { return };
        self.in_flight[lane] = false;
        // A small body says more of the way there and back than of the line.
        if packed < 4_096 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (packed, bytes) = (packed as f64, load.bytes as f64);
        let rate = packed / took.as_secs_f64().max(0.001);
        self.rate = self.rate.midpoint(rate);
        self.ratio = self.ratio.midpoint(bytes / packed);
    }

    /// The centre has each lane up to these numbers: of a body its lane counts, of a greeting all.
    pub(super) fn acknowledged(
        &mut self,
        spool: &Spool,
        load: &Load,
        acknowledged: &PerLane<u64>,
        credit: u64,
    ) {
        self.credit = credit;
        for (lane, upto) in acknowledged.iter() {
            let behind = upto.saturating_add(1);
            match load.lane {
                Some(own) if own == lane && behind >= load.next => {
                    self.lost[lane] = None;
                    self.expected(spool, lane, behind);
                }
                Some(_) => {}
                None if self.in_flight[lane] || behind == self.confirmed[lane] => {}
                None => self.expected(spool, lane, behind),
            }
        }
    }

    /// The centre refuses a site: a body is built anew without it. False when it was without it already.
    pub(super) fn leave_out(&mut self, load: &Load, site: &str) -> bool {
        let Some(lane) = load.lane.filter(|_| self.foreign.note(site)) else {
            return false;
        };
        self.ready = None;
        self.next[lane] = self.confirmed[lane];
        true
    }

    /// What was refused is tried again; says whether anything was.
    pub(super) fn take_all_sites(&mut self) -> bool {
        let were = self.foreign.forget();
        if were {
            self.ready = None;
        }
        were
    }

    /// The centre goes on at another number of a lane.
    pub(super) fn expected(&mut self, spool: &Spool, lane: Lane, expected: u64) {
        let own = spool.status().lanes[lane];
        if expected > own.last.saturating_add(1) {
            tracing::error!(
                lane = lane.number(),
                expected,
                last = own.last,
                "the centre has newer events of this spool than the spool: it was put back from a \
                 backup; what it still held of the time before is let go"
            );
            spool.skip(lane, expected.saturating_sub(1));
            self.goes_on(lane, expected);
        } else if expected <= own.acknowledged {
            // The centre was put back. What it had acknowledged may still be here, or not.
            let held = spool.oldest(lane).max(expected);
            self.goes_on(lane, held);
            self.lost[lane] = (held > expected).then_some(expected);
        } else {
            spool.acknowledge(lane, expected.saturating_sub(1));
            self.goes_on(lane, expected);
        }
    }

    fn goes_on(&mut self, lane: Lane, number: u64) {
        self.next[lane] = number;
        self.confirmed[lane] = number;
        self.lost[lane] = None;
    }
}

/// Builds a body of a lane: what was lost first, then pieces up to about so many bytes.
fn build(
    spool: &Spool,
    lane: Lane,
    from: u64,
    lost: Option<Gap>,
    (foreign, most): (&Foreign, usize),
) -> Result<Load, String> {
    let (mut pieces, mut size, mut next, mut events) = (Vec::new(), 0_usize, from, 0);
    pieces.extend(lost.map(Piece::Gap));
    while size < most && events < EVENTS {
        let piece = spool.next(lane, next).map_err(|error| error.to_string())?;
        let Some(piece) = piece else {
            break;
        };
        if let Piece::Events { count, payload, .. } = &piece {
            let grows = size.saturating_add(payload.len());
            if size > 0 && (grows > BODY.1 || events + count > EVENTS) {
                break;
            }
            events += count;
            size = grows;
        }
        next = piece.next();
        if foreign.is_empty() {
            pieces.push(piece);
        } else {
            let parts = foreign.parts(lane, piece);
            parts
                .into_iter()
                .for_each(|part| foreign::push(&mut pieces, part));
        }
    }
    let mut body = Vec::new();
    pieces
        .iter()
        .for_each(|piece| wire::put(lane, piece, &mut body));
    let packed = wire::pack(&body).map_err(|error| error.to_string())?;
    Ok(Load {
        lane: Some(lane),
        first: from,
        next,
        bytes: body.len(),
        foreign: foreign::count(&pieces),
        packed: packed.into(),
    })
}
