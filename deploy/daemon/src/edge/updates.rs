//! Fetches the update that the centre offers, piece by piece, and leaves it in `data_dir/update` for root to install.
//!
//! What an edge delivers goes first: a piece is fetched when little waits in the spool (or once a minute), and after
//! each the line is left alone for as long as it took. A piece that is there is not fetched again, whatever happens in
//! between. The signature is checked here, so that nothing unsigned is kept, and once more by root.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use engine::rollout::is_newer;
use sensor::uplink::send::{Connection, UplinkStatus, Wanted};
use sensor::uplink::spool::Spool;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{VERSION, client_config};
use crate::config::UpdateSection;
use crate::data_dir::VERSION as LAYOUT;
use crate::edges::write_secret;
use crate::update::{FOLDER, Verdict, hash_of, ready, verify};

/// After a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(10);
/// With more events than this in the spool, a piece waits for its turn.
const BUSY: u64 = 1_000;
/// But no longer than this: a box that is always busy is updated too.
const TURN: Duration = Duration::from_secs(60);
const STATE: &str = "state.json";

/// How far the update is that the centre offered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// Whether this box takes updates from its centre (`update.pushed`).
    #[serde(default)]
    pub pushed: bool,
    /// The rollout; 0 while there was none.
    pub id: u64,
    /// The version that it brings.
    pub version: String,
    /// fetching, ready (root is to install it), installed, refused or rolled_back; empty while there was none.
    pub state: String,
    /// Why, where it does not go well.
    pub reason: String,
    /// Bytes that are here.
    pub fetched: u64,
    /// Bytes of the file.
    pub size: u64,
}

/// What became of the newest update: as the fetcher noted, unless root has said how it ended.
pub(super) fn updated(data_dir: &Path, section: &UpdateSection) -> Updated {
    let text = std::fs::read(data_dir.join(FOLDER).join(STATE)).ok();
    let noted = text.and_then(|text| serde_json::from_slice::<Updated>(&text).ok());
    let mut own = noted.unwrap_or_default();
    own.pushed = section.pushed;
    if let Some(verdict) = verdict(section, own.id) {
        own.state = verdict.outcome.name().to_owned();
        own.reason = verdict.reason;
    }
    own
}

fn verdict(section: &UpdateSection, id: u64) -> Option<Verdict> {
    let last = Verdict::last(&section.verdicts)?;
    (id > 0 && last.id == id).then_some(last)
}

/// Bytes a second that the line may carry now; 0: no limit.
pub(super) type Rate = Box<dyn Fn() -> u64 + Send + Sync>;

/// Who fetches.
pub(super) struct Fetcher {
    pub(super) dir: PathBuf,
    pub(super) centre: String,
    pub(super) section: UpdateSection,
    pub(super) uplink: watch::Receiver<UplinkStatus>,
    pub(super) spool: Arc<Spool>,
    pub(super) rate: Rate,
}

impl Fetcher {
    /// Fetches until it is told to stop.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        if !self.section.pushed {
            return;
        }
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = self.follow() => {}
        }
    }

    async fn follow(&mut self) {
        loop {
            let wanted = self.uplink.borrow_and_update().update.clone();
            if let Some(wanted) = wanted.filter(|wanted| self.is_new(wanted)) {
                let fetched = self.fetch(&wanted).await;
                if let Err(error) = fetched {
                    let reason = format!("{error:#}");
                    tracing::warn!(
                        reason,
                        version = wanted.version,
                        "the update is not here yet"
                    );
                    self.note(&wanted, "fetching", &reason);
                    sleep(PAUSE).await;
                }
            }
            if self.uplink.changed().await.is_err() {
                return;
            }
        }
    }

    fn is_new(&self, wanted: &Wanted) -> bool {
        let own = updated(&self.dir, &self.section);
        let ended =
            own.id == wanted.id && matches!(&*own.state, "refused" | "installed" | "rolled_back");
        !ended && !ready(&self.dir, wanted.id).exists()
    }

    /// Fetches what is missing of it, checks it and leaves it for root. What is not as it should be is refused, and
    /// that is kept; an error is tried again.
    async fn fetch(&mut self, wanted: &Wanted) -> Result<()> {
        let most = self.section.mib << 20;
        let is_hash =
            wanted.sha256.len() == 64 && wanted.sha256.bytes().all(|c| c.is_ascii_hexdigit());
        if wanted.size > most || !is_hash {
            self.refuse(
                wanted,
                "the centre offers no update file, or one larger than update.mib",
            );
            return Ok(());
        }
        let part = self
            .dir
            .join(FOLDER)
            .join(format!("{}.part", wanted.sha256));
        let mut file = self.open(&part, wanted)?;
        let mut connection = None;
        loop {
            let here = file.metadata().context("cannot read the update")?.len();
            if here >= wanted.size {
                break;
            }
            self.note_progress(wanted, here);
            self.wait_for_turn().await;
            if self.uplink.borrow().update.as_ref() != Some(wanted) {
                // It is not offered any more; what is here stays.
                return Ok(());
            }
            let began = Instant::now();
            let open = match connection.take() {
                Some(open) => open,
                None => self.connect().await?,
            };
            let length = (self.section.piece_kib.max(1) << 10).min(wanted.size - here);
            let piece = open
                .piece(&format!("/v1/updates/{}", wanted.id), here, length)
                .await?;
            ensure!(!piece.is_empty(), "the centre has no more of it");
            file.write_all(&piece).context("cannot keep the update")?;
            connection = Some(open);
            self.leave_alone(began.elapsed(), piece.len() as u64).await;
        }
        file.sync_all().context("cannot keep the update")?;
        drop(file);
        self.check(wanted, &part).await
    }

    async fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(&self.centre, client_config(&self.dir)?).await;
        connection.map_err(anyhow::Error::msg)
    }

    /// The part that is here; those of other updates go.
    fn open(&self, part: &Path, wanted: &Wanted) -> Result<File> {
        let folder = self.dir.join(FOLDER);
        std::fs::create_dir_all(&folder).context("cannot make the folder of updates")?;
        for entry in std::fs::read_dir(&folder).context("cannot read the folder of updates")? {
            let path = entry.context("cannot read the folder of updates")?.path();
            if path
                .extension()
                .is_some_and(|word| word == "part" || word == "update")
                && path != part
            {
                std::fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        let room = rustix::fs::statvfs(&folder).context("cannot ask for the room of the disk")?;
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        // The spool comes first: it needs room to write, and root as much again for the program.
        let needed = wanted.size.saturating_mul(2).saturating_add(64 << 20);
        ensure!(
            free > needed,
            "the disk has {free} bytes left, and the update needs {needed}"
        );
        let opened = File::options().create(true).append(true).open(part);
        opened.with_context(|| format!("cannot write {}", part.display()))
    }

    async fn wait_for_turn(&self) {
        let end = Instant::now() + TURN;
        let waiting = || {
            let status = self.spool.status();
            let lanes = status.lanes.iter();
            lanes
                .map(|(_, lane)| lane.last.saturating_sub(lane.acknowledged))
                .sum::<u64>()
        };
        while waiting() > BUSY && Instant::now() < end {
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// As long as the piece took, and as the schedule asks.
    async fn leave_alone(&self, took: Duration, bytes: u64) {
        let rate = (self.rate)();
        let micros = bytes.saturating_mul(1_000_000).checked_div(rate);
        let asked = micros.map(Duration::from_micros).unwrap_or_default();
        sleep(took.max(asked)).await;
    }

    /// Whether it is what was published, for this box; then root may have it.
    async fn check(&self, wanted: &Wanted, part: &Path) -> Result<()> {
        let (path, own) = (part.to_owned(), wanted.clone());
        let certificate = self.section.certificate.clone();
        let work = move || looked_at(&path, &own, &certificate);
        let checked = tokio::task::spawn_blocking(work).await;
        if let Err(reason) = checked.context("checking the update failed")? {
            std::fs::remove_file(part).context("cannot remove the update")?;
            self.refuse(wanted, &format!("{reason:#}"));
            return Ok(());
        }
        // The state first: root may be at work as soon as the file has its name.
        self.note(wanted, "ready", "");
        let ready = ready(&self.dir, wanted.id);
        std::fs::rename(part, &ready).context("cannot leave the update for root")?;
        tracing::info!(
            version = wanted.version,
            "an update of the centre waits to be installed"
        );
        Ok(())
    }

    fn refuse(&self, wanted: &Wanted, reason: &str) {
        tracing::error!(
            reason,
            version = wanted.version,
            "the centre's update is refused"
        );
        self.note(wanted, "refused", reason);
    }

    fn note_progress(&self, wanted: &Wanted, fetched: u64) {
        self.write(wanted, "fetching", "", fetched);
    }

    fn note(&self, wanted: &Wanted, state: &str, reason: &str) {
        let fetched = updated(&self.dir, &self.section).fetched;
        let all = if state == "ready" {
            wanted.size
        } else {
            fetched
        };
        self.write(wanted, state, reason, all);
    }

    fn write(&self, wanted: &Wanted, state: &str, reason: &str, fetched: u64) {
        let own = Updated {
            pushed: true,
            id: wanted.id,
            version: wanted.version.clone(),
            state: state.to_owned(),
            reason: reason.to_owned(),
            fetched,
            size: wanted.size,
        };
        let folder = self.dir.join(FOLDER);
        let text = serde_json::to_string(&own).unwrap_or_default();
        let written = std::fs::create_dir_all(&folder).map_err(anyhow::Error::from);
        let written = written.and_then(|()| write_secret(&folder.join(STATE), &text));
        if let Err(error) = written {
            tracing::warn!(
                error = format!("{error:#}"),
                "cannot note how far the update is"
            );
        }
    }
}

fn looked_at(path: &Path, wanted: &Wanted, certificate: &Path) -> Result<()> {
    if hash_of(path)? != wanted.sha256 {
        bail!("what came is not what the centre offered");
    }
    let file = File::open(path).context("cannot read the update")?;
    let manifest = verify(&file, "the update", certificate)?;
    ensure!(
        is_newer(&manifest.version, VERSION),
        "version {} is not newer than {VERSION}, which is here",
        manifest.version
    );
    ensure!(
        manifest.layout == LAYOUT,
        "it changes the layout of data, after which there is no way back; install it by hand"
    );
    Ok(())
}
