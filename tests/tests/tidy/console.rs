//! The console knows nothing of the tree around it: what it wants, it asks over HTTP.

use std::path::{Component, Path, PathBuf};

use crate::{File, bad, check_all, with_ending};

const FOLDER: &str = "web/console/";

/// Imports that leave the console's folder.
fn strays(file: &File) -> Vec<String> {
    let folder = Path::new(&file.path).parent().unwrap();
    let imports = file.text.lines().filter_map(|line| {
        let names =
            line.starts_with("import ") || line.contains(" from ") || line.contains("import(");
        let text = line.split(['"', '\'']).nth(1)?;
        (names && text.starts_with('.')).then_some(text)
    });
    imports
        .filter(|import| !resolved(&folder.join(import)).starts_with(FOLDER))
        .map(|import| format!("{}: imports {import}", file.path))
        .collect()
}

/// A path without the parts that go back.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            part => resolved.push(part),
        }
    }
    resolved
}

#[test]
fn the_console_imports_nothing_from_outside() {
    let mut files = with_ending(".ts");
    files.extend(with_ending(".tsx"));
    files.extend(with_ending(".mjs"));
    files.retain(|file| file.path.starts_with(FOLDER));
    assert!(files.len() > 60);
    check_all(&files, strays);
    let stray = bad(
        "web/console/src/lib/a.ts",
        "import x from \"../../../src/api\"",
    );
    assert_eq!(strays(&stray).len(), 1);
    let home = bad("web/console/src/lib/a.ts", "import x from '../ui/Button'");
    assert!(strays(&home).is_empty());
}
