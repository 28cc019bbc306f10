//! A rule as alerts and lists show it: who wrote it and what it says; with an alert, as it was when
//! the alert opened.

use engine::rule::{RuleInfo, Wording};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::words;

/// A rule in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleRef {
    id: String,
    title: String,
    /// What the rule says in Vietnamese, when its author wrote it.
    #[schema(required)]
    vi: Option<RuleWording>,
    #[schema(value_type = words::Level)]
    level: String,
    /// Empty when the rule names none.
    author: String,
    tags: Vec<String>,
}

/// A rule with everything that explains it, as it was when the alert opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleText {
    #[serde(flatten)]
    row: RuleRef,
    description: String,
    references: Vec<String>,
    falsepositives: Vec<String>,
    license: String,
    /// The rule's YAML.
    source: String,
    file: String,
}

/// What a rule says in another language than its own.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleWording {
    title: String,
    description: String,
    falsepositives: Vec<String>,
}

impl RuleWording {
    /// What a rule says now.
    pub(super) fn of(words: &Wording) -> Self {
        Self {
            title: words.title.clone(),
            description: words.description.clone().unwrap_or_default(),
            falsepositives: words.falsepositives.clone(),
        }
    }
}

impl RuleRef {
    /// A rule as it is now.
    pub(super) fn of_info(info: &RuleInfo) -> Self {
        let vi = info.vietnamese.as_ref();
        Self {
            id: info.id.to_string(),
            title: info.title.clone(),
            vi: vi.map(RuleWording::of),
            level: info.level.name().to_owned(),
            author: info.author.clone().unwrap_or_default(),
            tags: info.tags.clone(),
        }
    }

    /// Reads the rule that an alert keeps.
    pub(super) fn of(rule: &Value) -> Self {
        let vi = rule.get("vi").filter(|words| words.is_object());
        Self {
            id: text(rule, "id"),
            title: text(rule, "title"),
            vi: vi.map(|words| RuleWording {
                title: text(words, "title"),
                description: text(words, "description"),
                falsepositives: list_of(words, "falsepositives"),
            }),
            level: text(rule, "level"),
            author: text(rule, "author"),
            tags: list_of(rule, "tags"),
        }
    }
}

impl RuleText {
    /// Reads the rule that an alert keeps.
    pub(super) fn of(rule: &Value) -> Self {
        Self {
            row: RuleRef::of(rule),
            description: text(rule, "description"),
            references: list_of(rule, "references"),
            falsepositives: list_of(rule, "falsepositives"),
            license: text(rule, "license"),
            source: text(rule, "source"),
            file: text(rule, "file"),
        }
    }
}

pub(super) fn text(rule: &Value, key: &str) -> String {
    rule.get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn list_of(rule: &Value, key: &str) -> Vec<String> {
    let items = rule
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
