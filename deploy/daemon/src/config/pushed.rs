//! A configuration that the centre sends its sensor: whole sections, each in the place of the box's own.
//!
//! A key that is unknown here may come from a newer centre: it is left out and named, the rest counts.

use std::ops::Range;

use anyhow::Result;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::{Config, LimitsSection, SpoolSection, UplinkSection};

/// Keys that are unknown here; with more of them the text is for another program.
const UNKNOWN_KEYS: usize = 100;
/// Tables in tables.
const DEPTH: usize = 16;

/// What may be sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pushed {
    source: Option<Vec<sensor::SourceConfig>>,
    uplink: Option<UplinkSection>,
    spool: Option<SpoolSection>,
    limits: Option<LimitsSection>,
}

/// The box's own configuration with what the centre sent over it, and the keys that were left out.
///
/// # Errors
/// A text that is no TOML, a value that a key cannot have, a configuration that cannot work.
pub fn overlay(own: &Config, text: &str) -> Result<(Config, Vec<String>)> {
    let (pushed, unknown) = read(text)?;
    let mut config = own.clone();
    if let Some(sources) = pushed.source {
        config.source = sources;
    }
    if let Some(uplink) = pushed.uplink {
        config.uplink = UplinkSection {
            centre: uplink.centre.or_else(|| own.uplink.centre.clone()),
            trial_seconds: own.uplink.trial_seconds,
            ..uplink
        };
    }
    config.spool = pushed.spool.unwrap_or(config.spool);
    config.limits = pushed.limits.unwrap_or(config.limits);
    config.check()?;
    Ok((config, unknown))
}

/// What a configuration would be on a sensor of this version.
pub fn check_pushed(text: &str) -> Result<web::CheckedConfig, String> {
    let (config, unknown) = overlay(&Config::default(), text)
        .map_err(|error| format!("{error:#}").trim().to_owned())?;
    let sources = config.source.into_iter();
    Ok(web::CheckedConfig {
        sites: sources.map(|source| source.site).collect(),
        unknown,
    })
}

fn read(text: &str) -> Result<(Pushed, Vec<String>)> {
    let mut unknown: Vec<Range<usize>> = Vec::new();
    loop {
        let mut table = DeTable::parse(text)?;
        unknown
            .iter()
            .for_each(|span| leave_out(table.get_mut(), span, 0));
        let error = match Pushed::deserialize(toml::Deserializer::from(table)) {
            Ok(pushed) => {
                unknown.sort_by_key(|span| span.start);
                let named = unknown.into_iter().map(|span| name(text, &span));
                return Ok((pushed, named.collect()));
            }
            Err(error) => error,
        };
        let span = error
            .span()
            .filter(|span| error.message().starts_with("unknown field") && !unknown.contains(span));
        let Some(span) = span.filter(|_| unknown.len() < UNKNOWN_KEYS) else {
            return Err(located(text, &error));
        };
        unknown.push(span);
    }
}

/// An error with its line: what was read piece by piece has lost its own.
fn located(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let words = anyhow::anyhow!("{}", error.message());
    match error.span() {
        Some(span) => words.context(format!("line {}", line(text, span.start))),
        None => words,
    }
}

fn line(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count() + 1
}

fn name(text: &str, span: &Range<usize>) -> String {
    let key = text.get(span.clone()).unwrap_or_default();
    format!("line {}: {key}", line(text, span.start))
}

/// Takes the key at a place out of a table, or out of those in it.
fn leave_out(table: &mut DeTable<'_>, key: &Range<usize>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    let found = table.keys().find(|own| own.span() == *key).cloned();
    if let Some(found) = found {
        table.remove(&found);
    }
    for (_, value) in table.iter_mut() {
        leave_out_of(value.get_mut(), key, depth + 1);
    }
}

fn leave_out_of(value: &mut DeValue<'_>, key: &Range<usize>, depth: usize) {
    match value {
        DeValue::Table(table) => leave_out(table, key, depth),
        DeValue::Array(values) if depth <= DEPTH => {
            for value in values.iter_mut() {
                leave_out_of(value.get_mut(), key, depth + 1);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_take_the_place_of_the_boxes_own() {
        let own = Config::parse(
            "[uplink]\ncentre = \"https://a:1\"\nkbit = 8\ntrial_seconds = 3\n[spool]\nmib = 7\n\
             [[source]]\nid = \"old\"\nkind = \"journal\"\n",
        )
        .unwrap();
        let sent = "[uplink]\nkbit = 64\ntrial_seconds = 9\n[[source]]\nid = \"new\"\nkind = \"journal\"\n";
        let (config, unknown) = overlay(&own, sent).unwrap();
        assert_eq!(unknown, [""; 0]);
        assert_eq!(config.uplink.centre.as_deref(), Some("https://a:1"));
        assert_eq!((config.uplink.kbit, config.uplink.trial_seconds), (64, 3));
        assert_eq!(config.spool.mib, 7);
        assert_eq!(config.source.len(), 1);
        assert_eq!(config.source[0].id, "new");
        let (config, _) = overlay(&own, "").unwrap();
        assert_eq!(config.source[0].id, "old");
    }

    #[test]
    fn unknown_keys_are_named_and_left_out() {
        let sent = "colour = \"red\"\n[web]\nlisten = \"0.0.0.0:1\"\n[spool]\nmib = 5\nshape.round = { a = [1] }\n\
                    [[source]]\nid = \"a\"\nkind = \"file\"\npath = \"/x\"\nsmell = [\n  1,\n]\n\
                    [limits.log]\nlines = 3\nfiles = 2\n";
        let (config, unknown) = overlay(&Config::default(), sent).unwrap();
        assert_eq!(
            unknown,
            [
                "line 1: colour",
                "line 2: web",
                "line 6: shape",
                "line 11: smell",
                "line 15: lines"
            ]
        );
        assert_eq!((config.spool.mib, config.limits.log.files), (5, 2));
        assert_eq!(config.source[0].id, "a");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_line() {
        for (sent, words) in [
            ("[spool]\nmib = \"x\"\n", "line 2"),
            ("[spool]\nmib = 0\n", "spool.mib is 0"),
            (
                "[[source]]\nid = \"a\"\nkind = \"telepathy\"\n",
                "unknown kind telepathy",
            ),
            ("[spool\n", "line 1"),
        ] {
            let error = format!("{:#}", overlay(&Config::default(), sent).unwrap_err());
            assert!(error.contains(words), "{sent}: {error}");
        }
    }
}
