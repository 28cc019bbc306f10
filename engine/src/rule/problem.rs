//! What is wrong with a rule file, with the place and the way out. A bad rule costs only itself.

use std::fmt;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rule works, but probably not as its author meant.
    Warning,
    /// The rule is left out.
    Error,
}

/// One thing that is wrong with a file of rules, mappings or sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<u32>,
    /// The rule's id or title, where it is known.
    pub rule: Option<String>,
    /// What is wrong, and the way out.
    pub reason: String,
    /// How bad it is.
    pub severity: Severity,
}

impl Problem {
    /// Whether something was left out because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `file:line: reason`, as compilers write it; a warning says so.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let word = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        write!(f, ": {word}{}", self.reason)
    }
}

/// Collects what is wrong with one document, so that all of it is listed and not only the first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<(Severity, u32, String)>,
}

impl Faults {
    /// Notes what costs the document.
    pub(crate) fn error(&mut self, line: u32, reason: impl Into<String>) {
        self.list.push((Severity::Error, line, reason.into()));
    }

    /// Notes what should be looked at.
    pub(crate) fn warn(&mut self, line: u32, reason: impl Into<String>) {
        self.list.push((Severity::Warning, line, reason.into()));
    }

    /// Whether the document is lost.
    pub(crate) fn fatal(&self) -> bool {
        self.list
            .iter()
            .any(|(severity, ..)| *severity == Severity::Error)
    }

    /// The problems of `file`; at most 20 of one document, for a reader has seen enough then.
    pub(crate) fn into_problems(self, file: &str, rule: Option<&str>) -> Vec<Problem> {
        const MOST: usize = 20;
        let problems = self
            .list
            .into_iter()
            .take(MOST)
            .map(|(severity, line, reason)| Problem {
                file: file.to_owned(),
                line: (line > 0).then_some(line),
                rule: rule.map(str::to_owned),
                reason,
                severity,
            });
        problems.collect()
    }
}
