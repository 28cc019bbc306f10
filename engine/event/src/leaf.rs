//! One value at the end of a path, and what it is as text, number or address.

use std::borrow::Cow;
use std::net::IpAddr;

/// One value at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaf<'a> {
    /// JSON null.
    Null,
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// An address (core fields only).
    Ip(IpAddr),
    /// Something is here that has members of its own: it exists, and equals nothing.
    Container,
}

impl<'a> Leaf<'a> {
    /// The value as text: decimal for numbers, `true`/`false`; none for null and containers.
    pub fn text(self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Unsigned(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(number.to_string()),
            Self::Ip(ip) => Cow::Owned(ip.to_string()),
            Self::Null | Self::Container => return None,
        })
    }

    /// The value as a number; numeric text counts, other text does not.
    pub fn number(self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "ranges compare as f64, as DESIGN §2 says"
        )]
        match self {
            Self::Int(number) => Some(number as f64),
            Self::Unsigned(number) => Some(number as f64),
            Self::Float(number) => Some(number),
            Self::Text(text) => numeric_text(text),
            Self::Null | Self::Bool(_) | Self::Ip(_) | Self::Container => None,
        }
    }

    /// The value as a whole number, exactly; decimal text counts.
    pub fn whole(self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(number.into()),
            Self::Unsigned(number) => Some(number.into()),
            Self::Text(text) if text.len() <= 32 => text.parse().ok(),
            _ => None,
        }
    }

    /// The value as an address, also from text; an IPv4 address written as IPv6 is the IPv4 one.
    pub fn ip(self) -> Option<IpAddr> {
        let ip = match self {
            Self::Ip(ip) => ip,
            Self::Text(text) if text.len() <= 45 => text.parse().ok()?,
            _ => return None,
        };
        Some(ip.to_canonical())
    }
}

/// Decimal text as a number: `-1`, `2.5`, `1e3`; not `inf`, `nan`, `0x1` or padded text.
fn numeric_text(text: &str) -> Option<f64> {
    let first = *text.as_bytes().first()?;
    if text.len() > 32 || !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_text_is_a_number_and_other_text_is_not() {
        assert_eq!(Leaf::Text("10").number(), Some(10.0));
        assert_eq!(Leaf::Text("-2.5").number(), Some(-2.5));
        for text in ["", "inf", "nan", "0x10", " 1", "1 ", "ten"] {
            assert_eq!(Leaf::Text(text).number(), None, "{text:?}");
        }
    }
}
