//! `haidang demo`: the real pipeline on sample inputs, whose clock is shifted so that the last
//! hours look like a working day. Everything in the data folder is an exercise.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use engine::reader::Role;
use engine::rule::{Origin, RuleFile};
use engine::store::User;
use event::Time;
use sensor::{CaptureConfig, FileConfig, InterfaceConfig, LogFormat, SourceConfig, SourceKind};
use serde::Deserialize;

use super::{Outcome, asked_to_stop, load_config};
use crate::cli::{Common, Demo};
use crate::compose::{self, Start};
use crate::config::Config;
use crate::once::Reader;
use crate::sources::Source;
use crate::{Clock, DataDir, knowledge, shipped, system_clock};

/// The person who may sign in to a demo.
const USER: &str = "admin";

/// `demo.toml`: what is replayed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    input: Vec<Input>,
}

/// One sample input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file, beside the manifest.
    file: String,
    /// The format of a log; a capture has none.
    format: Option<LogFormat>,
    /// The site that its events belong to.
    site: String,
    /// How many minutes ago its last event is made to end.
    minutes_ago: u64,
}

/// A sample input and where it was unpacked.
type Sample = (Input, PathBuf);

pub(super) async fn run(common: &Common, args: Demo) -> Result<Outcome> {
    let mut config = load_config(common)?;
    // A taken port is no reason for a demo to fail.
    if std::net::TcpListener::bind(config.metrics.listen).is_err() {
        config.metrics.listen.set_port(0);
    }
    if std::net::TcpListener::bind(config.web.listen).is_err() {
        config.web.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    }
    let (dir, made) = demo_dir(common)?;
    let data_dir = DataDir::take(&dir)?;
    if data_dir.path().join("journal").exists() && !data_dir.is_exercise() {
        bail!(
            "{} holds real events; a demo needs a folder of its own",
            dir.display()
        );
    }
    data_dir.mark_exercise()?;
    let clock = system_clock();
    let (sites, samples) = unpack(&dir.join("demo"))?;
    let knowledge = knowledge::load(data_dir.path(), sites, &config.limits.rule)?;
    let sources = match (args.capture, args.interface) {
        (Some(capture), _) => vec![capture_source(capture)?],
        (_, Some(interface)) => vec![interface_source(interface)?],
        (None, None) => shifted(samples, &config, &knowledge, &clock).await?,
    };
    let start = Start {
        config,
        data_dir,
        clock: Clock::clone(&clock),
        sources,
        knowledge,
    };
    let running = compose::start(start).await?;
    let password = sign_in(&running.store, clock())?;
    greet(&running.url(), &password, &dir, common);
    asked_to_stop().await?;
    running.stop().await?;
    if made {
        std::fs::remove_dir_all(&dir)
            .with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    Ok(Outcome::Done)
}

/// The folder of the demo: the one that is named, or a fresh one that goes with it.
fn demo_dir(common: &Common) -> Result<(PathBuf, bool)> {
    if let Some(named) = &common.data_dir {
        return Ok((named.clone(), false));
    }
    let name = format!(
        "haidang-demo-{:08x}",
        getrandom::u32().context("no random numbers")?
    );
    Ok((std::env::temp_dir().join(name), true))
}

/// Writes the sample inputs beside the data; returns the demo's sites and what to replay.
fn unpack(folder: &Path) -> Result<(Vec<RuleFile>, Vec<Sample>)> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let (mut sites, mut manifest) = (Vec::new(), None);
    for (name, bytes) in shipped::demo_files() {
        if name == "demo.toml" {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            manifest = Some(toml::from_str::<Manifest>(&text).context("demo.toml")?);
        } else if name.starts_with("rules/sites/") {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            sites.push(RuleFile {
                origin: Origin::Shipped,
                path: format!("demo/{name}"),
                text,
            });
        } else if !name.contains('/') {
            let path = folder.join(&name);
            std::fs::write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    let manifest = manifest.context("this build holds no demo.toml")?;
    let samples = manifest.input.into_iter().map(|input| {
        let path = folder.join(&input.file);
        (input, path)
    });
    Ok((sites, samples.collect()))
}

/// Each sample as a source whose times are moved so that it ends when the manifest says.
async fn shifted(
    samples: Vec<Sample>,
    config: &Config,
    knowledge: &knowledge::Knowledge,
    clock: &Clock,
) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let reader = Reader {
        config,
        networks: knowledge.sites.networks(),
        meter: sensor::Meter::default(),
    };
    for (input, path) in samples {
        let mut newest = Time::EPOCH;
        let mut visit = |events: Vec<event::Event>| {
            let happened = events
                .iter()
                .filter(|event| event.kind != event::Kind::SensorStatus);
            newest = happened
                .map(|event| event.time)
                .max()
                .unwrap_or(newest)
                .max(newest);
            Ok(())
        };
        reader.read(&path, &mut visit).await?;
        let minutes = std::time::Duration::from_secs(60 * input.minutes_ago);
        let end = clock().minus(minutes);
        let kind = match input.format {
            None => SourceKind::Capture(CaptureConfig {
                path,
                checksums: true,
            }),
            Some(format) => SourceKind::File(FileConfig {
                path,
                format,
                follow: false,
            }),
        };
        let config = SourceConfig {
            id: input.file,
            kind,
            site: input.site,
            exercise: true,
            zone: None,
        };
        let shift = end.micros() - newest.micros();
        sources.push(Source {
            config,
            shift,
            in_process: true,
        });
    }
    Ok(sources)
}

fn capture_source(path: PathBuf) -> Result<Source> {
    super::read::check_exists(&path)?;
    let mut config = crate::once::source_for(&path);
    config.site = "so-tttt".to_owned();
    Ok(Source {
        config,
        shift: 0,
        in_process: true,
    })
}

fn interface_source(interface: String) -> Result<Source> {
    if !cfg!(feature = "live") {
        bail!(
            "this build cannot listen on {interface}: libpcap's header was missing; \
             install libpcap-dev and run make demo again"
        );
    }
    let config = SourceConfig {
        id: interface.clone(),
        kind: SourceKind::Interface(InterfaceConfig {
            interface,
            filter: None,
            snaplen: sensor::config::SNAPLEN,
            promiscuous: true,
            checksums: false,
        }),
        site: "so-tttt".to_owned(),
        exercise: true,
        zone: None,
    };
    Ok(Source {
        config,
        shift: 0,
        in_process: true,
    })
}

/// Gives the demo's user a password of this run.
fn sign_in(store: &engine::store::Store, now: Time) -> Result<String> {
    let password = web::random_password()?;
    let hash = web::hash_password(&password)?;
    let user = User {
        name: USER.to_owned(),
        display: "Quản trị (diễn tập)".to_owned(),
        role: Role::Admin,
        sites: None,
        password: hash.clone(),
        disabled: false,
        must_change: false,
        created: now,
    };
    if !store.add_user(&user, "local")? {
        // In their own name: what another gives must be changed first.
        store.set_password(USER, &hash, USER, now)?;
    }
    Ok(password)
}

fn greet(url: &str, password: &str, dir: &Path, common: &Common) {
    let config = common
        .config
        .as_ref()
        .map_or("embedded defaults".into(), |path| {
            path.display().to_string()
        });
    say!("\n  haidang · DIỄN TẬP / EXERCISE\n");
    say!("  Địa chỉ / address    {url}");
    say!("  Người dùng / user    {USER}");
    say!("  Mật khẩu / password  {password}\n");
    say!("  dữ liệu / data       {}", dir.display());
    say!("  cấu hình / config    {config}");
    say!("\n  Ctrl-C để dừng / to stop\n");
}
