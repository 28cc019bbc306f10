//! A centre: does it run and say that it is well, and would sensors find it?

use std::path::Path;

use axum::http::Method;
use serde_json::Value;

use super::Findings;
use super::running::{Silent, stopped, unreadable};
use crate::config::Config;
use crate::language::Language;
use crate::words::{Graveness, Trouble};
use crate::{DataDir, control};

pub(super) async fn check(found: &mut Findings, config: &Config, dir: &Path) {
    let runs = control::path(dir).exists() && DataDir::take_existing(dir).is_err();
    if runs {
        health(found, dir).await;
    } else {
        found.fail(
            ("Trung tâm không chạy", "The centre does not run"),
            (
                "systemctl enable --now haidang; nguyên nhân: journalctl -u haidang",
                "systemctl enable --now haidang; the cause: journalctl -u haidang",
            ),
        );
    }
    match config.edges.listen {
        None => found.warn(
            (
                "Trung tâm không nhận cảm biến",
                "The centre takes no sensors",
            ),
            (
                "nếu có cảm biến ở xa: đặt edges.listen = \"0.0.0.0:8444\" và edges.names",
                "if there are sensors elsewhere: set edges.listen = \"0.0.0.0:8444\" and edges.names",
            ),
        ),
        Some(address) if config.edges.names.is_empty() && !address.ip().is_loopback() => found.warn(
            (
                "edges.names trống: cảm biến không kiểm chứng được tên của trung tâm",
                "edges.names is empty: sensors cannot verify the centre's name",
            ),
            (
                "đặt edges.names = [\"tên hoặc địa chỉ mà cảm biến dùng\"]",
                "set edges.names = [\"the name or address that sensors use\"]",
            ),
        ),
        Some(address) => found.well(
            &format!("Nhận cảm biến tại {address}"),
            &format!("Sensors are taken at {address}"),
        ),
    }
}

async fn health(found: &mut Findings, dir: &Path) {
    let health = match control::ask(dir, Method::GET, "/api/v1/health", None).await {
        Ok(health) => health,
        Err(error) => {
            let why = format!("{error:#}");
            found.fail(
                (
                    &format!("Trung tâm chạy nhưng không trả lời: {why}"),
                    &format!("The centre runs but does not answer: {why}"),
                ),
                (
                    "chạy lệnh này bằng sudo, hoặc xem journalctl -u haidang",
                    "run this with sudo, or see journalctl -u haidang",
                ),
            );
            return;
        }
    };
    let mut board = None;
    if Trouble::all(&health).any(Trouble::is_of_sources) {
        let asked = control::ask(dir, Method::GET, "/api/v1/sources", None).await;
        board = asked.ok();
    }
    judge(found, &health, board.as_ref());
}

/// What a centre says of itself, and what its board of sources says where sources do not work.
pub(super) fn judge(found: &mut Findings, health: &Value, board: Option<&Value>) {
    let mut well = true;
    for trouble in Trouble::all(health) {
        well = false;
        if trouble.is_of_sources() && board.is_some_and(|board| sources(found, board)) {
            continue;
        }
        let words = |language| trouble.words(language);
        let text = (
            &*format!("Trung tâm báo: {}", words(Language::Vietnamese)),
            &*format!("The centre says: {}", words(Language::English)),
        );
        match trouble.graveness() {
            Graveness::Warning => found.warn(text, trouble.next()),
            Graveness::Failure => found.fail(text, trouble.next()),
        }
    }
    if well {
        found.well("Trung tâm đang chạy và ổn", "The centre runs and is well");
    }
}

/// The sources that say that they do not work; whether there are such.
fn sources(found: &mut Findings, board: &Value) -> bool {
    let before = found.list.len();
    let items = board.get("items").and_then(Value::as_array);
    for source in items.into_iter().flatten() {
        let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("kind") == "unconfigured" {
            // It was taken out of the configuration since.
            continue;
        }
        let is_own = text("kind") != "sensor";
        let name = if is_own {
            text("id").to_owned()
        } else {
            format!("{}/{}", text("sensor"), text("id"))
        };
        let problems = source.get("problems").and_then(Value::as_array);
        for problem in problems.into_iter().flatten() {
            let text = |key: &str| problem.get(key).and_then(Value::as_str);
            let own = Silent {
                id: &name,
                file: "",
                why: text("message").unwrap_or_default(),
            };
            match (text("code"), is_own) {
                (Some("unreadable"), true) => unreadable(found, &own),
                (Some("failed" | "capture_interrupted"), true) => stopped(found, &own),
                (Some("unreadable" | "failed" | "capture_interrupted"), false) => {
                    elsewhere(found, &own);
                }
                _ => {}
            }
        }
    }
    found.list.len() > before
}

/// A source of a sensor: this box does its work, and that one has a doctor of its own.
fn elsewhere(found: &mut Findings, own: &Silent<'_>) {
    let (vi, en) = (own.why(Language::Vietnamese), own.why(Language::English));
    let id = own.id;
    found.warn(
        (
            &format!("Nguồn {id} của một cảm biến không hoạt động{vi}"),
            &format!("The source {id} of a sensor does not work{en}"),
        ),
        (
            "chạy haidang doctor trên máy của cảm biến đó",
            "run haidang doctor on that sensor's box",
        ),
    );
}
