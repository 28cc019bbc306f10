//! `[update]`: whom this box takes a new program from, and how long one may take to be well.

use std::path::PathBuf;

use serde::Deserialize;

/// `[update]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateSection {
    /// The certificate of whoever publishes updates, PEM.
    pub certificate: PathBuf,
    /// How long a new program may take until doctor finds nothing that fails.
    pub patience_seconds: u64,
    /// Whether the centre may send this sensor updates; the box's own file says it alone.
    pub pushed: bool,
    /// The folder in which root says what became of an update that the centre sent.
    pub verdicts: PathBuf,
    /// How long a sensor may take to run an update that the centre offers, in hours.
    pub offered_hours: u64,
    /// A piece of an update that is fetched at once, in KiB.
    pub piece_kib: u64,
    /// The largest update file that is fetched or published, in MiB.
    pub mib: u64,
}

impl Default for UpdateSection {
    fn default() -> Self {
        Self {
            certificate: PathBuf::from("/etc/haidang/update.crt"),
            patience_seconds: 90,
            pushed: false,
            verdicts: PathBuf::from("/var/lib/haidang-update"),
            offered_hours: 72,
            piece_kib: 128,
            mib: 64,
        }
    }
}

impl UpdateSection {
    /// The largest update file, in bytes.
    pub fn bytes(&self) -> usize {
        usize::try_from(self.mib << 20).unwrap_or(usize::MAX)
    }
}
