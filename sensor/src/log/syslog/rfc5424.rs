//! RFC 5424: the header behind the version, structured data, and the message.

use serde_json::{Map, Value};

use super::Parts;
use crate::log::stamp::Clock;

/// Names and values that one message may have in its structured data; what is beyond stays text.
const PARAMETERS: usize = 1_000;

/// Reads what stands behind `<PRI>1 ` (§6).
pub(super) fn parts<'a>(rest: &'a str, clock: &Clock) -> Option<Parts<'a>> {
    let mut words = rest.splitn(6, ' ');
    let mut next = || words.next();
    let (stamp, host, program) = (next()?, next()?, next()?);
    let (process, id, rest) = (next()?, next()?, next()?);
    let (data, message) = structured(rest)?;
    let some = |word: &'a str| (word != "-" && !word.is_empty()).then_some(word);
    let time = some(stamp).map(|stamp| clock.text(stamp));
    if time == Some(None) {
        return None;
    }
    Some(Parts {
        time: time.flatten(),
        hostname: some(host),
        program: some(program),
        process: some(process),
        message_id: some(id),
        structured_data: data,
        sequence: None,
        message: message.strip_prefix('\u{feff}').unwrap_or(message),
    })
}

/// Structured data as JSON, and the message behind it (§6.3, §6.4).
fn structured(rest: &str) -> Option<(Option<Vec<u8>>, &str)> {
    if let Some(message) = rest.strip_prefix('-') {
        let message = match message.strip_prefix(' ') {
            Some(message) => message,
            None if message.is_empty() => message,
            None => return None,
        };
        return Some((None, message));
    }
    let (mut rest, mut elements, mut count) = (rest, Map::new(), 0);
    while let Some(inside) = rest.strip_prefix('[') {
        let end = inside.find([' ', ']'])?;
        let (id, mut inside) = inside.split_at_checked(end)?;
        let element = elements
            .entry(id)
            .or_insert_with(|| Value::Object(Map::new()));
        while let Some(parameter) = inside.strip_prefix(' ') {
            let (name, value) = parameter.split_once("=\"")?;
            let (value, behind) = quoted(value)?;
            count += 1;
            if let (Value::Object(element), true) = (&mut *element, count <= PARAMETERS) {
                add(element, name, value);
            }
            inside = behind;
        }
        rest = inside.strip_prefix(']')?;
    }
    if elements.is_empty() || count > PARAMETERS {
        return None;
    }
    let message = match rest.strip_prefix(' ') {
        Some(message) => message,
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some((serde_json::to_vec(&elements).ok(), message))
}

/// A parameter given twice is a list.
fn add(element: &mut Map<String, Value>, name: &str, value: String) {
    let value = Value::String(value);
    match element.get_mut(name) {
        None => drop(element.insert(name.to_owned(), value)),
        Some(Value::Array(values)) => values.push(value),
        Some(held) => {
            let first = held.take();
            *held = Value::Array(vec![first, value]);
        }
    }
}

/// A value up to its quote, and what follows; a backslash before anything but `"`, `\` and `]` is
/// itself (§6.3.3).
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let place = rest.find(['"', '\\'])?;
        let (plain, from) = rest.split_at_checked(place)?;
        value.push_str(plain);
        if let Some(behind) = from.strip_prefix('"') {
            return Some((value, behind));
        }
        let escaped = from.strip_prefix('\\')?;
        match escaped.chars().next()? {
            letter @ ('"' | '\\' | ']') => {
                value.push(letter);
                rest = escaped.get(1..)?;
            }
            _ => {
                value.push('\\');
                rest = escaped;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Option<(String, &str)> {
        let (data, message) = structured(text)?;
        Some((String::from_utf8(data?).unwrap(), message))
    }

    #[test]
    fn structured_data_is_read_with_its_escapes() {
        assert_eq!(
            data(r#"[a@1 x="1 \" \] \\ \n" x="2"][b] tail"#).unwrap(),
            (
                r#"{"a@1":{"x":["1 \" ] \\ \\n","2"]},"b":{}}"#.to_owned(),
                "tail"
            )
        );
        assert_eq!(structured("-"), Some((None, "")));
        assert_eq!(structured("- a"), Some((None, "a")));
        for bad in [
            "[",
            "[]x",
            "[a",
            "[a x",
            "[a x=\"",
            "[a x=\"1\"y",
            "[a x=1]",
            "x",
            "",
            "-a",
        ] {
            assert_eq!(structured(bad), None, "{bad}");
        }
    }
}
