//! `haidang`: parse the command line, run the command, tell the exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = failpoints();
    daemon::run(daemon::cli::Cli::parse())
}

/// The durability tests abort the whole process at a failpoint, as a kill would.
#[cfg(feature = "failpoints")]
fn failpoints() -> fail::FailScenario<'static> {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
    fail::FailScenario::setup()
}
