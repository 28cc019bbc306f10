//! Archives of rules: unpacked within limits, and made of a folder.
//!
//! An archive is hostile input. Nothing is written here: a file is a relative path that was looked at
//! letter by letter, and its bytes.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use memchr::memmem;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::files::{self, MAX_DEPTH};
use crate::error::{Error, Result};
use crate::rule::RuleLimits;

/// The longest part of a path, in bytes: what file systems take.
const PART_BYTES: usize = 200;

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Where it lies in the pack: plain parts, joined by `/`.
    pub path: String,
    /// What is in it; of a rule that is too long only so much that it is refused by name.
    pub bytes: Vec<u8>,
}

/// The rules of an archive with the licences and notes that lie beside them; what else is there is
/// left out. Why it cannot be used: no archive, beyond a limit, or a path that would lead elsewhere.
pub fn unzip(bytes: &[u8], limits: &RuleLimits) -> std::result::Result<Vec<PackFile>, String> {
    let most = limits.import_files;
    // The archive's reader holds a row for each of these heads; they are counted before it may.
    let heads = memmem::find_iter(bytes, b"PK\x01\x02").take(most.saturating_add(1));
    if heads.count() > most {
        return Err(format!(
            "the archive has more than {most} files (limits.rule.import_files)"
        ));
    }
    let unusable = |error| format!("the archive cannot be read: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unusable)?;
    let (mut files, mut paths) = (Vec::new(), BTreeSet::new());
    let mut left = limits.import_unpacked_mib << 20;
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(unusable)?;
        let path = plain_path(&entry.name().map_err(unusable)?)?;
        if entry.is_dir() || !is_wanted(&path) {
            continue;
        }
        if entry.is_symlink() {
            return Err(format!(
                "the archive has a link, {path}; give the file itself"
            ));
        }
        // A rule that is longer is refused by name where rules are read.
        let whole = u64::try_from(limits.file_bytes.saturating_add(1)).unwrap_or(u64::MAX);
        let mut unpacked = Vec::new();
        let read = entry.take(whole).read_to_end(&mut unpacked);
        read.map_err(|error| cannot_unpack(&path, &error.to_string()))?;
        left = left.checked_sub(unpacked.len()).ok_or_else(|| {
            let most = limits.import_unpacked_mib;
            format!("the archive unpacks to more than {most} MiB (limits.rule.import_unpacked_mib)")
        })?;
        if !paths.insert(path.clone()) {
            return Err(format!("the archive has {path} twice"));
        }
        files.push(PackFile {
            path,
            bytes: unpacked,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A path that stays below the folder that it is put into.
fn plain_path(name: &str) -> std::result::Result<String, String> {
    let shown = || name.escape_debug().take(100).collect::<String>();
    let name = name.strip_suffix('/').unwrap_or(name);
    let parts: Vec<&str> = name.split('/').collect();
    let is_plain = |part: &&str| {
        let odd = |letter: char| letter.is_control() || letter == '\\';
        !matches!(*part, "" | "." | "..") && part.len() <= PART_BYTES && !part.contains(odd)
    };
    if !parts.iter().all(is_plain) {
        return Err(format!(
            "the archive has a path that is not plain: {}",
            shown()
        ));
    }
    // Of the packs' folder the pack is one more.
    if parts.len() > MAX_DEPTH - 3 {
        return Err(format!(
            "the archive has folders that are too deep: {}",
            shown()
        ));
    }
    Ok(name.to_owned())
}

/// Rules, and what says under which terms; nothing of a hidden folder.
fn is_wanted(path: &str) -> bool {
    if path.split('/').any(|part| part.starts_with('.')) {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    is_rule(path) || is_note(name)
}

/// Whether a file is one of rules.
pub(super) fn is_rule(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("yml" | "yaml"))
}

fn is_note(name: &str) -> bool {
    is_licence(name) || name.to_ascii_uppercase().starts_with("README")
}

/// Whether a file says under which terms others are given.
pub(super) fn is_licence(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "NOTICE"]
        .iter()
        .any(|word| name.starts_with(word))
}

/// An archive of a folder of rules, the same for the same files.
pub fn zip_folder(folder: &Path, limits: &RuleLimits) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let fail = |error: zip::result::ZipError| {
        Error::io("pack", folder, std::io::Error::other(error.to_string()))
    };
    let wanted = |path: &Path| {
        path.to_str().is_some_and(|path| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| is_rule(name) || is_note(name))
        })
    };
    for file in files::below(folder, &wanted)? {
        let Some(path) = file.strip_prefix(folder).ok().and_then(Path::to_str) else {
            continue;
        };
        if !is_wanted(path) {
            continue;
        }
        let bytes = files::bytes(&file, limits.file_bytes)?;
        writer.start_file(path, options).map_err(fail)?;
        writer
            .write_all(&bytes)
            .map_err(|error| Error::io("pack", &file, error))?;
    }
    Ok(writer.finish().map_err(fail)?.into_inner())
}

/// Why a file of an archive is not there.
pub(super) fn cannot_unpack(path: &str, error: &str) -> String {
    format!("{path} cannot be unpacked: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn paths(bytes: &[u8]) -> std::result::Result<String, String> {
        let files = unzip(bytes, &RuleLimits::default())?;
        let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
        Ok(paths.join(" "))
    }

    #[test]
    fn rules_and_their_terms_are_taken_and_nothing_else() {
        let bytes = zip(&[
            ("sigma/rules/b.yml", b"b"),
            ("sigma/a.yaml", b"a"),
            ("sigma/LICENSE.Detection.Rules.md", b"DRL"),
            ("sigma/README.md", b""),
            ("sigma/.github/x.yml", b""),
            ("sigma/tests/test.py", b""),
        ]);
        let taken =
            "sigma/LICENSE.Detection.Rules.md sigma/README.md sigma/a.yaml sigma/rules/b.yml";
        assert_eq!(paths(&bytes).as_deref(), Ok(taken));
    }

    #[test]
    fn no_path_leaves_the_folder() {
        for name in [
            "../a.yml",
            "a/../../b.yml",
            "/etc/a.yml",
            "a//b.yml",
            "./a.yml",
            "a\\..\\b.yml",
            "a\u{0}.yml",
        ] {
            let refused = paths(&zip(&[("ok.yml", b""), (name, b"")])).unwrap_err();
            assert!(refused.contains("not plain"), "{name}: {refused}");
        }
        let deep = "d/".repeat(20) + "a.yml";
        assert!(
            paths(&zip(&[(&deep, b"")]))
                .unwrap_err()
                .contains("too deep")
        );
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .add_symlink("a.yml", "/etc/passwd", SimpleFileOptions::default())
            .unwrap();
        let link = writer.finish().unwrap().into_inner();
        assert!(paths(&link).unwrap_err().contains("a link"));
    }

    #[test]
    fn bombs_are_refused_before_they_go_off() {
        let limits = RuleLimits {
            import_files: 10,
            import_unpacked_mib: 2,
            ..RuleLimits::default()
        };
        let many: Vec<String> = (0..11).map(|n| format!("{n}.yml")).collect();
        let entries: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, &b""[..])).collect();
        let refused = unzip(&zip(&entries), &limits).unwrap_err();
        assert!(refused.contains("limits.rule.import_files"), "{refused}");
        let zeros = vec![0; 64 << 20];
        let one = zip(&[("a.yml", &zeros)]);
        assert!(one.len() < 1 << 20);
        let files = unzip(&one, &limits).unwrap();
        assert_eq!(
            files[0].bytes.len(),
            limits.file_bytes + 1,
            "the rest is not unpacked"
        );
        let three = zip(&[("a.yml", &zeros), ("b.yml", &zeros)]);
        let refused = unzip(&three, &limits).unwrap_err();
        assert!(
            refused.contains("limits.rule.import_unpacked_mib"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let whole = zip(&[("a.yml", b"title: a")]);
        for cut in 0..whole.len() {
            let taken = unzip(whole.get(..cut).unwrap(), &RuleLimits::default());
            assert!(taken.is_err(), "{cut}");
        }
        let mut damaged = whole;
        damaged[40] ^= 1;
        assert!(paths(&damaged).is_err());
        assert!(paths(b"").is_err());
    }

    /// Whatever is wrong with a byte, nothing breaks and no path leaves the folder.
    #[test]
    fn no_damaged_byte_does_harm() {
        let limits = RuleLimits::default();
        let whole = zip(&[
            ("p/a.yml", &b"title: a\n".repeat(20)),
            ("p/LICENSE", b"MIT"),
        ]);
        for place in 0..whole.len() {
            for value in [0, 1, b'.', b'/', 0x7f, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] = value;
                for file in unzip(&damaged, &limits).unwrap_or_default() {
                    assert!(
                        plain_path(&file.path).is_ok(),
                        "{place} {value}: {}",
                        file.path
                    );
                }
            }
        }
    }

    #[test]
    fn a_folder_becomes_the_same_archive_each_time() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("b/.git")).unwrap();
        for (name, text) in [
            ("a.yml", "a"),
            ("b/c.yml", "c"),
            ("b/LICENSE", "MIT"),
            ("b/.git/d.yml", ""),
            ("e.txt", ""),
        ] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let limits = RuleLimits::default();
        let bytes = zip_folder(dir.path(), &limits).unwrap();
        assert_eq!(paths(&bytes).as_deref(), Ok("a.yml b/LICENSE b/c.yml"));
        assert_eq!(bytes, zip_folder(dir.path(), &limits).unwrap());
        assert!(zip_folder(&dir.path().join("none"), &limits).is_err());
    }
}
