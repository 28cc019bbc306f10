//! Archives whole, cut and damaged: what can be unpacked is, and what cannot is said.

use std::io::Write;

use proptest::prelude::*;

use super::*;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(content, level)
}

fn read(archive: &[u8], limit: u64) -> (Vec<u8>, Option<String>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(archive).unwrap();
    let limits = UnpackConfig {
        bytes: limit,
        ..UnpackConfig::default()
    };
    let mut input = Input::open(file.path(), &limits, Meter::default()).unwrap();
    let mut content = Vec::new();
    let error = input.read_to_end(&mut content).err();
    (content, error.map(|error| error.to_string()))
}

/// Text that does not compress to nothing.
fn content() -> Vec<u8> {
    let lines = (0_u32..20_000).map(|n| format!("{} line {n}\n", n.wrapping_mul(2_654_435_761)));
    lines.collect::<String>().into_bytes()
}

#[test]
fn members_and_frames_are_read_one_after_the_other() {
    let content = content();
    let (head, tail) = content.split_at(70_000);
    let skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    for (name, pieces) in [
        ("gzip", vec![gzip(head), gzip(b""), gzip(tail)]),
        ("zstd", vec![zstd(head), skipped, zstd(b""), zstd(tail)]),
    ] {
        let (read, error) = read(&pieces.concat(), u64::MAX);
        assert_eq!(error, None, "{name}");
        assert!(read == content, "{name}");
    }
}

#[test]
fn what_is_cut_or_damaged_is_told_with_its_place_and_what_came_before_is_read() {
    let content = content();
    for (name, archive) in [("gzip", gzip(&content)), ("zstd", zstd(&content))] {
        let half = archive.len() / 2;
        let (cut, error) = read(&archive[..half], u64::MAX);
        let error = error.unwrap();
        assert!(
            error.contains(&format!("damaged {name} at byte {half}")),
            "{error}"
        );
        assert!(error.contains("ends before"), "{error}");
        assert!(content.starts_with(&cut), "{name}");
        assert!(cut.len() > content.len() / 4, "{name}: {}", cut.len());

        let mut damaged = archive.clone();
        let place = damaged.len() - 2;
        damaged[place] ^= 0xff;
        let (read, error) = read(&damaged, u64::MAX);
        let error = error.unwrap_or_else(|| panic!("{name}"));
        assert!(
            error.contains(&format!("damaged {name} at byte ")),
            "{error}"
        );
        assert!(read.len() > content.len() / 2, "{name}");
    }
}

#[test]
fn a_bomb_stops_at_the_limit_and_says_so() {
    let bomb = vec![b'a'; 10 << 20];
    for archive in [gzip(&bomb), zstd(&bomb)] {
        let (content, error) = read(&archive, 1 << 20);
        assert_eq!(content.len(), 1 << 20);
        assert!(error.unwrap().contains("limits.unpack.bytes"));
        // What fits exactly is no bomb.
        let (content, error) = read(&archive, 10 << 20);
        assert_eq!((content.len(), error), (10 << 20, None));
    }
    // A frame that asks for a window of 2 GiB.
    let (_, error) = read(b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", u64::MAX);
    let error = error.unwrap();
    assert!(
        error.contains("wants 2048 MiB") && error.contains("unpack it first"),
        "{error}"
    );
}

#[test]
fn others_are_refused_with_the_way_out() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"\xfd7zXZ\x00\x00").unwrap();
    let opened = Input::open(file.path(), &UnpackConfig::default(), Meter::default());
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("xz and must be unpacked first"), "{error}");
}

proptest! {
    #[test]
    fn a_damaged_archive_is_harmless(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        content in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        for mut archive in [gzip(&content), zstd(&content)] {
            let place = place.index(archive.len());
            archive[place] = byte;
            if Compression::of(&archive).is_some() {
                let (read, _) = read(&archive, 1 << 20);
                prop_assert!(read.len() <= 1 << 20);
            }
        }
    }
}
