//! The vocabulary of haidang: what an event is, what its fields are called, how it is written down.
//!
//! Everything else depends on this crate and it depends on nobody: no IO, no async, no clock. A
//! sensor makes an [`Event`], the journal numbers it, the engine examines it, the index keeps it.

#![warn(missing_docs)]

mod codec;
mod core_field;
mod entity;
mod event;
mod id;
mod kind;
mod leaf;
mod name;
mod network;
mod record;
mod scan;
#[cfg(test)]
mod scan_twin;
mod time;
mod view;

pub use codec::{CodecError, decode_events, encode_events};
pub use core_field::{Core, CoreField, CoreType, CoreValue};
pub use entity::Entity;
pub use event::{Batch, Event, SourceOffset, Text};
pub use id::{BadEventId, EventId, Instance, Lane, PerLane};
pub use kind::{Kind, KindGroup};
pub use leaf::Leaf;
pub use name::{Envelope, Name};
pub use network::{Direction, Network, Networks};
pub use record::{
    Fields, Limits, MAX_DEPTH, MAX_PATH_BYTES, MAX_PATHS, MAX_RECORD_BYTES, MAX_TERM_BYTES, Record,
};
pub use time::Time;
pub use view::{View, leaf_of};
