//! Captures made by hand: both byte orders, both resolutions, several interfaces, every cut.

use super::*;

const PAYLOAD: &[u8] = b"\x01\x02\x03\x04\x05";

fn words(big_endian: bool, words: &[u32]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| {
            if big_endian {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            }
        })
        .collect()
}

fn pcap(big_endian: bool, magic: u32) -> Vec<u8> {
    let mut file = words(big_endian, &[magic, 0x0004_0002, 0, 0, 65_535, 1]);
    for second in 1..=2 {
        file.extend(words(big_endian, &[second, 500_000, 5, 60]));
        file.extend(PAYLOAD);
    }
    file
}

fn block(big_endian: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(4), 0);
    let length = u32::try_from(padded.len() + 12).unwrap();
    let mut block = words(big_endian, &[kind, length]);
    block.extend(padded);
    block.extend(words(big_endian, &[length]));
    block
}

fn interface(big_endian: bool, link: u16, resolution: u8) -> Vec<u8> {
    let both = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut body = both(link).to_vec();
    body.extend(both(0));
    body.extend(words(big_endian, &[0]));
    body.extend(both(9));
    body.extend(both(1));
    body.extend([resolution, 0, 0, 0]);
    body.extend(both(0));
    body.extend(both(0));
    block(big_endian, 1, &body)
}

fn pcapng(big_endian: bool) -> Vec<u8> {
    let mut section = words(big_endian, &[0x1a2b_3c4d, 0x0000_0001]);
    section.extend([0xff; 8]);
    let mut file = block(big_endian, 0x0a0d_0d0a, &section);
    file.extend(interface(big_endian, 1, 9));
    file.extend(interface(big_endian, 101, 0x80 | 10));
    for (place, units) in [(0, 1_000_000_000_u64), (1, 1_024)] {
        let stamp = units * 3 / 2;
        let high = u32::try_from(stamp >> 32).unwrap();
        let low = u32::try_from(stamp & 0xffff_ffff).unwrap();
        let mut body = words(big_endian, &[place, high, low, 5, 60]);
        body.extend(PAYLOAD);
        file.extend(block(big_endian, 6, &body));
        file.extend(block(big_endian, 0x0bad, b"skipped"));
    }
    file
}

type Packets = Vec<(i64, u16, u32, Vec<u8>)>;

fn read(file: &[u8]) -> (Packets, Option<Fault>) {
    let Some(mut capture) = Capture::open(file) else {
        return (Vec::new(), None);
    };
    let mut frames = Vec::new();
    while let Some(frame) = capture.next_frame() {
        frames.push((
            frame.time.micros(),
            frame.link,
            frame.wire_length,
            frame.bytes.to_vec(),
        ));
    }
    (frames, capture.fault())
}

#[test]
fn reads_pcap_of_both_orders_and_resolutions() {
    for big_endian in [false, true] {
        let (frames, fault) = read(&pcap(big_endian, 0xa1b2_c3d4));
        assert_eq!(frames[1], (2_500_000, 1, 60, PAYLOAD.to_vec()));
        assert_eq!((frames.len(), fault), (2, None));
        let (frames, _) = read(&pcap(big_endian, 0xa1b2_3c4d));
        assert_eq!(frames[0].0, 1_000_500);
    }
}

#[test]
fn reads_pcapng_with_interfaces_of_their_own_link_and_resolution() {
    for big_endian in [false, true] {
        let (frames, fault) = read(&pcapng(big_endian));
        let expected = [
            (1_500_000, 1, 60, PAYLOAD.to_vec()),
            (1_500_000, 101, 60, PAYLOAD.to_vec()),
        ];
        assert_eq!((frames.as_slice(), fault), (&expected[..], None));
    }
}

#[test]
fn a_cut_file_yields_what_it_holds_and_says_so() {
    for file in [pcap(false, 0xa1b2_c3d4), pcapng(true)] {
        for end in 0..file.len() {
            let (frames, fault) = read(&file[..end]);
            let whole = frames.len();
            assert!(
                whole < 2 || fault.is_some() || file[end..].len() < 24,
                "cut at {end}"
            );
            assert!(frames.iter().all(|frame| frame.3 == PAYLOAD));
        }
    }
    let mut file = pcap(false, 0xa1b2_c3d4);
    file.truncate(file.len() - 1);
    assert_eq!(read(&file).1, Some(Fault::Cut));
    file[24 + 8..24 + 12].copy_from_slice(&[0xff; 4]);
    assert_eq!(read(&file).1, Some(Fault::Malformed));
}

#[test]
fn what_is_no_capture_is_refused() {
    assert!(Capture::open(&b"GET / HTTP/1.1\r\n"[..]).is_none());
    assert!(Capture::open(&b""[..]).is_none());
    assert!(is_capture(&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0]));
    assert!(!is_capture(b"{\"a\":1}"));
}

#[test]
fn a_length_that_was_flipped_in_the_middle_is_a_fault() {
    // One bit of the first packet's length: longer than any header allows.
    let mut file = pcap(false, 0xa1b2_c3d4);
    file[24 + 8 + 2] ^= 0x08;
    file.resize(2 << 20, 0);
    assert_eq!(read(&file).1, Some(Fault::Malformed));
    // The same for a block: its two lengths contradict each other.
    for place in [28, 52] {
        let mut file = pcapng(false);
        file[place + 4] ^= 0x04;
        assert_eq!(read(&file).1, Some(Fault::Malformed), "at {place}");
    }
}
