//! `[retention]`: how long a centre keeps events, by kind group.

use std::time::Duration;

use engine::index::{Keep, Retention};
use serde::Deserialize;

/// `[retention]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSection {
    /// Protocol records.
    pub network: KeepSection,
    /// Flow records and statistics.
    pub flow: KeepSection,
    /// Logs of hosts.
    pub host: KeepSection,
    /// What is said online, and the state of own sites.
    pub online: KeepSection,
    /// What sensors, sources and subsystems say.
    pub state: KeepSection,
}

/// How much of one kind group.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSection {
    /// Days since a partition's last event was received; 0: for ever.
    pub days: u64,
    /// GiB of the group's partitions, the oldest go first; 0: as many as there are.
    pub gib: u64,
}

impl Default for RetentionSection {
    fn default() -> Self {
        let days = |days| KeepSection { days, gib: 0 };
        Self {
            network: days(90),
            flow: days(30),
            host: days(365),
            online: days(365),
            state: days(1_100),
        }
    }
}

impl RetentionSection {
    /// As the index takes it.
    pub fn retention(&self) -> Retention {
        Retention {
            network: self.network.keep(),
            flow: self.flow.keep(),
            host: self.host.keep(),
            online: self.online.keep(),
            state: self.state.keep(),
        }
    }
}

impl KeepSection {
    fn keep(self) -> Keep {
        Keep {
            age: Duration::from_secs(self.days.saturating_mul(86_400)),
            bytes: self.gib.saturating_mul(1 << 30),
        }
    }
}
