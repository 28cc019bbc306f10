//! A capture child's life: serve starts it with one end of a socket pair, starts it again when it
//! dies, and says so; the child runs one source and sends what it sees.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use event::{Batch, Network, Networks, Time};
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::config::{Limits, SourceConfig};
use crate::error::{Error, Result};
use crate::origin::{Context, Origin};
use crate::out::{Out, channel};
use crate::run::{Stop, run};
use crate::status;

use super::frame::Frame;
use super::link::{Frames, Progress, UNACKNOWLEDGED_BYTES, child_end, serve_end};

/// The descriptor at which a child finds its end of the socket.
pub const DESCRIPTOR: i32 = 3;
/// The first pause before a child is started again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// How long a child may take to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(10);
/// Batches between a child's source and its link.
const PARCELS: usize = 4;

/// What serve tells a child: its whole configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The source to run.
    pub source: SourceConfig,
    /// Its limits.
    pub limits: Limits,
    /// The name that events carry as `sensor`.
    pub sensor: String,
    /// Networks and the sites that they belong to: CIDR, site.
    pub networks: Vec<(String, String)>,
    /// Whether the whole data folder is an exercise.
    pub exercise: bool,
    /// Microseconds added to every time of the source.
    pub shift: i64,
}

/// Keeps a child running until told to stop. `command` makes the command to start: usually the
/// program itself with `sensor --child`. Each death sends `sensor.status` `capture_interrupted`.
///
/// # Errors
/// The receiver of events is gone. A child that cannot be started is tried again for ever, with
/// growing pauses, and visible in each status.
pub async fn supervise(
    mut command: impl FnMut() -> Command,
    hello: Hello,
    clock: Arc<dyn Fn() -> Time + Send + Sync>,
    out: Out,
    mut stop: Stop,
) -> Result<()> {
    let words = serde_json::to_string(&hello).map_err(|error| Error::Link(error.to_string()))?;
    let context = context(&hello, Arc::clone(&clock));
    let origin = Origin::new(&hello.source, context);
    let mut pause = FIRST_PAUSE;
    while !stop.is_set() {
        let started = clock();
        let mut progress = Progress::default();
        let result = one_life(&mut command, &words, &out, &stop, &mut progress).await;
        if let Err(Error::Closed(closed)) = result {
            return Err(closed.into());
        }
        if stop.is_set() {
            return Ok(());
        }
        let reason = match result {
            Ok(()) => "the child has ended".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(source = %hello.source.id, %reason, "capture interrupted");
        // A child that had lived for a while begins with a short pause again.
        if clock().since(started) > LAST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.wait() => {}
        }
        pause = (pause * 2).min(LAST_PAUSE);
        interrupted(&origin, &out, &reason, progress.last.unwrap_or(started)).await?;
    }
    Ok(())
}

/// What is not known of a time without capture is declared.
async fn interrupted(origin: &Origin, out: &Out, reason: &str, from: Time) -> Result<()> {
    let now = origin.now();
    let made = status::made("capture_interrupted", &origin.source, now, 0, |json| {
        json.text("from", &from.to_string());
        json.text("to", &now.to_string());
        json.text("packets", "unknown");
        json.text("reason", reason);
    });
    let batch = Batch {
        events: vec![origin.event(made, now)],
        offsets: Vec::new(),
        ..Batch::default()
    };
    out.send(batch).await?;
    Ok(())
}

/// Starts a child and serves its link until either ends.
async fn one_life(
    command: &mut impl FnMut() -> Command,
    hello: &str,
    out: &Out,
    stop: &Stop,
    progress: &mut Progress,
) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::Program {
        program: "the capture child".to_owned(),
        reason: error.to_string(),
    };
    let (ours, theirs) = UnixStream::pair().map_err(|error| failed(&error))?;
    let theirs = theirs.into_std().map_err(|error| failed(&error))?;
    let mut child = start(command, theirs.into()).map_err(|error| failed(&error))?;
    let served = serve_end(ours, hello.to_owned(), out.clone(), stop.clone(), progress).await;
    let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
    match ended {
        Ok(Ok(status)) if !status.success() => Err(failed(&status)),
        Ok(Ok(_)) => served,
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => {
            child.kill().await.map_err(|error| failed(&error))?;
            served.and(Err(failed(&"it did not end by itself")))
        }
    }
}

fn start(command: &mut impl FnMut() -> Command, socket: OwnedFd) -> std::io::Result<Child> {
    let mut command = command();
    let mapping = FdMapping {
        parent_fd: socket,
        child_fd: DESCRIPTOR,
    };
    command
        .fd_mappings(vec![mapping])
        .map_err(|error| std::io::Error::other(error.to_string()))?;
    command.kill_on_drop(true).spawn()
}

fn context(hello: &Hello, clock: Arc<dyn Fn() -> Time + Send + Sync>) -> Context {
    let networks = hello.networks.iter().filter_map(|(cidr, site)| {
        Some(Network {
            cidr: cidr.parse().ok()?,
            site: site.as_str().into(),
        })
    });
    Context {
        networks: Arc::new(Networks::new(networks.collect())),
        exercise: hello.exercise,
        shift: hello.shift,
        ..Context::new(&hello.sensor, clock)
    }
}

/// The child's own end of the socket, which serve has put at [`DESCRIPTOR`].
///
/// # Errors
/// There is nothing at that descriptor: the program was not started as a child.
pub fn inherited() -> std::io::Result<OwnedFd> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    // A descriptor number cannot be turned into an owned descriptor without `unsafe`; asking the
    // kernel for a duplicate of one of our own can.
    let ourselves = pidfd_open(getpid(), PidfdFlags::empty())?;
    Ok(pidfd_getfd(
        ourselves,
        DESCRIPTOR,
        PidfdGetfdFlags::empty(),
    )?)
}

/// The child's main loop: waits for the configuration, runs the source, sends what it sees. Ends
/// when told to, when serve has gone, or when the source has ended. Call it on a current-thread
/// runtime before anything else has started threads: then no thread keeps a capability once the
/// interface is open.
///
/// # Errors
/// A source that cannot run, or a link that broke.
pub async fn run_child(socket: OwnedFd, clock: Arc<dyn Fn() -> Time + Send + Sync>) -> Result<()> {
    let link = |error: &dyn std::fmt::Display| Error::Link(error.to_string());
    let stream = std::os::unix::net::UnixStream::from(socket);
    stream.set_nonblocking(true).map_err(|error| link(&error))?;
    let stream = UnixStream::from_std(stream).map_err(|error| link(&error))?;
    let (input, output) = stream.into_split();
    let mut frames = Frames::new(input);
    let Some(Frame::Hello(words)) = frames.next().await? else {
        return Err(link(&"serve did not say hello"));
    };
    let hello: Hello = serde_json::from_str(&words).map_err(|error| link(&error))?;
    let context = context(&hello, clock);
    let (out, parcels) = channel(PARCELS);
    let (stop, receiver) = watch::channel(false);
    let source = run(
        hello.source,
        Arc::new(hello.limits),
        context,
        out,
        Stop::new(receiver),
    );
    let sent = child_end(frames, output, parcels, stop, UNACKNOWLEDGED_BYTES);
    let (source, sent) = tokio::join!(source, sent);
    sent.and(source)
}
