//! The list of what is in a backup: `backup.json`, written last, so that what has it is whole.

use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hex;

/// Grows when the form of backups changes; a newer one is refused.
const FORMAT: u32 = 1;
/// The name of the list.
pub(super) const NAME: &str = "backup.json";
/// The longest list that is read, in bytes: some three million files.
const LONGEST: u64 = 512 << 20;

/// What is in a backup.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The program that made it.
    pub(super) haidang: String,
    /// The version of the data folder's layout.
    pub(super) layout: u32,
    /// When it was begun: what came later is not in it.
    pub(super) made: String,
    /// Up to here events are examined, and alerts made.
    pub(super) position: u64,
    /// Up to here they are in the index.
    pub(super) indexed: u64,
    /// Of the list, so that a damaged one is known.
    pub(super) checksum: String,
    pub(super) files: Vec<Entry>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Relative to the backup, with `/`.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn new(
        layout: u32,
        made: String,
        (position, indexed): (u64, u64),
        files: Vec<Entry>,
    ) -> Self {
        let mut manifest = Self {
            format: FORMAT,
            haidang: env!("CARGO_PKG_VERSION").to_owned(),
            layout,
            made,
            position,
            indexed,
            checksum: String::new(),
            files,
        };
        manifest.checksum = manifest.sum();
        manifest
    }

    /// All bytes together.
    pub(super) fn bytes(&self) -> u64 {
        let sizes = self.files.iter().map(|file| file.bytes);
        // The list may be anybody's.
        sizes.fold(0, u64::saturating_add)
    }

    /// Reads the list of a backup, and refuses one that cannot be used.
    pub(super) fn read(backup: &Path, layout: u32) -> Result<Self> {
        let path = backup.join(NAME);
        let name = path.display();
        let length = std::fs::metadata(&path).with_context(|| {
            format!("{name} is not there: this is no whole backup; one that was cut short is called NAME.partial")
        })?;
        if length.len() > LONGEST {
            bail!("{name} is larger than any list of a backup; use another backup");
        }
        let text = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
        Self::parse(&text, &name.to_string(), layout)
    }

    /// Reads a list that stands under a name.
    fn parse(text: &[u8], name: &str, layout: u32) -> Result<Self> {
        let found: Self = serde_json::from_slice(text)
            .with_context(|| format!("{name} is damaged; use another backup"))?;
        if found.format > FORMAT || found.layout > layout {
            bail!(
                "{name} was made by haidang {}, which is newer than this one; restore it with that",
                found.haidang
            );
        }
        if found.checksum != found.sum() {
            bail!("{name} is damaged: its checksum is another; use another backup");
        }
        if let Some(entry) = found.files.iter().find(|entry| !is_inside(&entry.path)) {
            bail!(
                "{name} names {:?}, which is no file of a backup; use another backup",
                entry.path
            );
        }
        Ok(found)
    }

    fn sum(&self) -> String {
        let mut sum = Sha256::new();
        let head = [&self.haidang, &self.made];
        for text in head {
            sum.update(text.as_bytes());
            sum.update([0]);
        }
        sum.update(format!(
            "{} {} {} {}\n",
            self.format, self.layout, self.position, self.indexed
        ));
        for Entry {
            path,
            bytes,
            sha256,
        } in &self.files
        {
            sum.update(format!("{sha256} {bytes} {path}\n"));
        }
        hex(&sum.finalize())
    }
}

/// Reads a list of a backup that is not one's own: its bytes all together.
///
/// # Errors
/// It is none, or cannot be used.
pub fn read_backup_list(text: &[u8]) -> Result<u64> {
    Manifest::parse(text, NAME, u32::MAX).map(|list| list.bytes())
}

/// Whether a path stays inside the folder that it is relative to.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_changed_or_leads_outside_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let entry = |path: &str| Entry {
            path: path.to_owned(),
            bytes: 1,
            sha256: "00".to_owned(),
        };
        let write = |manifest: &Manifest| {
            let text = serde_json::to_vec(manifest).unwrap();
            std::fs::write(dir.path().join(NAME), text).unwrap();
        };
        let refused = || format!("{:#}", Manifest::read(dir.path(), 1).unwrap_err());
        assert!(refused().contains("no whole backup"));
        let of = |path: &str| Manifest::new(1, "then".to_owned(), (7, 7), vec![entry(path)]);
        write(&of("data/store.db"));
        assert_eq!(Manifest::read(dir.path(), 1).unwrap().position, 7);
        write(&Manifest {
            position: 8,
            ..of("data/store.db")
        });
        assert!(refused().contains("damaged"), "{}", refused());
        for path in ["../x", "/etc/passwd", "data/../../x", ""] {
            write(&of(path));
            assert!(refused().contains("no file of a backup"), "{}", refused());
        }
        write(&Manifest::new(2, "then".to_owned(), (7, 7), Vec::new()));
        assert!(refused().contains("newer than this one"));
        std::fs::write(dir.path().join(NAME), "{").unwrap();
        assert!(refused().contains("damaged"));
    }
}
