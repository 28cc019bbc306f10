//! Log sources: what a rule is written for, and what an event belongs to. An event belongs to
//! several; a missing part of a rule's log source matches everything.

use std::fmt;

use super::problem::Faults;
use super::yaml::{Node, quoted};

/// A combination of category, product, service and custom parts, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Logsource {
    /// Sorted by name.
    parts: Vec<(String, String)>,
}

impl Logsource {
    /// Reads a `logsource` map; `definition` is text for people.
    pub(crate) fn read(node: &Node, faults: &mut Faults) -> Self {
        let Some(entries) = node.map() else {
            faults.error(
                node.line,
                format!("logsource is {}; it must be a map", node.word()),
            );
            return Self::default();
        };
        let mut parts = Vec::new();
        for (name, value) in entries.iter().filter(|(name, _)| name != "definition") {
            match value.text() {
                Some(text) => parts.push((name.to_lowercase(), text.to_lowercase())),
                None if value.items().is_empty() => {}
                None => faults.error(
                    value.line,
                    format!("logsource {name} is {}; it must be a text", value.word()),
                ),
            }
        }
        parts.sort();
        Self { parts }
    }

    /// Whether whatever belongs to `other` is meant by this: each part given here is the same there.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.parts.iter().all(|part| other.parts.contains(part))
    }

    /// A part by its name.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        let part = self.parts.iter().find(|(held, _)| held == name);
        part.map(|(_, value)| value.as_str())
    }

    /// What two have in common: it covers whatever either covers.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let parts = self.parts.iter().filter(|part| other.parts.contains(part));
        Self {
            parts: parts.cloned().collect(),
        }
    }

    /// As a rule file writes it, on one line.
    pub(crate) fn written(&self) -> String {
        let parts = self.parts.iter();
        let parts: Vec<String> = parts
            .map(|(name, value)| format!("{}: {}", quoted(name), quoted(value)))
            .collect();
        format!("{{{}}}", parts.join(", "))
    }

    /// One of these parts.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(parts: [(&str, &str); N]) -> Self {
        let mut parts = parts
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        parts.sort();
        Self { parts }
    }

    /// Whether it has no part and so means every event.
    pub(crate) fn is_everything(&self) -> bool {
        self.parts.is_empty()
    }
}

/// `category dns, product zeek`
impl fmt::Display for Logsource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.parts.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {value}")?;
        }
        Ok(())
    }
}
