//! `[backup]`: how fast a backup is made, and what it leaves free.

use serde::Deserialize;

use crate::backup::Pace;

/// `[backup]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupSection {
    /// A backup or restore copies at most so many MiB a second; 0 is as fast as it goes.
    pub mib_per_second: u64,
    /// So many MiB stay free on the disk that is written to.
    pub reserve_mib: u64,
}

impl Default for BackupSection {
    fn default() -> Self {
        Self {
            mib_per_second: 100,
            reserve_mib: 512,
        }
    }
}

impl BackupSection {
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            bytes_per_second: self.mib_per_second << 20,
            reserve: self.reserve_mib << 20,
        }
    }
}
