//! Filters: what rules are not to look at. One that a person made for a reason and a time is an
//! *exception*; it says so under `haidang`, and has one simple form:
//!
//! ```yaml
//! title: Không báo cho …
//! id: 0f2c…
//! logsource: {category: process_creation, product: windows}
//! filter:
//!   rules: [5f1c…]
//!   selection:
//!     Image|endswith: ["\\backup.exe"]  # all of these, any value of each
//!   condition: not selection
//! haidang:
//!   owner: an
//!   reason: the backup of every night
//!   created: 2026-11-30T08:00:00Z
//!   expires: 2027-02-28T08:00:00Z       # without it, never
//!   alert: 3a9b…                        # the alert that gave rise to it
//!   rule: 6e2d…                         # the correlation, where rules are those that it counts
//!   sites: [so-tttt]                    # only events of these; without it, of all
//! ```

use event::{Text, Time};

use super::document::{self, DetectionBody};
use super::info::Origin;
use super::limits::RuleLimits;
use super::logsource::Logsource;
use super::pattern::{Token, tokens};
use super::problem::Faults;
use super::yaml::{Node, Value, quoted};
use crate::words::words;

words! {
    /// How a value is compared, letters of either case alike.
    How {
        /// The whole value.
        Is "is",
        /// A part of it.
        Contains "contains",
        /// Its beginning.
        StartsWith "startswith",
        /// Its end.
        EndsWith "endswith",
        /// An address in this network.
        Cidr "cidr",
    }
}

/// A field and what it may be; any of the values is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The field, as the rule or the event names it.
    pub field: String,
    /// How it is compared.
    pub how: How,
    /// The values; none of their letters means anything but itself.
    pub values: Vec<String>,
}

/// What a person says of a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterNotes {
    /// Who answers for it.
    pub owner: String,
    /// Why it is.
    pub reason: String,
    /// Since when.
    pub created: Option<Time>,
    /// From then on it is not applied; none: never.
    pub expires: Option<Time>,
    /// The alert that gave rise to it.
    pub alert: Option<String>,
    /// The rule that it was made for, where that is a correlation.
    pub rule: Option<Text>,
    /// Only events of these sites; empty: of all.
    pub sites: Vec<Text>,
}

/// A filter as it is loaded.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its id.
    pub id: Text,
    /// What it is called.
    pub title: String,
    /// Where its file comes from.
    pub origin: Origin,
    /// The file.
    pub file: String,
    /// Its text, without other documents of the file.
    pub source: String,
    /// What it is written for.
    pub(crate) logsource: Logsource,
    /// What a person says of it.
    pub notes: FilterNotes,
    /// Whether it is for every rule of its log source.
    pub any: bool,
    /// The rules that are loaded and that it filters, or would if it had not expired.
    pub rules: Vec<Text>,
    /// The rules as it names them.
    pub named: Vec<String>,
    /// What it leaves out, all of these together; none when it is not of the simple form.
    pub matches: Option<Vec<Match>>,
    /// Whether it is not applied any more.
    pub expired: bool,
}

/// What is asked of an event besides the rules it applies to.
#[derive(Debug)]
pub(crate) struct FilterBody {
    /// Ids or names; none: any rule.
    pub(crate) rules: Option<Vec<String>>,
    pub(crate) asked: DetectionBody,
    pub(crate) notes: FilterNotes,
    pub(crate) matches: Option<Vec<Match>>,
}

/// The effect is `(rule) and (filter)`: authors write `not selection` to exclude.
pub(super) fn read(
    root: &Node,
    node: &Node,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<FilterBody> {
    let logsource = document::read_logsource(root, faults);
    let rules = match node.at("rules") {
        None => {
            faults.error(node.line, "a filter needs rules: a list of ids, or any");
            None
        }
        Some(rules) => {
            let named: Vec<String> = rules.items().iter().filter_map(Node::text).collect();
            let any = named.is_empty() || named.iter().any(|name| name == "any");
            (!any).then_some(named)
        }
    };
    let others = node
        .map()?
        .iter()
        .filter(|(name, _)| name != "rules")
        .cloned()
        .collect();
    let detection = Node {
        line: node.line,
        value: Value::Map(others),
    };
    let asked = document::read_detection(&detection, logsource, limits, faults)?;
    Some(FilterBody {
        rules,
        asked,
        notes: FilterNotes::read(root.at("haidang"), faults),
        matches: simple(&detection),
    })
}

impl FilterNotes {
    fn read(node: Option<&Node>, faults: &mut Faults) -> Self {
        let mut notes = Self::default();
        for (key, value) in node.and_then(Node::map).unwrap_or_default() {
            let text = value.text();
            match key.as_str() {
                "owner" => notes.owner = text.unwrap_or_default(),
                "reason" => notes.reason = text.unwrap_or_default(),
                "alert" => notes.alert = text,
                "rule" => notes.rule = text.map(|id| id.to_lowercase().into()),
                "sites" => {
                    let sites = value.items().iter().filter_map(Node::text);
                    notes.sites = sites.map(Text::from).collect();
                }
                "created" | "expires" => {
                    let time = text.as_deref().and_then(moment);
                    if time.is_none() {
                        // Better no exception than one for ever that nobody meant.
                        let reason = format!("haidang.{key} is no time; write 2027-02-28");
                        faults.error(value.line, reason);
                    }
                    if key == "created" {
                        notes.created = time;
                    } else {
                        notes.expires = time;
                    }
                }
                _ => faults.warn(
                    value.line,
                    format!("haidang.{key} means nothing in a filter"),
                ),
            }
        }
        notes
    }
}

/// A time, or the beginning of a day in Viet Nam.
fn moment(text: &str) -> Option<Time> {
    Time::parse(text).or_else(|| Time::parse(&format!("{text}T00:00:00+07:00")))
}

/// What a filter of the simple form leaves out: one selection, a map of plain comparisons.
fn simple(detection: &Node) -> Option<Vec<Match>> {
    let entries = detection.map()?;
    let condition = detection.at("condition")?.text()?;
    let words: Vec<&str> = condition.split_whitespace().collect();
    if entries.len() != 2 || words != ["not", "selection"] {
        return None;
    }
    let items = detection.at("selection")?.map()?.iter();
    items.map(|(key, node)| simple_match(key, node)).collect()
}

fn simple_match(key: &str, node: &Node) -> Option<Match> {
    let (field, how) = match key.split_once('|') {
        None => (key, How::Is),
        Some((field, word)) => (field, How::from_name(word).filter(|how| *how != How::Is)?),
    };
    let values: Option<Vec<String>> = node
        .items()
        .iter()
        .map(|item| match &item.value {
            Value::Text(text) if how == How::Cidr => Some(text.clone()),
            Value::Text(text) => plain(text),
            Value::Int(_) | Value::Bool(_) => item.text(),
            _ => None,
        })
        .collect();
    let values = values.filter(|values| !values.is_empty() && !field.is_empty())?;
    Some(Match {
        field: field.to_owned(),
        how,
        values,
    })
}

/// A text of a rule without its escapes; none when it has a wildcard.
fn plain(text: &str) -> Option<String> {
    let letters = tokens(text).into_iter();
    letters
        .map(|token| match token {
            Token::Char(letter) => Some(letter),
            Token::Any | Token::One => None,
        })
        .collect()
}

/// The other way round: a text that means itself in a rule.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '\\') {
            written.push('\\');
        }
        written.push(letter);
    }
    written
}

/// An exception to be written.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) logsource: &'a Logsource,
    /// Ids.
    pub(crate) rules: &'a [Text],
    pub(crate) matches: &'a [Match],
    pub(crate) notes: &'a FilterNotes,
}

impl Draft<'_> {
    /// The file.
    pub(crate) fn write(&self) -> String {
        let ids: Vec<String> = self.rules.iter().map(|id| quoted(id)).collect();
        format!(
            "title: {}\nid: {}\nlogsource: {}\nfilter:\n  rules: [{}]\n{}  condition: not selection\n{}",
            quoted(self.title),
            quoted(self.id),
            self.logsource.written(),
            ids.join(", "),
            selection(self.matches, "  "),
            self.notes.written(),
        )
    }
}

/// The selection of matches, as a key of a map that is indented so.
pub(crate) fn selection(matches: &[Match], indent: &str) -> String {
    let mut text = format!("{indent}selection:\n");
    for one in matches {
        let key = match one.how {
            How::Is => one.field.clone(),
            how => format!("{}|{}", one.field, how.name()),
        };
        let values = one.values.iter().map(|value| match one.how {
            How::Cidr => quoted(value),
            _ => quoted(&escaped(value)),
        });
        let values: Vec<String> = values.collect();
        text.push_str(&format!(
            "{indent}  {}: [{}]\n",
            quoted(&key),
            values.join(", ")
        ));
    }
    text
}

impl FilterNotes {
    fn written(&self) -> String {
        let mut text = format!(
            "haidang:\n  owner: {}\n  reason: {}\n",
            quoted(&self.owner),
            quoted(&self.reason)
        );
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {key}: {value}\n"));
            }
        };
        line("created", self.created.map(|time| time.to_string()));
        line("expires", self.expires.map(|time| time.to_string()));
        line("alert", self.alert.as_deref().map(quoted));
        line("rule", self.rule.as_deref().map(quoted));
        let sites: Vec<String> = self.sites.iter().map(|site| quoted(site)).collect();
        line(
            "sites",
            (!sites.is_empty()).then(|| format!("[{}]", sites.join(", "))),
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{OffList, Placeholders, RuleFile, RuleSet, Tuning};

    const RULE: &str = "title: R\nid: r-1\nlogsource: {product: windows}\n\
        detection: {a: {F: x}, condition: a}\n";

    fn load(text: &str, now: Time) -> (Vec<Filter>, Vec<String>) {
        let file = |path: &str, text: &str| RuleFile {
            origin: Origin::Local,
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let files = vec![file("r.yml", RULE), file("f.yml", text)];
        let tuning = Tuning {
            now,
            off: OffList::default(),
        };
        let limits = RuleLimits::default();
        let lists = Placeholders::default();
        let (set, problems) = RuleSet::load_with(files, Vec::new(), &lists, &tuning, &limits);
        let shown = problems.iter().map(ToString::to_string);
        (set.filters().to_vec(), shown.collect())
    }

    #[test]
    fn what_is_written_is_read_again_and_every_letter_means_itself() {
        let matches = [
            Match {
                field: "Image".to_owned(),
                how: How::Is,
                values: vec![
                    r"C:\a*\?\\x.exe".to_owned(),
                    "đ\"'\n: #\u{85}\\".to_owned(),
                    String::new(),
                ],
            },
            Match {
                field: "source.ip".to_owned(),
                how: How::Cidr,
                values: vec!["10.0.0.0/8".to_owned()],
            },
            Match {
                field: "CommandLine".to_owned(),
                how: How::EndsWith,
                values: vec!["yes".to_owned(), "5".to_owned(), "null".to_owned()],
            },
        ];
        let notes = FilterNotes {
            owner: "an".to_owned(),
            reason: "sao lưu: \"đêm\"".to_owned(),
            created: Some(Time::from_seconds(1_800_000_000, 0)),
            expires: Some(Time::from_seconds(1_800_000_100, 0)),
            alert: Some("0123".to_owned()),
            rule: Some("c-1".into()),
            sites: vec!["so-tttt".into()],
        };
        let logsource = Logsource::of([("product", "windows")]);
        let draft = Draft {
            id: "e-1",
            title: "Không báo: #1",
            logsource: &logsource,
            rules: &["r-1".into()],
            matches: &matches,
            notes: &notes,
        };
        let text = draft.write();
        let (filters, problems) = load(&text, Time::EPOCH);
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        let [read] = &filters[..] else {
            panic!("{filters:?}")
        };
        assert_eq!(read.matches.as_deref(), Some(&matches[..]));
        assert_eq!((&read.notes, &*read.title), (&notes, "Không báo: #1"));
        assert_eq!(
            (&*read.id, &*read.rules[0], read.expired),
            ("e-1", "r-1", false)
        );
        let after = Time::from_seconds(1_800_000_100, 0);
        assert!(load(&text, after).0[0].expired);
    }

    #[test]
    fn what_is_not_of_the_simple_form_has_no_matches_and_works() {
        let filter = |body: &str| {
            format!(
                "title: F\nid: f-1\nlogsource: {{product: windows}}\nfilter:\n  rules: [r-1]\n  {body}\n"
            )
        };
        for body in [
            "selection: {F: 'a*'}\n  condition: not selection",
            "selection: {F|re: a}\n  condition: not selection",
            "selection: [{F: a}]\n  condition: not selection",
            "selection: {F: a}\n  condition: selection",
            "selection: {F: a}\n  b: {F: c}\n  condition: not selection",
            "selection: {F|contains|all: [a, b]}\n  condition: not selection",
        ] {
            let (filters, problems) = load(&filter(body), Time::EPOCH);
            assert!(problems.is_empty(), "{body}: {problems:?}");
            assert_eq!(filters[0].matches, None, "{body}");
        }
        let (filters, problems) = load(
            &(filter("selection: {F: a}\n  condition: not selection")
                + "haidang: {expires: soon}\n"),
            Time::EPOCH,
        );
        assert!(filters.is_empty(), "an end that cannot be read is no end");
        assert!(
            problems[0].contains("haidang.expires is no time"),
            "{problems:?}"
        );
    }
}
