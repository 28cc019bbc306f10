//! How long events are kept: whole partitions go, the oldest of a kind group first, by age and by size.
//!
//! Nothing is deleted out of a partition: that would rewrite it. Age counts from `received` of its last event, so that
//! no event goes before its time; a partition that is still written to stays. What went is said by the caller, in the
//! audit trail, before it goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{KindGroup, Time};

use super::{Index, Meta, Published};
use crate::error::{Error, Result};

/// The end of the name of a folder that is being removed.
pub(super) const TRASH: &str = "trash";

/// How much is kept of a kind group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// A partition goes this long after its last event was received; zero: never for its age.
    pub age: Duration,
    /// The partitions of the group have at most so many bytes; zero: as many as there are.
    pub bytes: u64,
}

/// How much is kept of each kind group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Protocol records.
    pub network: Keep,
    /// Flow records.
    pub flow: Keep,
    /// Logs of hosts.
    pub host: Keep,
    /// What is said online.
    pub online: Keep,
    /// What the system says of itself, readings, positions.
    pub state: Keep,
}

impl Retention {
    /// That of one group.
    pub fn of(&self, group: KindGroup) -> Keep {
        match group {
            KindGroup::Network => self.network,
            KindGroup::Flow => self.flow,
            KindGroup::Host => self.host,
            KindGroup::Online => self.online,
            KindGroup::State => self.state,
        }
    }
}

/// Why a partition goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is older than its group is kept.
    Age,
    /// Its group has more bytes than it may.
    Size,
}

impl Why {
    /// The word in the audit trail.
    pub fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Size => "size",
        }
    }
}

/// A partition whose time has come.
#[derive(Clone, Debug)]
pub struct Expired {
    /// Its folder.
    pub dir: PathBuf,
    /// What it holds.
    pub meta: Meta,
    /// What its files take, in bytes.
    pub bytes: u64,
    /// Why it goes.
    pub why: Why,
}

/// A partition as retention sees it.
struct Aged<'a> {
    published: &'a Arc<Published>,
    bytes: u64,
}

impl Index {
    /// The partitions whose time has come, the oldest first. Nothing is changed.
    pub fn expired(&self, retention: &Retention, now: Time) -> Vec<Expired> {
        let groups = KindGroup::ALL.into_iter();
        groups
            .flat_map(|group| self.expired_of(group, retention.of(group), now))
            .collect()
    }

    fn expired_of(&self, group: KindGroup, keep: Keep, now: Time) -> Vec<Expired> {
        if keep == Keep::default() {
            return Vec::new();
        }
        let own = |meta: &Meta| meta.group == group.name();
        let sealed = self.sealed.iter().filter(|held| own(&held.meta));
        let mut sealed: Vec<Aged<'_>> = sealed
            .map(|published| Aged {
                published,
                bytes: bytes_of(&published.dir),
            })
            .collect();
        sealed.sort_by_key(|aged| aged.published.meta.last_received);
        let open = self.open.values().filter(|open| own(&open.meta));
        let written: u64 = open.map(|open| bytes_of(&open.dir)).sum();
        let mut held = written + sealed.iter().map(|aged| aged.bytes).sum::<u64>();
        let mut expired = Vec::new();
        for Aged { published, bytes } in sealed {
            let last = Time::from_micros(published.meta.last_received);
            let why = if !keep.age.is_zero() && now.since(last) >= keep.age {
                Why::Age
            } else if keep.bytes > 0 && held > keep.bytes {
                Why::Size
            } else {
                continue;
            };
            held = held.saturating_sub(bytes);
            expired.push(Expired {
                dir: published.dir.clone(),
                meta: published.meta.clone(),
                bytes,
                why,
            });
        }
        expired
    }

    /// Takes away a partition: no search sees it any more, and its folder goes in two steps, so that a crash leaves
    /// either the whole or what is removed at the next start. A search that has begun reads on.
    ///
    /// # Errors
    /// The folder cannot be renamed or removed.
    pub fn remove(&mut self, expired: &Expired) -> Result<()> {
        self.sealed.retain(|held| held.dir != expired.dir);
        self.publish();
        let trash = expired.dir.with_extension(TRASH);
        std::fs::rename(&expired.dir, &trash)
            .map_err(|e| Error::io("put away", &expired.dir, e))?;
        fail::fail_point!("index_remove");
        std::fs::remove_dir_all(&trash).map_err(|e| Error::io("remove", &trash, e))
    }
}

/// What the files of a folder take; what cannot be asked counts nothing.
fn bytes_of(dir: &Path) -> u64 {
    let Ok(listed) = std::fs::read_dir(dir) else {
        return 0;
    };
    let files = listed.filter_map(|entry| entry.ok()?.metadata().ok());
    files
        .filter(std::fs::Metadata::is_file)
        .map(|about| about.len())
        .sum()
}
