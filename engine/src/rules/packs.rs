//! Packs: rules that were imported together, and the one step back from the last change of them.
//!
//! `packs.yml` says what each is; `previous/` holds what the last change replaced: the folders of its
//! packs, `off.yml` and `packs.yml` as they were, and `change.yml`. A step back swaps it with what is
//! in force, so that a second one is a step forward again.

use std::path::{Path, PathBuf};

use event::Time;

use super::archive::{PackFile, is_licence, is_rule};
use super::{Rulebook, files, make};
use crate::error::{Error, Result};
use crate::intel::write_atomically;
use crate::rule::{Faults, Node, Problem, RuleFile, RuleLimits, Value, documents, quoted};

/// Files of the folder that a change of packs may replace beside the packs' own folders.
const BESIDE: [&str; 2] = ["off.yml", "packs.yml"];

/// Rules that were imported together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// Its name: that of its folder.
    pub name: String,
    /// The file or folder that it came from, as somebody called it.
    pub source: String,
    /// The SHA-256 of the archive, in hex.
    pub sha256: String,
    /// When it was imported; none for a folder that somebody put there by hand.
    pub imported: Option<Time>,
    /// By whom.
    pub who: String,
    /// How many rules it brought.
    pub rules: usize,
    /// Under which licences: name, rules.
    pub licenses: Vec<(String, usize)>,
}

/// What the last change of packs was, which a step back undoes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChange {
    /// `import sigmahq`, `remove sigmahq`, `back import sigmahq`.
    pub what: String,
    /// The pack that it was about.
    pub(super) pack: String,
    /// Who did it.
    pub who: String,
    /// When.
    pub at: Time,
}

/// Reads `packs.yml`.
pub(super) fn read(file: &RuleFile, limits: &RuleLimits) -> (Vec<Pack>, Vec<Problem>) {
    let (mut packs, mut faults) = (Vec::new(), Faults::default());
    for document in documents(&file.text, limits) {
        match document.root {
            Ok(root) => packs.extend(
                root.items()
                    .iter()
                    .filter_map(|node| pack(node, &mut faults)),
            ),
            Err((line, reason)) => faults.error(line, reason),
        }
    }
    (packs, faults.into_problems(&file.path, None))
}

fn pack(node: &Node, faults: &mut Faults) -> Option<Pack> {
    let text = |key: &str| node.at(key).and_then(Node::text).unwrap_or_default();
    if text("name").is_empty() {
        faults.error(node.line, "a pack needs a name");
        return None;
    }
    let number = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(Value::Int(number)) => usize::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let licenses = node.at("licenses").map(Node::items).unwrap_or_default();
    let licenses = licenses.iter().map(|one| {
        let name = one.at("name").and_then(Node::text);
        (name.unwrap_or_default(), number(one.at("rules")))
    });
    Some(Pack {
        name: text("name"),
        source: text("source"),
        sha256: text("sha256"),
        imported: Time::parse(&text("imported")),
        who: text("who"),
        rules: number(node.at("rules")),
        licenses: licenses.collect(),
    })
}

/// The file of packs.
pub(super) fn write(packs: &[Pack]) -> String {
    let mut text = "# The packs of rules that were imported.\n".to_owned();
    for pack in packs {
        let licenses = pack.licenses.iter();
        let licenses: Vec<String> = licenses
            .map(|(name, rules)| format!("{{name: {}, rules: {rules}}}", quoted(name)))
            .collect();
        text.push_str(&format!(
            "- name: {}\n  source: {}\n  sha256: {}\n  imported: {}\n  who: {}\n  rules: {}\n  licenses: [{}]\n",
            quoted(&pack.name),
            quoted(&pack.source),
            quoted(&pack.sha256),
            pack.imported.unwrap_or_default(),
            quoted(&pack.who),
            pack.rules,
            licenses.join(", ")
        ));
    }
    text
}

impl LastChange {
    /// Reads `change.yml`; none when there is none, or somebody broke it.
    pub(super) fn read(dir: &Path, limits: &RuleLimits) -> Option<Self> {
        let file = files::file(&dir.join("previous/change.yml"), limits.file_bytes).ok()?;
        let document = documents(&file.text, limits).into_iter().next()?;
        let root = document.root.ok()?;
        let text = |key: &str| root.at(key).and_then(Node::text).unwrap_or_default();
        let pack = text("pack");
        super::is_pack_name(&pack).then(|| Self {
            what: text("what"),
            pack,
            who: text("who"),
            at: Time::parse(&text("at")).unwrap_or_default(),
        })
    }

    fn write(&self) -> String {
        format!(
            "what: {}\npack: {}\nwho: {}\nat: {}\n",
            quoted(&self.what),
            quoted(&self.pack),
            quoted(&self.who),
            self.at
        )
    }
}

/// Licences by the words that their texts have, the closer name before the wider one.
const KNOWN: [&str; 8] = [
    "Detection Rule License (DRL) 1.1",
    "Detection Rule License",
    "Apache License",
    "GNU Affero General Public License",
    "GNU General Public License",
    "Creative Commons",
    "BSD 3-Clause License",
    "MIT License",
];

/// The licence of rules that say none themselves: what the topmost licence file names, else its first
/// line.
pub(super) fn licence_of(files: &[PackFile]) -> Option<String> {
    let is_one = |file: &&PackFile| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        is_licence(name) && !is_rule(&file.path)
    };
    let licences = files.iter().filter(is_one);
    let nearest = licences.min_by_key(|file| file.path.matches('/').count())?;
    licence_named(&String::from_utf8_lossy(&nearest.bytes))
}

/// The same of a pack's folder.
pub(super) fn licence_in(folder: &Path, most: usize) -> Option<String> {
    let is_one = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| is_licence(name) && !is_rule(name))
    };
    let found = files::below(folder, &is_one).ok()?.into_iter();
    let nearest = found.min_by_key(|path| path.components().count())?;
    licence_named(&files::file(&nearest, most).ok()?.text)
}

fn licence_named(text: &str) -> Option<String> {
    const LONGEST: usize = 100;
    let lower = text.to_lowercase();
    let named = |known: &&&str| lower.contains(&known.to_lowercase());
    if let Some(known) = KNOWN.iter().find(named) {
        return Some((*known).to_owned());
    }
    let mut lines = text
        .lines()
        .map(|line| line.trim_matches(['#', ' ', '=', '*', '\t']));
    let first = lines.find(|line| !line.is_empty())?;
    Some(
        first
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect(),
    )
}

/// Where a pack lies while another takes its place.
const REPLACED: &str = "replaced";

impl Rulebook {
    pub(super) fn pack_folder(&self, pack: &str) -> PathBuf {
        self.dir.join("sigma/packs").join(pack)
    }

    /// Keeps what a change of a pack is about to replace. What was kept before goes.
    pub(super) fn keep_previous(&self, change: &LastChange) -> Result<()> {
        let (fresh, previous) = (self.dir.join("previous.new"), self.dir.join("previous"));
        remove(&fresh)?;
        make(&fresh)?;
        for name in BESIDE {
            let path = self.dir.join(name);
            if path.exists() {
                copy(&path, &fresh.join(name))?;
            }
        }
        let folder = self.pack_folder(&change.pack);
        if folder.is_dir() {
            copy_folder(&folder, &fresh.join("packs").join(&change.pack))?;
        }
        write_atomically(&fresh.join("change.yml"), change.write().as_bytes())?;
        sync(&fresh)?;
        remove(&previous)?;
        rename(&fresh, &previous)
    }

    /// Swaps what is kept with what is in force.
    pub(super) fn swap_previous(&self, change: &LastChange) -> Result<()> {
        let previous = self.dir.join("previous");
        for name in BESIDE {
            swap(&self.dir.join(name), &previous.join(name))?;
        }
        let kept = previous.join("packs").join(&change.pack);
        if let Some(folder) = kept.parent() {
            make(folder)?;
        }
        make(&self.dir.join("sigma/packs"))?;
        swap(&self.pack_folder(&change.pack), &kept)?;
        write_atomically(&previous.join("change.yml"), change.write().as_bytes())
    }

    /// Puts a folder in the place of a pack's; none: the pack goes.
    pub(super) fn put_pack(&self, pack: &str, folder: Option<&Path>) -> Result<()> {
        let (place, old) = (self.pack_folder(pack), self.dir.join(REPLACED).join(pack));
        make(&self.dir.join("sigma/packs"))?;
        make(&self.dir.join(REPLACED))?;
        // Before anything moves: what is not there cannot take a place.
        if let Some(folder) = folder {
            sync(folder)?;
        }
        remove(&old)?;
        if place.exists() {
            rename(&place, &old)?;
        }
        if let Some(folder) = folder
            && let Err(error) = rename(folder, &place)
        {
            self.put_back()?;
            return Err(error);
        }
        remove(&old)
    }

    /// Puts packs back that a change has moved away and nothing has replaced.
    pub(super) fn put_back(&self) -> Result<()> {
        let Ok(moved) = std::fs::read_dir(self.dir.join(REPLACED)) else {
            return Ok(());
        };
        for old in moved.filter_map(std::result::Result::ok) {
            let place = self.dir.join("sigma/packs").join(old.file_name());
            if place.exists() {
                remove(&old.path())?;
            } else {
                rename(&old.path(), &place)?;
            }
        }
        Ok(())
    }
}

/// Swaps two paths, either of which may not be there; what is between lies beside the second.
fn swap(a: &Path, b: &Path) -> Result<()> {
    let between = b.with_extension("swap");
    remove(&between)?;
    if a.exists() {
        rename(a, &between)?;
    }
    if b.exists() {
        rename(b, a)?;
    }
    if between.exists() {
        rename(&between, b)?;
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| Error::io("replace", to, error))
}

pub(super) fn remove(path: &Path) -> Result<()> {
    let done = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else if path.exists() {
        std::fs::remove_file(path)
    } else {
        return Ok(());
    };
    done.map_err(|error| Error::io("remove", path, error))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = std::fs::copy(from, to);
    copied
        .map(drop)
        .map_err(|error| Error::io("copy", from, error))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in files::below(from, &|_| true)? {
        let Ok(inner) = file.strip_prefix(from) else {
            continue;
        };
        let target = to.join(inner);
        if let Some(folder) = target.parent() {
            make(folder)?;
        }
        copy(&file, &target)?;
    }
    make(to)
}

/// Everything that was written below a folder is on the disk: thousands of small files with one wait.
pub(super) fn sync(folder: &Path) -> Result<()> {
    let fail = |error| Error::io("sync", folder, error);
    let opened = std::fs::File::open(folder).map_err(fail)?;
    rustix::fs::syncfs(&opened).map_err(|error| fail(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Origin;

    fn licence(files: &[(&str, &str)]) -> Option<String> {
        let files = files.iter().map(|(path, text)| PackFile {
            path: (*path).to_owned(),
            bytes: text.as_bytes().to_vec(),
        });
        licence_of(&files.collect::<Vec<_>>())
    }

    #[test]
    fn a_licence_is_told_by_its_words_and_the_topmost_counts() {
        let several = "# Licenses\n\n- rules: the [detection rule license (DRL) 1.1](x)\n- logo: public domain\n";
        assert_eq!(
            licence(&[("p/LICENSE", several)]).as_deref(),
            Some(KNOWN[0])
        );
        let own = "\n == Rules of the province == \nuse them";
        assert_eq!(
            licence(&[("a/b/LICENSE", "MIT License"), ("COPYING.md", own)]).as_deref(),
            Some("Rules of the province")
        );
        assert_eq!(
            licence(&[
                ("a/license.yml", "MIT License"),
                ("README.md", "MIT License")
            ]),
            None
        );
        assert_eq!(licence(&[("LICENSE", " \n")]), None);
    }

    #[test]
    fn what_is_written_of_packs_is_read_again() {
        let pack = Pack {
            name: "p".to_owned(),
            source: "tệp \"1\": #.zip".to_owned(),
            sha256: "00ff".to_owned(),
            imported: Some(Time::from_seconds(1_800_000_000, 0)),
            who: "an".to_owned(),
            rules: 3,
            licenses: vec![(String::new(), 1), ("MIT, or so".to_owned(), 2)],
        };
        let file = RuleFile {
            origin: Origin::Local,
            path: "packs.yml".to_owned(),
            text: write(std::slice::from_ref(&pack)),
        };
        let (packs, problems) = read(&file, &RuleLimits::default());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(packs, [pack]);
        let bad = RuleFile {
            text: "- {source: x}\n".to_owned(),
            ..file
        };
        assert_eq!(read(&bad, &RuleLimits::default()).1.len(), 1);
    }
}
