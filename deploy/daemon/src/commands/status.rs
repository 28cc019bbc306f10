//! `haidang status`: how this box is, in the language of whoever asks.

use std::path::Path;

use anyhow::{Context, Result, bail};
use axum::http::Method;
use event::Time;
use serde_json::Value;

use super::{Outcome, load_config};
use crate::cli::Common;
use crate::doctor::OLD;
use crate::edge::{Newest, REPORT, Report, SourceReport, Updated};
use crate::language::Language;
use crate::reason::{Reason, shown};
use crate::words::{
    ConfigState, Explained, FileFault, HealthState, SourceCause, SourceState, SpoolState, Trouble,
    UpdateState, UplinkState,
};
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
    let (shown, well) = describe_centre(&health, language);
    say_text!("{shown}");
    Ok(if well { Outcome::Done } else { Outcome::Bad })
}

/// The health of a centre for people, and whether all is well.
fn describe_centre(health: &Value, language: Language) -> (String, bool) {
    let state = health.get("status").and_then(Value::as_str);
    let state = state.unwrap_or_default();
    let shown = HealthState::of(state).map_or(state, |own| own.words(language));
    let mut text = format!("{}: {shown}\n", language.say("Trung tâm", "Centre"));
    for trouble in Trouble::all(health) {
        let next = trouble.next();
        let next = language.say(next.0, next.1);
        text.push_str(&format!("  - {}\n    → {next}\n", trouble.words(language)));
    }
    (text, state == "ok")
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
    let spool = SpoolState::of(&report.spool);
    let shown = spool.map_or(&*report.spool, |own| own.words(language));
    line("Bộ đệm trên đĩa", "Spool", shown.to_owned());
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
    if update.state.is_empty() {
        return None;
    }
    let title = language.say("Bản cập nhật", "Update");
    let state = UpdateState::of(&update.state);
    let state = state.map_or(&*update.state, |own| own.words(language));
    let version = &update.version;
    let why = after_colon(&update.reason, |why| {
        Explained::of_update(why, language).line(language)
    });
    let part = update.fetched.saturating_mul(100).checked_div(update.size);
    let part = part.filter(|_| update.state == "fetching");
    let part = part.map_or(String::new(), |part| format!(" ({part} %)"));
    Some(format!("{title}: {version} {state}{part}{why}\n"))
}

/// A reason in words behind a colon, if there is one.
fn after_colon(reason: &str, told: impl Fn(&str) -> String) -> String {
    if reason.is_empty() {
        return String::new();
    }
    format!(": {}", told(reason))
}

/// How the line is: titles in both languages, and what stands behind them.
fn uplink(report: &Report, language: Language) -> Vec<(&'static str, &'static str, String)> {
    let state = UplinkState::of(&report.uplink);
    let state = state.map_or(&*report.uplink, |own| own.words(language));
    let reason = report.reason.as_deref();
    let why = reason.map_or(String::new(), |reason| {
        format!(": {}", shown(reason, language))
    });
    let value = format!("{}, {state}{why}", report.centre);
    let mut lines = vec![("Trung tâm", "Centre", value)];
    if let Some(reason) = reason {
        let (vi, en) = Reason::of_text(reason).map_or(
            (
                "chạy haidang doctor để tìm nguyên nhân; sự kiện được giữ trên đĩa",
                "run haidang doctor for the cause; events are kept on disk",
            ),
            Reason::next,
        );
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
    lines.extend(of_centre.newest.as_ref().map(|own| newest(own, language)));
    for key in &of_centre.unknown {
        let words = language.say("khóa không hiểu, bỏ qua", "unknown key, left out");
        lines.push(format!("  {words}: {key}\n"));
    }
    let sources = report.sources.iter();
    lines.extend(sources.map(|own| source(own, language)));
    lines
}

/// A configuration of the centre that is not in force.
fn newest(newest: &Newest, language: Language) -> String {
    let state = ConfigState::of(&newest.state);
    let state = state.map_or(&*newest.state, |own| own.words(language));
    let why = after_colon(&newest.reason, |why| {
        Explained::of_config(why, language).line(language)
    });
    let which = language.say("bản số", "version");
    format!("  {which} {} {state}{why}\n", newest.version)
}

/// What a source says of itself.
fn source(source: &SourceReport, language: Language) -> String {
    let said = source.status.as_ref();
    let text = |key: &str| {
        said.and_then(|said| said.get(key)?.as_str())
            .unwrap_or_default()
    };
    let (state, file) = (text("status"), text("file"));
    let shown = match SourceState::of(state) {
        Some(own) => own.words(language),
        None if state.is_empty() => language.say("chưa báo gì", "nothing was heard of it yet"),
        None => state,
    };
    let at = if file.is_empty() {
        String::new()
    } else {
        format!(" ({file})")
    };
    let why = if text("code") == "foreign_site" {
        let words = language.say(
            "cảm biến không được gửi cho điểm",
            "the sensor may not deliver for",
        );
        format!(": {words} {}", text("site"))
    } else if text("reason").is_empty() {
        after_colon(text("fault"), |fault| {
            FileFault::of(fault)
                .map_or(fault, |own| own.words(language))
                .to_owned()
        })
    } else {
        after_colon(text("reason"), |why| {
            SourceCause::explained(why, language).line(language)
        })
    };
    format!(
        "{} {} ({}): {} {}, {shown}{at}{why}\n",
        language.say("Nguồn", "Source"),
        source.id,
        source.kind,
        source.events,
        language.say("sự kiện", "events"),
    )
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
        let put_back = "số 3\n  bản số 4 đã được hoàn lại: nguồn mirror: máy này không có giao diện mạng đó (nguyên \
                        văn: no such device); xem tên giao diện";
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

    #[test]
    fn a_centre_and_its_words_of_tomorrow_are_told() {
        let health = serde_json::json!({"status": "degraded", "problems": [
            {"code": "source_failed", "severity": "warn", "message": "2 sources", "params": {"count": "2"}},
        ]});
        let (text, well) = describe_centre(&health, Language::Vietnamese);
        assert!(
            !well && text.contains("đang hoạt động nhưng có vấn đề"),
            "{text}"
        );
        assert!(
            text.contains("- 2 nguồn không hoạt động\n    → xem"),
            "{text}"
        );
        let (text, well) = describe_centre(&serde_json::json!({"status": "ok"}), Language::English);
        assert!(well && text == "Centre: ok\n", "{text}");
        let (text, _) = describe_centre(
            &serde_json::json!({"status": "dreaming"}),
            Language::Vietnamese,
        );
        assert_eq!(text, "Trung tâm: dreaming\n");
    }

    #[test]
    fn a_source_is_told_in_the_language_of_whoever_asks() {
        let told = |status: Value| {
            let own = SourceReport {
                id: "tap".to_owned(),
                kind: "file".to_owned(),
                status: Some(status),
                ..SourceReport::default()
            };
            source(&own, Language::Vietnamese)
        };
        let failed = told(
            serde_json::json!({"status": "failed", "reason": "0.0.0.0:514: Address already in use"}),
        );
        let words = "0 sự kiện, không hoạt động: địa chỉ nhận đã có chương trình khác dùng (nguyên văn: 0.0.0.0:514";
        assert!(failed.contains(words), "{failed}");
        let cut = told(serde_json::json!({"status": "truncated", "fault": "cut", "file": "/a"}));
        assert!(
            cut.ends_with("(/a): tệp kết thúc giữa một gói tin\n"),
            "{cut}"
        );
        assert!(told(serde_json::json!({"status": "dreaming"})).ends_with("sự kiện, dreaming\n"));
    }
}
