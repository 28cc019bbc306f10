//! Which of what the spool holds goes next, and how much at once.
//!
//! Several bodies are on their way: one leaves, the others wait for their answers, so that the way there and back costs the
//! line nothing. Of those that leave only a more urgent one overtakes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event::{Lane, PerLane};
use hyper::body::Bytes;
use tokio::time::Instant;

use super::super::order::Place;
use super::super::spool::{Gap, GapReason, Piece, Spool};
use super::super::wire;
use super::foreign::{self, Foreign};
use super::rate::Rate;

/// Unpacked bytes of a body: at least and at most.
const BODY: (usize, usize) = (128 << 10, 4 << 20);
/// Bytes of a packed body, half of what the centre takes.
const PACKED: usize = 1 << 20;
/// Events of a body: the centre takes twice as many.
const EVENTS: u64 = 10_000;
/// So many events are worth a body beside one that is on its way.
const MUCH: u64 = 500;

/// A body on its way.
#[derive(Debug)]
pub(super) struct Load {
    /// Its lane; none of a body that only says that the edge lives.
    pub(super) lane: Option<Lane>,
    /// Its first number.
    first: u64,
    /// The number behind its last.
    next: u64,
    /// Which of the bodies that were ever built it is.
    id: u64,
    /// How often its lane had been taken up at another number when it was built.
    turn: u64,
    /// Of a greeting: what the centre was known to have when it left.
    known: PerLane<u64>,
    /// Unpacked bytes.
    bytes: usize,
    /// Events that it declares as refused.
    pub(super) foreign: u64,
    /// What was believed of refused sites when it was built.
    believed: u64,
    /// The body as it goes over the line.
    pub(super) packed: Bytes,
    /// Whether all of it has been handed to the connection.
    pub(super) left: Arc<AtomicBool>,
}

impl Load {
    /// A body without frames: the edge lives, and asks where the centre stands.
    fn greeting(known: PerLane<u64>) -> Self {
        Self {
            lane: None,
            first: 0,
            next: 0,
            id: 0,
            turn: 0,
            known,
            bytes: 0,
            foreign: 0,
            believed: 0,
            packed: Bytes::new(),
            left: Arc::default(),
        }
    }

    /// Where it begins; none of a greeting.
    pub(super) fn place(&self) -> Option<Place> {
        let first = self.first;
        self.lane.map(|lane| Place { lane, first })
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

/// A body that the centre has not answered.
struct Flight {
    id: u64,
    lane: Lane,
    bytes: u64,
    left: Arc<AtomicBool>,
}

/// How far each lane was sent.
pub(super) struct Lanes {
    /// The number to send next.
    next: PerLane<u64>,
    /// The number behind what the centre has.
    confirmed: PerLane<u64>,
    /// What the centre asked for though it had acknowledged it: nobody has it any more.
    lost: PerLane<Option<u64>>,
    /// How often a lane was taken up at another number: what is on its way from before says nothing of the lane any more.
    turns: PerLane<u64>,
    flights: Vec<Flight>,
    /// Bodies of the lowest lane that may be on their way; each lane above has one more.
    most: usize,
    built: u64,
    /// The sites that the centre refuses.
    foreign: Foreign,
    /// The numbers of each lane's last body.
    flown: PerLane<u64>,
    /// The last number that a lane had when its last body left.
    seen: PerLane<u64>,
    /// A body that was built while the one before it leaves: reading and packing take as long as the centre
    /// does, and need not wait for it.
    ready: Option<Load>,
    /// Bytes that may be on their way; nothing before the centre has answered on this connection.
    credit: u64,
    rate: Rate,
}

impl Lanes {
    /// `most` bodies may be on their way, each as large as the line carries in `body_time`.
    pub(super) fn new(spool: &Spool, most: usize, body_time: Duration) -> Self {
        let status = spool.status();
        let mut next = PerLane::default();
        for (lane, own) in status.lanes.iter() {
            next[lane] = own.acknowledged.saturating_add(1);
        }
        Self {
            next,
            confirmed: next,
            lost: PerLane::default(),
            turns: PerLane::default(),
            flights: Vec::new(),
            most: most.max(1),
            built: 0,
            foreign: Foreign::default(),
            flown: PerLane::default(),
            seen: PerLane::default(),
            ready: None,
            credit: 0,
            rate: Rate::new(body_time),
        }
    }

    /// A connection is gone: what was on its way is sent again.
    pub(super) fn forget_flights(&mut self) {
        self.next = self.confirmed;
        self.flights.clear();
        self.seen = PerLane::default();
        self.ready = None;
        self.credit = 0;
    }

    /// Packed bytes a second of the last bodies.
    pub(super) fn rate(&self) -> u64 {
        self.rate.bytes_per_second()
    }

    /// The next body, if one may go: of the most urgent lane that has something, unless one as urgent is leaving.
    /// `greet`: a body without frames when there is none.
    pub(super) async fn next_load(
        &mut self,
        spool: &Arc<Spool>,
        greet: bool,
    ) -> Result<Option<Load>, String> {
        let greeting = greet.then(|| Load::greeting(self.confirmed));
        let flying: u64 = self.flights.iter().map(|flight| flight.bytes).sum();
        if flying >= self.credit {
            return Ok(greeting);
        }
        let leaving = self.flights.iter().filter(|flight| !flight.has_left());
        let leaving = leaving.map(|flight| flight.lane).min();
        for (lane, above) in Lane::ALL.into_iter().zip((0..Lane::ALL.len()).rev()) {
            if !self.may_go(spool, lane) {
                continue;
            }
            if leaving.is_some_and(|leaving| leaving <= lane) {
                self.make_ready(spool, lane).await?;
                return Ok(None);
            }
            if self.flights.len() >= self.most + above {
                return Ok(None);
            }
            return self.launch(spool, lane).await;
        }
        Ok(greeting)
    }

    /// Whether a lane has something that need not wait. What came after its last body left waits for that body's
    /// answer, unless it is as much again: else each event of a quiet lane would be a body of its own.
    fn may_go(&self, spool: &Spool, lane: Lane) -> bool {
        let (from, last) = (self.next[lane], spool.status().lanes[lane].last);
        let mut own = self.flights.iter().filter(|flight| flight.lane == lane);
        if self.lost[lane].is_some() {
            return own.next().is_none();
        }
        let much = self.flown[lane].max(MUCH);
        let is_as_much = last.saturating_add(1) >= from.saturating_add(much);
        last >= from && (from <= self.seen[lane] || is_as_much || own.next().is_none())
    }

    /// The next body of a lane, from now on its way.
    async fn launch(&mut self, spool: &Arc<Spool>, lane: Lane) -> Result<Option<Load>, String> {
        let (from, last) = (self.next[lane], spool.status().lanes[lane].last);
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
        self.built += 1;
        let (id, turn) = (self.built, self.turns[lane]);
        self.next[lane] = load.next;
        self.flown[lane] = load.next.saturating_sub(load.first);
        self.seen[lane] = last;
        self.flights.push(Flight {
            id,
            lane,
            bytes: load.packed.len() as u64,
            left: Arc::clone(&load.left),
        });
        // A gap in front of it begins where the centre goes on.
        let first = lost.map_or(load.first, |gap| gap.first);
        Ok(Some(Load {
            id,
            turn,
            first,
            ..load
        }))
    }

    /// Builds what comes next in a lane while another body leaves.
    async fn make_ready(&mut self, spool: &Arc<Spool>, lane: Lane) -> Result<(), String> {
        let from = self.next[lane];
        let is_ready = |ready: &Load| ready.lane == Some(lane) && ready.first == from;
        if self.lost[lane].is_some() || self.ready.as_ref().is_some_and(is_ready) {
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
        self.rate.body_bytes().clamp(BODY.0, BODY.1)
    }

    /// A body has an answer, after so long.
    pub(super) fn came_back(&mut self, load: &Load, took: Duration) {
        self.flights.retain(|flight| flight.id != load.id);
        if load.lane.is_some() {
            let packed = load.packed.len();
            self.rate.landed(packed, load.bytes, took, Instant::now());
        }
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
                Some(own) if own == lane => self.taken(spool, load, lane, behind),
                Some(_) => {}
                // A body that left since has its own answer, and that is newer.
                None if self.flights.iter().any(|flight| flight.lane == lane)
                    || load.known[lane] != self.confirmed[lane]
                    || behind == self.confirmed[lane] => {}
                None => self.expected(spool, lane, behind),
            }
        }
    }

    /// The centre has a lane's body: what lies below is delivered, what is on its way behind it goes on.
    fn taken(&mut self, spool: &Spool, load: &Load, lane: Lane, behind: u64) {
        if behind < load.next || behind <= self.confirmed[lane] {
            return;
        }
        if behind > self.next[lane] {
            // The centre has more than was ever sent from here.
            self.expected(spool, lane, behind);
            return;
        }
        if load.turn == self.turns[lane] {
            self.lost[lane] = None;
        }
        spool.acknowledge(lane, behind.saturating_sub(1));
        self.confirmed[lane] = behind;
    }

    /// The centre refused a body because its lane goes on at another number. Of several that were on their way behind
    /// each other only the first one's answer counts: the others' only follows from it.
    pub(super) fn hole(&mut self, spool: &Spool, load: &Load, lane: Lane, expected: u64) {
        if load.lane != Some(lane) || load.turn == self.turns[lane] {
            self.expected(spool, lane, expected);
        }
    }

    /// The centre refuses a site: what is not delivered of the body's lane is sent anew without it. False when the
    /// body was without it already.
    pub(super) fn leave_out(&mut self, load: &Load, site: &str) -> bool {
        let Some(lane) = load.lane else {
            return false;
        };
        let built_before = load.believed < self.foreign.version() && self.foreign.contains(site);
        if !self.foreign.note(site) && !built_before {
            return false;
        }
        if load.turn == self.turns[lane] {
            self.ready = None;
            self.next[lane] = self.confirmed[lane];
            self.turns[lane] += 1;
            self.seen[lane] = 0;
        }
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
    fn expected(&mut self, spool: &Spool, lane: Lane, expected: u64) {
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
        self.turns[lane] += 1;
        self.seen[lane] = 0;
    }
}

impl Flight {
    fn has_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }
}

/// Builds a body of a lane: what was lost first, then pieces up to about so many bytes.
fn build(
    spool: &Spool,
    lane: Lane,
    from: u64,
    lost: Option<Gap>,
    (foreign, mut most): (&Foreign, usize),
) -> Result<Load, String> {
    loop {
        let (pieces, next, read) = collect(spool, lane, from, lost, (foreign, most))?;
        let mut body = Vec::new();
        for piece in &pieces {
            wire::put(lane, piece, &mut body);
        }
        let packed = wire::pack(&body).map_err(|error| error.to_string())?;
        if packed.len() > PACKED && read > 1 {
            // It hardly shrinks.
            most = most.min(body.len()) / 2;
            continue;
        }
        return Ok(Load {
            lane: Some(lane),
            first: from,
            next,
            id: 0,
            turn: 0,
            known: PerLane::default(),
            bytes: body.len(),
            foreign: foreign::count(&pieces),
            believed: foreign.version(),
            packed: packed.into(),
            left: Arc::default(),
        });
    }
}

/// What a body is made of, the number behind it, and how many pieces of the spool it took.
fn collect(
    spool: &Spool,
    lane: Lane,
    from: u64,
    lost: Option<Gap>,
    (foreign, most): (&Foreign, usize),
) -> Result<(Vec<Piece>, u64, usize), String> {
    let (mut pieces, mut size, mut next) = (Vec::new(), 0_usize, from);
    let (mut events, mut read) = (0, 0);
    pieces.extend(lost.map(Piece::Gap));
    while (size < most || read == 0) && events < EVENTS {
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
        read += 1;
        if foreign.is_empty() {
            pieces.push(piece);
        } else {
            for part in foreign.parts(lane, piece) {
                foreign::push(&mut pieces, part);
            }
        }
    }
    Ok((pieces, next, read))
}
