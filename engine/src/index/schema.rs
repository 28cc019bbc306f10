//! Pure schema: which tantivy fields a partition has and how a value becomes terms. Columns stand in `column.rs`.
//!
//! Envelope and core share one field, record paths another, so that no key of a hostile record can stand for a site. A
//! term is `path`, a separator, a tag, the value. Every value has one term that says it whole: a number in an
//! order-preserving form, an address by its octets, anything else as lower-case text. Only a number or address that is
//! not written in its usual form (`007`, `2001:DB8:0:0::1`) has its text as a second one, and the first says so. Which
//! paths a document has, its shape says (`shape.rs`).

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use event::Leaf;
use ipnet::IpNet;
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TextAnalyzer;

use super::column;
use super::tokens::Words;

/// Grows with every change of the fields below; a partition keeps the one it was made with.
pub(super) const SCHEMA_VERSION: u32 = 4;
/// The bits that the addresses of one `near` term share.
const NEAR_V4: u8 = 24;
const NEAR_V6: u8 = 64;
/// Stands between path and value; a path that holds it is not indexed.
pub(super) const SEPARATOR: char = '\u{1}';
/// The name under which the word tokenizer is registered.
pub(super) const WORDS: &str = "words";

/// The fields of a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// The event's id, in three columns.
    pub(super) instance: Field,
    pub(super) lane: Field,
    pub(super) number: Field,
    /// Microseconds since the epoch; sorts the newest first.
    pub(super) time: Field,
    /// The position in the journal; breaks ties and is the cursor.
    pub(super) position: Field,
    /// Which paths there are.
    pub(super) shape: Field,
    /// Values of envelope and core.
    pub(super) core: Field,
    /// Values of the record.
    pub(super) record: Field,
    /// All text of the record, word by word.
    pub(super) words: Field,
    /// The whole event.
    pub(super) event: Field,
}

pub(super) fn build() -> (Schema, Fields) {
    let words = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(WORDS)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions),
    );
    // Without field norms: nothing is scored.
    let terms = || BytesOptions::default().set_indexed();
    let mut schema = Schema::builder();
    let fields = Fields {
        instance: schema.add_u64_field("instance", FAST),
        lane: schema.add_u64_field("lane", FAST),
        number: schema.add_u64_field("number", FAST),
        time: schema.add_i64_field("time", FAST),
        position: schema.add_u64_field("position", FAST),
        shape: schema.add_bytes_field("shape", terms()),
        core: schema.add_bytes_field("core", terms()),
        record: schema.add_bytes_field("record", terms()),
        words: schema.add_text_field("words", words),
        event: schema.add_bytes_field("event", BytesOptions::from(STORED)),
    };
    column::declare(&mut schema);
    (schema.build(), fields)
}

/// The tokenizer of the `words` field.
pub(super) fn words_tokenizer() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).build()
}

/// What a term holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// The /24 of an address (core only: a wide network is looked for among few terms).
    NearV4 = b'3',
    /// An IPv4 address.
    V4 = b'4',
    /// The /64 of an address (core only).
    NearV6 = b'5',
    /// An IPv6 address.
    V6 = b'6',
    /// A number.
    Number = b'n',
    /// Text.
    Text = b't',
}

/// Behind a number or address: whether its text is the usual one, or a term of its own.
const USUAL: u8 = 0;
const UNUSUAL: u8 = 1;

/// What the terms of a path begin with.
pub(super) fn head(path: &str, tag: Tag) -> Vec<u8> {
    let mut term = Vec::with_capacity(path.len() + 24);
    term.extend_from_slice(path.as_bytes());
    term.push(SEPARATOR as u8);
    term.push(tag as u8);
    term
}

/// The term of a text, lower case, under a path.
pub(super) fn text_term(path: &str, text: &str) -> Vec<u8> {
    let mut term = head(path, Tag::Text);
    term.extend_from_slice(text.as_bytes());
    term
}

/// The terms of a number, in its usual form and in another, between which no other number lies.
pub(super) fn number_terms(path: &str, number: f64) -> [Vec<u8>; 2] {
    let mut term = head(path, Tag::Number);
    term.extend_from_slice(&ordered(number).to_be_bytes());
    pair(term)
}

/// The terms of an address, likewise.
pub(super) fn address_terms(path: &str, ip: IpAddr) -> [Vec<u8>; 2] {
    let mut term;
    match ip {
        IpAddr::V4(ip) => {
            term = head(path, Tag::V4);
            term.extend_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            term = head(path, Tag::V6);
            term.extend_from_slice(&ip.octets());
        }
    }
    pair(term)
}

fn pair(term: Vec<u8>) -> [Vec<u8>; 2] {
    let (mut usual, mut unusual) = (term.clone(), term);
    usual.push(USUAL);
    unusual.push(UNUSUAL);
    [usual, unusual]
}

/// The first and the last term of the addresses of a network; `near` where the path has such terms.
pub(super) fn network_bounds(path: &str, network: &IpNet, near: bool) -> (Vec<u8>, Vec<u8>) {
    let wide = match network {
        IpNet::V4(network) => network.prefix_len() <= NEAR_V4,
        IpNet::V6(network) => network.prefix_len() <= NEAR_V6,
    };
    if near && wide {
        let term = |ip| {
            let mut term = Vec::new();
            near_term(path, ip, &mut term);
            term
        };
        return (term(network.network()), term(network.broadcast()));
    }
    let [low, _] = address_terms(path, network.network());
    let [_, high] = address_terms(path, network.broadcast());
    (low, high)
}

/// The /24 or /64 that an address is in. There are far fewer of them than addresses.
fn near_term(path: &str, ip: IpAddr, term: &mut Vec<u8>) {
    let (tag, bits) = match ip {
        IpAddr::V4(_) => (Tag::NearV4, NEAR_V4),
        IpAddr::V6(_) => (Tag::NearV6, NEAR_V6),
    };
    begin(term, path, tag);
    let kept = usize::from(bits / 8);
    match ip {
        IpAddr::V4(ip) => term.extend(ip.octets().iter().take(kept)),
        IpAddr::V6(ip) => term.extend(ip.octets().iter().take(kept)),
    }
}

fn begin(term: &mut Vec<u8>, path: &str, tag: Tag) {
    term.clear();
    term.extend_from_slice(path.as_bytes());
    term.push(SEPARATOR as u8);
    term.push(tag as u8);
}

/// A number whose bytes order as numbers do. Zero has two signs and one value.
fn ordered(number: f64) -> u64 {
    let bits = if number == 0.0 { 0 } else { number.to_bits() };
    if bits >> 63 == 0 {
        bits ^ (1 << 63)
    } else {
        !bits
    }
}

/// The text of a value, from what stands behind [`head`]; none when its text is a term of its own.
pub(super) fn usual_text(tag: Tag, value: &[u8]) -> Option<String> {
    let (flag, value) = value.split_last()?;
    if *flag != USUAL {
        return None;
    }
    Some(match tag {
        Tag::V4 => Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).to_string(),
        Tag::V6 => Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).to_string(),
        Tag::Number => {
            let bits = u64::from_be_bytes(value.try_into().ok()?);
            let bits = if bits >> 63 == 1 {
                bits ^ (1 << 63)
            } else {
                !bits
            };
            f64::from_bits(bits).to_string()
        }
        Tag::NearV4 | Tag::NearV6 | Tag::Text => return None,
    })
}

/// Makes the terms of values; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Terms {
    term: Vec<u8>,
    text: String,
    usual: String,
}

impl Terms {
    /// Gives each term of a value under a path; `near` where addresses have terms of their networks too. Says whether
    /// the value was short enough to be indexed.
    pub(super) fn of(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        near: bool,
        mut add: impl FnMut(&[u8]),
    ) -> bool {
        self.text.clear();
        match leaf {
            Leaf::Null | Leaf::Container => return true,
            Leaf::Text(text) if text.is_ascii() => {
                self.text.push_str(text);
                self.text.make_ascii_lowercase();
            }
            _ => self
                .text
                .push_str(&leaf.text().unwrap_or_default().to_lowercase()),
        }
        if self.text.len() > event::MAX_TERM_BYTES / 2 {
            return false;
        }
        let usual = if let Some(number) = leaf.number() {
            // Zero has two signs and one term.
            let number = if number == 0.0 { 0.0 } else { number };
            let is_usual = is_exact(number) && self.is_written(&number);
            self.value(
                path,
                Tag::Number,
                &ordered(number).to_be_bytes(),
                is_usual,
                &mut add,
            );
            is_usual
        } else if let Some(ip) = leaf.ip() {
            let is_usual = self.is_written(&ip);
            match ip {
                IpAddr::V4(ip) => self.value(path, Tag::V4, &ip.octets(), is_usual, &mut add),
                IpAddr::V6(ip) => self.value(path, Tag::V6, &ip.octets(), is_usual, &mut add),
            }
            if near {
                near_term(path, ip, &mut self.term);
                add(&self.term);
            }
            is_usual
        } else {
            false
        };
        if !usual {
            begin(&mut self.term, path, Tag::Text);
            self.term.extend_from_slice(self.text.as_bytes());
            add(&self.term);
        }
        true
    }

    /// Whether the value's text is what this is written as.
    fn is_written(&mut self, value: &dyn std::fmt::Display) -> bool {
        self.usual.clear();
        write!(self.usual, "{value}").is_ok() && self.usual == self.text
    }

    fn value(
        &mut self,
        path: &str,
        tag: Tag,
        value: &[u8],
        usual: bool,
        add: &mut impl FnMut(&[u8]),
    ) {
        begin(&mut self.term, path, tag);
        self.term.extend_from_slice(value);
        self.term.push(if usual { USUAL } else { UNUSUAL });
        add(&self.term);
    }
}

/// Whether every whole number of this size is one of its own as `f64`: beyond, text decides what is equal.
fn is_exact(number: f64) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.abs() < EXACT
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn number_terms_order_as_numbers(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let ([low, _], [other, last]) = (number_terms("p", a), number_terms("p", b));
            prop_assert_eq!(a.partial_cmp(&b), Some(low.cmp(&other)));
            prop_assert!(other < last);
        }

        #[test]
        fn a_number_in_its_usual_form_is_read_back(number in any::<i32>()) {
            let text = number.to_string();
            let mut made = Vec::new();
            Terms::default().of("p", Leaf::Text(&text), false, |term| made.push(term.to_vec()));
            prop_assert_eq!(made.len(), 1);
            let value = made[0].strip_prefix(head("p", Tag::Number).as_slice()).unwrap();
            prop_assert_eq!(usual_text(Tag::Number, value), Some(text));
        }
    }

    #[test]
    fn a_value_in_another_form_has_its_text_too() {
        for (text, terms) in [
            ("7", 1),
            ("007", 2),
            ("7.0", 2),
            ("1e3", 2),
            ("9223372036854775808", 2),
            ("-0", 2),
            ("10.60.0.7", 1),
            ("2001:db8::1", 1),
            ("2001:DB8::1", 1),
            ("2001:db8:0:0:0:0:0:1", 2),
            ("::ffff:10.60.0.7", 2),
            ("x", 1),
            ("", 1),
        ] {
            let mut made = 0;
            assert!(Terms::default().of("p", Leaf::Text(text), false, |_| made += 1));
            assert_eq!(made, terms, "{text}");
        }
    }
}
