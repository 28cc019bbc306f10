//! `expand`: `%name%` in a rule's value stands for the values of a list, `rules/lists/NAME.txt`.
//!
//! It is resolved in the document before the rule is read, so that everything behind it sees plain
//! values. What has no list stays as it is, and the rule is refused for it (Sigma 2.1, modifiers).

use std::collections::HashMap;

use super::RuleFile;
use super::problem::{Faults, Problem};
use super::yaml::{Node, Value};

/// Values of one list, and values that one item may become: a rule is compiled, not looked up.
const VALUES: usize = 10_000;
/// Depth of a document; the parser allows less.
const DEPTH: usize = 64;

/// Lists of values by name.
#[derive(Clone, Debug, Default)]
pub struct Placeholders(HashMap<String, Vec<String>>);

impl Placeholders {
    /// Reads lists: a file's name without its ending is the placeholder, each line a value; empty
    /// lines and those that begin with `#` are none. A later file of the same name wins.
    pub fn load(files: &[RuleFile]) -> (Self, Vec<Problem>) {
        let (mut lists, mut problems) = (Self::default(), Vec::new());
        for file in files {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            let mut faults = Faults::default();
            let lines = file.text.lines().map(str::trim);
            let mut values: Vec<String> = lines
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(escaped)
                .collect();
            if values.len() > VALUES {
                faults.error(
                    0,
                    format!("only the first {VALUES} values of a list are read"),
                );
                values.truncate(VALUES);
            }
            if values.is_empty() {
                faults.warn(0, "the list is empty; rules that ask for it are left out");
            } else {
                lists.0.insert(name.to_owned(), values);
            }
            problems.extend(faults.into_problems(&file.path, Some(name)));
        }
        (lists, problems)
    }

    /// Puts values in the place of placeholders, wherever a key has the modifier `expand`.
    pub(crate) fn resolve(&self, root: &mut Node) {
        if !self.0.is_empty() {
            self.walk(root, 0);
        }
    }

    fn walk(&self, node: &mut Node, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match &mut node.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    if key.split('|').skip(1).any(|word| word == "expand") {
                        self.expand(value);
                    } else {
                        self.walk(value, depth + 1);
                    }
                }
            }
            Value::List(nodes) => nodes.iter_mut().for_each(|node| self.walk(node, depth + 1)),
            _ => {}
        }
    }

    /// A value, or a list of values, with its placeholders resolved.
    fn expand(&self, node: &mut Node) {
        let line = node.line;
        let given = match &node.value {
            Value::List(nodes) => nodes.clone(),
            _ => vec![node.clone()],
        };
        let mut expanded = Vec::new();
        for each in given {
            match &each.value {
                Value::Text(text) => {
                    let values = self.values(text, 0).into_iter();
                    expanded.extend(values.map(|text| Node {
                        line: each.line,
                        value: Value::Text(text),
                    }));
                }
                _ => expanded.push(each),
            }
        }
        // Too many to compile: the placeholder stays, and the rule is refused with its name.
        if expanded.len() <= VALUES {
            node.value = Value::List(expanded);
            node.line = line;
        }
    }

    /// What a text becomes: with two placeholders, each with each.
    fn values(&self, text: &str, depth: usize) -> Vec<String> {
        let Some((before, name, behind)) = placeholder(text) else {
            return vec![text.to_owned()];
        };
        let Some(list) = self.0.get(name).filter(|_| depth < 3) else {
            return vec![text.to_owned()];
        };
        let rest = self.values(behind, depth + 1);
        if list.len().saturating_mul(rest.len()) > VALUES {
            return vec![text.to_owned()];
        }
        let pairs = list
            .iter()
            .flat_map(|value| rest.iter().map(move |rest| (value, rest)));
        pairs
            .map(|(value, rest)| format!("{before}{value}{rest}"))
            .collect()
    }
}

/// The first placeholder of a text with what stands before and behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let marks: Vec<usize> = marks(text).take(2).collect();
    let [open, close] = marks.as_slice() else {
        return None;
    };
    let name = text.get(open + 1..*close)?;
    Some((text.get(..*open)?, name, text.get(close + 1..)?))
}

/// Where a `%` stands that is not escaped. Two backslashes are one, and escape nothing.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let mut escaped = false;
    text.char_indices().filter_map(move |(at, letter)| {
        let mark = letter == '%' && !escaped;
        escaped = letter == '\\' && !escaped;
        mark.then_some(at)
    })
}

/// A text behind [`Placeholders::resolve`] with its `\%` as `%`.
///
/// # Errors
/// A placeholder that has no list is left: the rule cannot mean anything.
pub(crate) fn plain(text: &str) -> Result<String, String> {
    match placeholder(text) {
        Some((_, name, _)) if !name.is_empty() => Err(format!(
            "placeholder %{name}% has no values; write them, one a line, into rules/lists/{name}.txt"
        )),
        _ => Ok(unescaped(text)),
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for letter in text.chars() {
        if letter == '%' && escaped {
            plain.pop();
        }
        escaped = letter == '\\' && !escaped;
        plain.push(letter);
    }
    plain
}

/// A list's value means itself: no wildcard, no placeholder.
fn escaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '*' | '?' | '\\' | '%') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Origin, RuleLimits, RuleSet, Tuning};

    fn file(path: &str, text: &str) -> RuleFile {
        RuleFile {
            origin: Origin::Local,
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    const RULE: &str = "
title: An administrator
id: 11111111-0000-4000-8000-000000000001
logsource: {product: windows}
detection:
  s:
    User|expand: '%Administrators%'
    Host|contains|expand: ['x-%Servers%', plain]
  condition: s
";

    fn load(lists: &[RuleFile]) -> (RuleSet, Vec<Problem>) {
        let (lists, problems) = Placeholders::load(lists);
        assert!(problems.is_empty(), "{problems:?}");
        let rules = vec![file("r.yml", RULE)];
        RuleSet::load_with(
            rules,
            Vec::new(),
            &lists,
            &Tuning::default(),
            &RuleLimits::default(),
        )
    }

    #[test]
    fn a_list_stands_in_for_its_name_and_a_lacking_one_costs_the_rule() {
        let admins = file(
            "rules/lists/Administrators.txt",
            "# ours\nadm-an\nadm-*\n\n",
        );
        let servers = file("lists/Servers.txt", "srv1\nsrv2\n");
        let (set, problems) = load(&[admins.clone(), servers]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(set.rules().count(), 1);
        let shown = format!("{:?}", set.detections[0].body);
        assert!(!shown.contains('%'), "{shown}");
        let (set, problems) = load(&[admins]);
        assert_eq!(set.rules().count(), 0);
        assert!(problems[0].reason.contains("%Servers%"), "{problems:?}");
        assert!(
            problems[0].reason.contains("rules/lists/Servers.txt"),
            "{problems:?}"
        );
        assert_eq!(load(&[]).0.rules().count(), 0);
    }

    #[test]
    fn an_escaped_mark_is_a_mark() {
        assert_eq!(plain("100\\% of \\%x\\%").unwrap(), "100% of %x%");
        assert_eq!(plain("C:\\Users").unwrap(), "C:\\Users");
        assert_eq!(plain("50% and no more").unwrap(), "50% and no more");
        assert!(plain("\\\\%x%").is_err(), "two backslashes are one");
        let (lists, _) = Placeholders::load(&[file("A.txt", "%B%\n5%\n")]);
        let values = lists.values("%A%", 0);
        let values: Vec<_> = values.iter().map(|text| plain(text).unwrap()).collect();
        assert_eq!(values, ["%B%", "5%"]);
    }

    #[test]
    fn a_value_of_a_list_means_itself() {
        let (lists, _) = Placeholders::load(&[file("A.txt", "a*b\nC:\\x\n")]);
        assert_eq!(lists.values("%A%", 0), ["a\\*b", "C:\\\\x"]);
        assert_eq!(
            lists.values("100\\% %A%!", 0),
            ["100\\% a\\*b!", "100\\% C:\\\\x!"]
        );
        assert_eq!(lists.values("%B%", 0), ["%B%"]);
        let many = "v\n".repeat(9_000);
        let (lists, _) = Placeholders::load(&[file("A.txt", &many)]);
        assert_eq!(
            lists.values("%A%%A%", 0).len(),
            1,
            "too many are not expanded"
        );
    }
}
