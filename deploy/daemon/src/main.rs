//! `haidang`: parse the command line, run the command, tell the exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    daemon::run(daemon::cli::Cli::parse())
}
