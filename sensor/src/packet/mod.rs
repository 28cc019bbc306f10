//! Packets to records: capture → decode → flow → stream → protocol → EVE.
//!
//! [`Inspector`] is the whole way for one capture, without IO and without a clock. One folder per
//! protocol: `parse` (bytes to structs), `state` (what belongs together in a flow), `log` (structs
//! to EVE).

mod app;
pub mod capture;
mod community_id;
pub mod decode;
pub mod dissect;
pub mod dns;
mod eve;
mod flow;
pub mod http;
mod inspect;
mod key;
#[cfg(feature = "live")]
mod live;
#[cfg(not(feature = "live"))]
#[path = "no_live.rs"]
mod live;
#[cfg(any(feature = "live", test))]
mod loss;
mod probe;
mod resume;
pub(crate) mod source;
mod stream;
mod table;
mod tcp;
pub mod tls;

pub use community_id::community_id;
pub use eve::Counters;
pub(crate) use eve::{protocol, transport_name};
pub use inspect::Inspector;
pub use live::look;
pub(crate) use live::{open as open_live, run as run_live};
pub use probe::Seen;
