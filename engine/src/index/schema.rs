//! Pure schema: which tantivy fields a partition has and how a value becomes a term.
//!
//! Envelope and core share one pair of fields, record paths another, so that no key of a hostile
//! record can stand for a site. A term is `path`, a separator, the value: lower-case text in the
//! `terms` fields, an order-preserving number or address in the `ordered` fields. The path alone
//! says that the field exists.

use std::net::IpAddr;

use ipnet::IpNet;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::{LowerCaser, SimpleTokenizer, TextAnalyzer};

/// Grows with every change of the fields below; a partition keeps the one it was made with.
pub(super) const SCHEMA_VERSION: u32 = 2;
/// The bits that the addresses of one [`near_term`] share.
const NEAR_V4: u8 = 24;
const NEAR_V6: u8 = 64;
/// Stands between path and value; a path that holds it is not indexed.
pub(super) const SEPARATOR: char = '\u{1}';
/// The name under which the word tokenizer is registered.
pub(super) const WORDS: &str = "words";

/// The fields of a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// The event's id, as text.
    pub(super) id: Field,
    /// Microseconds since the epoch; sorts the newest first.
    pub(super) time: Field,
    /// The position in the journal; breaks ties and is the cursor.
    pub(super) position: Field,
    /// Envelope and core: text terms.
    pub(super) core_terms: Field,
    /// Envelope and core: numbers and addresses.
    pub(super) core_ordered: Field,
    /// Record: text terms.
    pub(super) record_terms: Field,
    /// Record: numbers and addresses.
    pub(super) record_ordered: Field,
    /// All text of the record, word by word.
    pub(super) words: Field,
    /// The whole event.
    pub(super) event: Field,
}

pub(super) fn build() -> (Schema, Fields) {
    let raw = |option| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_fieldnorms(false)
                .set_index_option(option),
        )
    };
    let words = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(WORDS)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions),
    );
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_text_field("id", raw(IndexRecordOption::Basic)),
        time: schema.add_i64_field("time", FAST),
        position: schema.add_u64_field("position", FAST),
        core_terms: schema.add_text_field("core_terms", raw(IndexRecordOption::Basic)),
        core_ordered: schema.add_bytes_field("core_ordered", BytesOptions::from(INDEXED)),
        record_terms: schema.add_text_field("record_terms", raw(IndexRecordOption::Basic)),
        record_ordered: schema.add_bytes_field("record_ordered", BytesOptions::from(INDEXED)),
        words: schema.add_text_field("words", words),
        event: schema.add_bytes_field("event", BytesOptions::from(STORED)),
    };
    (schema.build(), fields)
}

/// The tokenizer of the `words` field; [`crate::query::words`] is the same by hand.
pub(super) fn words_tokenizer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .build()
}

/// The term of a value under a path.
pub(super) fn text_term(path: &str, value: &str) -> String {
    format!("{path}{SEPARATOR}{}", value.to_lowercase())
}

/// The term of a number under a path: bytes order as the numbers do.
pub(super) fn number_term(path: &str, number: f64) -> Vec<u8> {
    // Zero has two signs and one value.
    let bits = if number == 0.0 { 0 } else { number.to_bits() };
    let ordered = if bits >> 63 == 0 {
        bits ^ (1 << 63)
    } else {
        !bits
    };
    tagged(path, b'n', &ordered.to_be_bytes())
}

/// The term of an address under a path: bytes order as the addresses of its family do.
pub(super) fn address_term(path: &str, ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => tagged(path, b'4', &ip.octets()),
        IpAddr::V6(ip) => tagged(path, b'6', &ip.octets()),
    }
}

/// The term of the /24 or /64 that an address is in. There are far fewer of them than addresses:
/// a wide network is looked for among these.
pub(super) fn near_term(path: &str, ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => near(path, b'3', &ip.octets(), NEAR_V4),
        IpAddr::V6(ip) => near(path, b'5', &ip.octets(), NEAR_V6),
    }
}

/// The terms between which the addresses of a network lie.
pub(super) fn network_bounds(path: &str, network: &IpNet) -> (Vec<u8>, Vec<u8>) {
    let wide = match network {
        IpNet::V4(network) => network.prefix_len() <= NEAR_V4,
        IpNet::V6(network) => network.prefix_len() <= NEAR_V6,
    };
    let term = if wide { near_term } else { address_term };
    (
        term(path, network.network()),
        term(path, network.broadcast()),
    )
}

fn near(path: &str, tag: u8, octets: &[u8], bits: u8) -> Vec<u8> {
    let kept = octets.get(..usize::from(bits / 8)).unwrap_or(octets);
    tagged(path, tag, kept)
}

/// The terms between which every number of a path lies.
pub(super) fn tag_bounds(path: &str, tag: u8) -> (Vec<u8>, Vec<u8>) {
    (tagged(path, tag, &[]), tagged(path, tag + 1, &[]))
}

fn tagged(path: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    let mut term = Vec::with_capacity(path.len() + 2 + value.len());
    term.extend_from_slice(path.as_bytes());
    term.push(1);
    term.push(tag);
    term.extend_from_slice(value);
    term
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn number_terms_order_as_numbers(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let (left, right) = (number_term("p", a), number_term("p", b));
            prop_assert_eq!(a.partial_cmp(&b), Some(left.cmp(&right)));
        }
    }
}
