//! `haidang`: parse the command line, run the command, tell the exit code.

use std::process::ExitCode;

use clap::Parser;

/// Merging segments of the index takes and gives back hundreds of megabytes on threads that come and
/// go; the system's allocator keeps most of them for each thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = failpoints();
    match daemon::cli::Cli::try_parse() {
        Ok(cli) => daemon::run(cli),
        Err(usage) => tell(&usage),
    }
}

/// Help and version end well; wrong usage is a reason not to begin.
fn tell(usage: &clap::Error) -> ExitCode {
    const USAGE: u8 = 3;
    let wrong = usage.use_stderr();
    let told = match usage.print() {
        // Whoever asked has gone away (`| head -1`).
        Err(error) => error.kind() == std::io::ErrorKind::BrokenPipe,
        Ok(()) => true,
    };
    if told && !wrong {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(USAGE)
    }
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
