//! Which bytes of a text are rare, among all texts and in logs: there it is looked for.

use std::collections::HashMap;

use super::hash::BuildQuick;
use super::needles::folded;

/// How often each run of four bytes stands in the texts.
pub(super) type Frequencies = HashMap<u32, u32, BuildQuick>;

/// What many rules name is common in events, too.
pub(super) fn frequencies<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Frequencies {
    let mut common = Frequencies::default();
    for run in texts.flat_map(<[u8]>::array_windows::<4>) {
        *common.entry(folded(*run)).or_default() += 1;
    }
    common
}
/// Where the `count` neighbouring runs begin that are the rarest in a text.
pub(super) fn rarest(text: &[u8], count: usize, common: &Frequencies) -> usize {
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
pub(super) fn usualness(byte: u8) -> u32 {
    match byte {
        b'e' | b's' | b'i' | b't' | b'o' | b'r' | b'n' | b'a' | b'\\' | b' ' => 4,
        b'l' | b'c' | b'd' | b'm' | b'w' | b'p' | b'u' | b'.' | b'0' | b'-' => 3,
        b'x' | b'y' | b'g' | b'h' | b'f' | b'v' | b'b' | b'/' | b':' | b'1'..=b'9' => 2,
        _ => 1,
    }
}
