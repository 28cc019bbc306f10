//! Bytes in, events out: captures, interfaces and logs become [`event::Event`]s.
//!
//! A source is one call of [`run`]: it reads its input until the input ends or it is told to stop,
//! and sends batches to an [`Out`]. Nothing in here decides what an event means, keeps state on
//! disk or reads the clock by itself: time is an argument (DESIGN §3).

#![warn(missing_docs)]

mod compressed;
pub mod config;
mod cursor;
mod error;
mod json;
mod limits;
pub mod log;
mod origin;
mod out;
pub mod packet;
mod run;
mod status;
mod unpack;
pub mod uplink;

pub use config::{
    AgentConfig, Anomalies, BadLimit, CaptureConfig, FileConfig, FlowConfig, HttpLimits,
    InterfaceConfig, Limits, ListenConfig, LogConfig, LogFormat, PacketConfig, Protocol,
    SourceConfig, SourceKind, Timeouts, UnpackConfig,
};
pub use error::{Closed, Error, Result};
pub use origin::{Context, Made};
pub use out::{BATCH_BYTES, BATCH_EVENTS, BATCH_MICROS, Out, Parcel, Ticket, channel};
pub use run::{Stop, run};
pub use unpack::{Meter, head};
