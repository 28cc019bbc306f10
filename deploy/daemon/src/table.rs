//! Detections for people: a table as wide as the terminal, one line each. What an event holds is
//! a stranger's, so nothing of it reaches the terminal but letters.

use std::fmt::Write as _;

use anyhow::Result;
use engine::detect::Detection;
use engine::rule::Level;
use event::{CoreField, Event};

use crate::detector::Render;
use crate::episodes::Episode;

/// Letters of a time such as `2026-03-02 08:00:00`.
const TIME: usize = 19;
/// Letters of the longest level.
const LEVEL: usize = 8;
/// A narrower terminal gets longer lines than it has.
const NARROWEST: usize = 60;

/// A table of detections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Letters of a line.
    pub(crate) width: usize,
    /// Whether the level is coloured too.
    pub(crate) colour: bool,
}

/// Letters of the columns that share what is left: host, rule, its author, what matched.
struct Columns {
    host: usize,
    rule: usize,
    author: usize,
    matched: usize,
}

impl Table {
    fn columns(self) -> Columns {
        let left = self.width.max(NARROWEST) - TIME - LEVEL - 5;
        let (host, author) = ((left / 5).min(24), (left / 7).min(24));
        let rule = ((left - host - author) * 9 / 20).min(60);
        Columns {
            host,
            rule,
            author,
            matched: left - host - rule - author,
        }
    }

    /// The names of the columns.
    pub(crate) fn head(self) -> String {
        let columns = self.columns();
        let line = format!(
            "{:TIME$} {:LEVEL$} {} {} {} {}",
            "TIME (UTC)",
            "LEVEL",
            cell("HOST", columns.host),
            cell("RULE", columns.rule),
            cell("AUTHOR", columns.author),
            cell("MATCHED", columns.matched),
        );
        format!("{}\n", line.trim_end())
    }

    /// A row of what a correlation says: its group and how many events it counted.
    pub(crate) fn episode(self, episode: &Episode, out: &mut Vec<u8>) -> Result<()> {
        let group = episode.group.iter();
        let mut said: Vec<String> = group
            .map(|entity| format!("{}={}", entity.field, entity.value))
            .collect();
        said.push(format!("events={}", episode.count));
        let row = self.row(&episode.detection, &episode.event, &said.join(" "));
        out.extend_from_slice(row.as_bytes());
        Ok(())
    }

    fn row(self, detection: &Detection, event: &Event, matched: &str) -> String {
        let columns = self.columns();
        let time = event.time.to_string().replace('T', " ");
        let (level, colour) = level(detection.rule.level);
        let level = cell(level, LEVEL);
        let level = match colour.filter(|_| self.colour) {
            Some(colour) => format!("\u{1b}[{colour}m{level}\u{1b}[0m"),
            None => level,
        };
        let line = format!(
            "{} {level} {} {} {} {}",
            cell(time.get(..TIME).unwrap_or(&time), TIME),
            cell(&host(event), columns.host),
            cell(&detection.rule.title, columns.rule),
            cell(
                detection.rule.author.as_deref().unwrap_or_default(),
                columns.author,
            ),
            cell(matched, columns.matched),
        );
        format!("{}\n", line.trim_end())
    }
}

impl Render for Table {
    fn render(&self, detection: &Detection, event: &Event, out: &mut Vec<u8>) -> Result<()> {
        let (field, value) = key_match(&detection.matched);
        let row = self.row(detection, event, &format!("{field}={value}"));
        out.extend_from_slice(row.as_bytes());
        Ok(())
    }
}

/// The word, and the colour that goes with it.
fn level(level: Level) -> (&'static str, Option<&'static str>) {
    match level {
        Level::Critical => ("critical", Some("1;31")),
        Level::High => ("high", Some("31")),
        Level::Medium => ("medium", Some("33")),
        Level::Low => ("low", Some("36")),
        Level::Informational => ("info", None),
    }
}

/// The host, else the address where it came from, else the input.
fn host(event: &Event) -> String {
    [CoreField::HostName, CoreField::SourceIp]
        .into_iter()
        .find_map(|field| event.core.first(field))
        .map_or_else(|| event.source.to_string(), ToString::to_string)
}

/// The field that says most: a command line before an image before a number, else the first.
fn key_match(matched: &[(String, String)]) -> (&str, &str) {
    const BEFORE: [&str; 4] = ["commandline", "command_line", "url", "query"];
    let says = |(field, value): &&(String, String)| {
        let field = field.to_ascii_lowercase();
        let named = BEFORE.iter().any(|name| field.contains(name));
        let number = value.bytes().all(|byte| byte.is_ascii_digit());
        (named, !number)
    };
    let mut best: Option<&(String, String)> = None;
    for pair in matched {
        if best.is_none_or(|held| says(&pair) > says(&held)) {
            best = Some(pair);
        }
    }
    best.map_or(("", ""), |(field, value)| (field, value))
}

/// Text in exactly so many letters: cut with `…`, or filled with blanks. What would steer the
/// terminal or turn the direction of writing is shown as `·`.
pub(crate) fn cell(text: &str, width: usize) -> String {
    let mut letters = text.chars().map(visible);
    let mut out: String = letters.by_ref().take(width).collect();
    let held = out.chars().count();
    if letters.next().is_some() {
        out.pop();
        out.push('…');
    } else {
        // Writing to a String cannot fail.
        write!(out, "{:1$}", "", width - held).unwrap_or_default();
    }
    out
}

fn visible(letter: char) -> char {
    match letter {
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '·',
        letter if letter.is_control() => '·',
        letter => letter,
    }
}

/// The width of the terminal on stdout; what `COLUMNS` says elsewhere, else 100.
pub(crate) fn width() -> usize {
    const USUAL: usize = 100;
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    let told = std::env::var("COLUMNS").ok();
    told.and_then(|told| told.parse().ok()).unwrap_or(USUAL)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::rule::{Origin, RuleFile, RuleLimits, RuleSet};
    use event::{Core, EventId, Record, Time};

    use super::*;

    const RULE: &str = "title: Đăng nhập bất thường vào máy chủ\nid: 00000000-0000-4000-8000-000000000001\n\
        level: critical\nlogsource: {category: dns}\ndetection:\n  a: {query: x}\n  condition: a\n";

    fn row(table: Table, matched: &[(&str, &str)]) -> String {
        let file = RuleFile {
            origin: Origin::Local,
            path: "r.yml".into(),
            text: RULE.into(),
        };
        let (rules, problems) = RuleSet::load(vec![file], Vec::new(), &RuleLimits::default());
        let rule = rules
            .rules()
            .next()
            .unwrap_or_else(|| panic!("{problems:?}"));
        let mut core = Core::default();
        core.set_text(CoreField::HostName, Some("may-chu-\u{1b}[2J\u{202e}01"));
        let event = Event {
            id: EventId::unnumbered(Kind::Dns.lane()),
            time: Time::from_seconds(1_772_438_400, 0),
            seen: Time::EPOCH,
            sensor: "s".into(),
            source: "f".into(),
            site: "".into(),
            kind: Kind::Dns,
            exercise: false,
            core,
            record: Record::new(b"{}".to_vec()),
        };
        let matched = matched.iter().map(|(a, b)| ((*a).into(), (*b).into()));
        let detection = Detection {
            rule: Arc::clone(rule),
            matched: matched.collect(),
            alerts: true,
        };
        let mut out = Vec::new();
        table.render(&detection, &event, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    use event::Kind;

    #[test]
    fn a_line_is_as_wide_as_the_terminal_and_holds_nothing_that_steers_it() {
        let long = "powershell -enc ".repeat(20);
        let matched = [("EventID", "1"), ("CommandLine", &*long)];
        for width in [60, 80, 100, 200] {
            let table = Table {
                width,
                colour: false,
            };
            let line = row(table, &matched);
            assert_eq!(line.trim_end_matches('\n').chars().count(), width, "{line}");
            assert!(line.ends_with("…\n"), "{line}");
            assert!(table.head().trim_end().chars().count() <= width);
            assert!(line.contains("2026-03-02 08:00:00 critical may-"), "{line}");
            assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
            assert!(!line.contains('\u{202e}'));
        }
        let wide = Table {
            width: 200,
            colour: false,
        };
        let line = row(wide, &matched);
        assert!(line.contains("Đăng nhập bất thường vào máy chủ"), "{line}");
        assert!(line.contains("CommandLine=powershell"), "{line}");
        let narrow = Table {
            width: 10,
            colour: false,
        };
        assert_eq!(row(narrow, &matched).trim_end().chars().count(), NARROWEST);
    }

    #[test]
    fn colour_comes_beside_the_word() {
        let table = Table {
            width: 100,
            colour: true,
        };
        let line = row(table, &[("a", "b")]);
        assert!(line.contains("\u{1b}[1;31mcritical\u{1b}[0m"), "{line:?}");
    }

    #[test]
    fn a_cell_is_cut_by_letters_and_filled_with_blanks() {
        assert_eq!(cell("ạb", 4), "ạb  ");
        assert_eq!(cell("ạbcd", 4), "ạbcd");
        assert_eq!(cell("ạbcde", 4), "ạbc…");
        assert_eq!(cell("a\n\u{7}b", 4), "a··b");
    }
}
