//! Texts anywhere in a value, held against a plain search.

use super::needles::Needles;
use proptest::prelude::*;

proptest! {
    #[test]
    fn finds_what_a_search_finds(
        texts in prop::collection::vec("[abđ]{1,14}", 0..90),
        least in 1_usize..13,
        value in "[abcABđ]{0,60}",
    ) {
        // Texts of the value itself, so that long ones are found, too.
        let mut texts = texts;
        texts.retain(|text| text.len() >= least);
        let lower = value.to_ascii_lowercase();
        let chars: Vec<char> = lower.chars().collect();
        texts.extend(chars.windows(13).step_by(5).map(|run| run.iter().collect()));
        let numbered = texts.iter().zip(0_u32..);
        let needles = Needles::new(numbered.clone().map(|(text, out)| (text.as_bytes(), out)));
        let mut hits = Vec::new();
        needles.find(value.as_bytes(), &mut hits);
        hits.sort_unstable();
        hits.dedup();
        let there = numbered.filter(|(text, _)| lower.contains(text.as_str()));
        let expected: Vec<u32> = there.map(|(_, out)| out).collect();
        prop_assert_eq!(hits, expected);
    }
}

#[test]
fn texts_of_one_run_cost_a_search_each_and_no_more() {
    let texts: Vec<String> = (4..300).map(|length| "a".repeat(length)).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.push("aab");
    let numbered = texts.iter().zip(0_u32..);
    let needles = Needles::new(numbered.map(|(text, out)| (text.as_bytes(), out)));
    let mut hits = Vec::new();
    needles.find("a".repeat(1 << 20).as_bytes(), &mut hits);
    hits.sort_unstable();
    assert_eq!(hits, (0..296).collect::<Vec<u32>>());
}
