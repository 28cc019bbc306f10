//! An edge's end of the uplink: what the spool holds goes to the centre, the most urgent lane first.
//!
//! One connection, HTTP/2 over mutual TLS. Bodies leave one behind the other, and several are on their way: a line that
//! takes long is not idle while an answer comes. A lane waits until those above it have nothing left that is not on its
//! way; what is more urgent does not wait for a body that leaves. A body is as large as the line carries in two
//! seconds. The centre answers with how far it has each lane and how much it will take (credit). Broken lines
//! are tried again, for ever.

mod body;
mod foreign;
mod http;
mod lanes;
mod rate;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use event::Time;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use body::Leaving;
pub use body::Pace;
use http::{Answer, Answered};
pub use http::{Connection, Trouble, Wanted};
use lanes::{Lanes, Load};

use super::spool::Spool;
use crate::run::Stop;

/// The first pause after a failure, and the one after a refusal that does not say how long.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// An idle edge says that it lives this often.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How a line is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineUse {
    /// Bodies of the lowest lane that may be on their way at once; each lane above has one more.
    pub flights: usize,
    /// A body is what the line carries in so long.
    pub body_time: Duration,
    /// The longest pause before a broken line is tried again; a quarter more or less.
    pub retry: Duration,
    /// What nobody acknowledges for so long breaks the connection.
    pub silence: Duration,
}

impl Default for LineUse {
    fn default() -> Self {
        Self {
            flights: 4,
            body_time: Duration::from_secs(2),
            retry: Duration::from_secs(15),
            silence: Duration::from_secs(20),
        }
    }
}

/// What an edge needs to deliver.
pub struct Uplink {
    /// What is delivered.
    pub spool: Arc<Spool>,
    /// `https://host:port` of the centre.
    pub centre: String,
    /// How to speak TLS; a renewed certificate comes as a new value.
    pub tls: watch::Receiver<Arc<rustls::ClientConfig>>,
    /// The version of this program.
    pub version: &'static str,
    /// The clock, for the centre to compare with its own.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// How many bytes a second may leave now; none: as many as the line carries.
    pub pace: Pace,
    /// How the line is used.
    pub line: LineUse,
    /// Told to whoever asks how the uplink is.
    pub status: watch::Sender<UplinkStatus>,
}

/// How an uplink is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UplinkStatus {
    /// Whether the centre answers.
    pub state: UplinkState,
    /// When the centre last acknowledged something.
    pub acknowledged: Option<Time>,
    /// Bodies that were acknowledged.
    pub bodies: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How often the line broke.
    pub broken: u64,
    /// How often the centre refused, or asked to wait.
    pub refused: u64,
    /// Bytes a second of the last bodies.
    pub rate: u64,
    /// Events that the centre did not take because of their site; they are declared.
    pub foreign: u64,
    /// The sites that it refused on this connection.
    pub foreign_sites: Vec<String>,
    /// The digest of the configuration that the centre wants here, as it last said.
    pub bundle: Option<String>,
    /// The update that it offers, as it last said.
    pub update: Option<Wanted>,
}

/// Whether the centre answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UplinkState {
    /// No answer yet.
    #[default]
    Connecting,
    /// It takes what it is given.
    Connected,
    /// The line is broken; the cause in words.
    Broken(String),
    /// The centre refuses: the code and its words.
    Refused(String, String),
}

/// Why a connection was left.
enum Left {
    Stopped,
    /// A new certificate: connect again at once.
    Renewed,
    /// The line broke.
    Broken(String),
    /// The centre said no; how long it asks to wait.
    Refused(String, String, Option<Duration>),
}

impl Uplink {
    /// Delivers until it is told to stop.
    pub async fn run(mut self, mut stop: Stop) {
        let mut pause = PAUSES.0;
        let line = self.line;
        let mut lanes = Lanes::new(&self.spool, line.flights, line.body_time);
        while !stop.is_set() {
            let (left, worked) = self.connected(&mut lanes, &mut stop).await;
            if worked {
                pause = PAUSES.0;
            }
            let wait = match left {
                Left::Stopped => return,
                Left::Renewed => Duration::ZERO,
                Left::Broken(reason) => {
                    tracing::warn!(
                        centre = self.centre,
                        reason,
                        "the uplink broke; it will be tried again"
                    );
                    self.tell(UplinkState::Broken(reason));
                    pause.min(line.retry)
                }
                Left::Refused(code, message, asked) => {
                    tracing::warn!(centre = self.centre, code, message, "the centre refused");
                    self.tell(UplinkState::Refused(code, message));
                    asked.unwrap_or(pause).min(PAUSES.1)
                }
            };
            pause = (pause * 2).min(PAUSES.1);
            tokio::select! {
                () = tokio::time::sleep(jittered(wait)) => {}
                () = stop.wait() => return,
                () = renewed(&mut self.tls) => {}
            }
        }
    }

    fn tell(&self, state: UplinkState) {
        self.status.send_modify(|status| {
            status.broken += u64::from(matches!(state, UplinkState::Broken(_)));
            status.refused += u64::from(matches!(state, UplinkState::Refused(..)));
            status.state = state;
        });
    }

    /// One connection from its beginning to its end; says too whether anything was acknowledged.
    async fn connected(&mut self, lanes: &mut Lanes, stop: &mut Stop) -> (Left, bool) {
        let tls = Arc::clone(&self.tls.borrow_and_update());
        let opened = tokio::select! {
            opened = Connection::open_until_silent(&self.centre, tls, self.line.silence) => opened,
            () = stop.wait() => return (Left::Stopped, false),
        };
        let connection = match opened {
            Ok(connection) => connection,
            Err(reason) => return (Left::Broken(reason), false),
        };
        lanes.forget_flights();
        self.believe_again(lanes);
        let mut worked = false;
        let left = self.deliver(&connection, lanes, stop, &mut worked).await;
        (left, worked)
    }

    async fn deliver(
        &mut self,
        connection: &Connection,
        lanes: &mut Lanes,
        stop: &mut Stop,
        worked: &mut bool,
    ) -> Left {
        let (mut flights, left) = (tokio::task::JoinSet::new(), Arc::new(Notify::new()));
        let mut moved = self.spool.moved();
        let mut spoke: Option<Instant> = None;
        loop {
            moved.borrow_and_update();
            let due = spoke.is_none_or(|spoke| spoke.elapsed() >= HEARTBEAT);
            match lanes
                .next_load(&self.spool, due && flights.is_empty())
                .await
            {
                Ok(Some(load)) => {
                    spoke = Some(Instant::now());
                    flights.spawn(self.fly(connection, load, &left));
                    continue;
                }
                Ok(None) => {}
                // A segment that cannot be read may be a passing fault; the next round tells.
                Err(reason) => return Left::Broken(reason),
            }
            tokio::select! {
                () = stop.wait() => return Left::Stopped,
                () = renewed(&mut self.tls) => return Left::Renewed,
                _ = moved.changed() => {}
                () = left.notified() => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
                Some(landed) = flights.join_next() => {
                    let Ok((load, landed)) = landed else {
                        return Left::Broken("a request was cut short".to_owned());
                    };
                    match self.landed(lanes, &load, landed) {
                        Ok(()) => *worked = true,
                        Err(left) => return left,
                    }
                }
            }
        }
    }

    /// What was refused may be taken now.
    fn believe_again(&self, lanes: &mut Lanes) {
        if lanes.take_all_sites() {
            self.status
                .send_modify(|status| status.foreign_sites.clear());
        }
    }

    /// Sends a load; the future ends with what the centre says to it.
    fn fly(
        &self,
        connection: &Connection,
        load: Load,
        told: &Arc<Notify>,
    ) -> impl Future<Output = (Load, Result<Answered, Trouble>)> + Send + 'static {
        let leaving = Leaving {
            left: Arc::clone(&load.left),
            told: Arc::clone(told),
        };
        let request = connection.batches(
            // A spool that takes nothing cannot say so by an event.
            (self.spool.instance(), self.spool.status().accepts),
            self.version,
            (self.clock)(),
            (load.place(), load.packed.clone()),
            (self.pace.clone(), leaving),
        );
        async move {
            let answered = request.await;
            (load, answered)
        }
    }

    /// What the centre said to a load.
    fn landed(
        &self,
        lanes: &mut Lanes,
        load: &Load,
        landed: Result<Answered, Trouble>,
    ) -> Result<(), Left> {
        let answered = landed.map_err(|trouble| Left::Broken(trouble.to_string()))?;
        lanes.came_back(load, answered.took);
        match answered.answer {
            Answer::Taken {
                acknowledged,
                credit,
                bundle,
                update,
            } => {
                lanes.acknowledged(&self.spool, load, &acknowledged, credit);
                if self.status.borrow().bundle != bundle {
                    self.believe_again(lanes);
                }
                let now = (self.clock)();
                self.status.send_modify(|status| {
                    status.state = UplinkState::Connected;
                    status.acknowledged = Some(now);
                    status.bodies += 1;
                    status.bytes += load.packed.len() as u64;
                    status.foreign += load.foreign;
                    status.rate = lanes.rate();
                    status.bundle = bundle;
                    status.update = update;
                });
                Ok(())
            }
            Answer::Hole { lane, expected } => {
                lanes.hole(&self.spool, load, lane, expected);
                Ok(())
            }
            Answer::Foreign { site, message } if lanes.leave_out(load, &site) => {
                tracing::warn!(
                    site,
                    message,
                    "the centre refuses a site; its events are declared as a gap"
                );
                self.status.send_modify(|status| {
                    if !status.foreign_sites.contains(&site) {
                        status.foreign_sites.push(site);
                    }
                });
                Ok(())
            }
            Answer::Foreign { message, .. } => Err(Left::Refused(
                "foreign_site".to_owned(),
                message,
                Some(PAUSES.1),
            )),
            Answer::Wait { after } => Err(Left::Refused(
                "wait".to_owned(),
                "the centre takes nothing now".to_owned(),
                Some(after),
            )),
            Answer::Refused { code, message } => Err(Left::Refused(code, message, Some(PAUSES.1))),
        }
    }
}

/// Waits for a new certificate; for ever when nobody renews it any more, as while an edge stops.
async fn renewed(tls: &mut watch::Receiver<Arc<rustls::ClientConfig>>) {
    if tls.changed().await.is_err() {
        std::future::pending().await
    }
}

/// A pause that not all edges of a province make at once: a quarter more or less.
fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    let part = f64::from(random) / f64::from(u32::MAX);
    pause.mul_f64(0.75 + part / 2.0)
}
