//! What is wrong with this box and what to do next, in the language of whoever asks.
//!
//! Every check looks at the world and writes a finding; none changes anything, and each works beside a running
//! haidang and before the first one.

mod capture;
mod centre;
mod line;
mod machine;
mod running;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use running::OLD;

use crate::config::Config;
use crate::edge::Identity;
use crate::language::Language;

/// What is asked of the doctor.
pub(crate) struct Question<'a> {
    /// The configuration, or why it cannot be used.
    pub(crate) config: Result<Config>,
    /// The data folder that was named.
    pub(crate) data_dir: Option<&'a Path>,
    /// A centre to try before this box is enrolled there.
    pub(crate) centre: Option<&'a str>,
    /// How long each interface is looked at, in seconds.
    pub(crate) seconds: u64,
    /// In which language the answer is.
    pub(crate) language: Language,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it should be.
    Well,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failure,
}

impl Verdict {
    fn word(self, language: Language) -> &'static str {
        match self {
            Self::Well => language.say("đạt", "ok"),
            Self::Warning => language.say("chú ý", "warning"),
            Self::Failure => language.say("lỗi", "failure"),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) text: String,
    /// What to do; empty where all is well.
    pub(crate) next: String,
}

/// What was found so far.
pub(crate) struct Findings {
    language: Language,
    list: Vec<Finding>,
}

impl Findings {
    pub(crate) fn new(language: Language) -> Self {
        let list = Vec::new();
        Self { language, list }
    }

    fn note(&mut self, verdict: Verdict, (vi, en): (&str, &str), next: (&str, &str)) {
        self.list.push(Finding {
            verdict,
            text: self.language.say(vi, en).to_owned(),
            next: self.language.say(next.0, next.1).to_owned(),
        });
    }

    /// All is well, in Vietnamese and in English.
    fn well(&mut self, vi: &str, en: &str) {
        self.note(Verdict::Well, (vi, en), ("", ""));
    }

    /// Somebody should look at it; what was found, what to do.
    fn warn(&mut self, found: (&str, &str), next: (&str, &str)) {
        self.note(Verdict::Warning, found, next);
    }

    /// It does not work; what was found, what to do.
    fn fail(&mut self, found: (&str, &str), next: (&str, &str)) {
        self.note(Verdict::Failure, found, next);
    }

    /// Whether nothing failed.
    pub(crate) fn are_well(&self) -> bool {
        self.list.iter().all(|own| own.verdict != Verdict::Failure)
    }

    /// For a person: a line each, what to do below it, a count at the end.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for own in &self.list {
            let word = own.verdict.word(self.language);
            let pad = " ".repeat(8_usize.saturating_sub(word.chars().count()));
            text.push_str(&format!("{word}{pad} {}\n", own.text));
            if !own.next.is_empty() {
                text.push_str(&format!("         → {}\n", own.next));
            }
        }
        let count = |verdict| {
            self.list
                .iter()
                .filter(|own| own.verdict == verdict)
                .count()
        };
        let (failures, warnings) = (count(Verdict::Failure), count(Verdict::Warning));
        let vi = format!("{failures} lỗi, {warnings} điều cần chú ý");
        let en = format!("{failures} failures, {warnings} warnings");
        text.push_str(&format!("\n{}\n", self.language.say(&vi, &en)));
        text
    }
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Centre,
    Edge,
}

/// Looks at everything.
pub(crate) async fn examine(question: Question<'_>) -> Findings {
    let mut found = Findings::new(question.language);
    let config = match question.config {
        Ok(config) => config,
        Err(error) => {
            let why = format!("{error:#}");
            found.fail(
                (
                    &format!("Tệp cấu hình không dùng được: {why}"),
                    &format!("The configuration cannot be used: {why}"),
                ),
                (
                    "sửa dòng được nêu; mọi khóa và giá trị mặc định có trong config.toml mẫu",
                    "mend the line that is named; the manual config.toml has every key with its default",
                ),
            );
            return found;
        }
    };
    found.well("Tệp cấu hình dùng được", "The configuration can be used");
    let dir = config.data_dir(question.data_dir);
    let role = role(&config, &dir);
    machine::check_data_dir(&mut found, &dir);
    machine::check_room(&mut found, &config, &dir, role == Role::Centre);
    machine::check_memory(&mut found);
    machine::check_clock(&mut found);
    let is_edge = role == Role::Edge;
    capture::check_sources(&mut found, &config, is_edge, question.seconds).await;
    match role {
        Role::Centre => centre::check(&mut found, &config, &dir).await,
        Role::Edge => {
            line::check(&mut found, &config, &dir, question.centre).await;
            line::sites(&mut found, &config, &dir);
            running::check(&mut found, &dir);
        }
    }
    found
}

/// An edge is enrolled, or not yet anything; a centre has a store or takes sensors.
fn role(config: &Config, dir: &Path) -> Role {
    let is_centre = dir.join("store.db").exists() || config.edges.listen.is_some();
    if is_centre && Identity::read(dir).is_err() {
        Role::Centre
    } else {
        Role::Edge
    }
}

/// The folder itself, or the nearest one above it that is there.
fn existing(dir: &Path) -> PathBuf {
    let mut above = dir.ancestors();
    let found = above.find(|path| path.exists() && !path.as_os_str().is_empty());
    found.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests;
