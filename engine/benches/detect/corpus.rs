//! SigmaHQ's rules and real Windows events, read from beside the repository.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::rule::{Origin, RuleFile};

/// What is measured with.
pub struct Corpus {
    pub rules: Vec<RuleFile>,
    pub mix: Vec<Vec<u8>>,
    pub pc: Vec<Vec<u8>>,
    pub folder: PathBuf,
}

impl Corpus {
    /// None where it is not there; `events`: hold them all.
    pub fn find(events: bool) -> Option<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let named =
            std::env::var_os("HAIDANG_SHARED").map(|shared| PathBuf::from(shared).join("sigma"));
        let beside = own
            .ancestors()
            .skip(1)
            .map(|folder| folder.join("shared/sigma"));
        let folder = named
            .into_iter()
            .chain(beside)
            .find(|folder| folder.is_dir())?;
        let folders = [
            "",
            "-emerging-threats",
            "-threat-hunting",
            "-compliance",
            "-placeholder",
        ];
        let mut rules = Vec::new();
        for suffix in folders {
            read_rules(&folder.join(format!("rules{suffix}")), &mut rules);
        }
        rules.sort_by(|a, b| a.path.cmp(&b.path));
        Some(Self {
            rules,
            mix: held(&folder, "mix", events)?,
            pc: held(&folder, "pc", events)?,
            folder,
        })
    }

    /// The events of the mix, one at a time.
    pub fn lines(folder: &Path) -> impl Iterator<Item = Vec<u8>> {
        unpacked(folder, "mix")
    }

    /// So many of the rules for processes of Windows, evenly taken.
    pub fn process_creation(&self, count: usize) -> Vec<RuleFile> {
        self.some(count, |text| {
            text.contains("category: process_creation") && text.contains("product: windows")
        })
    }

    /// So many of the rules whose text is meant, evenly taken.
    pub fn some(&self, count: usize, is_meant: impl Fn(&str) -> bool) -> Vec<RuleFile> {
        let meant = self.rules.iter().filter(|rule| is_meant(&rule.text));
        let meant: Vec<&RuleFile> = meant.collect();
        let count = count.min(meant.len());
        (0..count)
            .map(|place| meant[place * meant.len() / count].clone())
            .collect()
    }
}

/// The shipped mappings.
pub fn mappings() -> Vec<RuleFile> {
    let mut files = Vec::new();
    read_rules(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/mapping"),
        &mut files,
    );
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read_rules(folder: &Path, files: &mut Vec<RuleFile>) {
    for entry in std::fs::read_dir(folder).expect("a folder of rules") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_rules(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(RuleFile {
                origin: Origin::Local,
                text: std::fs::read_to_string(&path).unwrap(),
                path: path.display().to_string(),
            });
        }
    }
}

fn held(folder: &Path, name: &str, wanted: bool) -> Option<Vec<Vec<u8>>> {
    let events: Vec<Vec<u8>> = if wanted {
        unpacked(folder, name).collect()
    } else {
        Vec::new()
    };
    (!wanted || !events.is_empty()).then_some(events)
}

/// The lines of a packed file of events.
fn unpacked(folder: &Path, name: &str) -> impl Iterator<Item = Vec<u8>> {
    let packed = folder.join(format!("events/{name}.jsonl.xz"));
    let unpacking = Command::new("xz")
        .arg("-dc")
        .arg(packed)
        .stdout(Stdio::piped())
        .spawn();
    let unpacked = unpacking.ok().and_then(|child| child.stdout);
    let lines = unpacked
        .into_iter()
        .flat_map(|unpacked| BufReader::new(unpacked).split(b'\n'));
    lines.map_while(Result::ok).filter(|line| !line.is_empty())
}
