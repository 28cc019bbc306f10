//! The text format 0.0.4: each figure once with its help and type, then its samples.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::{Figure, Told};

/// The longest value of a label, in characters; names that we give are far shorter.
const LABEL_CHARS: usize = 128;

/// What was read.
#[derive(Debug)]
pub(super) struct Page {
    told: Told,
    samples: BTreeMap<Figure, BTreeMap<Vec<String>, f64>>,
}

impl Page {
    /// A page of a centre or of an edge.
    pub(super) fn of(told: Told) -> Self {
        Self {
            told,
            samples: BTreeMap::new(),
        }
    }

    /// A figure without labels.
    pub(super) fn put(&mut self, figure: Figure, value: impl Value) {
        self.with(figure, &[], value);
    }

    /// A figure with the values of its labels, in their order. The same labels twice are added up.
    pub(super) fn with(&mut self, figure: Figure, labels: &[&str], value: impl Value) {
        debug_assert_eq!(labels.len(), figure.labels().len());
        debug_assert!(matches!(figure.told(), told if told == Told::Both || told == self.told));
        let labels = labels
            .iter()
            .map(|text| text.chars().take(LABEL_CHARS).collect());
        let samples = self.samples.entry(figure).or_default();
        *samples.entry(labels.collect()).or_default() += value.number();
    }

    /// A figure of which one of several states holds.
    pub(super) fn state(&mut self, figure: Figure, all: &[&str], holds: &str) {
        for state in all {
            self.with(figure, &[*state], u64::from(*state == holds));
        }
    }

    /// The page.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (figure, samples) in &self.samples {
            let (name, sort, help) = (figure.name(), figure.sort().name(), figure.help());
            push(
                &mut text,
                format_args!("# HELP {name} {}\n", escaped(help, false)),
            );
            push(&mut text, format_args!("# TYPE {name} {sort}\n"));
            for (values, number) in samples {
                let labels = figure.labels().iter().zip(values);
                let labels =
                    labels.map(|(label, value)| format!("{label}=\"{}\"", escaped(value, true)));
                let labels: Vec<String> = labels.collect();
                if labels.is_empty() {
                    push(&mut text, format_args!("{name} {number}\n"));
                } else {
                    push(
                        &mut text,
                        format_args!("{name}{{{}}} {number}\n", labels.join(",")),
                    );
                }
            }
        }
        text
    }
}

/// Writing into a text cannot fail.
fn push(text: &mut String, piece: std::fmt::Arguments<'_>) {
    if text.write_fmt(piece).is_err() {
        tracing::debug!("a figure was not written");
    }
}

fn escaped(text: &str, quoted: bool) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quoted {
        escaped.replace('"', "\\\"")
    } else {
        escaped
    }
}

/// A number of a page. The format knows floats only: beyond 2^53 the last digits are lost.
pub(super) trait Value {
    fn number(self) -> f64;
}

impl Value for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl Value for u64 {
    fn number(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "the format knows floats only")]
        let number = self as f64;
        number
    }
}

impl Value for usize {
    fn number(self) -> f64 {
        u64::try_from(self).unwrap_or(u64::MAX).number()
    }
}

impl Value for event::Time {
    /// Seconds since 1970.
    fn number(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds fit until 2255")]
        let micros = self.micros() as f64;
        micros / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_written_as_prometheus_reads_it() {
        let mut page = Page::of(Told::Centre);
        page.with(Figure::SourceEvents, &["xa-1", "a\"b\\c\nd"], 3_u64);
        page.with(Figure::SourceEvents, &["xa-1", "a\"b\\c\nd"], 4_u64);
        page.put(Figure::JournalPosition, 1_u64 << 40);
        page.state(Figure::JournalState, &["ok", "full"], "full");
        let text = page.text();
        assert!(
            text.contains("\nhaidang_journal_position 1099511627776\n"),
            "{text}"
        );
        assert!(
            text.contains(
                "# TYPE haidang_source_events_total counter\n\
             haidang_source_events_total{sensor=\"xa-1\",source=\"a\\\"b\\\\c\\nd\"} 7\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("haidang_journal_state{state=\"full\"} 1\n"),
            "{text}"
        );
        assert!(
            text.contains("haidang_journal_state{state=\"ok\"} 0\n"),
            "{text}"
        );
    }
}
