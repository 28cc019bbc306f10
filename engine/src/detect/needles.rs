//! Texts that stand anywhere in a value, thousands at once, whatever the case of ASCII letters.
//!
//! Of each text four bytes are chosen that are rare among all of them. While the value is passed
//! over once, the four bytes at each place are looked up in a filter of some kilobytes, which says
//! no nearly always and without waiting for the place before, as an automaton must; behind it
//! stands a table that names the texts to compare.
//!
//! A few long texts are looked for at every fourth or eighth place only: of each, four or eight
//! neighbouring runs are in the table, and one of them falls on such a place wherever the text
//! stands. Texts shorter than four bytes have tables of three and two; single bytes are searched.

use std::collections::HashMap;

use super::hash::BuildQuick;
use super::names::index;

/// A set of texts to be found.
#[derive(Debug, Default)]
pub(super) struct Needles {
    groups: Vec<Group>,
    single: Vec<(u8, u32)>,
}

/// A text and its number.
type Text<'a> = (&'a [u8], u32);

/// Texts that are looked for with the same stride and filter.
#[derive(Debug)]
struct Group {
    stride: Stride,
    filter: Filter,
    /// For each run its range of `needles`.
    runs: HashMap<u32, (u32, u32), BuildQuick>,
    needles: Vec<Needle>,
}

/// The places of a value that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stride {
    /// Every place, by two bytes.
    Two,
    /// Every place, by three bytes.
    Three,
    /// Every place, by four bytes, as with the others.
    One,
    Four,
    Eight,
}

/// Says that a run is in no text, quickly.
#[derive(Debug)]
enum Filter {
    /// A byte for each hash: for few texts.
    Small(Box<[u8; SMALL]>),
    /// A bit for each hash.
    Large(Box<[u64; LARGE]>),
}

#[derive(Clone, Debug)]
struct Needle {
    text: Box<[u8]>,
    /// Where the run stands in it.
    anchor: usize,
    out: u32,
}

const FACTOR: u32 = 0x9e37_79b1;
/// 4 KiB, an eighth of it set at most.
const SMALL: usize = 1 << 12;
/// 16 KiB: it fits the first cache beside what else is in use.
const LARGE: usize = 1 << (17 - 6);
/// So many texts are few.
const FEW: usize = 64;

impl Needles {
    /// Prepares texts, in lower case, with their numbers.
    pub(super) fn new<'a>(texts: impl Iterator<Item = (&'a [u8], u32)> + Clone) -> Self {
        let mut needles = Self::default();
        let common = frequencies(texts.clone().map(|(text, _)| text));
        let few = texts.clone().count() <= FEW;
        let mut by_stride: Vec<(Stride, Vec<Text<'_>>)> = Vec::new();
        for (text, out) in texts {
            let stride = match text.len() {
                0 => continue,
                1 => {
                    needles.single.extend(text.first().map(|byte| (*byte, out)));
                    continue;
                }
                2 => Stride::Two,
                3 => Stride::Three,
                11.. if few => Stride::Eight,
                7.. if few => Stride::Four,
                _ => Stride::One,
            };
            match by_stride.iter_mut().find(|(held, _)| *held == stride) {
                Some((_, group)) => group.push((text, out)),
                None => by_stride.push((stride, vec![(text, out)])),
            }
        }
        let groups = by_stride.into_iter();
        needles.groups = groups
            .map(|(stride, texts)| Group::new(stride, &texts, &common))
            .collect();
        needles
    }

    /// Whether there is nothing to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.single.is_empty()
    }

    /// Adds the numbers of the texts that stand in a value; one may be added several times.
    pub(super) fn find(&self, value: &[u8], hits: &mut Vec<u32>) {
        for (byte, out) in &self.single {
            if memchr::memchr2(*byte, byte.to_ascii_uppercase(), value).is_some() {
                hits.push(*out);
            }
        }
        for group in &self.groups {
            group.find(value, hits);
        }
    }
}

impl Stride {
    /// How many neighbouring runs of a text are in the table.
    fn runs(self) -> usize {
        match self {
            Self::Two | Self::Three | Self::One => 1,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

impl Group {
    fn new(stride: Stride, texts: &[(&[u8], u32)], common: &HashMap<u32, u32, BuildQuick>) -> Self {
        let mut by_run: HashMap<u32, Vec<Needle>> = HashMap::new();
        let mut add = |run: u32, text: &[u8], anchor, out| {
            by_run.entry(run).or_default().push(Needle {
                text: text.into(),
                anchor,
                out,
            });
        };
        let count = stride.runs();
        for (text, out) in texts {
            match *text {
                [a, b] => add(folded([*a, *b, 0, 0]), text, 0, *out),
                [a, b, c] => add(folded([*a, *b, *c, 0]), text, 0, *out),
                _ => {
                    let first = rarest(text, count, common);
                    let runs = text.array_windows::<4>().enumerate();
                    for (anchor, run) in runs.skip(first).take(count) {
                        add(folded(*run), text, anchor, *out);
                    }
                }
            }
        }
        let mut group = Self {
            stride,
            filter: Filter::new(by_run.len(), stride),
            runs: HashMap::default(),
            needles: Vec::new(),
        };
        for (run, needles) in by_run {
            group.filter.mark(run);
            let from = u32::try_from(group.needles.len()).unwrap_or(u32::MAX);
            group.needles.extend(needles);
            let to = u32::try_from(group.needles.len()).unwrap_or(u32::MAX);
            group.runs.insert(run, (from, to));
        }
        group
    }

    fn find(&self, value: &[u8], hits: &mut Vec<u32>) {
        match (&self.filter, self.stride) {
            (Filter::Small(filter), Stride::Two) => {
                for (at, [a, b]) in value.array_windows::<2>().enumerate() {
                    let run = folded([*a, *b, 0, 0]);
                    if small(filter, run) {
                        self.compare(run, value, at, hits);
                    }
                }
            }
            (filter, Stride::Two | Stride::Three) => {
                for (at, [a, b, c]) in value.array_windows::<3>().enumerate() {
                    let run = folded([*a, *b, *c, 0]);
                    if filter.has(run) {
                        self.compare(run, value, at, hits);
                    }
                }
            }
            (Filter::Small(filter), Stride::Eight) => {
                let (blocks, rest) = value.as_chunks::<8>();
                for (place, [a, b, c, d, ..]) in blocks.iter().enumerate() {
                    let run = folded([*a, *b, *c, *d]);
                    if small(filter, run) {
                        self.compare(run, value, place * 8, hits);
                    }
                }
                if let Some(last) = rest.first_chunk::<4>() {
                    self.compare(folded(*last), value, blocks.len() * 8, hits);
                }
            }
            (Filter::Small(filter), Stride::Four) => {
                let (blocks, _) = value.as_chunks::<4>();
                for (place, block) in blocks.iter().enumerate() {
                    let run = folded(*block);
                    if small(filter, run) {
                        self.compare(run, value, place * 4, hits);
                    }
                }
            }
            (Filter::Small(filter), _) => {
                for (at, run) in value.array_windows::<4>().enumerate() {
                    let run = folded(*run);
                    if small(filter, run) {
                        self.compare(run, value, at, hits);
                    }
                }
            }
            (Filter::Large(filter), _) => {
                for (at, run) in value.array_windows::<4>().enumerate() {
                    let run = folded(*run);
                    if large(filter, run) {
                        self.compare(run, value, at, hits);
                    }
                }
            }
        }
    }

    #[inline(never)]
    fn compare(&self, run: u32, value: &[u8], at: usize, hits: &mut Vec<u32>) {
        let Some((from, to)) = self.runs.get(&run) else {
            return;
        };
        let needles = self.needles.get(index(*from)..index(*to));
        for needle in needles.unwrap_or_default() {
            let start = at.checked_sub(needle.anchor);
            let length = needle.text.len();
            let there = start.and_then(|start| value.get(start..start + length));
            if there.is_some_and(|there| there.eq_ignore_ascii_case(&needle.text)) {
                hits.push(needle.out);
            }
        }
    }
}

impl Filter {
    fn new(runs: usize, stride: Stride) -> Self {
        if runs <= SMALL / 8 || stride == Stride::Two {
            Self::Small(Box::new([0; SMALL]))
        } else {
            Self::Large(Box::new([0; LARGE]))
        }
    }

    fn has(&self, run: u32) -> bool {
        match self {
            Self::Small(filter) => small(filter, run),
            Self::Large(filter) => large(filter, run),
        }
    }

    fn mark(&mut self, run: u32) {
        match self {
            Self::Small(filter) => {
                if let Some(byte) = filter.get_mut(index(hash(run, 12))) {
                    *byte = 1;
                }
            }
            Self::Large(filter) => {
                let place = hash(run, 17);
                if let Some(word) = filter.get_mut(index(place >> 6)) {
                    *word |= 1 << (place & 63);
                }
            }
        }
    }
}

fn small(filter: &[u8; SMALL], run: u32) -> bool {
    filter
        .get(index(hash(run, 12)))
        .is_some_and(|byte| *byte != 0)
}

/// Four bytes as a number that is the same for both cases of a letter, and for some signs.
fn folded(run: [u8; 4]) -> u32 {
    u32::from_le_bytes(run) | 0x2020_2020
}

fn hash(run: u32, bits: u32) -> u32 {
    run.wrapping_mul(FACTOR) >> (32 - bits)
}

fn large(filter: &[u64; LARGE], run: u32) -> bool {
    let place = hash(run, 17);
    let word = filter.get(index(place >> 6)).copied().unwrap_or_default();
    (word >> (place & 63)) & 1 == 1
}

/// How often each run of four bytes stands in the texts: what many rules name is common in events,
/// too.
fn frequencies<'a>(texts: impl Iterator<Item = &'a [u8]>) -> HashMap<u32, u32, BuildQuick> {
    let mut common: HashMap<u32, u32, BuildQuick> = HashMap::default();
    for run in texts.flat_map(<[u8]>::array_windows::<4>) {
        *common.entry(folded(*run)).or_default() += 1;
    }
    common
}

/// Where the `count` neighbouring runs begin that are the rarest in a text.
fn rarest(text: &[u8], count: usize, common: &HashMap<u32, u32, BuildQuick>) -> usize {
    let weight = |run: &[u8; 4]| {
        let among = common.get(&folded(*run)).copied().unwrap_or_default();
        let usual: u32 = run.iter().map(|byte| usualness(*byte)).sum();
        u64::from(among) * 4 + u64::from(usual)
    };
    let weights: Vec<u64> = text.array_windows::<4>().map(weight).collect();
    let sums = weights.windows(count).map(|some| some.iter().sum::<u64>());
    let best = sums.enumerate().min_by_key(|(_, sum)| *sum);
    best.map_or(0, |(place, _)| place)
}

/// How usual a byte is in logs, very roughly: letters of English words above rare letters, digits
/// and signs.
fn usualness(byte: u8) -> u32 {
    match byte {
        b'e' | b's' | b'i' | b't' | b'o' | b'r' | b'n' | b'a' | b'\\' | b' ' => 4,
        b'l' | b'c' | b'd' | b'm' | b'w' | b'p' | b'u' | b'.' | b'0' | b'-' => 3,
        b'x' | b'y' | b'g' | b'h' | b'f' | b'v' | b'b' | b'/' | b':' | b'1'..=b'9' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_search_finds(
            texts in prop::collection::vec("[abđ]{1,14}", 0..40),
            value in "[abcABđ]{0,60}",
        ) {
            // Texts of the value itself, so that long ones are found, too.
            let mut texts = texts;
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
}
