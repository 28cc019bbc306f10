//! Texts that stand anywhere in a value, thousands at once, whatever the case of ASCII letters.
//!
//! Of each text four bytes are chosen that are rare among all of them. While the value is passed
//! over once, the four bytes at each place are looked up in a filter of some kilobytes, which says
//! no nearly always and without waiting for the place before, as an automaton must; behind it
//! stands a table that names the texts to compare. Texts of two and three bytes are looked for in
//! the same pass, by their first two.
//!
//! A few long texts are looked for at every fourth or eighth place only: of each, four or eight
//! neighbouring runs are in the table, and one of them falls on such a place wherever the text
//! stands. A very few short ones, and single bytes, are searched by their rarest byte.

use super::names::index;
use super::rarity::{Frequencies, frequencies, rarest, usualness};

/// A set of texts to be found.
#[derive(Debug, Default)]
pub(super) struct Needles {
    seldom: Vec<Seldom>,
    runs: Option<Runs>,
    pairs: Option<Pairs>,
}

/// A text and its number.
type Text<'a> = (&'a [u8], u32);

/// A text that is looked for by one of its bytes.
#[derive(Debug)]
struct Seldom {
    byte: u8,
    needle: Needle,
}

/// Texts that are looked for by four of their bytes.
#[derive(Debug)]
struct Runs {
    stride: Stride,
    filter: Filter,
    table: Table,
}

/// Texts of two and three bytes, looked for by their first two.
#[derive(Debug)]
struct Pairs {
    /// A bit for each two bytes.
    filter: Box<[u64; 1 << 10]>,
    table: Table,
}

/// The places of a value that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stride {
    One,
    Four,
    Eight,
}

/// Says that a run is in no text, quickly: a bit for each hash. Half a kilobyte, four, sixteen: the
/// largest fits the first cache beside what else is in use.
#[derive(Debug)]
enum Filter {
    Small(Box<[u64; 1 << 6]>),
    Medium(Box<[u64; 1 << 9]>),
    Large(Box<[u64; 1 << 11]>),
}

/// Texts by their runs.
#[derive(Debug)]
struct Table {
    /// Where the needles of each hash begin, and at last where all end.
    buckets: Vec<u32>,
    /// The bits of a hash that choose a bucket.
    bits: u32,
    needles: Vec<Needle>,
}

#[derive(Clone, Debug)]
struct Needle {
    run: u32,
    text: Box<[u8]>,
    /// Where the run stands in it.
    anchor: usize,
    out: u32,
}

const FACTOR: u32 = 0x9e37_79b1;
/// So many long texts are few.
const FEW: usize = 64;
/// So many short ones are very few.
const VERY_FEW: usize = 3;
/// Texts with so many bytes are long.
const LONG: usize = 7;
/// So many bytes have eight runs of four.
const VERY_LONG: usize = 11;

impl Needles {
    /// Prepares texts, in lower case, with their numbers.
    pub(super) fn new<'a>(texts: impl Iterator<Item = (&'a [u8], u32)> + Clone) -> Self {
        let common = frequencies(texts.clone().map(|(text, _)| text));
        let of = |range: std::ops::RangeInclusive<usize>| -> Vec<Text<'a>> {
            let meant = texts
                .clone()
                .filter(|(text, _)| range.contains(&text.len()));
            meant.collect()
        };
        let mut seldom = of(1..=1);
        let mut take = |some: &mut Vec<Text<'a>>| {
            if some.len() <= VERY_FEW {
                seldom.append(some);
            }
        };
        let (mut pairs, mut short, long) = (of(2..=3), of(4..=LONG - 1), of(LONG..=usize::MAX));
        take(&mut pairs);
        if long.len() <= FEW {
            take(&mut short);
        }
        let stride = if !short.is_empty() || long.len() > FEW {
            Stride::One
        } else if long.iter().any(|(text, _)| text.len() < VERY_LONG) {
            Stride::Four
        } else {
            Stride::Eight
        };
        short.extend(long);
        Self {
            seldom: seldom.into_iter().map(Seldom::new).collect(),
            runs: (!short.is_empty()).then(|| Runs::new(stride, &short, &common)),
            pairs: (!pairs.is_empty()).then(|| Pairs::new(&pairs)),
        }
    }

    /// Whether there is nothing to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.seldom.is_empty() && self.runs.is_none() && self.pairs.is_none()
    }

    /// Whether every place of a value is looked at, which takes its time.
    pub(super) fn is_thorough(&self) -> bool {
        let runs = self.runs.as_ref();
        self.pairs.is_some() || runs.is_some_and(|runs| runs.stride == Stride::One)
    }

    /// Adds the numbers of the texts that stand in a value; one may be added several times.
    ///
    /// Who makes rules and values for it can make every place one of many texts to compare; then, and
    /// before it has cost much, each text is searched by itself, in time linear in the value.
    pub(super) fn find(&self, value: &[u8], hits: &mut Vec<u32>) {
        let before = hits.len();
        let mut hits = Hits {
            list: hits,
            left: value.len().saturating_mul(16).saturating_add(1 << 16),
        };
        self.find_together(value, &mut hits);
        if hits.left == 0 {
            hits.list.truncate(before);
            self.find_each(value, hits.list);
        }
    }

    /// Searches each text by itself.
    fn find_each(&self, value: &[u8], hits: &mut Vec<u32>) {
        let folded = value.to_ascii_lowercase();
        let seldom = self.seldom.iter().map(|seldom| &seldom.needle);
        let runs = self.runs.iter().flat_map(|runs| &runs.table.needles);
        let pairs = self.pairs.iter().flat_map(|pairs| &pairs.table.needles);
        let mut last = None;
        for needle in seldom.chain(runs).chain(pairs) {
            // The runs of one text lie beside each other, or cost a search each.
            if last != Some(needle.out) && memchr::memmem::find(&folded, &needle.text).is_some() {
                hits.push(needle.out);
            }
            last = Some(needle.out);
        }
    }

    fn find_together(&self, value: &[u8], hits: &mut Hits<'_>) {
        for seldom in &self.seldom {
            seldom.find(value, hits);
        }
        match (&self.runs, &self.pairs) {
            (Some(runs), Some(pairs)) if runs.stride == Stride::One => {
                pairs.find_with(runs, value, hits);
            }
            (runs, pairs) => {
                if let Some(runs) = runs {
                    runs.find(value, hits);
                }
                if let Some(pairs) = pairs {
                    pairs.find(value, hits);
                }
            }
        }
    }
}

/// What was found, and how many bytes may still be compared for it.
struct Hits<'a> {
    list: &'a mut Vec<u32>,
    left: usize,
}

impl Seldom {
    fn new((text, out): Text<'_>) -> Self {
        let bytes = text.iter().copied().enumerate();
        let rarest = bytes.min_by_key(|(_, byte)| usualness(*byte));
        let (anchor, byte) = rarest.unwrap_or_default();
        Self {
            byte,
            needle: Needle {
                run: 0,
                text: text.into(),
                anchor,
                out,
            },
        }
    }

    fn find(&self, value: &[u8], hits: &mut Hits<'_>) {
        let places = memchr::memchr2_iter(self.byte, self.byte.to_ascii_uppercase(), value);
        for place in places {
            hits.left = hits.left.saturating_sub(self.needle.text.len());
            if self.needle.stands(value, place) {
                hits.list.push(self.needle.out);
                return;
            }
        }
    }
}

impl Runs {
    fn new(stride: Stride, texts: &[Text<'_>], common: &Frequencies) -> Self {
        let count = match stride {
            Stride::One => 1,
            Stride::Four => 4,
            Stride::Eight => 8,
        };
        let mut needles = Vec::new();
        for (text, out) in texts {
            let first = rarest(text, count, common);
            let runs = text.array_windows::<4>().enumerate();
            for (anchor, run) in runs.skip(first).take(count) {
                needles.push(Needle {
                    run: folded(*run),
                    text: (*text).into(),
                    anchor,
                    out: *out,
                });
            }
        }
        let mut filter = Filter::new(needles.len());
        for needle in &needles {
            filter.mark(needle.run);
        }
        Self {
            stride,
            filter,
            table: Table::new(needles),
        }
    }

    fn find(&self, value: &[u8], hits: &mut Hits<'_>) {
        match &self.filter {
            Filter::Small(filter) => self.pass(filter, value, hits),
            Filter::Medium(filter) => self.pass(filter, value, hits),
            Filter::Large(filter) => self.pass(filter, value, hits),
        }
    }

    fn pass<const WORDS: usize>(&self, filter: &[u64; WORDS], value: &[u8], hits: &mut Hits<'_>) {
        let mut look = |run: [u8; 4], at: usize| {
            let run = folded(run);
            if has(filter, run) {
                self.table.compare(run, value, at, hits);
            }
        };
        match self.stride {
            Stride::One => {
                for (at, run) in value.array_windows::<4>().enumerate() {
                    look(*run, at);
                }
            }
            Stride::Four => {
                for (place, run) in value.as_chunks::<4>().0.iter().enumerate() {
                    look(*run, place * 4);
                }
            }
            Stride::Eight => {
                let (blocks, rest) = value.as_chunks::<8>();
                for (place, [a, b, c, d, ..]) in blocks.iter().enumerate() {
                    look([*a, *b, *c, *d], place * 8);
                }
                if let Some(last) = rest.first_chunk::<4>() {
                    look(*last, blocks.len() * 8);
                }
            }
        }
    }
}

impl Pairs {
    fn new(texts: &[Text<'_>]) -> Self {
        let mut filter = Box::new([0; 1 << 10]);
        let needles = texts.iter().filter_map(|(text, out)| {
            let run = pair(folded([*text.first()?, *text.get(1)?, 0, 0]));
            Some(Needle {
                run: u32::from(run),
                text: (*text).into(),
                anchor: 0,
                out: *out,
            })
        });
        let needles: Vec<Needle> = needles.collect();
        for needle in &needles {
            if let Some(word) = filter.get_mut(index(needle.run >> 6)) {
                *word |= 1 << (needle.run & 63);
            }
        }
        Self {
            filter,
            table: Table::new(needles),
        }
    }

    fn find(&self, value: &[u8], hits: &mut Hits<'_>) {
        self.find_from(value, 0, hits);
    }

    /// Looks at the places from one on.
    fn find_from(&self, value: &[u8], from: usize, hits: &mut Hits<'_>) {
        let rest = value.get(from..).unwrap_or_default();
        for (at, [a, b]) in rest.array_windows::<2>().enumerate() {
            self.look(folded([*a, *b, 0, 0]), value, from + at, hits);
        }
    }

    /// Looks for runs in the same pass.
    fn find_with(&self, runs: &Runs, value: &[u8], hits: &mut Hits<'_>) {
        match &runs.filter {
            Filter::Small(filter) => self.pass(runs, filter, value, hits),
            Filter::Medium(filter) => self.pass(runs, filter, value, hits),
            Filter::Large(filter) => self.pass(runs, filter, value, hits),
        }
        // The last places have no four bytes.
        self.find_from(value, value.len().saturating_sub(3), hits);
    }

    fn pass<const WORDS: usize>(
        &self,
        runs: &Runs,
        filter: &[u64; WORDS],
        value: &[u8],
        hits: &mut Hits<'_>,
    ) {
        for (at, run) in value.array_windows::<4>().enumerate() {
            let run = folded(*run);
            if has(filter, run) {
                runs.table.compare(run, value, at, hits);
            }
            self.look(run, value, at, hits);
        }
    }

    fn look(&self, run: u32, value: &[u8], at: usize, hits: &mut Hits<'_>) {
        let run = pair(run);
        let word = self.filter.get(usize::from(run >> 6)).copied();
        if (word.unwrap_or_default() >> (run & 63)) & 1 == 1 {
            self.table.compare(u32::from(run), value, at, hits);
        }
    }
}

impl Table {
    fn new(mut needles: Vec<Needle>) -> Self {
        let bits = needles.len().next_power_of_two().trailing_zeros().max(3);
        let bucket = |needle: &Needle| hash(needle.run, bits);
        needles.sort_by_key(bucket);
        let mut buckets = Vec::with_capacity((1 << bits) + 1);
        let mut from = 0_u32;
        let mut rest = needles.iter().peekable();
        for place in 0..1_u32 << bits {
            buckets.push(from);
            while rest.next_if(|needle| bucket(needle) == place).is_some() {
                from += 1;
            }
        }
        buckets.push(from);
        Self {
            buckets,
            bits,
            needles,
        }
    }

    #[inline(never)]
    fn compare(&self, run: u32, value: &[u8], at: usize, hits: &mut Hits<'_>) {
        let bucket = index(hash(run, self.bits));
        let Some([from, to]) = self.buckets.get(bucket..bucket + 2) else {
            return;
        };
        let needles = self.needles.get(index(*from)..index(*to));
        for needle in needles.unwrap_or_default() {
            if needle.run != run {
                continue;
            }
            hits.left = hits.left.saturating_sub(needle.text.len());
            if hits.left == 0 {
                return;
            }
            if needle.stands(value, at) {
                hits.list.push(needle.out);
            }
        }
    }
}

impl Needle {
    /// Whether the text stands in a value that has its run, or its byte, at a place.
    fn stands(&self, value: &[u8], at: usize) -> bool {
        let start = at.checked_sub(self.anchor);
        let there = start.and_then(|start| value.get(start..start + self.text.len()));
        there.is_some_and(|there| there.eq_ignore_ascii_case(&self.text))
    }
}

impl Filter {
    fn new(runs: usize) -> Self {
        match runs {
            0..=64 => Self::Small(Box::new([0; 1 << 6])),
            65..=1_024 => Self::Medium(Box::new([0; 1 << 9])),
            _ => Self::Large(Box::new([0; 1 << 11])),
        }
    }

    fn mark(&mut self, run: u32) {
        match self {
            Self::Small(filter) => mark(filter, run),
            Self::Medium(filter) => mark(filter, run),
            Self::Large(filter) => mark(filter, run),
        }
    }
}

fn mark<const WORDS: usize>(filter: &mut [u64; WORDS], run: u32) {
    let place = place::<WORDS>(run);
    if let Some(word) = filter.get_mut(index(place >> 6)) {
        *word |= 1 << (place & 63);
    }
}

fn has<const WORDS: usize>(filter: &[u64; WORDS], run: u32) -> bool {
    let place = place::<WORDS>(run);
    let word = filter.get(index(place >> 6)).copied().unwrap_or_default();
    (word >> (place & 63)) & 1 == 1
}

/// The bit of a run in a filter of so many words.
fn place<const WORDS: usize>(run: u32) -> u32 {
    hash(run, WORDS.trailing_zeros() + 6)
}

/// Four bytes as a number that is the same for both cases of a letter, and for some signs.
pub(super) fn folded(run: [u8; 4]) -> u32 {
    u32::from_le_bytes(run) | 0x2020_2020
}

/// The first two of four folded bytes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two bytes are what is meant"
)]
fn pair(run: u32) -> u16 {
    run as u16
}

fn hash(run: u32, bits: u32) -> u32 {
    run.wrapping_mul(FACTOR) >> (32 - bits)
}
