//! SigmaHQ's rules and real Windows events, read from beside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine::rule::{Origin, RuleFile};

/// What is measured with.
pub struct Corpus {
    pub rules: Vec<RuleFile>,
    pub mix: Vec<Vec<u8>>,
    pub pc: Vec<Vec<u8>>,
}

impl Corpus {
    /// None where it is not there.
    pub fn find() -> Option<Self> {
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
            mix: events(&folder.join("events/mix.jsonl.xz"))?,
            pc: events(&folder.join("events/pc.jsonl.xz"))?,
        })
    }

    /// So many of the rules for processes of Windows, evenly taken.
    pub fn process_creation(&self, count: usize) -> Vec<RuleFile> {
        let meant = self.rules.iter().filter(|rule| {
            rule.text.contains("category: process_creation")
                && rule.text.contains("product: windows")
        });
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

fn events(path: &Path) -> Option<Vec<Vec<u8>>> {
    let unpacked = Command::new("xz").arg("-dc").arg(path).output().ok()?;
    let lines = unpacked.stdout.split(|byte| *byte == b'\n');
    Some(
        lines
            .filter(|line| !line.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    )
}
