//! What a spool promises, in one small file: how far each lane goes, how far the centre has it,
//! what was let go, where the sources stand.
//!
//! A record is a change of the state: length `u32`, CRC32C `u32` (little-endian), JSON. The first record of a file
//! is the whole state. A group of events counts once its record is durable: what stands in the
//! lanes behind it was never promised. The file is written anew when it has grown.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use event::{PerLane, SourceOffset, Text};
use serde::{Deserialize, Serialize};

use super::{Gap, SpoolError, at};

/// The file is written anew beyond this.
const LARGEST: u64 = 1 << 20;
/// A longer record is not one.
const LONGEST: usize = 64 << 20;
const NAME: &str = "ledger";

/// What is known of one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaneState {
    /// The last number that was given.
    pub(super) last: u64,
    /// The centre has everything up to here.
    pub(super) acknowledged: u64,
    /// Numbers above that which nobody will ever send, in order, never touching.
    pub(super) gaps: Vec<Gap>,
}

/// The whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) lanes: PerLane<LaneState>,
    offsets: BTreeMap<(Text, Text), Text>,
}

/// A change: lanes whole, offsets only those that moved.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    lanes: [LaneState; 3],
    offsets: Vec<(String, String, String)>,
}

impl State {
    pub(super) fn offsets(&self) -> Vec<SourceOffset> {
        let each = self.offsets.iter();
        each.map(|((source, input), state)| SourceOffset {
            source: Text::clone(source),
            input: Text::clone(input),
            state: Text::clone(state),
        })
        .collect()
    }

    pub(super) fn note(&mut self, offsets: &[SourceOffset]) {
        for offset in offsets {
            let key = (Text::clone(&offset.source), Text::clone(&offset.input));
            self.offsets.insert(key, Text::clone(&offset.state));
        }
    }

    fn apply(&mut self, record: Record) {
        self.lanes = PerLane(record.lanes);
        for (source, input, state) in record.offsets {
            self.offsets
                .insert((source.into(), input.into()), state.into());
        }
    }

    fn record(&self, offsets: &[SourceOffset]) -> Result<Vec<u8>, serde_json::Error> {
        let owned = |offset: &SourceOffset| {
            (
                offset.source.to_string(),
                offset.input.to_string(),
                offset.state.to_string(),
            )
        };
        let record = Record {
            lanes: self.lanes.0.clone(),
            offsets: offsets.iter().map(owned).collect(),
        };
        let body = serde_json::to_vec(&record)?;
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(body.len() + 8);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }
}

impl LaneState {
    /// Notes that numbers were let go; those that the centre has are none.
    pub(super) fn let_go(&mut self, gap: Gap) {
        let first = gap.first.max(self.acknowledged.saturating_add(1));
        if first > gap.last {
            return;
        }
        self.gaps.push(Gap { first, ..gap });
        self.gaps.sort_by_key(|gap| gap.first);
        let mut joined: Vec<Gap> = Vec::with_capacity(self.gaps.len());
        for gap in self.gaps.drain(..) {
            match joined.last_mut() {
                Some(held)
                    if held.reason == gap.reason && gap.first <= held.last.saturating_add(1) =>
                {
                    held.last = held.last.max(gap.last);
                }
                Some(held) if gap.first <= held.last => {
                    // What was let go once is not let go again for another reason.
                    let first = held.last.saturating_add(1);
                    if first <= gap.last {
                        joined.push(Gap { first, ..gap });
                    }
                }
                _ => joined.push(gap),
            }
        }
        self.gaps = joined;
    }

    /// Notes how far the centre has the lane; says whether that is news.
    pub(super) fn acknowledge(&mut self, upto: u64) -> bool {
        let upto = upto.min(self.last);
        if upto <= self.acknowledged {
            return false;
        }
        self.acknowledged = upto;
        self.gaps.retain(|gap| gap.last > upto);
        if let Some(gap) = self.gaps.first_mut() {
            gap.first = gap.first.max(upto + 1);
        }
        true
    }

    /// The gap that a number is in.
    pub(super) fn gap_at(&self, number: u64) -> Option<Gap> {
        let mut gaps = self.gaps.iter();
        gaps.find(|gap| (gap.first..=gap.last).contains(&number))
            .copied()
    }
}

/// The open file.
pub(super) struct Ledger {
    dir: PathBuf,
    file: File,
    length: u64,
}

impl Ledger {
    /// Opens the ledger of a folder, or begins one; what is torn at its end is taken off.
    pub(super) fn open(dir: &Path) -> Result<(Self, State), SpoolError> {
        let path = dir.join(NAME);
        let mut state = State::default();
        if !path.exists() {
            let ledger = Self::begin(dir, &state)?;
            return Ok((ledger, state));
        }
        let failed = |reason| at("read", &path, reason);
        let options = || File::options().read(true).write(true).open(&path);
        let mut file = options().map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let mut rest = bytes.as_slice();
        while let Some((record, behind)) = next_record(rest) {
            state.apply(record);
            rest = behind;
        }
        let length = (bytes.len() - rest.len()) as u64;
        if length == 0 {
            return Err(SpoolError::Damaged(path));
        }
        file.set_len(length).map_err(failed)?;
        let ledger = Self {
            dir: dir.to_owned(),
            file,
            length,
        };
        Ok((ledger, state))
    }

    /// Writes the state and everything about it into a new file in place of the old.
    fn begin(dir: &Path, state: &State) -> Result<Self, SpoolError> {
        let (path, next) = (dir.join(NAME), dir.join("ledger.next"));
        let failed = |reason| at("write", &path, reason);
        let bytes = state
            .record(&state.offsets())
            .map_err(|reason| failed(reason.into()))?;
        let mut file = File::create(&next).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&next, &path).map_err(failed)?;
        sync_folder(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            file,
            length: bytes.len() as u64,
        })
    }

    /// Makes a state durable; `offsets` are those that changed since the last.
    pub(super) fn write(
        &mut self,
        state: &State,
        offsets: &[SourceOffset],
    ) -> Result<(), SpoolError> {
        use std::os::unix::fs::FileExt as _;
        if self.length > LARGEST {
            *self = Self::begin(&self.dir, state)?;
            return Ok(());
        }
        let path = self.dir.join(NAME);
        let bytes = state
            .record(offsets)
            .map_err(|reason| at("write", &path, reason.into()))?;
        fail::fail_point!("spool_ledger", |_| Err(at(
            "write",
            &path,
            std::io::ErrorKind::StorageFull.into()
        )));
        if let Err(reason) = self.file.write_all_at(&bytes, self.length) {
            // A torn record would hide those behind it.
            self.file
                .set_len(self.length)
                .map_err(|_| SpoolError::Sync(path.clone()))?;
            return Err(at("write", &path, reason));
        }
        self.file.sync_data().map_err(|_| SpoolError::Sync(path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(dir: &Path) -> Result<(), SpoolError> {
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(|reason| at("sync", dir, reason))
}

fn next_record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, rest) = rest
        .split_at_checked(length)
        .filter(|_| length <= LONGEST)?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let record: Record = serde_json::from_slice(body).ok()?;
    Some((record, rest))
}
