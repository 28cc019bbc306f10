//! A body up to its limits: as it comes, at the rate it comes, and as it unpacks.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Refused;
use crate::config::HttpLimits;

/// The unit in which room for bodies is counted.
const UNIT: usize = 1_024;
/// Unpacked at once.
const PIECE: usize = 64 << 10;

/// The room that bodies of one source share; who holds a part gives it back by dropping it.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.div_ceil(UNIT))))
    }
}

/// Bytes that hold their place in a room.
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    room: Room,
    places: Option<OwnedSemaphorePermit>,
}

impl Held {
    fn new(room: &Room) -> Self {
        Self {
            bytes: Vec::new(),
            room: room.clone(),
            places: None,
        }
    }

    /// Adds bytes as long as there is room: nobody waits for it while holding some.
    fn add(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let needed = (self.bytes.len() + piece.len()).div_ceil(UNIT);
        let has = self
            .places
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(needed.saturating_sub(has)).map_err(|_| Refused::Busy)?;
        if more > 0 {
            let fresh = Arc::clone(&self.room.0).try_acquire_many_owned(more);
            let fresh = fresh.map_err(|_| Refused::Busy)?;
            match &mut self.places {
                Some(places) => places.merge(fresh),
                none => *none = Some(fresh),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

/// How slowly a body may come.
struct Pace {
    began: Instant,
    silence: Duration,
    rate: u64,
}

impl Pace {
    fn new(limits: &HttpLimits) -> Self {
        Self {
            began: Instant::now(),
            silence: Duration::from_secs(limits.silence_secs),
            rate: limits.rate,
        }
    }

    /// How long to wait for the next piece when so much has come.
    fn patience(&self, bytes: usize) -> Duration {
        let earned = Duration::from_secs(bytes as u64 / self.rate.max(1));
        let left = (self.silence + earned).saturating_sub(self.began.elapsed());
        left.min(self.silence)
    }

    /// The next piece; none at the end.
    async fn next(
        &self,
        body: &mut Incoming,
        came: usize,
    ) -> Result<Option<hyper::body::Bytes>, Refused> {
        loop {
            let frame = tokio::time::timeout(self.patience(came), body.frame()).await;
            match frame.map_err(|_| Refused::Late)? {
                None => return Ok(None),
                Some(Err(_)) => return Err(Refused::Cut),
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
            }
        }
    }
}

/// Reads a body whole, as it comes.
pub(super) async fn read(
    mut body: Incoming,
    limits: &HttpLimits,
    room: &Room,
) -> Result<Held, Refused> {
    let pace = Pace::new(limits);
    let mut held = Held::new(room);
    while let Some(piece) = pace.next(&mut body, held.bytes.len()).await? {
        if held.bytes.len().saturating_add(piece.len()) > limits.body_bytes {
            return Err(Refused::TooLarge(limits.body_bytes));
        }
        held.add(&piece)?;
    }
    Ok(held)
}

/// Lets a body pass that nobody needs, so that the connection can be used again.
pub(super) async fn pass(mut body: Incoming, limits: &HttpLimits, most: usize) {
    let pace = Pace::new(limits);
    let mut came = 0_usize;
    while let Ok(Some(piece)) = pace.next(&mut body, came).await {
        came = came.saturating_add(piece.len());
        if came > most {
            return;
        }
    }
}

/// Takes the encoding off.
pub(super) fn unpack(
    packed: Held,
    encoding: Option<&str>,
    limits: &HttpLimits,
) -> Result<Held, Refused> {
    let most = limits.unpacked_bytes;
    let encoding = encoding.map_or("identity", str::trim);
    let bytes = &*packed.bytes;
    let mut unpacked = Held::new(&packed.room);
    match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" if bytes.len() > most => return Err(Refused::Bomb(most)),
        "" | "identity" => return Ok(packed),
        "gzip" | "x-gzip" => {
            drain(
                flate2::read::MultiGzDecoder::new(bytes),
                &mut unpacked,
                most,
            )?;
        }
        "deflate" => {
            drain(
                flate2::bufread::ZlibDecoder::new(bytes),
                &mut unpacked,
                most,
            )?;
        }
        "zstd" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(bytes);
            drain(decoder.map_err(|_| Refused::Broken)?, &mut unpacked, most)?;
        }
        other => return Err(Refused::Encoding(other.chars().take(40).collect())),
    }
    Ok(unpacked)
}

fn drain(mut from: impl Read, into: &mut Held, most: usize) -> Result<(), Refused> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece).map_err(|_| Refused::Broken)?;
        if read == 0 {
            return Ok(());
        }
        if into.bytes.len().saturating_add(read) > most {
            return Err(Refused::Bomb(most));
        }
        into.add(piece.get(..read).unwrap_or_default())?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn held(bytes: &[u8]) -> Held {
        let mut held = Held::new(&Room::new(1 << 20));
        held.add(bytes).unwrap();
        held
    }

    #[test]
    fn every_encoding_comes_off_up_to_the_limit() {
        let text = b"mot hai ba ".repeat(1_000);
        let limits = |most| HttpLimits {
            unpacked_bytes: most,
            ..HttpLimits::default()
        };
        let level = flate2::Compression::fast();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
        gzip.write_all(&text).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
        zlib.write_all(&text).unwrap();
        let packed = [
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("zstd", zstd::encode_all(&text[..], 3).unwrap()),
            ("identity", text.clone()),
        ];
        for (name, bytes) in packed {
            let whole = unpack(held(&bytes), Some(name), &limits(text.len()));
            assert!(whole.is_ok_and(|whole| whole.bytes == text), "{name}");
            let bomb = unpack(held(&bytes), Some(name), &limits(text.len() - 1)).err();
            assert_eq!(bomb, Some(Refused::Bomb(text.len() - 1)), "{name}");
            if name != "identity" {
                let cut = unpack(
                    held(&bytes[..bytes.len() - 9]),
                    Some(name),
                    &limits(1 << 20),
                );
                assert_eq!(cut.err(), Some(Refused::Broken), "{name}");
            }
        }
        let unknown = unpack(held(b"x"), Some("br"), &limits(9)).err();
        assert_eq!(unknown, Some(Refused::Encoding("br".to_owned())));
    }

    #[test]
    fn room_is_given_back() {
        let room = Room::new(4_096);
        let mut one = Held::new(&room);
        one.add(&[0; 3_000]).unwrap();
        let mut other = Held::new(&room);
        assert_eq!(other.add(&[0; 2_000]), Err(Refused::Busy));
        drop(one);
        assert_eq!(other.add(&[0; 2_000]), Ok(()));
    }
}
