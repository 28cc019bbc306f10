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
}

impl Default for UpdateSection {
    fn default() -> Self {
        Self {
            certificate: PathBuf::from("/etc/haidang/update.crt"),
            patience_seconds: 90,
        }
    }
}
