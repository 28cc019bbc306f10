//! A line between two ends of TCP that is as bad as a seed makes it: it delays, throttles, cuts, and can be down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A small generator whose seed is printed, so that a failure can be met again.
#[derive(Clone, Copy, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The seed of the environment (`HAIDANG_SEED`), else one of the clock.
    pub fn new() -> Self {
        let given = std::env::var("HAIDANG_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let clock = daemon::system_clock();
        let seed = given.unwrap_or_else(|| clock().micros().unsigned_abs());
        println!("seed: HAIDANG_SEED={seed}");
        Self(seed | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

impl Default for Seeded {
    fn default() -> Self {
        Self::new()
    }
}

/// How bad a line is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Badness {
    /// Bytes a second each way; 0: as many as come.
    pub bytes_per_second: u64,
    /// Each piece waits up to so long.
    pub delay: Duration,
    /// A connection is cut after at most so many bytes towards the far end; 0: never.
    pub cut_after: u64,
}

/// A running line.
pub struct Relay {
    address: SocketAddr,
    state: Arc<State>,
    cuts: watch::Sender<u64>,
}

struct State {
    badness: std::sync::Mutex<Badness>,
    is_down: AtomicBool,
    cuts: AtomicU64,
    random: std::sync::Mutex<Seeded>,
    to: SocketAddr,
}

impl State {
    fn random(&self, limit: u64) -> u64 {
        self.random.lock().unwrap().below(limit.max(1))
    }

    fn badness(&self) -> Badness {
        *self.badness.lock().unwrap()
    }
}

impl Relay {
    /// Starts a line to an address.
    pub async fn start(to: SocketAddr, badness: Badness, seed: Seeded) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            badness: badness.into(),
            is_down: AtomicBool::new(false),
            cuts: AtomicU64::new(0),
            random: seed.into(),
            to,
        });
        let cuts = watch::Sender::new(0);
        let (own, cut) = (Arc::clone(&state), cuts.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if own.is_down.load(Ordering::Relaxed) {
                    continue;
                }
                if let Ok(far) = TcpStream::connect(own.to).await {
                    tokio::spawn(carry(near, far, Arc::clone(&own), cut.subscribe()));
                }
            }
        });
        Self {
            address,
            state,
            cuts,
        }
    }

    /// Where its near end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the line as bad as this from now on.
    pub fn become_as(&self, badness: Badness) {
        *self.state.badness.lock().unwrap() = badness;
    }

    /// Takes the line down with every connection on it, or up again.
    pub fn set_down(&self, down: bool) {
        self.state.is_down.store(down, Ordering::Relaxed);
        if down {
            self.cuts.send_modify(|count| *count += 1);
        }
    }

    /// How often it has cut a connection by itself.
    pub fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::Relaxed)
    }
}

async fn carry(near: TcpStream, far: TcpStream, state: Arc<State>, mut cut: watch::Receiver<u64>) {
    cut.borrow_and_update();
    let limit = match state.badness().cut_after {
        0 => u64::MAX,
        most => most / 4 + state.random(most),
    };
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    tokio::select! {
        cut_short = pass(&mut near_in, &mut far_out, &state, limit) => {
            state.cuts.fetch_add(u64::from(cut_short), Ordering::Relaxed);
        }
        _ = pass(&mut far_in, &mut near_out, &state, u64::MAX) => {}
        _ = cut.changed() => {}
    }
}

/// Passes bytes on; true when it ended because it had passed enough.
async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    state: &State,
    limit: u64,
) -> bool {
    let (mut passed, mut buffer) = (0, vec![0; 4_096]);
    while passed < limit {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return false;
        };
        let badness = state.badness();
        let delay = state.random(u64::try_from(badness.delay.as_micros()).unwrap_or(u64::MAX));
        let mut pause = Duration::from_micros(delay);
        if let Some(micros) = (read as u64 * 1_000_000).checked_div(badness.bytes_per_second) {
            pause += Duration::from_micros(micros);
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return false;
        }
        passed += read as u64;
    }
    true
}
