//! A partition: one tantivy index with the events of one kind group in a range of positions.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use event::{Fields as Leaves, KindGroup};
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::merge_policy::LogMergePolicy;
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy};

use super::Published;
use super::document::Documents;
use super::schema::{self, Fields, SCHEMA_VERSION, WORDS};
use super::stored::Journaled;
use crate::error::{Error, Result};

/// The level of zstd for stored events, and how many bytes are compressed, and read, at once.
const STORED_LEVEL: i32 = 1;
const STORED_BLOCK: usize = 64 << 10;

/// What a partition says of itself; the payload of its last commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The version of its fields.
    pub schema: u32,
    /// The kind group, by name.
    pub group: String,
    /// Whether it holds events that arrived more than 48 hours away from their time.
    pub backfill: bool,
    /// Position of its first event.
    pub first: u64,
    /// Position of its last event.
    pub last: u64,
    /// Every event of its group and sort up to this position is in it or in an older partition.
    pub covered: u64,
    /// Events.
    pub events: u64,
    /// The earliest time of an event, microseconds.
    pub min_time: i64,
    /// The latest time of an event, microseconds.
    pub max_time: i64,
    /// `received` of the first event, microseconds: its day is the partition's day.
    pub first_received: i64,
    /// `received` of the last event, microseconds: retention counts from here.
    pub last_received: i64,
    /// Whether it is closed for good.
    pub sealed: bool,
}

/// A partition that is written to.
pub(super) struct Open {
    pub(super) meta: Meta,
    pub(super) dir: PathBuf,
    pub(super) dirty: bool,
    writer: IndexWriter,
    documents: Documents,
    pub(super) searchable: Arc<Searchable>,
}

/// A partition that is read from.
pub(super) struct Searchable {
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
}

impl Open {
    /// Makes a partition that begins at a position.
    pub(super) fn create(
        root: &Path,
        group: KindGroup,
        backfill: bool,
        first: &Journaled,
        heap: usize,
    ) -> Result<Self> {
        let received = first.received.micros();
        let meta = Meta {
            schema: SCHEMA_VERSION,
            group: group.name().to_owned(),
            backfill,
            first: first.position,
            last: first.position,
            covered: first.position.saturating_sub(1),
            events: 0,
            min_time: i64::MAX,
            max_time: i64::MIN,
            first_received: received,
            last_received: received,
            sealed: false,
        };
        let dir = root.join(group.name()).join(folder_name(&meta));
        if dir.exists() {
            // A partition that was never committed holds nothing that was promised.
            std::fs::remove_dir_all(&dir).map_err(|e| Error::io("remove", &dir, e))?;
        }
        std::fs::create_dir_all(&dir).map_err(|e| Error::io("create", &dir, e))?;
        let (schema, _) = schema::build();
        let directory = MmapDirectory::open(&dir).map_err(tantivy::TantivyError::from)?;
        let index = Index::create(directory, schema, settings())?;
        Self::of(index, meta, dir, heap)
    }

    /// Opens a partition that is not sealed to go on writing.
    pub(super) fn reopen(dir: &Path, meta: Meta, heap: usize) -> Result<Self> {
        let index = Index::open_in_dir(dir)?;
        Self::of(index, meta, dir.to_owned(), heap)
    }

    fn of(index: Index, meta: Meta, dir: PathBuf, heap: usize) -> Result<Self> {
        let searchable = Arc::new(Searchable::of(&index)?);
        let writer = index.writer_with_num_threads(1, heap)?;
        writer.set_merge_policy(Box::new(merge_policy()));
        let documents = Documents::of(searchable.fields, &searchable.reader.searcher())?;
        Ok(Self {
            meta,
            dir,
            dirty: false,
            writer,
            documents,
            searchable,
        })
    }

    /// Adds an event; says whether something of its record could not be indexed.
    pub(super) fn add(&mut self, journaled: &Journaled, leaves: &Leaves) -> Result<bool> {
        let (document, partial) = self.documents.make(journaled, leaves);
        self.writer.add_document(document)?;
        let (time, meta) = (journaled.event.time.micros(), &mut self.meta);
        meta.last = meta.last.max(journaled.position);
        meta.events += 1;
        meta.min_time = meta.min_time.min(time);
        meta.max_time = meta.max_time.max(time);
        meta.last_received = meta.last_received.max(journaled.received.micros());
        self.dirty = true;
        Ok(partial)
    }

    /// Makes durable and visible what was added, and that everything up to `covered` was.
    pub(super) fn commit(&mut self, covered: u64) -> Result<()> {
        self.meta.covered = self.meta.covered.max(covered);
        let payload = encode_meta(&self.meta);
        let mut prepared = self.writer.prepare_commit()?;
        fail::fail_point!("index_prepare");
        prepared.set_payload(&payload);
        fail::fail_point!("index_commit");
        prepared.commit()?;
        self.searchable.reader.reload()?;
        self.dirty = false;
        Ok(())
    }

    /// Closes it for good. Merges that are under way end on a thread of their own: for a large
    /// partition they take minutes, and the pipeline must not wait. A stop in between costs nothing,
    /// the segments stay as they are.
    pub(super) fn seal(mut self, covered: u64) -> Result<Sealed> {
        self.meta.sealed = true;
        self.commit(covered)?;
        let (writer, searchable) = (self.writer, Arc::clone(&self.searchable));
        let (dir, meta) = (self.dir.clone(), self.meta.clone());
        let finish = move || {
            let ended = writer.wait_merging_threads();
            if let Err(error) = ended.and_then(|()| searchable.reader.reload()) {
                tracing::warn!(%error, "a sealed partition keeps more segments than it needs");
            }
            super::write_manifest(&dir, &meta);
        };
        let thread = std::thread::Builder::new().name("seal".to_owned());
        let merging = thread
            .spawn(finish)
            .map_err(|e| Error::io("seal", &self.dir, e))?;
        Ok(Sealed {
            meta: self.meta,
            dir: self.dir,
            searchable: self.searchable,
            merging,
        })
    }
}

/// A partition that was closed just now.
pub(super) struct Sealed {
    pub(super) meta: Meta,
    pub(super) dir: PathBuf,
    pub(super) searchable: Arc<Searchable>,
    /// Ends when nothing changes its files any more.
    pub(super) merging: JoinHandle<()>,
}

impl Sealed {
    /// As the searcher sees it.
    pub(super) fn publish(self) -> Arc<Published> {
        Arc::new(Published {
            meta: self.meta,
            dir: self.dir,
            searchable: self.searchable,
        })
    }
}

impl Meta {
    /// Whether its fields are those that searches ask; an older one must be built anew first.
    pub(super) fn check_schema(&self, dir: &Path) -> Result<()> {
        if self.schema == SCHEMA_VERSION {
            return Ok(());
        }
        Err(Error::Format {
            path: dir.to_owned(),
            problem: "written by an older haidang; run haidang verify --rebuild".to_owned(),
        })
    }
}

impl Searchable {
    fn of(index: &Index) -> Result<Self> {
        index
            .tokenizers()
            .register(WORDS, schema::words_tokenizer());
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let (_, fields) = schema::build();
        Ok(Self { reader, fields })
    }

    /// Opens a sealed partition.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        Self::of(&Index::open_in_dir(dir)?)
    }

    /// Reads every event of the partition.
    pub(super) fn for_each(&self, mut visit: impl FnMut(Journaled) -> Result<()>) -> Result<()> {
        use tantivy::schema::Value;
        let searcher = self.reader.searcher();
        // By name: a partition of an older schema has it in another place.
        let event = searcher.schema().get_field("event")?;
        for segment in searcher.segment_readers() {
            let store = segment
                .get_store_reader(1)
                .map_err(tantivy::TantivyError::from)?;
            for document in store.iter::<tantivy::TantivyDocument>(segment.alive_bitset()) {
                let document = document?;
                let bytes = document.get_first(event).and_then(|value| value.as_bytes());
                if let Some(journaled) = bytes.and_then(Journaled::decode) {
                    visit(journaled)?;
                }
            }
        }
        Ok(())
    }
}

/// Events of a source are alike: zstd over some hundred of them halves what LZ4 leaves.
fn settings() -> IndexSettings {
    let zstd = ZstdCompressor {
        compression_level: Some(STORED_LEVEL),
    };
    IndexSettings {
        docstore_compression: Compressor::Zstd(zstd),
        docstore_blocksize: STORED_BLOCK,
        ..IndexSettings::default()
    }
}

/// A commit makes a small segment, and an event is copied by every merge: measured, the default
/// policy spends more on merging than on indexing. Wider merges copy an event about twice, and a
/// partition has some thirty segments at the most.
fn merge_policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(16);
    policy.set_min_layer_size(50_000);
    policy
}

/// Reads the payload of a partition's last commit; none when it was never committed.
pub(super) fn read_meta(dir: &Path) -> Result<Option<Meta>> {
    let index = Index::open_in_dir(dir)?;
    let Some(payload) = index.load_metas()?.payload else {
        return Ok(None);
    };
    let meta: Meta = serde_json::from_str(&payload).map_err(|error| Error::Format {
        path: dir.to_owned(),
        problem: format!("the partition's own description cannot be read: {error}"),
    })?;
    if meta.schema > SCHEMA_VERSION {
        return Err(Error::Format {
            path: dir.to_owned(),
            problem: "written by a newer haidang; use that one".to_owned(),
        });
    }
    Ok(Some(meta))
}

/// Checks the checksums of a partition's files; the names of those that fail.
pub(super) fn damaged_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let index = Index::open_in_dir(dir)?;
    Ok(index
        .validate_checksum()?
        .into_iter()
        .map(|file| dir.join(file))
        .collect())
}

fn folder_name(meta: &Meta) -> String {
    let sort = if meta.backfill { "-backfill" } else { "" };
    format!("{:020}{sort}", meta.first)
}

/// Whether a folder is called as a partition is.
pub(super) fn is_folder_name(name: &str) -> bool {
    let number = name.strip_suffix("-backfill").unwrap_or(name);
    number.len() == 20 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn encode_meta(meta: &Meta) -> String {
    serde_json::to_string(meta).unwrap_or_default()
}
