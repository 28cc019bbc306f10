//! The files of evidence: `evidence/<case>/<sha256>` in the data folder.
//!
//! A file is received beside them, synced, and named once its case takes it: what has a name is whole. It is written
//! once and never changed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::store::EvidenceFile;

/// Where files wait for their case.
const INCOMING: &str = "incoming";

/// The folder of evidence.
#[derive(Clone, Debug)]
pub struct Evidence {
    folder: PathBuf,
}

/// A file on its way in; it goes when nobody takes it.
#[derive(Debug)]
pub struct Incoming {
    path: PathBuf,
    file: File,
    digest: Sha256,
    bytes: u64,
}

/// A file that is there, whole and synced, and has no case yet; it goes when nobody takes it.
#[derive(Debug)]
pub struct Received {
    path: PathBuf,
    /// Its checksum, 64 small hexadecimal digits.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// What [`Evidence::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceReport {
    /// Files that are as they were.
    pub sound: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Each that is not, and how.
    pub problems: Vec<String>,
    /// Files that no case has: what was left of uploads that were cut short.
    pub strays: u64,
}

impl Evidence {
    /// The folder; it need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Takes away what waited for a case when the centre stopped.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn clear(&self) -> Result<()> {
        let path = self.folder.join(INCOMING);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    /// Begins to receive a file. `name` is one that no other upload has.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn receive(&self, name: &str) -> Result<Incoming> {
        let folder = self.folder.join(INCOMING);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("make", &folder, e))?;
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|e| Error::io("write", &path, e))?;
        Ok(Incoming {
            path,
            file,
            digest: Sha256::new(),
            bytes: 0,
        })
    }

    /// Gives a received file its name in its case, durably.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, case: &str, received: &Received) -> Result<()> {
        let folder = self.folder.join(case);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("make", &folder, e))?;
        let path = folder.join(&received.sha256);
        std::fs::rename(&received.path, &path).map_err(|e| Error::io("write", &path, e))?;
        for folder in [&folder, &self.folder] {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|e| Error::io("sync", folder, e))?;
        }
        Ok(())
    }

    /// Opens a file of a case.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn open(&self, case: &str, sha256: &str) -> Result<File> {
        let path = self.folder.join(case).join(sha256);
        File::open(&path).map_err(|e| Error::io("read", &path, e))
    }

    /// Reads every file that there must be, and looks for others.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn verify(&self, files: &[EvidenceFile]) -> Result<EvidenceReport> {
        let (mut report, mut there) = (EvidenceReport::default(), 0);
        for own in files {
            let name = format!("evidence/{}/{}", own.case, own.sha256);
            match self.open(&own.case, &own.sha256).and_then(checksum) {
                Ok(found) if found == own.sha256 => {
                    there += 1;
                    report.sound += 1;
                    report.bytes += own.bytes;
                }
                Ok(found) => {
                    there += 1;
                    let problem = format!("{name} was changed: its checksum is {found}");
                    report.problems.push(problem);
                }
                Err(_) => report.problems.push(format!("{name} cannot be read")),
            }
        }
        report.strays = count(&self.folder)?.saturating_sub(there);
        Ok(report)
    }
}

impl Incoming {
    /// Takes the next piece.
    ///
    /// # Errors
    /// The disk refuses it.
    pub fn put(&mut self, piece: &[u8]) -> Result<()> {
        self.digest.update(piece);
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        let written = self.file.write_all(piece);
        written.map_err(|e| Error::io("write", &self.path, e))
    }

    /// How much there is of it.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It is all there.
    ///
    /// # Errors
    /// The disk refuses it.
    pub fn end(mut self) -> Result<Received> {
        let synced = self.file.sync_all();
        synced.map_err(|e| Error::io("sync", &self.path, e))?;
        let digest = std::mem::take(&mut self.digest).finalize();
        Ok(Received {
            path: std::mem::take(&mut self.path),
            sha256: hexadecimal(&digest),
            bytes: self.bytes,
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        discard(&self.path);
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        discard(&self.path);
    }
}

/// What was taken has another name by now, and what is not there needs no removal.
fn discard(path: &Path) {
    if !path.as_os_str().is_empty()
        && let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove what nobody took");
    }
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checksum(mut file: File) -> Result<String> {
    let (mut digest, mut piece) = (Sha256::new(), vec![0_u8; 1 << 16]);
    loop {
        let read = file.read(&mut piece);
        let read = read.map_err(|e| Error::io("read", Path::new("a piece of evidence"), e))?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else {
            return Ok(hexadecimal(&digest.finalize()));
        };
        digest.update(read);
    }
}

/// The files in the folders of cases.
fn count(folder: &Path) -> Result<u64> {
    let list = |folder: &Path| match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("list", folder, error)),
    };
    let mut files = 0;
    for case in list(folder)? {
        files += list(&case)?.len() as u64;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(evidence: &Evidence, name: &str, text: &[u8]) -> Received {
        let mut incoming = evidence.receive(name).unwrap();
        for piece in text.chunks(3) {
            incoming.put(piece).unwrap();
        }
        incoming.end().unwrap()
    }

    fn of(received: &Received) -> EvidenceFile {
        EvidenceFile {
            case: "V-2026-0001".to_owned(),
            sha256: received.sha256.clone(),
            bytes: received.bytes,
        }
    }

    #[test]
    fn what_is_kept_is_found_again_and_what_is_not_goes() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::new(dir.path().join("evidence"));
        assert_eq!(evidence.verify(&[]).unwrap(), EvidenceReport::default());
        let kept = received(&evidence, "a", b"abc");
        assert!(kept.sha256.starts_with("ba7816bf8f01cfea"));
        evidence.keep("V-2026-0001", &kept).unwrap();
        let own = of(&kept);
        drop(kept);
        drop(received(&evidence, "b", b"nobody takes it"));
        drop(evidence.receive("c").unwrap());
        let report = evidence.verify(std::slice::from_ref(&own)).unwrap();
        assert_eq!((report.sound, report.bytes, report.strays), (1, 3, 0));
        assert!(report.problems.is_empty());
        assert_eq!(evidence.verify(&[]).unwrap().strays, 1);
    }

    #[test]
    fn what_was_changed_or_is_gone_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::new(dir.path().to_owned());
        let (one, two) = (
            received(&evidence, "a", b"1"),
            received(&evidence, "b", b"2"),
        );
        for received in [&one, &two] {
            evidence.keep("V-2026-0001", received).unwrap();
        }
        let files = [of(&one), of(&two)];
        let place = |file: &EvidenceFile| dir.path().join(&file.case).join(&file.sha256);
        std::fs::write(place(&files[0]), b"3").unwrap();
        std::fs::remove_file(place(&files[1])).unwrap();
        let report = evidence.verify(&files).unwrap();
        assert_eq!((report.sound, report.problems.len()), (0, 2));
        assert!(report.problems[0].contains("was changed"));
    }

    #[test]
    fn a_start_takes_away_what_waited() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::new(dir.path().to_owned());
        evidence.clear().unwrap();
        std::mem::forget(evidence.receive("a").unwrap());
        evidence.clear().unwrap();
        assert_eq!(evidence.verify(&[]).unwrap().strays, 0);
    }
}
