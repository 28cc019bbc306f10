//! The system from end to end: real centres in this process, real requests, the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod alerts;
mod assets;
mod cases;
mod commands;
mod demo;
mod events;
mod exceptions;
mod imports;
mod input;
mod intel;
mod live;
mod matrix;
mod people;
mod rules;
mod scope;
mod session;
mod tls;
mod tools;
mod triage;

use serde_json::Value;
use tests::{Lab, Setup, repository};

/// Ten failed sign-ins by ssh from an address: one alert of the brute force rule.
pub(crate) fn ssh_brute_force(address: &str) -> String {
    let now = daemon::system_clock()();
    let line = |n: u32| {
        format!("{now} cong sshd[{n}]: Failed password for root from {address} port 4{n} ssh2\n")
    };
    (0..12).map(|n| line(n + 100)).collect()
}

/// A centre with a growing auth log at each of the demo's two sites.
pub(crate) async fn two_sites() -> Lab {
    Setup::new()
        .log("so.log", "syslog", "so-tttt")
        .log("xa.log", "syslog", "xa-binh-minh")
        .start()
        .await
}

/// Writes a brute force into a log, and waits for its alert.
pub(crate) async fn provoke(lab: &Lab, log: &str, address: &str) -> Value {
    lab.write(log, ssh_brute_force(address).as_bytes());
    lab.wait_for(&format!("the alert of {address}"), async || {
        let alerts = lab.alerts().await;
        alerts
            .into_iter()
            .find(|alert| alert["state"] != "closed" && alert["entities"][0]["value"] == *address)
    })
    .await
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> std::path::PathBuf {
    repository().join(path).canonicalize().unwrap()
}
