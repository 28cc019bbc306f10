//! `haidang status`: how this box is, in the language of whoever asks.

use std::path::Path;

use anyhow::{Context, Result, bail};
use axum::http::Method;
use event::Time;
use serde_json::Value;

use super::{Outcome, load_config};
use crate::cli::Common;
use crate::doctor::OLD;
use crate::edge::{REPORT, Report, Updated};
use crate::language::Language;
use crate::reason::{Reason, shown};
use crate::{DataDir, control, system_clock};

pub(super) async fn run(common: &Common) -> Result<Outcome> {
    let config = load_config(common)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    let language = Language::of_environment();
    let report = dir.join(REPORT);
    if report.exists() {
        return edge(&report, language);
    }
    if control::path(&dir).exists() && DataDir::take_existing(&dir).is_err() {
        return centre(&dir, language).await;
    }
    bail!(
        "{}",
        language.say(
            "không có haidang nào chạy trên thư mục dữ liệu này; dùng --data-dir để chỉ thư mục khác",
            "no haidang runs on this data folder; name another with --data-dir",
        )
    )
}

async fn centre(dir: &Path, language: Language) -> Result<Outcome> {
    let health = control::ask(dir, Method::GET, "/api/v1/health", None).await?;
    let text = |key: &str| health.get(key).and_then(Value::as_str).unwrap_or_default();
    let ok = text("status") == "ok";
    say!(
        "{}: {}",
        language.say("Trung tâm", "Centre"),
        text("status")
    );
    let problems = health.get("problems").and_then(Value::as_array);
    for problem in problems.into_iter().flatten() {
        let message = problem.get("message").and_then(Value::as_str);
        say!("  - {}", message.unwrap_or_default());
    }
    Ok(if ok { Outcome::Done } else { Outcome::Bad })
}

fn edge(path: &Path, language: Language) -> Result<Outcome> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let report: Report = serde_json::from_str(&text)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let (shown, well) = describe(&report, system_clock()(), language);
    say_text!("{shown}");
    Ok(if well { Outcome::Done } else { Outcome::Bad })
}

/// The report for people, and whether all is well.
fn describe(report: &Report, now: Time, language: Language) -> (String, bool) {
    let written = Time::parse(&report.time).unwrap_or_default();
    let runs = now.since(written) < OLD;
    let mut lines = Vec::new();
    let mut line = |vi: &str, en: &str, value: String| {
        lines.push(format!("{}: {value}\n", language.say(vi, en)));
    };
    line(
        "Cảm biến",
        "Sensor",
        format!("{} ({})", report.sensor, report.version),
    );
    let running = if runs {
        language.say("đang chạy", "running")
    } else {
        language.say("không chạy", "not running")
    };
    line(
        "Trạng thái",
        "State",
        format!("{running} ({})", report.time),
    );
    for (vi, en, value) in uplink(report, language) {
        line(vi, en, value);
    }
    let never = language.say("chưa lần nào", "never").to_owned();
    let last = report.acknowledged.clone().unwrap_or(never);
    line("Gửi được lần cuối", "Last delivered", last);
    line("Bộ đệm trên đĩa", "Spool", report.spool.clone());
    for lane in &report.lanes {
        let (vi, en) = match lane.lane {
            1 => ("  cảnh báo", "  alerts"),
            2 => ("  bản ghi, nhật ký", "  records, logs"),
            _ => ("  luồng mạng", "  flows"),
        };
        let waits = language.say("chờ gửi", "waiting");
        let lost = language.say("đã bỏ", "dropped");
        let mib = lane.bytes >> 20;
        let value = format!(
            "{} {waits}, {mib} MiB, {} {lost}",
            lane.waiting, lane.dropped
        );
        line(vi, en, value);
    }
    line(
        "Chứng thư hết hạn",
        "Certificate ends",
        report.certificate_expires.clone(),
    );
    lines.extend(updated(&report.update, language));
    lines.extend(configured(report, language));
    let well = runs && report.uplink == "connected" && report.spool == "ok";
    (lines.concat(), well)
}

/// The update that the centre offered, if it did.
fn updated(update: &Updated, language: Language) -> Option<String> {
    let (vi, en) = match update.state.as_str() {
        "" => return None,
        "fetching" => ("đang tải về", "is being fetched"),
        "ready" => ("chờ được cài đặt", "waits to be installed"),
        "installed" => ("đã được cài đặt", "is installed"),
        "rolled_back" => ("đã được hoàn lại", "was put back"),
        _ => ("bị từ chối", "was refused"),
    };
    let title = language.say("Bản cập nhật", "Update");
    let (version, state, why) = (&update.version, language.say(vi, en), &update.reason);
    let part = update.fetched.saturating_mul(100).checked_div(update.size);
    let part = part.filter(|_| update.state == "fetching");
    let part = part.map_or(String::new(), |part| format!(" ({part} %)"));
    let colon = if why.is_empty() { "" } else { ": " };
    Some(format!("{title}: {version} {state}{part}{colon}{why}\n"))
}

/// How the line is: titles in both languages, and what stands behind them.
fn uplink(report: &Report, language: Language) -> Vec<(&'static str, &'static str, String)> {
    let (vi, en) = match report.uplink.as_str() {
        "connected" => ("đã kết nối", "connected"),
        "broken" => ("mất kết nối", "broken"),
        "refused" => ("bị trung tâm từ chối", "refused by the centre"),
        _ => ("đang kết nối", "connecting"),
    };
    let state = language.say(vi, en);
    let reason = report.reason.as_deref();
    let why = reason.map_or(String::new(), |reason| {
        format!(": {}", shown(reason, language))
    });
    let value = format!("{}, {state}{why}", report.centre);
    let mut lines = vec![("Trung tâm", "Centre", value)];
    if let Some(known) = reason.and_then(Reason::of_text) {
        let (vi, en) = known.next();
        lines.push(("Việc cần làm", "Next", language.say(vi, en).to_owned()));
    }
    if report.foreign_events > 0 {
        let (sites, count) = (report.foreign_sites.join(", "), report.foreign_events);
        let words = language.say("sự kiện, đã khai báo", "events, declared");
        let value = format!("{count} {words} {sites}");
        lines.push(("Bị từ chối vì điểm", "Refused for their site", value));
    }
    lines
}

/// What the centre configured and what the sources say, line by line.
fn configured(report: &Report, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    let title = language.say("Cấu hình", "Configuration");
    let of_centre = &report.configuration;
    let shown = match of_centre.version {
        0 => language
            .say("của riêng máy này", "this box's own")
            .to_owned(),
        version => {
            let words = language.say("bản của trung tâm số", "the centre's version");
            format!("{words} {version}")
        }
    };
    lines.push(format!("{title}: {shown}\n"));
    if let Some(newest) = &of_centre.newest {
        let (vi, en) = match newest.state.as_str() {
            "trial" => ("đang được thử", "is being tried"),
            "refused" => ("bị từ chối", "was refused"),
            _ => ("đã được hoàn lại", "was put back"),
        };
        let (which, why) = (language.say("bản số", "version"), &newest.reason);
        let colon = if why.is_empty() { "" } else { ": " };
        let state = language.say(vi, en);
        lines.push(format!(
            "  {which} {} {state}{colon}{why}\n",
            newest.version
        ));
    }
    for key in &of_centre.unknown {
        let words = language.say("khóa không hiểu, bỏ qua", "unknown key, left out");
        lines.push(format!("  {words}: {key}\n"));
    }
    for source in &report.sources {
        let words = language.say("Nguồn", "Source");
        let events = language.say("sự kiện", "events");
        let said = source.status.as_ref();
        let text = |key: &str| {
            said.and_then(|said| said.get(key)?.as_str())
                .unwrap_or_default()
        };
        let (state, mut reason) = (text("status"), text("reason"));
        let foreign = format!(
            "{} {}",
            language.say(
                "cảm biến không được gửi cho điểm",
                "the sensor may not deliver for"
            ),
            text("site")
        );
        if text("code") == "foreign_site" {
            reason = &foreign;
        }
        let colon = if reason.is_empty() { "" } else { ": " };
        lines.push(format!(
            "{words} {} ({}): {} {events} {state}{colon}{reason}\n",
            source.id, source.kind, source.events
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::{Configured, LaneReport, Newest, Updated};

    #[test]
    fn a_box_tells_how_it_is_in_both_languages() {
        let now = Time::from_seconds(1_800_000_000, 0);
        let report = Report {
            time: now.to_string(),
            sensor: "xa-a".to_owned(),
            version: "1".to_owned(),
            centre: "https://c:8444".to_owned(),
            uplink: "broken".to_owned(),
            reason: Some("cannot reach c:8444".to_owned()),
            acknowledged: None,
            rate: 0,
            foreign_events: 0,
            foreign_sites: Vec::new(),
            spool: "ok".to_owned(),
            lanes: vec![LaneReport {
                lane: 3,
                waiting: 7,
                bytes: 3 << 20,
                dropped: 2,
                last: 9,
            }],
            certificate_expires: now.to_string(),
            configuration: Configured {
                version: 3,
                digest: String::new(),
                newest: Some(Newest {
                    version: 4,
                    digest: String::new(),
                    state: "rolled_back".to_owned(),
                    reason: "source mirror: no such device".to_owned(),
                }),
                unknown: vec!["line 2: colour".to_owned()],
            },
            update: Updated {
                id: 7,
                version: "0.5.0".to_owned(),
                state: "fetching".to_owned(),
                fetched: 5,
                size: 10,
                ..Updated::default()
            },
            sources: Vec::new(),
        };
        let (text, well) = describe(&report, now, Language::Vietnamese);
        assert!(!well);
        assert!(text.contains("Trạng thái: đang chạy"), "{text}");
        assert!(
            text.contains("mất kết nối: không nối được tới trung tâm\nViệc cần làm: kiểm tra"),
            "{text}"
        );
        assert!(
            text.contains("luồng mạng: 7 chờ gửi, 3 MiB, 2 đã bỏ"),
            "{text}"
        );
        let put_back = "bản của trung tâm số 3\n  bản số 4 đã được hoàn lại: source mirror: no such device\n  \
                        khóa không hiểu, bỏ qua: line 2: colour";
        assert!(text.contains(put_back), "{text}");
        assert!(
            text.contains("Bản cập nhật: 0.5.0 đang tải về (50 %)"),
            "{text}"
        );
        let later = now.plus(OLD);
        let (text, well) = describe(&report, later, Language::English);
        assert!(!well && text.contains("State: not running"), "{text}");
        let connected = Report {
            uplink: "connected".to_owned(),
            ..report
        };
        assert!(describe(&connected, now, Language::English).1);
    }
}
