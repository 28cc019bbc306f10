//! One YAML document as a rule: what is known of it, and its detection, correlation or filter.

use std::time::Duration;

use event::{Name, Text};
use sha2::{Digest, Sha256};

use super::RuleFile;
use super::condition::{self, Condition};
use super::correlation::{self, CorrelationBody};
use super::filter::{self, FilterBody};
use super::info::{Level, RuleInfo, Wording};
use super::item::{self, Search};
use super::limits::RuleLimits;
use super::logsource::Logsource;
use super::problem::Faults;
use super::span;
use super::yaml::{Node, Value};

/// A rule as written.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) info: RuleInfo,
    /// `name`, by which others may refer to it.
    pub(crate) name: Option<String>,
    pub(crate) line: u32,
    pub(crate) body: Body,
}

/// What a document says beside who it is.
#[derive(Debug)]
pub(crate) enum Body {
    Detection(DetectionBody),
    Correlation(CorrelationBody),
    Filter(FilterBody),
}

/// What an event must look like.
#[derive(Clone, Debug)]
pub(crate) struct DetectionBody {
    pub(crate) logsource: Logsource,
    pub(crate) searches: Vec<Search>,
    pub(crate) condition: Condition,
}

/// A single-event rule's matches closer than this are one episode.
const WINDOW: Duration = Duration::from_secs(3_600);

/// Reads a document. None when it cannot be used; `faults` says why.
pub(crate) fn read(
    root: &Node,
    text: &str,
    file: &RuleFile,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<Document> {
    if root.map().is_none() {
        faults.error(root.line, format!("a rule is a map, not {}", root.word()));
        return None;
    }
    let mut info = read_info(root, text, file, limits, faults);
    let body = match (
        root.at("detection"),
        root.at("correlation"),
        root.at("filter"),
    ) {
        (Some(node), None, None) => {
            let logsource = read_logsource(root, faults);
            read_detection(node, logsource, limits, faults).map(Body::Detection)
        }
        (None, Some(node), None) => {
            let body = correlation::read(root, node, limits, faults);
            if let Some(body) = &body {
                (info.window, info.correlation) = (body.span, true);
            }
            body.map(Body::Correlation)
        }
        (None, None, Some(node)) => filter::read(root, node, limits, faults).map(Body::Filter),
        (None, None, None) => {
            let reason = if root.at("action").is_some() {
                "action joins documents in Sigma 1 only; since Sigma 2 each rule stands whole"
            } else {
                "a rule needs a detection, a correlation or a filter"
            };
            faults.error(root.line, reason);
            None
        }
        _ => {
            faults.error(
                root.line,
                "detection, correlation and filter are documents of their own",
            );
            None
        }
    };
    let name = root.at("name").and_then(Node::text);
    let document = Document {
        info,
        name,
        line: root.line,
        body: body?,
    };
    (!faults.fatal()).then_some(document)
}

fn read_info(
    root: &Node,
    text: &str,
    file: &RuleFile,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> RuleInfo {
    let one = |key: &str| {
        root.at(key)
            .and_then(joined)
            .filter(|text| !text.is_empty())
    };
    let many = |key: &str| -> Vec<String> {
        root.at(key)
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .collect()
    };
    let title = one("title").unwrap_or_default();
    if title.is_empty() {
        faults.error(root.line, "a rule needs a title");
    }
    // A filter's own keys are others.
    let own = root.at("haidang").filter(|_| root.at("filter").is_none());
    let own = OwnKeys::read(own, limits, faults);
    RuleInfo {
        id: read_id(root, text, faults),
        title,
        level: read_level(root, faults),
        author: one("author"),
        license: one("license"),
        tags: many("tags"),
        description: one("description"),
        references: many("references"),
        falsepositives: many("falsepositives"),
        status: one("status"),
        vietnamese: own.vietnamese,
        entities: own.entities,
        window: own.window.unwrap_or(WINDOW),
        province: own.province,
        origin: file.origin,
        file: file.path.clone(),
        source: text.to_owned(),
        correlation: false,
        rules: Vec::new(),
        group: Vec::new(),
    }
}

/// Texts of a list as one line.
fn joined(node: &Node) -> Option<String> {
    match &node.value {
        Value::List(items) => Some(
            items
                .iter()
                .filter_map(Node::text)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        _ => node.text().map(|text| text.trim().to_owned()),
    }
}

/// What stands in addresses of rules where an id would (API and console): a rule or filter of that id
/// could not be asked for. A new address below `/rules` adds its word.
const RESERVED: [&str; 8] = [
    ".",
    "..",
    "attack",
    "back",
    "exceptions",
    "imports",
    "packs",
    "preview",
];

/// A rule without an id gets one from its text, so that its alerts keep their key between starts.
fn read_id(root: &Node, text: &str, faults: &mut Faults) -> Text {
    const LONGEST: usize = 128;
    if let Some(node) = root.at("id") {
        let id = node.text().unwrap_or_default().trim().to_lowercase();
        if RESERVED.contains(&&*id) {
            faults.error(
                node.line,
                format!("`{id}` is no id: it is a word of the addresses of rules; give a UUID"),
            );
        }
        if !id.is_empty() && id.len() <= LONGEST {
            return id.into();
        }
        faults.error(node.line, "id must be a UUID");
    }
    if root.at("filter").is_none() {
        faults.warn(
            root.line,
            "the rule has no id; give it a UUID, or each change is a new rule",
        );
    }
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("unnamed-{hex}").into()
}

fn read_level(root: &Node, faults: &mut Faults) -> Level {
    let Some(node) = root.at("level") else {
        return Level::Medium;
    };
    let text = node.text().unwrap_or_default().to_lowercase();
    Level::from_name(&text).unwrap_or_else(|| {
        let words = Level::ALL.map(Level::name).join(", ");
        faults.error(node.line, format!("level `{text}` is none of {words}"));
        Level::Medium
    })
}

/// `haidang: {entities: […], window: 1h, scope: province, vi: {…}}`, our own keys.
#[derive(Default)]
struct OwnKeys {
    entities: Option<Vec<Name>>,
    window: Option<Duration>,
    province: bool,
    vietnamese: Option<Wording>,
}

impl OwnKeys {
    fn read(node: Option<&Node>, limits: &RuleLimits, faults: &mut Faults) -> Self {
        let mut own = Self::default();
        for (key, value) in node.and_then(Node::map).unwrap_or_default() {
            match key.as_str() {
                "entities" => {
                    let names = value.items().iter().filter_map(Node::text);
                    own.entities = Some(names.map(|name| Name::parse(&name)).collect());
                }
                "window" => {
                    let length = value.text().as_deref().and_then(span::parse);
                    own.window = length.filter(|length| *length <= limits.window());
                    if own.window.is_none() {
                        faults.error(value.line, "haidang.window must be a time such as 1h or 7d");
                    }
                }
                "scope" => match value.text().as_deref() {
                    Some("province") => own.province = true,
                    Some("site") => {}
                    _ => faults.error(value.line, "haidang.scope is `site` or `province`"),
                },
                "vi" => own.vietnamese = read_wording(value, faults),
                _ => faults.warn(value.line, format!("haidang.{key} means nothing")),
            }
        }
        own
    }
}

/// What the rule says, in Vietnamese; a title is the least.
fn read_wording(node: &Node, faults: &mut Faults) -> Option<Wording> {
    let title = node.at("title").and_then(joined);
    let Some(title) = title.filter(|title| !title.is_empty()) else {
        faults.warn(node.line, "haidang.vi needs a title");
        return None;
    };
    let falsepositives = node.at("falsepositives").map(Node::items);
    let falsepositives = falsepositives.unwrap_or_default().iter();
    Some(Wording {
        title,
        description: node.at("description").and_then(joined),
        falsepositives: falsepositives.filter_map(Node::text).collect(),
    })
}

pub(super) fn read_logsource(root: &Node, faults: &mut Faults) -> Logsource {
    match root.at("logsource") {
        Some(node) => Logsource::read(node, faults),
        None => {
            faults.error(root.line, "a rule needs a logsource");
            Logsource::default()
        }
    }
}

pub(super) fn read_detection(
    node: &Node,
    logsource: Logsource,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<DetectionBody> {
    let Some(entries) = node.map() else {
        faults.error(
            node.line,
            format!("detection is {}; it must be a map", node.word()),
        );
        return None;
    };
    let (mut names, mut searches) = (Vec::new(), Vec::new());
    for (name, search) in entries {
        match name.as_str() {
            "condition" => {}
            "timeframe" => faults.warn(
                search.line,
                "timeframe is ignored; write a correlation rule for it",
            ),
            _ => {
                searches.push(item::read(search, limits, faults));
                names.push(name.as_str());
            }
        }
    }
    let condition = read_condition(node, &names, limits, faults)?;
    Some(DetectionBody {
        logsource,
        searches,
        condition,
    })
}

/// A list of conditions means that one of them is enough.
fn read_condition(
    detection: &Node,
    names: &[&str],
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<Condition> {
    let Some(node) = detection.at("condition") else {
        faults.error(detection.line, "a detection needs a condition");
        return None;
    };
    let mut alternatives = Vec::new();
    for item in node.items() {
        let text = item.text().unwrap_or_default();
        match condition::parse(&text, names, limits) {
            Ok(condition) => alternatives.push(condition),
            Err(reason) => faults.error(item.line, reason),
        }
    }
    if node.items().is_empty() {
        faults.error(node.line, "the condition is empty");
    }
    (!alternatives.is_empty()).then_some(Condition::Or(alternatives))
}
