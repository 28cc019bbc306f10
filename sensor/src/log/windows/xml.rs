//! Windows events as XML, one `<Event>` a line: what `wevtutil /f:xml` and event forwarding write.
//!
//! A small reader of exactly that: elements, attributes, text, the five entities and numbers, CDATA and
//! comments. No document type, no entity of its own: such a document is refused. It gives the form in
//! which others write the same event as JSON, `@Name` and `#text`.

use serde_json::{Map, Value};

/// Elements within elements: an event has four.
const DEPTH: usize = 32;

/// An element that is open.
struct Element {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// Whether a line begins as an event in XML does.
pub(in crate::log) fn begins(text: &str) -> bool {
    let text = match text.trim_start().strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest),
        None => text,
    };
    let rest = text.trim_start().strip_prefix("<Event");
    rest.is_some_and(|rest| rest.starts_with([' ', '>', '\t', '/']))
}

/// Reads an event: an object with the one member `Event`.
///
/// # Errors
/// Why it is no whole event.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, &'static str> {
    let mut rest = text.trim();
    if let Some(declared) = rest.strip_prefix("<?") {
        rest = declared
            .split_once("?>")
            .ok_or("XML that is cut")?
            .1
            .trim_start();
    }
    let mut open: Vec<Element> = Vec::new();
    loop {
        let place = rest.find('<').ok_or("XML that is cut")?;
        let (between, markup) = rest.split_at_checked(place).unwrap_or((rest, ""));
        match open.last_mut() {
            Some(element) => text_of(between, &mut element.text)?,
            None if between.trim().is_empty() => {}
            None => return Err("not one element of XML"),
        }
        rest = step(markup, &mut open)?;
        if let [only] = &mut *open
            && only.name.is_empty()
        {
            let whole = rest.trim().is_empty() && only.members.contains_key("Event");
            let members = std::mem::take(&mut only.members);
            return whole.then_some(members).ok_or("not one <Event> of XML");
        }
    }
}

/// One piece of markup. When the outermost element is closed, what stays open is one without a name
/// that holds it.
fn step<'a>(markup: &'a str, open: &mut Vec<Element>) -> Result<&'a str, &'static str> {
    if let Some(comment) = markup.strip_prefix("<!--") {
        let (_, rest) = comment.split_once("-->").ok_or("XML that is cut")?;
        return Ok(rest);
    }
    if let Some(data) = markup.strip_prefix("<![CDATA[") {
        let (data, rest) = data.split_once("]]>").ok_or("XML that is cut")?;
        let element = open.last_mut().ok_or("not one element of XML")?;
        element.text.push_str(data);
        return Ok(rest);
    }
    if let Some(end) = markup.strip_prefix("</") {
        let (name, rest) = end.split_once('>').ok_or("XML that is cut")?;
        let element = open.pop().ok_or("XML whose elements do not match")?;
        if element.name != name.trim_end() {
            return Err("XML whose elements do not match");
        }
        close(element, open);
        return Ok(rest);
    }
    let begin = markup.strip_prefix('<').ok_or("XML that is cut")?;
    let end = begin.find([' ', '\t', '\r', '\n', '/', '>']);
    let (name, mut rest) = end
        .and_then(|end| begin.split_at_checked(end))
        .ok_or("XML that is cut")?;
    if name.is_empty() || name.starts_with(['!', '?']) {
        return Err("XML with more than elements");
    }
    if open.len() >= DEPTH {
        return Err("XML nested deeper than is read");
    }
    let mut members = Map::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("/>") {
            let text = String::new();
            close(
                Element {
                    name: name.to_owned(),
                    members,
                    text,
                },
                open,
            );
            return Ok(rest);
        }
        if let Some(rest) = rest.strip_prefix('>') {
            let text = String::new();
            open.push(Element {
                name: name.to_owned(),
                members,
                text,
            });
            return Ok(rest);
        }
        rest = attribute(rest, &mut members)?;
    }
}

/// `Name='value'`.
fn attribute<'a>(text: &'a str, members: &mut Map<String, Value>) -> Result<&'a str, &'static str> {
    let (name, rest) = text.split_once('=').ok_or("XML that is cut")?;
    let rest = rest.trim_start();
    let Some(quote @ ('"' | '\'')) = rest.chars().next() else {
        return Err("an attribute without quotes");
    };
    let (value, rest) = rest
        .get(1..)
        .and_then(|rest| rest.split_once(quote))
        .ok_or("XML that is cut")?;
    let mut text = String::new();
    text_of(value, &mut text)?;
    members.insert(format!("@{}", name.trim()), Value::String(text));
    Ok(rest)
}

/// Puts a closed element among the members of the one around it; several of one name are a list.
fn close(element: Element, open: &mut Vec<Element>) {
    let Element {
        name,
        mut members,
        text,
    } = element;
    let blank = text.trim().is_empty();
    let value = if members.is_empty() {
        if blank {
            Value::Null
        } else {
            Value::String(text)
        }
    } else {
        let only_attributes = members.keys().all(|key| key.starts_with('@'));
        if only_attributes {
            let text = if blank {
                Value::Null
            } else {
                Value::String(text)
            };
            members.insert("#text".to_owned(), text);
        }
        Value::Object(members)
    };
    if open.is_empty() {
        open.push(Element {
            name: String::new(),
            members: Map::new(),
            text: String::new(),
        });
    }
    let Some(around) = open.last_mut() else {
        return;
    };
    match around.members.get_mut(&name) {
        None => drop(around.members.insert(name, value)),
        Some(Value::Array(values)) => values.push(value),
        Some(held) => {
            let first = held.take();
            *held = Value::Array(vec![first, value]);
        }
    }
}

/// Text with its entities undone.
fn text_of(text: &str, out: &mut String) -> Result<(), &'static str> {
    let mut rest = text;
    while let Some((plain, entity)) = rest.split_once('&') {
        out.push_str(plain);
        let (name, behind) = entity.split_once(';').ok_or("an entity without its end")?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => numbered(name).ok_or("an entity that nobody knows")?,
        });
        rest = behind;
    }
    out.push_str(rest);
    Ok(())
}

/// `#7881` or `#x43`.
fn numbered(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(number).filter(|letter| *letter != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_becomes_what_others_write_as_json() {
        let text = "<?xml version='1.0'?> <Event a='1'><S><I q=\"2\">3</I><E/></S><D>x</D><D><![CDATA[<y>]]>&amp;&#x1ec9;</D><!-- --></Event>";
        let json = serde_json::json!({"Event": {"@a": "1", "S": {"I": {"@q": "2", "#text": "3"}, "E": null}, "D": ["x", "<y>&\u{1ec9}"]}});
        assert_eq!(Value::Object(parse(text).unwrap()), json);
    }

    #[test]
    fn what_is_no_whole_event_is_refused() {
        let deep = "<Event>".repeat(100);
        for bad in [
            "",
            "<",
            "<Event",
            "<Event>",
            "</Event>",
            "<Event></Event></Event>",
            "<Event/><Event/>",
            "<a/>",
            "<!DOCTYPE x><Event/>",
            "<Event>&x;</Event>",
            "<Event>&</Event>",
            "<Event a=1/>",
            "<Event><a></Event></a>",
            "<Event><![CDATA[</Event>",
            "<Event><!--</Event>",
            "<Event>&#0;</Event>",
            &deep,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("<Event/>").is_ok());
    }
}
