//! Bytes of files as they are, or as gzip (RFC 1952) and zstd (RFC 8878) hold them: piece by piece,
//! in constant memory, up to a limit. What is damaged is told with the place; what came before it
//! is handed out first.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::compressed::Compression;
use crate::config::UnpackConfig;
use crate::error::unpack;

/// Bytes read of files so far, shared with whoever shows progress.
pub type Meter = Arc<AtomicU64>;

/// Bytes by which the content of a file is told.
const HEAD: u64 = 4_096;
/// Bytes of a compressed file that are read at once.
const READ_BYTES: usize = 64 * 1024;
/// Bytes asked of the gzip decoder at once: what it holds when it meets damage is lost.
const GZIP_STEP: usize = 4_096;

/// The first bytes of what a file holds, unpacked when it is gzip or zstd: at most 4 KiB.
///
/// # Errors
/// The file cannot be read. A damaged archive is no error: it has what could be unpacked.
pub fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut input = Input::open(path, &UnpackConfig::default(), Meter::default())?;
    let mut head = Vec::new();
    match (&mut input).take(HEAD).read_to_end(&mut head) {
        Err(error) if matches!(input, Input::Plain(_)) => Err(error),
        _ => Ok(head),
    }
}

/// A file's content.
pub(crate) enum Input {
    Plain(Metered),
    Packed(Box<Unpack>),
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be read, or is compressed in a way that is not unpacked here.
    pub(crate) fn open(path: &Path, limits: &UnpackConfig, meter: Meter) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        // As far as the longest magic number goes.
        (&mut file).take(16).read_to_end(&mut head)?;
        file.rewind()?;
        let file = Metered { file, meter };
        Ok(match Compression::of(&head) {
            None => Self::Plain(file),
            Some(compression) => {
                let unpack = Unpack::new(compression, file, limits.bytes);
                Self::Packed(Box::new(unpack.ok_or_else(|| refused(compression))?))
            }
        })
    }
}

/// What is said of a compression that is not unpacked here.
fn refused(compression: Compression) -> io::Error {
    io::Error::other(unpack(compression.name()))
}

impl Read for Input {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(room),
            Self::Packed(unpack) => unpack.read(room),
        }
    }
}

/// A file whose reading is counted.
#[derive(Debug)]
pub(crate) struct Metered {
    pub(crate) file: File,
    pub(crate) meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        self.meter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The content of a compressed file.
pub(crate) struct Unpack {
    decoder: Decoder,
    made: u64,
    limit: u64,
    ended: bool,
}

enum Decoder {
    Gzip(Box<MultiGzDecoder<Counted>>),
    Zstd(Box<Zstd>),
}

impl Unpack {
    /// The content of a file, at most `limit` bytes. None: this compression is not unpacked here.
    pub(crate) fn new(compression: Compression, file: Metered, limit: u64) -> Option<Self> {
        let source = Counted {
            inner: BufReader::with_capacity(READ_BYTES, file),
            consumed: 0,
        };
        let decoder = match compression {
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(source))),
            Compression::Zstd => Decoder::Zstd(Box::new(Zstd::new(source))),
            Compression::Xz | Compression::Zip | Compression::Bzip2 => return None,
        };
        Some(Self {
            decoder,
            made: 0,
            limit,
            ended: false,
        })
    }

    /// Reads with a decoder that is not ours over bytes of a stranger: a panic costs the file.
    fn decode(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let decoder = &mut self.decoder;
        let read = AssertUnwindSafe(|| match decoder {
            Decoder::Gzip(gzip) => {
                let step = room.len().min(GZIP_STEP);
                gzip.read(room.get_mut(..step).unwrap_or_default())
            }
            Decoder::Zstd(zstd) => zstd.read(room),
        });
        std::panic::catch_unwind(read)
            .unwrap_or_else(|_| Err(io::Error::other("the decoder gave up")))
    }

    fn damaged(&self, reason: &io::Error) -> io::Error {
        let (name, place) = match &self.decoder {
            Decoder::Gzip(gzip) => ("gzip", gzip.get_ref().consumed),
            Decoder::Zstd(zstd) => ("zstd", zstd.source.consumed),
        };
        let what = match reason.kind() {
            io::ErrorKind::UnexpectedEof => "the archive ends before its content does".to_owned(),
            _ => reason.to_string(),
        };
        let made = self.made;
        if reason.kind() == io::ErrorKind::Unsupported {
            return io::Error::other(format!("{name} at byte {place}: {reason}; unpack it first"));
        }
        io::Error::other(format!(
            "damaged {name} at byte {place}: {what}; the {made} bytes unpacked before were read"
        ))
    }
}

impl Read for Unpack {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.ended || room.is_empty() {
            return Ok(0);
        }
        let left = usize::try_from(self.limit - self.made).unwrap_or(usize::MAX);
        let mut beyond = [0];
        let wanted = room.len().min(left);
        let result = match room.get_mut(..wanted) {
            Some(room) if wanted > 0 => self.decode(room),
            // One byte more says whether the limit cuts anything off.
            _ => self.decode(&mut beyond),
        };
        match result {
            Ok(0) => {
                self.ended = true;
                Ok(0)
            }
            Ok(_) if wanted == 0 => {
                self.ended = true;
                Err(io::Error::other(format!(
                    "unpacks to more than limits.unpack.bytes ({}): what is beyond is not read; \
                     raise the limit or unpack the file",
                    self.limit
                )))
            }
            Ok(read) => {
                self.made += read as u64;
                Ok(read)
            }
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => Err(reason),
            Err(reason) => {
                self.ended = true;
                Err(self.damaged(&reason))
            }
        }
    }
}

impl std::fmt::Debug for Unpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unpack({} bytes)", self.made)
    }
}

/// A reader that knows its place.
struct Counted {
    inner: BufReader<Metered>,
    consumed: u64,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(room)?;
        self.consumed += read as u64;
        Ok(read)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.consumed += amount as u64;
        self.inner.consume(amount);
    }
}

/// An empty frame. A decoder that has seen one looks at the window that the next frame asks for,
/// and refuses more than 100 MiB.
const EMPTY_FRAME: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0];
/// An empty last block, with room for a checksum.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
/// Bytes decoded before they are handed out.
const ZSTD_STEP: usize = 128 * 1024;

/// Frames of zstd, one after the other.
struct Zstd {
    source: Counted,
    frame: FrameDecoder,
    is_open: bool,
    broken: Option<io::Error>,
}

impl Zstd {
    fn new(source: Counted) -> Self {
        let mut frame = FrameDecoder::new();
        let begun = frame.init(EMPTY_FRAME).map_err(io::Error::other);
        Self {
            source,
            frame,
            is_open: false,
            broken: begun.err(),
        }
    }

    /// Decodes a few blocks. Damage ends the frame, so that what it holds back as its window can
    /// be handed out.
    fn step(&mut self) {
        let step = BlockDecodingStrategy::UptoBytes(ZSTD_STEP);
        let Err(error) = self.frame.decode_blocks(&mut self.source, step) else {
            return;
        };
        self.broken = Some(reason(error));
        let end = BlockDecodingStrategy::UptoBlocks(1);
        if self.frame.decode_blocks(LAST_BLOCK, end).is_err() {
            self.is_open = false;
        }
    }

    /// Ends a frame whose content was handed out.
    fn close(&mut self) -> io::Result<()> {
        self.is_open = false;
        let stated = self.frame.get_checksum_from_data();
        if stated.is_some() && stated != self.frame.get_calculated_checksum() {
            return Err(io::Error::other("the checksum of a frame does not fit"));
        }
        Ok(())
    }

    /// Begins the next frame; false at the end.
    fn open(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.frame.init(&mut self.source) {
                Ok(()) => {
                    self.is_open = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                    if skipped < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(reason(error)),
            }
        }
        Ok(false)
    }
}

impl Read for Zstd {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_open && self.frame.can_collect() > 0 {
                return self.frame.read(room);
            }
            if let Some(error) = self.broken.take() {
                return Err(error);
            }
            if self.is_open && !self.frame.is_finished() {
                self.step();
                continue;
            }
            if self.is_open {
                self.close()?;
            }
            if !self.open()? {
                return Ok(0);
            }
        }
    }
}

/// What the decoder says, with an end that comes too early by its own kind.
fn reason(error: FrameDecoderError) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { requested } = &error {
        let window = requested >> 20;
        let reason = format!("it wants {window} MiB of memory (zstd --long), 100 are the most");
        return io::Error::new(io::ErrorKind::Unsupported, reason);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        let early = inner
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof);
        if early {
            return io::ErrorKind::UnexpectedEof.into();
        }
        cause = inner.source();
    }
    io::Error::other(error.to_string())
}

#[cfg(test)]
mod tests;
