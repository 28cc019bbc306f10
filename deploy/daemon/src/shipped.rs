//! Shipped knowledge, embedded and read-only; files under `data_dir/rules` have the same layout
//! and win by id.

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

/// The shipped rules and mappings.
pub(crate) fn rulebook() -> engine::rules::Shipped {
    engine::rules::Shipped {
        rules: rules("sigma"),
        mappings: rules("mapping"),
    }
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
