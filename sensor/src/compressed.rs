//! Telling compressed files by their first bytes: none of our readers unpacks them.

/// The extensions that such files usually have.
pub(crate) const EXTENSIONS: [&str; 5] = ["gz", "xz", "bz2", "zst", "zip"];

/// The name of the compression, if these are the first bytes of a compressed file.
pub(crate) fn name(head: &[u8]) -> Option<&'static str> {
    const BZIP2_BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    const BZIP2_EMPTY: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    match head {
        [0x1f, 0x8b, 8, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some("zip"),
        // Three letters and a digit may well begin a line of text; what follows may not.
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
            if rest.starts_with(&BZIP2_BLOCK) || rest.starts_with(&BZIP2_EMPTY) =>
        {
            Some("bzip2")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_compressed_files_and_no_text() {
        for (head, expected) in [
            (&b"\x1f\x8b\x08\x00"[..], Some("gzip")),
            (b"\x28\xb5\x2f\xfd\x04", Some("zstd")),
            (b"\xfd7zXZ\x00\x00", Some("xz")),
            (b"BZh91AY&SY", Some("bzip2")),
            (b"PK\x03\x04\x14", Some("zip")),
            (b"BZh9 is a line", None),
            (b"PK is a line", None),
            (b"", None),
        ] {
            assert_eq!(name(head), expected, "{head:?}");
        }
    }
}
