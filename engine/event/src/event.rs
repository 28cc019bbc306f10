//! The event: one thing that happened, as one source saw it; and the batch that carries events.

use std::sync::Arc;

use crate::core_field::Core;
use crate::id::{EventId, Lane};
use crate::kind::Kind;
use crate::record::Record;
use crate::time::Time;

/// Short shared text: names that thousands of events have in common.
pub type Text = Arc<str>;

/// One thing that happened, as one source saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Who it is; unnumbered until journal or spool has made it durable.
    pub id: EventId,
    /// When it happened, by the source's own clock.
    pub time: Time,
    /// When the sensor saw it, by the sensor's clock.
    pub seen: Time,
    /// The process that saw it (`[sensor] name`).
    pub sensor: Text,
    /// The configured input it came from (`[[source]] id`).
    pub source: Text,
    /// The leaf of the site tree it belongs to.
    pub site: Text,
    /// What happened, in whose words.
    pub kind: Kind,
    /// Whether it belongs to an exercise; inherited by everything made from it.
    pub exercise: bool,
    /// Typed ECS fields for search and pivots.
    pub core: Core,
    /// The source's own fields under their own names.
    pub record: Record,
}

impl Event {
    /// The source among those of all sensors: `sensor/source`.
    pub fn origin(&self) -> Text {
        format!("{}/{}", self.sensor, self.source).into()
    }
}

/// How far an input has come, in its own words; durable with the events it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOffset {
    /// The source.
    pub source: Text,
    /// Which of the source's inputs: a file's path, a collection's name.
    pub input: Text,
    /// The input's own state, JSON; opaque to everyone else.
    pub state: Text,
}

/// Events that become durable together, with the offsets they cover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The events, in the order of the source.
    pub events: Vec<Event>,
    /// Where the inputs stand once these events are durable.
    pub offsets: Vec<SourceOffset>,
    /// Who the first event is, where an edge's spool has numbered them: the others follow in the
    /// same lane. None: whoever makes them durable numbers them.
    pub first: Option<EventId>,
}

impl Batch {
    /// The events by lane, their order kept within each; lanes without events are left out.
    pub fn by_lane(&self) -> Vec<(Lane, Vec<Event>)> {
        let lanes = Lane::ALL.into_iter().map(|lane| {
            let events = self.events.iter().filter(|event| event.kind.lane() == lane);
            (lane, events.cloned().collect::<Vec<_>>())
        });
        lanes.filter(|(_, events)| !events.is_empty()).collect()
    }
}
