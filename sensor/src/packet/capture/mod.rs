//! Capture files: pcap (micro- and nanoseconds, both byte orders) and pcapng.
//!
//! Packets are handed out as slices of one buffer that is refilled in large reads: nothing is
//! copied for a packet and memory stays constant, whatever the size of the file. A file that ends
//! inside a packet yields what it holds; [`Capture::fault`] then says what was wrong.

mod pcap;
mod pcapng;

use std::io::Read;

use event::Time;

use pcapng::Interface;

/// The longest packet that is believed: 4 MiB is sixteen times what interfaces deliver.
const MAX_PACKET: usize = 4 << 20;
/// How much is read at once.
const READ_BYTES: usize = 256 * 1024;
/// Interfaces that one pcapng section may declare.
const MAX_INTERFACES: usize = 4_096;

/// A packet as the file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When it was captured.
    pub time: Time,
    /// The link type (tcpdump.org's LINKTYPE numbers).
    pub link: u16,
    /// Its length on the wire.
    pub wire_length: u32,
    /// The bytes that were kept.
    pub bytes: &'a [u8],
}

/// What ended a file before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file ends inside a packet or block.
    Cut,
    /// A length that cannot be: nothing after it can be found.
    Malformed,
    /// The file could not be read further.
    Unreadable,
}

impl Fault {
    /// The word in `sensor.status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Malformed => "malformed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// An open capture file.
#[derive(Debug)]
pub struct Capture<R> {
    input: Window<R>,
    format: Format,
    fault: Option<Fault>,
}

#[derive(Debug)]
enum Format {
    Pcap {
        big_endian: bool,
        nanoseconds: bool,
        /// The longest packet that is believed.
        longest: u32,
        link: u16,
    },
    Pcapng {
        big_endian: bool,
        interfaces: Vec<Interface>,
    },
}

/// Whether these first bytes of a file are a capture's.
pub fn is_capture(head: &[u8]) -> bool {
    pcap::order(head).is_some() || pcapng::is_section(head)
}

impl<R: Read> Capture<R> {
    /// Reads the file's header. None when these are not the bytes of a capture.
    pub fn open(input: R) -> Option<Self> {
        let mut input = Window::new(input);
        input.fill(4);
        let format = if pcapng::is_section(input.held()) {
            Format::Pcapng {
                big_endian: false,
                interfaces: Vec::new(),
            }
        } else {
            pcap::header(&mut input)?
        };
        Some(Self {
            input,
            format,
            fault: None,
        })
    }

    /// The next packet; none at the end of the file or after a fault.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.fault.is_some() {
            return None;
        }
        let found = match &mut self.format {
            Format::Pcap {
                big_endian,
                nanoseconds,
                longest,
                link,
            } => pcap::find(&mut self.input, *big_endian, *nanoseconds, *longest, *link),
            Format::Pcapng {
                big_endian,
                interfaces,
            } => pcapng::find(&mut self.input, big_endian, interfaces),
        };
        match found {
            Ok(found) => {
                let found = found?;
                Some(Frame {
                    time: found.time,
                    link: found.link,
                    wire_length: found.wire_length,
                    bytes: self.input.take(found.skip, found.length, found.tail)?,
                })
            }
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }

    /// What ended the file before its time, if anything did.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// What kept the file from being read further, in words.
    pub fn trouble(&self) -> Option<&str> {
        self.input.failed.as_deref()
    }
}

/// Where the next packet lies in the window: `skip` bytes of headers, the packet, `tail` bytes.
struct Found {
    time: Time,
    link: u16,
    wire_length: u32,
    skip: usize,
    length: usize,
    tail: usize,
}

/// A moving window over the input.
#[derive(Debug)]
struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    failed: Option<String>,
}

impl<R: Read> Window<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; READ_BYTES],
            start: 0,
            end: 0,
            ended: false,
            failed: None,
        }
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Holds at least `wanted` bytes; false when the input ends before.
    fn fill(&mut self, wanted: usize) -> bool {
        if self.end - self.start >= wanted {
            return true;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted.max(READ_BYTES), 0);
        }
        while self.end < wanted && !self.ended {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => self.ended = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failed = Some(error.to_string());
                }
            }
        }
        self.end >= wanted
    }

    /// What it means that the wanted bytes are not there.
    fn shortage(&self) -> Fault {
        if self.failed.is_some() {
            Fault::Unreadable
        } else {
            Fault::Cut
        }
    }

    /// Like [`Window::fill`], where nothing at all is a proper end: `Ok(false)`.
    fn fill_or_end(&mut self, wanted: usize) -> Result<bool, Fault> {
        if self.fill(wanted) {
            return Ok(true);
        }
        if self.held().is_empty() && self.failed.is_none() {
            return Ok(false);
        }
        Err(self.shortage())
    }

    fn skip(&mut self, length: usize) {
        self.start = self.end.min(self.start.saturating_add(length));
    }

    /// Takes bytes that [`Window::fill`] has promised.
    fn take(&mut self, skip: usize, length: usize, tail: usize) -> Option<&[u8]> {
        let start = self.start.checked_add(skip)?;
        let end = start.checked_add(length)?;
        self.skip(skip + length + tail);
        self.buffer.get(start..end)
    }
}

fn u16_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u16> {
    let bytes = *bytes.get(at..)?.first_chunk::<2>()?;
    Some(if big_endian {
        u16::from_be_bytes(bytes)
    } else {
        u16::from_le_bytes(bytes)
    })
}

fn u32_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *bytes.get(at..)?.first_chunk::<4>()?;
    Some(if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    })
}

/// A length from the file as a size, when it is believable.
fn size(length: u32) -> Result<usize, Fault> {
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= MAX_PACKET)
        .ok_or(Fault::Malformed)
}

#[cfg(test)]
mod tests;
