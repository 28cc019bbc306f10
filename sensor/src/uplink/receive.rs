//! The centre's end of an uplink: a body of frames becomes parcels, each number once.
//!
//! A *mark* says how far the centre has a lane of an instance. It is durable as a source's offset is: in the frame
//! of the events that it covers. What lies below a mark is not taken again; what would leave a hole
//! is refused with the number that is expected; a gap that is declared moves the mark and becomes a
//! `sensor.status` of the centre.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event::{
    Batch, Event, EventId, Instance, Kind, Lane, PerLane, Record, SourceOffset, Text, Time,
};

use crate::json::Json;
use crate::out::Out;
use crate::status;

use super::order::{Arrival, Order, Place};
use super::spool::Gap;
use super::wire::{self, WireError, WireFrame, WireLimits};

/// Under this source stand the marks among the offsets.
pub const UPLINK: &str = "uplink";

/// What a sensor may deliver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Its name: what every event of it must carry.
    pub sensor: Text,
    /// The leaves of the site tree that its events may belong to.
    pub sites: HashSet<Text>,
}

/// Why a body was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not what a body is.
    #[error(transparent)]
    Body(#[from] WireError),
    /// It leaves a hole in a lane.
    #[error("lane {} goes on at {expected}, not at {first}", .lane.number())]
    Hole {
        /// The lane.
        lane: Lane,
        /// The number that comes next.
        expected: u64,
        /// The number that came.
        first: u64,
    },
    /// An event says that it is of another sensor.
    #[error("the certificate is of the sensor {own}; an event says that it is of {said}")]
    Sensor {
        /// What the certificate says.
        own: Text,
        /// What the event says.
        said: Text,
    },
    /// An event belongs to a site that is not the sensor's.
    #[error(
        "the sensor {sensor} has no part in the site {site}; add it to the sensor, or correct its source"
    )]
    Site {
        /// The sensor.
        sensor: Text,
        /// The site.
        site: Text,
    },
    /// Another sensor delivered under this instance. Whose it is is nobody else's business.
    #[error(
        "the instance {instance} is another sensor's; if the box was enrolled under a new name, stop the service, move \
         its folder spool away and start it again"
    )]
    Instance {
        /// The instance.
        instance: Instance,
    },
    /// The sensor came with too many instances: each is kept for ever.
    #[error(
        "the sensor {sensor} has had {most} data folders; if that is right, raise edges.sensor_instances at the centre"
    )]
    Instances {
        /// The sensor.
        sensor: Text,
        /// As many as it may have.
        most: usize,
    },
    /// The centre is stopping.
    #[error("the centre is stopping")]
    Closing,
}

/// How far the centre has an instance, lane by lane.
pub type Marks = PerLane<u64>;

/// What is known of an instance.
#[derive(Default)]
struct Known {
    marks: Marks,
    /// The sensor that delivered under it first in this run.
    sensor: Option<Text>,
}

impl Known {
    /// Whether a sensor may deliver under it, as far as this run knows.
    fn is_of(&self, sensor: &Text) -> bool {
        self.sensor.as_ref().is_none_or(|own| own == sensor)
    }
}

/// Takes bodies. One for all sensors; instances do not wait for each other.
pub struct Receiver {
    out: Out,
    limits: WireLimits,
    /// The centre's own name, for the events with which it declares gaps.
    name: Text,
    clock: Arc<dyn Fn() -> Time + Send + Sync>,
    instances: Mutex<HashMap<Instance, Arc<tokio::sync::Mutex<Known>>>>,
    order: Arc<Order>,
}

impl Receiver {
    /// A receiver that goes on where the offsets say.
    pub fn new(
        out: Out,
        limits: WireLimits,
        name: &str,
        clock: Arc<dyn Fn() -> Time + Send + Sync>,
        offsets: &[SourceOffset],
    ) -> Self {
        let mut marks: HashMap<Instance, Marks> = HashMap::new();
        for offset in offsets.iter().filter(|offset| &*offset.source == UPLINK) {
            if let Some((instance, lane, number)) = read_mark(offset) {
                marks.entry(instance).or_default()[lane] = number;
            }
        }
        let shared = |marks| {
            let sensor = None;
            Arc::new(tokio::sync::Mutex::new(Known { marks, sensor }))
        };
        let marks = marks.into_iter();
        Self {
            out,
            limits,
            name: name.into(),
            clock,
            instances: Mutex::new(marks.map(|(own, marks)| (own, shared(marks))).collect()),
            order: Arc::default(),
        }
    }

    /// The head of a body has come: what comes behind it waits for it until this is dropped.
    pub fn arrive(&self, sensor: &Text, instance: Instance, place: Place) -> Arrival {
        self.order.arrive(sensor, instance, place)
    }

    /// Waits until it is a body's turn, at most for so long.
    pub async fn turn(&self, arrival: &Arrival, instance: Instance, patience: Duration) {
        let reached = |place: Place| {
            let held = self.held().get(&instance).map(Arc::clone);
            // While another body is being taken, its end tells.
            held.is_some_and(|held| {
                let known = held.try_lock();
                known.is_ok_and(|known| place.first <= known.marks[place.lane].saturating_add(1))
            })
        };
        arrival.turn(patience, reached).await;
    }

    /// Takes a body and answers when all of it is durable. What of it was taken before is not taken
    /// again; what is refused leaves no trace. The caller may go away: what has begun is ended.
    ///
    /// # Errors
    /// A body that is none, that leaves a hole, or that is not the sensor's to send.
    pub async fn take(
        self: &Arc<Self>,
        admission: Arc<Admission>,
        instance: Instance,
        packed: Vec<u8>,
    ) -> Result<Marks, Refusal> {
        let own = Arc::clone(self);
        // A task of its own: were it cut short between journal and mark, a repeated body would be
        // taken twice.
        let task = tokio::spawn(async move { own.take_whole(&admission, instance, packed).await });
        task.await.unwrap_or(Err(Refusal::Closing))
    }

    async fn take_whole(
        &self,
        admission: &Admission,
        instance: Instance,
        packed: Vec<u8>,
    ) -> Result<Marks, Refusal> {
        let limits = self.limits;
        let read = tokio::task::spawn_blocking(move || wire::read(&packed, instance, limits));
        let frames = read.await.map_err(|_| Refusal::Closing)??;
        for frame in &frames {
            check(admission, frame)?;
        }
        let held = Arc::clone(self.held().entry(instance).or_default());
        let mut known = held.lock().await;
        if !known.is_of(&admission.sensor) {
            return Err(Refusal::Instance { instance });
        }
        contiguous(&known.marks, &frames)?;
        known.sensor = Some(Text::clone(&admission.sensor));
        let mut tickets = Vec::new();
        let mut next = known.marks;
        for frame in frames {
            let (lane, last) = (frame.lane(), frame.last());
            let mark = next[lane];
            if last <= mark {
                continue;
            }
            next[lane] = last;
            let offset = mark_of(instance, lane, last);
            let batch = self.batch(admission, instance, frame, mark, offset);
            let ticket = self.out.send(batch).await.map_err(|_| Refusal::Closing)?;
            tickets.push((lane, last, ticket));
        }
        // Marks move with what is durable, so that a refused end leaves a true beginning.
        for (lane, last, ticket) in tickets {
            ticket.durable().await.map_err(|_| Refusal::Closing)?;
            known.marks[lane] = last;
        }
        Ok(known.marks)
    }

    /// What of a frame lies above a mark, as a batch.
    fn batch(
        &self,
        admission: &Admission,
        instance: Instance,
        frame: WireFrame,
        mark: u64,
        offset: SourceOffset,
    ) -> Batch {
        let offsets = vec![offset];
        match frame {
            WireFrame::Events { first, mut events } => {
                events.retain(|event| event.id.number > mark);
                let number = first.number.max(mark.saturating_add(1));
                Batch {
                    events,
                    offsets,
                    first: Some(EventId { number, ..first }),
                }
            }
            WireFrame::Gap { lane, gap } => {
                let gap = Gap {
                    first: gap.first.max(mark.saturating_add(1)),
                    ..gap
                };
                Batch {
                    events: vec![self.declared(admission, instance, lane, gap)],
                    offsets,
                    first: None,
                }
            }
        }
    }

    /// A gap as an event of the centre, about the sensor.
    fn declared(&self, admission: &Admission, instance: Instance, lane: Lane, gap: Gap) -> Event {
        let count = gap.last.saturating_sub(gap.first).saturating_add(1);
        self.said(admission, ("gap", count), |json| {
            json.text("instance", &instance.to_string());
            json.number("lane", u64::from(lane.number()));
            json.number("first", gap.first);
            json.number("last", gap.last);
            json.text("reason", gap.reason.name());
        })
    }

    /// Declares that a sensor speaks from another data folder than before, and that so many events, as the old one
    /// last said, waited in that.
    ///
    /// # Errors
    /// The centre is stopping.
    pub async fn declare_instance(
        &self,
        admission: &Admission,
        (before, now): (Instance, Instance),
        waiting: u64,
    ) -> Result<(), Refusal> {
        let event = self.said(admission, ("instance_changed", waiting), |json| {
            json.text("instance", &now.to_string());
            json.text("before", &before.to_string());
            json.text(
                "reason",
                "the sensor has another data folder; what waited in the old one comes only if that is put back",
            );
        });
        let batch = Batch {
            events: vec![event],
            ..Batch::default()
        };
        let sent = self.out.send(batch).await;
        sent.map(drop).map_err(|_| Refusal::Closing)
    }

    /// What the centre says of a sensor: a word, what was lost, and more.
    fn said(
        &self,
        admission: &Admission,
        (word, lost): (&str, u64),
        more: impl FnOnce(&mut Json),
    ) -> Event {
        let now = (self.clock)();
        let made = status::made(word, UPLINK, now, lost, |json| {
            json.text("sensor", &admission.sensor);
            more(json);
        });
        // A sensor of one site is that site's business; one of several, the province's.
        let mut sites = admission.sites.iter();
        let site = sites.next().filter(|_| admission.sites.len() == 1);
        Event {
            id: EventId::unnumbered(Kind::SensorStatus.lane()),
            time: now,
            seen: now,
            sensor: Text::clone(&self.name),
            source: UPLINK.into(),
            site: site.map_or_else(|| "".into(), Text::clone),
            kind: made.kind,
            exercise: false,
            core: made.core,
            record: Record::new(made.record),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Instance, Arc<tokio::sync::Mutex<Known>>>> {
        self.instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether all of a frame is the sensor's to send.
fn check(admission: &Admission, frame: &WireFrame) -> Result<(), Refusal> {
    let WireFrame::Events { events, .. } = frame else {
        return Ok(());
    };
    for event in events {
        if event.sensor != admission.sensor {
            return Err(Refusal::Sensor {
                own: Text::clone(&admission.sensor),
                said: Text::clone(&event.sensor),
            });
        }
        if !event.site.is_empty() && !admission.sites.contains(&event.site) {
            return Err(Refusal::Site {
                sensor: Text::clone(&admission.sensor),
                site: Text::clone(&event.site),
            });
        }
    }
    Ok(())
}

/// Whether frames go on where a lane ends, and each where the one before it did.
fn contiguous(marks: &Marks, frames: &[WireFrame]) -> Result<(), Refusal> {
    let mut next = *marks;
    for frame in frames {
        let (lane, first) = (frame.lane(), frame.first());
        let expected = next[lane].saturating_add(1);
        if first > expected {
            return Err(Refusal::Hole {
                lane,
                expected,
                first,
            });
        }
        next[lane] = next[lane].max(frame.last());
    }
    Ok(())
}

fn mark_of(instance: Instance, lane: Lane, number: u64) -> SourceOffset {
    SourceOffset {
        source: UPLINK.into(),
        input: format!("{instance}-{}", lane.number()).into(),
        state: number.to_string().into(),
    }
}

fn read_mark(offset: &SourceOffset) -> Option<(Instance, Lane, u64)> {
    let (instance, lane) = offset.input.split_once('-')?;
    let instance = u64::from_str_radix(instance, 16).ok().map(Instance)?;
    let lane = lane.parse().ok().and_then(Lane::from_number)?;
    Some((instance, lane, offset.state.parse().ok()?))
}
