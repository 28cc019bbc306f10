//! The composition root and the command line: the only crate that knows everyone.
//!
//! `main → Cli → commands → compose::start`: from there the way of an event is in ARCHITECTURE.

mod backup;
mod bundle;
mod child;
pub mod cli;
mod commands;
pub mod compose;
pub mod config;
mod control;
mod data_dir;
mod detector;
mod doctor;
pub mod edge;
mod edges;
mod episodes;
mod intake;
mod intel;
pub mod knowledge;
mod language;
mod listen;
mod metrics;
mod once;
mod parts;
mod progress;
mod reason;
mod rules;
pub mod scenario;
mod shipped;
mod signature;
pub mod sources;
mod table;
mod taxii;
mod tls;
mod update;
mod words;

use std::sync::Arc;

use event::Time;

pub use backup::read_backup_list;
pub use commands::run;
pub use data_dir::DataDir;
pub use update::read_unsigned;

/// The daemon's clock; handed to everyone who needs the time.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The machine's clock: the one place where it is read.
pub fn system_clock() -> Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the daemon is where the clock is read"
    )]
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        Time::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    })
}

/// Bytes as people compare them: two hexadecimal digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
