//! Telling compressed files by their first bytes, whatever they are called.

/// The extensions that such files usually have.
pub(crate) const EXTENSIONS: [&str; 5] = ["gz", "xz", "bz2", "zst", "zip"];

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// RFC 1952; unpacked here.
    Gzip,
    /// RFC 8878; unpacked here.
    Zstd,
    /// Refused with the way out, as the two below.
    Xz,
    Zip,
    Bzip2,
}

impl Compression {
    /// The compression that these first bytes of a file tell.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        const BZIP2_BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
        const BZIP2_EMPTY: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            // Three letters and a digit may well begin a line of text; what follows may not.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(&BZIP2_BLOCK) || rest.starts_with(&BZIP2_EMPTY) =>
            {
                Some(Self::Bzip2)
            }
            _ => None,
        }
    }

    /// The word in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Zip => "zip",
            Self::Bzip2 => "bzip2",
        }
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
            assert_eq!(
                Compression::of(head).map(Compression::name),
                expected,
                "{head:?}"
            );
        }
    }
}
