//! Reads the text format 0.0.4 of Prometheus, stricter than Prometheus does: what is not as it should be fails.

use std::collections::{BTreeMap, BTreeSet};

/// A figure with its samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// counter or gauge.
    pub sort: String,
    /// What it says.
    pub help: String,
    /// Labels as they are written, and the number.
    pub samples: BTreeMap<String, f64>,
}

/// Every figure of a page, by name.
///
/// # Panics
/// At the first line that is not as it should be.
pub fn read(page: &str) -> BTreeMap<String, Family> {
    assert!(page.ends_with('\n'), "the last line has no end");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect(line);
            assert!(is_name(name) && !help.is_empty(), "{line}");
            let help = help.to_owned();
            let family = Family {
                help,
                ..Family::default()
            };
            assert!(
                families.insert(name.to_owned(), family).is_none(),
                "twice: {line}"
            );
            name.clone_into(&mut current);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, sort) = rest.split_once(' ').expect(line);
            assert_eq!(name, current, "TYPE without its HELP: {line}");
            assert!(["counter", "gauge"].contains(&sort), "{line}");
            assert_eq!(sort == "counter", name.ends_with("_total"), "{line}");
            let family = families.get_mut(name).unwrap();
            assert!(
                family.sort.is_empty() && family.samples.is_empty(),
                "{line}"
            );
            sort.clone_into(&mut family.sort);
        } else {
            let (series, number) = line.rsplit_once(' ').expect(line);
            let (name, labels) = series.split_once('{').map_or((series, ""), |(name, rest)| {
                (name, rest.strip_suffix('}').expect(line))
            });
            assert_eq!(name, current, "a sample outside of its group: {line}");
            check_labels(labels);
            let number: f64 = number.parse().expect(line);
            let family = families.get_mut(name).unwrap();
            assert!(!family.sort.is_empty(), "no TYPE before {line}");
            assert!(number.is_finite(), "{line}");
            assert!(family.sort == "gauge" || number >= 0.0, "{line}");
            let before = family.samples.insert(labels.to_owned(), number);
            assert!(before.is_none(), "twice: {line}");
        }
    }
    assert!(families.values().all(|family| !family.samples.is_empty()));
    families
}

/// `a="b",c="d"`, with `\\`, `\"` and `\n` in the values and no name twice.
fn check_labels(labels: &str) {
    let (mut rest, mut seen) = (labels, BTreeSet::new());
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect(labels);
        assert!(is_name(name) && !name.contains(':'), "{labels}");
        assert!(seen.insert(name), "twice: {labels}");
        let mut letters = value.char_indices();
        let end = loop {
            match letters.next().expect(labels) {
                (place, '"') => break place,
                (_, '\\') => {
                    let (_, escaped) = letters.next().expect(labels);
                    assert!(['\\', '"', 'n'].contains(&escaped), "{labels}");
                }
                _ => {}
            }
        };
        rest = value.get(end + 1..).expect(labels);
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').expect(labels);
            assert!(!rest.is_empty(), "{labels}");
        }
    }
}

fn is_name(name: &str) -> bool {
    let first = name.bytes().next();
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    first.is_some_and(letter)
        && name
            .bytes()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}
