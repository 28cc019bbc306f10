//! Order, overlap, gaps, wrap, depth; and that no cut and no order changes the bytes.

use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds {
    depth: 1 << 20,
    held: 1 << 16,
    segments: 64,
};

#[derive(Default)]
struct Heard(Vec<u8>, Vec<u64>);

impl Heard {
    fn hear(&mut self, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Data(data) => self.0.extend(data),
            Chunk::Gap(length) => self.1.push(length),
        }
    }
}

fn half(start: u32) -> Half {
    let mut half = Half::default();
    half.start(start);
    half
}

#[test]
fn early_segments_wait_and_repeated_ones_are_trimmed() {
    let (mut half, mut heard) = (half(u32::MAX - 1), Heard::default());
    // The sequence number wraps inside the first segment.
    for (sequence, data) in [(5, "h"), (2, "efg"), (u32::MAX - 1, "abcd"), (0, "cdefgh!")] {
        half.push(sequence, data.as_bytes(), BOUNDS, &mut |chunk| {
            heard.hear(chunk)
        });
    }
    assert_eq!(heard.0, b"abcdefgh!");
    assert!(heard.1.is_empty());
    assert_eq!(half.held(), 0);
}

#[test]
fn what_is_acknowledged_but_missing_is_a_gap() {
    let (mut half, mut heard) = (half(100), Heard::default());
    half.push(110, b"later", BOUNDS, &mut |chunk| heard.hear(chunk));
    half.acknowledged(105, BOUNDS, &mut |chunk| heard.hear(chunk));
    assert!(heard.0.is_empty());
    half.acknowledged(115, BOUNDS, &mut |chunk| heard.hear(chunk));
    assert_eq!(
        (heard.0.as_slice(), heard.1.as_slice()),
        (&b"later"[..], &[10][..])
    );
    assert_eq!(half.gaps, 1);
}

#[test]
fn first_data_stays_and_a_contradiction_is_told() {
    let (mut half, mut heard) = (half(0), Heard::default());
    let mut push = |sequence, data: &[u8]| {
        half.push(sequence, data, BOUNDS, &mut |chunk| heard.hear(chunk))
            .contradicts
    };
    assert!(!push(2, b"cd"));
    assert!(push(1, b"bXd"));
    assert!(!push(0, b"a"));
    assert_eq!(heard.0, b"abcd");
}

#[test]
fn nothing_is_handed_on_beyond_the_depth_but_order_is_kept() {
    let bounds = Bounds { depth: 3, ..BOUNDS };
    let (mut half, mut heard) = (half(0), Heard::default());
    half.push(0, b"abcdef", bounds, &mut |chunk| heard.hear(chunk));
    half.push(6, b"ghi", bounds, &mut |chunk| heard.hear(chunk));
    assert_eq!(heard.0, b"abc");
    assert!(half.is_deaf());
    assert_eq!(half.next(), Some(9));
}

#[test]
fn limits_end_the_waiting() {
    let bounds = Bounds { held: 10, ..BOUNDS };
    let (mut half, mut heard) = (half(0), Heard::default());
    half.push(5, b"01234567", bounds, &mut |chunk| heard.hear(chunk));
    assert!(heard.0.is_empty());
    half.push(20, b"abcdefgh", bounds, &mut |chunk| heard.hear(chunk));
    assert_eq!(
        (heard.0.as_slice(), heard.1.as_slice()),
        (&b"01234567"[..], &[5][..])
    );
    assert!(half.push(1 << 30, b"x", bounds, &mut |_| {}).out_of_window);
}

proptest! {
    #[test]
    fn any_cut_order_and_overlap_gives_the_same_bytes(
        data in prop::collection::vec(any::<u8>(), 1..300),
        start in any::<u32>(),
        pieces in prop::collection::vec((0_usize..300, 1_usize..40), 0..40),
        order in any::<prop::sample::Index>(),
    ) {
        let mut segments: Vec<(usize, &[u8])> = pieces
            .iter()
            .filter(|(at, _)| *at < data.len())
            .map(|(at, length)| (*at, &data[*at..data.len().min(at + length)]))
            .collect();
        segments.extend(data.chunks(17).enumerate().map(|(place, piece)| (place * 17, piece)));
        let turn = order.index(segments.len());
        segments.rotate_left(turn);
        let (mut half, mut heard) = (half(start), Heard::default());
        for (at, piece) in segments {
            let sequence = start.wrapping_add(u32::try_from(at).unwrap());
            let odd = half.push(sequence, piece, BOUNDS, &mut |chunk| heard.hear(chunk));
            prop_assert!(!odd.contradicts);
        }
        half.finish(BOUNDS, &mut |chunk| heard.hear(chunk));
        prop_assert_eq!(heard.0, data);
        prop_assert!(heard.1.is_empty());
    }
}
