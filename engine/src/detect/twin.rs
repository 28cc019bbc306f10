//! The slow twin of engine, resolver and matcher: whether a rule matches an event, as the Sigma
//! specification says it, value by value, with nothing looked up before or kept.

use std::sync::Arc;

use event::{Leaf, Time, View};

use crate::rule::{
    Condition, Entry, Item, Number, Part, Place, Reference, RuleInfo, RuleSet, Search, Test, fold,
};

/// The rules that match, in any order.
pub(super) fn examine(set: &RuleSet, view: View<'_>) -> Vec<Arc<RuleInfo>> {
    let sources = set
        .mapping
        .entries
        .iter()
        .filter(|entry| entry.kinds.contains(&view.event.kind) && belongs(entry, view));
    let sources: Vec<_> = sources.flat_map(|entry| &entry.logsources).collect();
    let meant = set.detections.iter().filter(|rule| {
        let logsource = &rule.body.logsource;
        let silent = rule.off.contains(&view.event.site) && !rule.counted;
        if rule.idle || silent {
            return false;
        }
        logsource.is_everything() || sources.iter().any(|source| logsource.covers(source))
    });
    let matching = meant.filter(|rule| {
        let held: Vec<bool> = rule
            .body
            .searches
            .iter()
            .map(|asked| search(asked, view))
            .collect();
        condition(&rule.body.condition, &held)
    });
    matching.map(|rule| Arc::clone(&rule.info)).collect()
}

/// Whether an event meets the conditions of a mapping entry.
fn belongs(entry: &Entry, view: View<'_>) -> bool {
    entry.when.iter().all(|when| {
        let leaves = view.sigma(&when.field);
        let mut texts = leaves.into_iter().filter_map(Leaf::text);
        texts.any(|text| when.values.iter().any(|value| value.matches_raw(&text)))
    })
}

fn condition(condition: &Condition, held: &[bool]) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| self::condition(part, held)),
        Condition::Or(parts) => parts.iter().any(|part| self::condition(part, held)),
        Condition::Not(part) => !self::condition(part, held),
        Condition::Search(place) => held.get(*place).copied().unwrap_or(false),
    }
}

fn search(asked: &Search, view: View<'_>) -> bool {
    match asked {
        Search::All(parts) => parts.iter().all(|part| search(part, view)),
        Search::Any(parts) => parts.iter().any(|part| search(part, view)),
        Search::Item(item) => self::item(item, view),
    }
}

fn item(item: &Item, view: View<'_>) -> bool {
    let leaves = leaves_of(item, view);
    let keyword = item.fields.is_empty();
    // Keywords look for all leaves at once, a field at its own.
    let holds = |tests: &Vec<Test>| {
        tests
            .iter()
            .any(|asked| test(asked, &leaves, keyword, view))
    };
    let held = if item.all {
        item.values.iter().all(holds)
    } else {
        item.values.iter().any(holds)
    };
    held != item.negated
}

/// The values that an item looks at: those under the first of its names that the event has.
fn leaves_of<'a>(item: &Item, view: View<'a>) -> Vec<Leaf<'a>> {
    if item.fields.is_empty() {
        return view.fields.iter().map(|(_, leaf)| leaf).collect();
    }
    let named = item.fields.iter().map(|name| view.sigma(name));
    named
        .into_iter()
        .find(|leaves| !leaves.is_empty())
        .unwrap_or_default()
}

fn test(test: &Test, leaves: &[Leaf<'_>], keyword: bool, view: View<'_>) -> bool {
    match test {
        // In practice null means absent, too.
        Test::Null => {
            !keyword && (leaves.is_empty() || leaves.iter().any(|leaf| matches!(leaf, Leaf::Null)))
        }
        Test::Exists(wanted) => leaves.is_empty() != *wanted,
        Test::Reference(reference) => refers(reference, leaves, view),
        Test::Site(sites) => sites.contains(&view.event.site),
        other => leaves.iter().any(|leaf| one(other, *leaf)),
    }
}

/// Whether one value passes a test that looks at one value.
fn one(test: &Test, leaf: Leaf<'_>) -> bool {
    match test {
        Test::Text(pattern) => leaf.text().is_some_and(|text| pattern.matches_raw(&text)),
        Test::Number(Number { value, text }) => {
            let number = !matches!(leaf, Leaf::Text(_)) && leaf.number() == Some(*value);
            number || leaf.text().is_some_and(|held| held == text.as_str())
        }
        Test::Compare(order, bound) => bound.holds(*order, leaf),
        Test::Regex(regex) => leaf.text().is_some_and(|text| regex.is_match(&text)),
        Test::Cidr(cidr) => leaf.ip().is_some_and(|ip| cidr.contains(&ip)),
        Test::Time(part, order, bound) => {
            time_part(*part, leaf).is_some_and(|number| order.holds(number, *bound))
        }
        Test::Null | Test::Exists(_) | Test::Reference(_) | Test::Site(_) => false,
    }
}

/// Whether a value stands to another field of the same event as asked.
fn refers(reference: &Reference, leaves: &[Leaf<'_>], view: View<'_>) -> bool {
    let named = reference.fields.iter().map(|name| view.sigma(name));
    let others = named
        .into_iter()
        .find(|leaves| !leaves.is_empty())
        .unwrap_or_default();
    let texts = |leaves: &[Leaf<'_>]| -> Vec<String> {
        let texts = leaves.iter().filter_map(|leaf| leaf.text());
        texts
            .map(|text| {
                if reference.cased {
                    text.into_owned()
                } else {
                    fold(&text)
                }
            })
            .collect()
    };
    let (held, others) = (texts(leaves), texts(&others));
    held.iter().any(|text| {
        others.iter().any(|other| match reference.place {
            Place::Whole => text == other,
            Place::Start => text.starts_with(other.as_str()),
            Place::End => text.ends_with(other.as_str()),
            Place::Anywhere => text.contains(other.as_str()),
        })
    })
}

/// A part of a time stamp as it is written: no time zone is converted.
fn time_part(part: Part, leaf: Leaf<'_>) -> Option<f64> {
    let text = leaf.text()?;
    // The date and time as written, without their zone.
    let written: String = text.chars().take(19).collect();
    let civil: jiff::civil::DateTime = match written.replace(' ', "T").parse() {
        Ok(civil) => civil,
        Err(_) => Time::parse(&text)?.to_string().get(..19)?.parse().ok()?,
    };
    let number = match part {
        Part::Minute => i64::from(civil.minute()),
        Part::Hour => i64::from(civil.hour()),
        Part::Day => i64::from(civil.day()),
        Part::Week => i64::from(civil.date().iso_week_date().week()),
        Part::Month => i64::from(civil.month()),
        Part::Year => i64::from(civil.year()),
    };
    i32::try_from(number).ok().map(f64::from)
}
