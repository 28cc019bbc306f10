//! `[edges]` of a centre, `[uplink]` and `[spool]` of a sensor.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use sensor::uplink::send::LineUse;
use sensor::uplink::spool::SpoolOptions;
use sensor::uplink::wire::WireLimits;
use serde::Deserialize;

/// `[edges]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgesSection {
    /// Where sensors deliver; without it none may.
    pub listen: Option<SocketAddr>,
    /// Names and addresses under which sensors find the centre.
    pub names: Vec<String>,
    /// An operator's own CA, PEM; without it the data folder has one.
    pub ca_certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub ca_key: Option<PathBuf>,
    /// At most this many connections.
    pub connections: usize,
    /// At most this many bodies unpacked at once.
    pub bodies: usize,
    /// At most this many bodies of one sensor under way.
    pub sensor_bodies: usize,
    /// At most this many data folders of one sensor, ever.
    pub sensor_instances: usize,
    /// How long a body waits for the one before it, in seconds.
    pub order_seconds: u64,
    /// A body of which nothing comes for so many seconds is given up.
    pub piece_seconds: u64,
    /// A whole body has so many seconds.
    pub body_seconds: u64,
    /// The largest body as it comes, in KiB.
    pub body_kib: usize,
    /// What it may unpack to, in KiB.
    pub unpacked_kib: usize,
    /// Events in a body.
    pub body_events: u64,
}

impl Default for EdgesSection {
    fn default() -> Self {
        Self {
            listen: None,
            names: Vec::new(),
            ca_certificate: None,
            ca_key: None,
            connections: 512,
            bodies: 8,
            sensor_bodies: 8,
            sensor_instances: 64,
            order_seconds: 30,
            piece_seconds: 30,
            body_seconds: 600,
            body_kib: 2_048,
            unpacked_kib: 16_384,
            body_events: 20_000,
        }
    }
}

impl EdgesSection {
    /// What a body may be.
    pub fn wire(&self) -> WireLimits {
        WireLimits {
            body: self.body_kib << 10,
            unpacked: self.unpacked_kib << 10,
            events: self.body_events,
        }
    }
}

/// `[uplink]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UplinkSection {
    /// The centre, `https://host:port`; `haidang enrol` writes it down, and this key takes its place.
    pub centre: Option<String>,
    /// The most that leaves, in kbit/s; 0: as much as the line carries.
    pub kbit: u64,
    /// Other limits at times of the day; the first that fits counts.
    pub schedule: Vec<PaceRule>,
    /// How long a configuration that the centre sent is tried; the box's own file says it alone.
    pub trial_seconds: u64,
    /// Bodies of the lowest lane that may be on their way at once; each lane above has one more.
    pub flights: usize,
    /// A body is what the line carries in so many seconds.
    pub body_seconds: u64,
    /// The longest pause before a broken line is tried again, in seconds.
    pub retry_seconds: u64,
    /// What is not acknowledged for so many seconds breaks the connection.
    pub silence_seconds: u64,
}

impl Default for UplinkSection {
    fn default() -> Self {
        Self {
            centre: None,
            kbit: 0,
            schedule: Vec::new(),
            trial_seconds: 60,
            flights: 4,
            body_seconds: 2,
            retry_seconds: 15,
            silence_seconds: 20,
        }
    }
}

/// `[[uplink.schedule]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaceRule {
    /// From when, by the clock of this machine: `07:00`.
    pub from: String,
    /// Until when; earlier than `from` means past midnight.
    pub to: String,
    /// The most that leaves, in kbit/s; 0: as much as the line carries.
    pub kbit: u64,
}

impl PaceRule {
    /// The minutes of the day between which it counts.
    pub fn minutes(&self) -> Option<(u32, u32)> {
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        Some((minute(&self.from)?, minute(&self.to)?))
    }

    /// Whether it counts at a minute of the day.
    pub fn holds_at(&self, minute: u32) -> bool {
        self.minutes().is_some_and(|(from, to)| {
            if from <= to {
                (from..to).contains(&minute)
            } else {
                minute >= from || minute < to
            }
        })
    }
}

impl UplinkSection {
    pub(super) fn check(&self) -> Result<()> {
        if let Some(bad) = self.schedule.iter().find(|rule| rule.minutes().is_none()) {
            bail!(
                "uplink.schedule: {:?} to {:?} are no times of a day; write them as 07:00",
                bad.from,
                bad.to
            );
        }
        Ok(())
    }

    /// How the line is used.
    pub fn line(&self) -> LineUse {
        LineUse {
            flights: self.flights,
            body_time: Duration::from_secs(self.body_seconds),
            retry: Duration::from_secs(self.retry_seconds),
            silence: Duration::from_secs(self.silence_seconds),
        }
    }

    /// Bytes a second that may leave at a minute of the day; 0: no limit.
    pub fn bytes_per_second(&self, minute: u32) -> u64 {
        let rule = self.schedule.iter().find(|rule| rule.holds_at(minute));
        rule.map_or(self.kbit, |rule| rule.kbit).saturating_mul(125)
    }
}

/// `[spool]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolSection {
    /// What it may take of the disk, in MiB.
    pub mib: u64,
    /// A segment is closed at this size, in KiB.
    pub segment_kib: u64,
    /// At most this much becomes durable with one sync, in KiB.
    pub group_kib: usize,
    /// Below this much free space nothing more is accepted, in MiB.
    pub reserve_mib: u64,
    /// At most this many batches wait for the writer.
    pub queue: usize,
}

impl Default for SpoolSection {
    fn default() -> Self {
        Self {
            mib: 4_096,
            segment_kib: 16_384,
            group_kib: 1_024,
            reserve_mib: 256,
            queue: 16,
        }
    }
}

impl SpoolSection {
    /// How the spool behaves.
    pub fn options(&self) -> SpoolOptions {
        SpoolOptions {
            bytes: self.mib << 20,
            segment_bytes: self.segment_kib << 10,
            group_bytes: self.group_kib << 10,
            reserve_bytes: self.reserve_mib << 20,
            queue: self.queue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_of_the_day_that_fits_counts() {
        let uplink: UplinkSection = toml::from_str(
            "kbit = 8\n[[schedule]]\nfrom = \"22:00\"\nto = \"06:00\"\nkbit = 0\n\
             [[schedule]]\nfrom = \"05:00\"\nto = \"12:00\"\nkbit = 16\n",
        )
        .unwrap();
        uplink.check().unwrap();
        let at = |hour: u32| uplink.bytes_per_second(hour * 60);
        assert_eq!([at(23), at(5), at(6), at(12)], [0, 0, 2_000, 1_000]);
        let bad = UplinkSection {
            schedule: vec![PaceRule {
                from: "7".to_owned(),
                to: "25:00".to_owned(),
                kbit: 1,
            }],
            ..UplinkSection::default()
        };
        assert!(bad.check().unwrap_err().to_string().contains("07:00"));
    }
}
