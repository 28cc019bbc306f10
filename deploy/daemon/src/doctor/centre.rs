//! A centre: does it run and say that it is well, and would sensors find it?

use std::path::Path;

use axum::http::Method;
use serde_json::Value;

use super::Findings;
use crate::config::Config;
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
    let problems = health.get("problems").and_then(Value::as_array);
    let mut well = true;
    for problem in problems.into_iter().flatten() {
        well = false;
        let message = problem.get("message").and_then(Value::as_str);
        let message = message.unwrap_or_default();
        found.warn(
            (
                &format!("Trung tâm báo: {message}"),
                &format!("The centre says: {message}"),
            ),
            (
                "xem chi tiết trên bảng điều khiển, mục Tình trạng",
                "see the page Health in the console",
            ),
        );
    }
    if well {
        found.well("Trung tâm đang chạy và ổn", "The centre runs and is well");
    }
}
