//! The binary `haidang` as a process of its own.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The binary that was built with the tests.
pub fn haidang() -> Command {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let binary: PathBuf = path.join("haidang");
    assert!(
        binary.exists(),
        "{} is not built; run cargo build --workspace",
        binary.display()
    );
    let mut command = Command::new(binary);
    // Not what lies beside whoever runs the tests.
    command.env_remove("RUST_LOG").env("LANG", "C.UTF-8");
    command
}

/// Runs it with arguments: exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = haidang().args(arguments).output().unwrap();
    (
        status.code().unwrap_or(-1),
        String::from_utf8_lossy(&stdout).into_owned(),
        String::from_utf8_lossy(&stderr).into_owned(),
    )
}
