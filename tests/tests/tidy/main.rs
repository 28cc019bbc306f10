//! House rules that matter, as ordinary tests over the tree. Each check is a function from text to
//! complaints, and is shown something bad, so that it can be seen to complain.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod arrows;
mod console;
mod fuzz;
mod sources;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::repository;

/// A file of the tree: its path from the top, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file that git tracks, or would.
pub(crate) fn tracked() -> Vec<File> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output();
    let paths: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).unwrap();
            text.lines().map(PathBuf::from).collect()
        }
        // A tree without git: all of it but what is built.
        _ => walk(&repository(), &repository()),
    };
    let files = paths.into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(repository().join(&path)).ok()?;
        let path = path.display().to_string();
        Some(File { path, text })
    });
    let files: Vec<File> = files.collect();
    assert!(files.len() > 300, "{} files", files.len());
    files
}

/// The files below a folder that nobody built.
pub(crate) fn walk(folder: &Path, top: &Path) -> Vec<PathBuf> {
    const BUILT: [&str; 6] = [
        "target",
        "node_modules",
        "dist",
        ".git",
        "corpus",
        "artifacts",
    ];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !BUILT.contains(&&*name) {
            found.extend(walk(&path, top));
        } else if path.is_file() {
            found.push(path.strip_prefix(top).unwrap().to_owned());
        }
    }
    found
}

/// Files with an ending, beside those that somebody generates.
pub(crate) fn with_ending(ending: &str) -> Vec<File> {
    let mut files = tracked();
    files.retain(|file| file.path.ends_with(ending) && !file.path.ends_with(".gen.ts"));
    files
}

/// Fails with every complaint, not just the first.
pub(crate) fn assert_tidy(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Runs a check over files.
pub(crate) fn check_all(files: &[File], check: impl Fn(&File) -> Vec<String>) {
    assert_tidy(files.iter().flat_map(check).collect());
}

/// A file for a check to complain of.
pub(crate) fn bad(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
