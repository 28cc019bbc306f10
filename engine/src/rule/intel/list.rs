//! `list.yml`: what holds for all entries of a list.
//!
//! ```yaml
//! name: Máy chủ điều khiển mã độc      # Vietnamese, as people see it
//! name_en: Botnet controllers
//! description: Từ abuse.ch, cập nhật hằng ngày
//! source: abuse.ch                    # who says so, where an entry names nobody
//! kind: ja3                           # only where the form of a value does not tell
//! confidence: 80                      # of entries that say none
//! days: 90                            # entries without an end count so long; 0: for ever
//! fresh_days: 2                       # late when nothing came for so long; 0: nothing is expected
//! level: high                         # of the alerts
//! tags: [attack.command_and_control]
//! enabled: true
//! ```

use super::EntryKind;
use crate::rule::limits::RuleLimits;
use crate::rule::problem::{Faults, Problem};
use crate::rule::yaml::{self, Node, Value};
use crate::rule::{Level, RuleFile};

/// The settings of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSettings {
    /// Its id: the folder's name.
    pub id: String,
    /// Its name, Vietnamese.
    pub name: String,
    /// Its name, English.
    pub name_en: String,
    /// What it is.
    pub description: String,
    /// Who says so, where an entry names nobody.
    pub source: String,
    /// What a value is where its form does not tell.
    pub kind: Option<EntryKind>,
    /// Confidence of entries that say none: 0 to 100.
    pub confidence: u8,
    /// Days that an entry without an end counts; 0: for ever.
    pub days: u32,
    /// Days after which a list that nothing came to is late; 0: nobody expects anything.
    pub fresh_days: u32,
    /// How bad a match is.
    pub level: Level,
    /// Tags of its alerts.
    pub tags: Vec<String>,
    /// Whether it is looked for.
    pub enabled: bool,
}

/// Whether a folder may be called so: it stands in rule ids and paths.
pub fn is_list_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&id.len()) && id.chars().all(plain) && !id.starts_with('-')
}

impl ListSettings {
    /// A list that says nothing of itself.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            name_en: id.to_owned(),
            description: String::new(),
            source: id.to_owned(),
            kind: None,
            confidence: 50,
            days: 0,
            fresh_days: 0,
            level: Level::High,
            tags: Vec::new(),
            enabled: true,
        }
    }

    /// Reads a list's file. What is wrong is listed and keeps its default.
    pub fn read(id: &str, file: &RuleFile) -> (Self, Vec<Problem>) {
        let (mut list, mut faults) = (Self::new(id), Faults::default());
        let documents = yaml::documents(&file.text, &RuleLimits::default());
        for document in documents.into_iter().take(1) {
            match document.root {
                Ok(root) => list.take(&root, &mut faults),
                Err((line, reason)) => faults.error(line, reason),
            }
        }
        (list, faults.into_problems(&file.path, Some(id)))
    }

    fn take(&mut self, root: &Node, faults: &mut Faults) {
        for (key, node) in root.map().unwrap_or_default() {
            let known = self.set(key, node);
            if let Err(reason) = known {
                faults.error(node.line, format!("{key}: {reason}"));
            }
        }
        if root.at("name").is_some() && root.at("name_en").is_none() {
            self.name_en.clone_from(&self.name);
        }
        if root.at("source").is_none() {
            self.source.clone_from(&self.name);
        }
    }

    fn set(&mut self, key: &str, node: &Node) -> Result<(), String> {
        const TEXT_CHARS: usize = 500;
        let text = || {
            let text = node.text().ok_or("needs a text")?;
            Ok::<String, String>(text.chars().take(TEXT_CHARS).collect())
        };
        let number = |most: i64| match node.value {
            Value::Int(number) if (0..=most).contains(&number) => Ok(number),
            _ => Err(format!("needs a number from 0 to {most}")),
        };
        match key {
            "name" => self.name = text()?,
            "name_en" => self.name_en = text()?,
            "description" => self.description = text()?,
            "source" => self.source = text()?,
            "kind" => {
                let word = text()?;
                let kind = EntryKind::from_name(&word);
                self.kind = Some(kind.ok_or_else(|| format!("`{word}` is no kind of entry"))?);
            }
            "confidence" => self.confidence = u8::try_from(number(100)?).unwrap_or(100),
            "days" => self.days = u32::try_from(number(36_500)?).unwrap_or(0),
            "fresh_days" => self.fresh_days = u32::try_from(number(3_650)?).unwrap_or(0),
            "level" => {
                let word = text()?;
                let level = Level::from_name(&word);
                self.level = level.ok_or_else(|| format!("`{word}` is no level of Sigma"))?;
            }
            "tags" => {
                let tags = node.items().iter().filter_map(Node::text);
                self.tags = tags.take(20).collect();
            }
            "enabled" => match node.value {
                Value::Bool(enabled) => self.enabled = enabled,
                _ => return Err("needs true or false".to_owned()),
            },
            _ => return Err("is no key of a list".to_owned()),
        }
        Ok(())
    }

    /// The list's file. Texts are written in JSON's form, which YAML has too.
    pub fn write(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = String::new();
        let mut line = |key: &str, value: String| {
            text.push_str(&format!("{key}: {value}\n"));
        };
        line("name", quoted(&self.name));
        line("name_en", quoted(&self.name_en));
        line("description", quoted(&self.description));
        line("source", quoted(&self.source));
        if let Some(kind) = self.kind {
            line("kind", kind.name().to_owned());
        }
        line("confidence", self.confidence.to_string());
        line("days", self.days.to_string());
        line("fresh_days", self.fresh_days.to_string());
        line("level", self.level.name().to_owned());
        let tags: Vec<String> = self.tags.iter().map(|tag| quoted(tag)).collect();
        line("tags", format!("[{}]", tags.join(", ")));
        line("enabled", self.enabled.to_string());
        text
    }
}
