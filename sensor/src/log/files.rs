//! Which files a source means: one file, all files of a folder, or a pattern with one `*` in the
//! last part of its path.

use std::io;
use std::path::{Path, PathBuf};

use crate::compressed::EXTENSIONS;

/// The files that are there now, in the order of their names, at most `limit`; and whether there
/// were more. Unless `packed`, compressed copies that log rotation leaves are passed over, if they
/// are not meant by name: their lines were read before.
pub(crate) fn list(path: &Path, limit: usize, packed: bool) -> io::Result<(Vec<PathBuf>, bool)> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let mut found = Vec::new();
    if let Some((start, end)) = name.split_once('*') {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        collect(folder.unwrap_or(Path::new(".")), &mut found, |name| {
            name.len() >= start.len() + end.len()
                && name.starts_with(start)
                && name.ends_with(end)
                && (packed || !is_packed(name) || is_packed(end))
        })?;
    } else if path.metadata()?.is_dir() {
        collect(path, &mut found, |name| {
            !name.starts_with('.') && (packed || !is_packed(name))
        })?;
    } else {
        found.push(path.to_owned());
    }
    found.sort();
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

fn is_packed(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn collect(
    folder: &Path,
    found: &mut Vec<PathBuf>,
    wanted: impl Fn(&str) -> bool,
) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let named = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(&wanted);
        if named && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}
