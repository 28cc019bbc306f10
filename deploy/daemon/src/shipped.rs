//! Shipped knowledge, embedded and read-only; files under `data_dir/rules` have the same layout
//! and win by id.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use engine::intel::ShippedFile;
use engine::rule::{Origin, RuleFile};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../rules"]
#[include = "*.yml"]
#[include = "intel/*/*"]
struct Rules;

#[derive(RustEmbed)]
#[folder = "../demo"]
#[exclude = "make/*"]
#[exclude = "README.md"]
struct DemoFiles;

/// Deepest folder below a rules folder.
const MAX_DEPTH: usize = 16;

/// The shipped files of a folder of `rules/` (`sigma`, `mapping`, `sites`).
pub(crate) fn rules(folder: &str) -> Vec<RuleFile> {
    let prefix = format!("{folder}/");
    let names = Rules::iter().filter(|name| name.starts_with(&prefix));
    let files = names.filter_map(|name| {
        let file = Rules::get(&name)?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        Some(RuleFile {
            origin: Origin::Shipped,
            path: format!("rules/{name}"),
            text,
        })
    });
    files.collect()
}

/// The files of the shipped intel lists.
pub(crate) fn intel() -> Vec<ShippedFile> {
    let files = Rules::iter().filter_map(|path| {
        let (list, name) = path.strip_prefix("intel/")?.split_once('/')?;
        Some(ShippedFile {
            list: list.to_owned(),
            name: name.to_owned(),
            bytes: Rules::get(&path)?.data.into_owned(),
        })
    });
    files.collect()
}

/// The YAML files at a path, or under it. Of a file longer than `most` bytes a byte more is read:
/// enough for the rules to refuse it by name.
pub(crate) fn local_rules(path: &Path, most: usize) -> Result<Vec<RuleFile>> {
    let mut files = Vec::new();
    collect(path, most, 0, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The lists of values of a folder, `*.txt`.
pub(crate) fn local_lists(folder: &Path, most: usize) -> Result<Vec<RuleFile>> {
    let context = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let inner = entry.with_context(context)?.path();
        if inner.is_file() && inner.extension().is_some_and(|ending| ending == "txt") {
            collect(&inner, most, MAX_DEPTH, &mut files)?;
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Every sample input of the demo: name and bytes.
pub(crate) fn demo_files() -> impl Iterator<Item = (String, Vec<u8>)> {
    DemoFiles::iter().filter_map(|name| {
        let file = DemoFiles::get(&name)?;
        Some((name.into_owned(), file.data.into_owned()))
    })
}

/// The sites of the demo, which the shipped scenarios name.
pub(crate) fn demo_sites() -> Vec<RuleFile> {
    let sites = demo_files().filter(|(name, _)| name.starts_with("rules/sites/"));
    let files = sites.map(|(name, bytes)| RuleFile {
        origin: Origin::Shipped,
        path: format!("demo/{name}"),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    });
    files.collect()
}

fn collect(path: &Path, most: usize, depth: usize, files: &mut Vec<RuleFile>) -> Result<()> {
    let context = || format!("cannot read {}", path.display());
    let metadata = std::fs::metadata(path).with_context(context)?;
    if metadata.is_dir() {
        if depth < MAX_DEPTH {
            for entry in std::fs::read_dir(path).with_context(context)? {
                let inner = entry.with_context(context)?.path();
                let wanted = inner.extension().is_some_and(|e| e == "yml" || e == "yaml");
                if inner.is_dir() || wanted {
                    collect(&inner, most, depth + 1, files)?;
                }
            }
        }
        return Ok(());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(context)?;
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    files.push(RuleFile {
        origin: Origin::Local,
        path: path.display().to_string(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    });
    Ok(())
}
