//! The commands: one file each, started by one `match`, ended by one table of exit codes.

#[macro_use]
mod print;

mod backup;
mod demo;
mod detect;
mod doctor;
mod enrol;
mod invite;
mod read;
mod rules;
mod search;
mod sensor;
mod serve;
mod status;
mod update;
mod user;
mod verify;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::{Cli, Command, Common, LogFormat};
use crate::config::Config;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// It ran, and found bad rules or input.
    Bad,
}

impl Outcome {
    /// The worse of two.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}

/// A command that cannot begin: a bad configuration or wrong usage.
#[derive(Debug, thiserror::Error)]
#[error("cannot begin")]
struct CannotBegin;

/// Runs the command line; 0 ok, 1 run-time failure, 2 bad rules or input, 3 bad configuration.
pub fn run(cli: Cli) -> ExitCode {
    start_log(cli.common.log_format);
    match dispatch(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::from(2),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let begun = error.downcast_ref::<CannotBegin>().is_none();
            // That it did not begin is told by the code, why by the causes.
            let causes = error.chain().skip(usize::from(!begun));
            let causes: Vec<String> = causes
                .map(|cause| cause.to_string().trim().to_owned())
                .collect();
            eprintln!("haidang: {}", causes.join(": "));
            ExitCode::from(if begun { 1 } else { 3 })
        }
    }
}

fn dispatch(cli: Cli) -> Result<Outcome> {
    let Cli { common, command } = cli;
    match command {
        Command::Demo(args) => runtime()?.block_on(demo::run(&common, args)),
        Command::Serve => {
            lower_privileges()?;
            runtime()?.block_on(serve::run(&common))
        }
        Command::Sensor(args) if args.child => {
            child_runtime()?.block_on(sensor::run(&common, args))
        }
        Command::Sensor(args) => {
            lower_privileges()?;
            runtime()?.block_on(sensor::run(&common, args))
        }
        Command::Enrol(args) => runtime()?.block_on(enrol::run(&common, args)),
        Command::Invite(args) => runtime()?.block_on(invite::run(&common, args)),
        Command::Status => runtime()?.block_on(status::run(&common)),
        Command::Doctor(args) => runtime()?.block_on(doctor::run(&common, args)),
        Command::Read(args) => runtime()?.block_on(read::run(&common, args)),
        Command::Detect(args) => runtime()?.block_on(detect::run(&common, args)),
        Command::Rules(command) => rules::run(&common, command),
        Command::Search(args) => runtime()?.block_on(search::run(&common, args)),
        Command::User(command) => runtime()?.block_on(user::run(&common, command)),
        Command::Backup(args) => runtime()?.block_on(backup::backup(&common, args)),
        Command::Restore(args) => backup::restore(&common, &args),
        Command::Update(command) => runtime()?.block_on(update::run(&common, command)),
        Command::Verify(args) => verify::run(&common, &args),
    }
}

/// The configuration; a bad one is a reason not to begin.
fn load_config(common: &Common) -> Result<Config> {
    Config::load(common.config.as_deref()).map_err(|error| error.context(CannotBegin))
}

/// serve opens no interface: what it may do beyond an ordinary user it only hands on to the capture
/// children that it starts. Before the first thread, for threads inherit it. As root nothing is
/// taken away: run it as the unit does.
fn lower_privileges() -> Result<()> {
    use rustix::thread::{
        CapabilitySet, CapabilitySets, capabilities, capability_is_in_ambient_set, set_capabilities,
    };
    let context = "cannot lower the privileges of serve";
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let held = capabilities(None).context(context)?;
    // Given by the unit, not by the file: then a child has it only if it stays here, unused.
    let handed_on = held.permitted.contains(CapabilitySet::NET_RAW)
        && capability_is_in_ambient_set(CapabilitySet::NET_RAW).context(context)?;
    let kept = if handed_on {
        CapabilitySet::NET_RAW
    } else {
        CapabilitySet::empty()
    };
    let lowered = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: kept,
        inheritable: kept,
    };
    set_capabilities(None, lowered).context(context)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// The capture child gives up its rights on the thread that opened the interface: there must be no
/// other that keeps them.
fn child_runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// Logs go to stderr; `RUST_LOG` chooses, warnings by default for tantivy.
fn start_log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,tantivy=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    drop(started);
}

/// Waits for Ctrl-C or the service manager's order to stop.
async fn asked_to_stop() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
