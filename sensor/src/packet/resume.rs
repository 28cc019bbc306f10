//! Where capture files stand, so that a restart sends every event once.
//!
//! A file that was not ended is dissected again from its beginning, which gives the same events in
//! the same order, and as many as were sent before are passed over. That holds as long as limits
//! and program are the same. Files whose flows may span them form a group; a group's flows end
//! together, and with them all its files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use event::{SourceOffset, Text};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::origin::Origin;

/// Bytes at the beginning by which a file is known again, beside its length.
const HEAD: u64 = 64 * 1024;

/// Where a file stands: the state of its offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct State {
    /// The file's length.
    size: u64,
    /// SHA-256 of its first bytes, in hex.
    head: String,
    /// The number of its group.
    group: u64,
    /// Its place in the group.
    place: u64,
    /// Events that were sent while it was read; for a group's last file, also while flows ended.
    pub(crate) sent: u64,
    /// Whether it was read to its end.
    pub(crate) read: bool,
    /// What was given up at limits in its group, as status has told it.
    pub(crate) dropped: u64,
    /// Whether its group's flows have ended: the files before it in the group have ended too.
    pub(crate) ended: bool,
}

/// A file to be read.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    /// None when the file could not be looked at: reading it will say why.
    pub(crate) state: Option<State>,
}

/// What is left to do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Groups in the order in which they are read. One that was begun before comes first.
    pub(crate) groups: Vec<Vec<Planned>>,
    /// Files of a group that was begun, which are gone or were changed since.
    pub(crate) gone: Vec<String>,
}

impl Plan {
    /// What is left to do with these files.
    pub(crate) fn new(origin: &Origin, files: Vec<PathBuf>) -> Self {
        let mut known = known(origin);
        let group = known.values().map(|state| state.group).max().unwrap_or(0);
        let mut open = known.values().filter(|state| state.group == group);
        let is_over = open.any(|state| state.ended);
        let (mut begun, mut new) = (Vec::new(), Vec::new());
        for path in files {
            let Ok((size, head)) = identity(&path) else {
                new.push(Planned { path, state: None });
                continue;
            };
            let input = path.to_string_lossy();
            let same = |state: &&State| state.size == size && state.head == head;
            match known.get(&*input).filter(same) {
                Some(state) if is_over || state.group < group => {}
                Some(state) => {
                    begun.push(Planned {
                        path: path.clone(),
                        state: Some(state.clone()),
                    });
                    known.remove(&*input);
                }
                None => new.push(Planned {
                    path,
                    state: Some(State {
                        size,
                        head,
                        ..State::default()
                    }),
                }),
            }
        }
        let left =
            |(input, state): (String, State)| (!is_over && state.group == group).then_some(input);
        let mut gone: Vec<String> = known.into_iter().filter_map(left).collect();
        gone.sort();
        begun.sort_by_key(|file| file.state.as_ref().map(|state| state.place));
        for (place, file) in (0..).zip(&mut new) {
            if let Some(state) = &mut file.state {
                state.group = group.saturating_add(1);
                state.place = place;
            }
        }
        let mut groups = vec![begun, new];
        groups.retain(|group| !group.is_empty());
        Self { groups, gone }
    }
}

/// The states that were durable before.
fn known(origin: &Origin) -> HashMap<String, State> {
    let offsets = origin.context.offsets.iter();
    offsets
        .filter(|offset| offset.source == origin.source)
        .filter_map(|offset| {
            let state = serde_json::from_str(&offset.state).ok()?;
            Some((offset.input.to_string(), state))
        })
        .collect()
}

/// Length and hash of the beginning.
fn identity(path: &Path) -> io::Result<(u64, String)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    let digest = Sha256::digest(&head);
    Ok((
        size,
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}

/// A file's state, as it travels with the events that it covers.
pub(crate) fn offset(source: &Text, path: &Path, state: &State) -> SourceOffset {
    SourceOffset {
        source: Text::clone(source),
        input: path.to_string_lossy().as_ref().into(),
        state: serde_json::to_string(state).unwrap_or_default().into(),
    }
}
