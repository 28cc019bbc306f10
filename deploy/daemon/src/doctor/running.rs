//! What the running sensor of this box says of itself in its status file.

use std::path::Path;
use std::time::Duration;

use event::Time;

use super::Findings;
use crate::edge::{Identity, REPORT, Report, SourceReport};
use crate::language::Language;
use crate::reason::{Reason, shown};
use crate::system_clock;

/// A report that is older tells of a sensor that does not run.
pub(crate) const OLD: Duration = Duration::from_secs(60);

pub(super) fn check(found: &mut Findings, dir: &Path) {
    if Identity::read(dir).is_err() {
        return;
    }
    let text = std::fs::read_to_string(dir.join(REPORT)).unwrap_or_default();
    let report = serde_json::from_str::<Report>(&text).ok();
    let now = system_clock()();
    let runs = |report: &Report| {
        let written = Time::parse(&report.time).unwrap_or_default();
        now.since(written) < OLD
    };
    match report.filter(runs) {
        Some(report) => judge(found, &report),
        None => found.fail(
            ("Cảm biến không chạy", "The sensor does not run"),
            (
                "systemctl enable --now haidang-sensor; nguyên nhân: journalctl -u haidang-sensor",
                "systemctl enable --now haidang-sensor; the cause: journalctl -u haidang-sensor",
            ),
        ),
    }
}

/// What a fresh report means.
pub(super) fn judge(found: &mut Findings, report: &Report) {
    match report.uplink.as_str() {
        "connected" => found.well(
            "Cảm biến đang chạy và gửi được sự kiện",
            "The sensor runs and delivers",
        ),
        state => {
            let why = report.reason.as_deref().unwrap_or(state);
            let known = Reason::of_text(why);
            found.fail(
                (
                    &format!(
                        "Cảm biến đang chạy nhưng không gửi được: {}",
                        shown(why, Language::Vietnamese)
                    ),
                    &format!(
                        "The sensor runs but does not deliver: {}",
                        shown(why, Language::English)
                    ),
                ),
                known.map_or((
                    "sự kiện được giữ trên đĩa và gửi khi có đường truyền; xem các dòng về trung tâm ở trên",
                    "events are kept on disk and leave when the line is there; see the lines on the centre above",
                ), Reason::next),
            );
        }
    }
    if report.spool != "ok" {
        found.fail(
            (
                "Bộ đệm trên đĩa không nhận sự kiện nữa",
                "The spool takes no more events",
            ),
            (
                "giải phóng đĩa, rồi xem journalctl -u haidang-sensor",
                "make room on the disk, then see journalctl -u haidang-sensor",
            ),
        );
    }
    let dropped: u64 = report.lanes.iter().map(|lane| lane.dropped).sum();
    if dropped > 0 {
        found.warn(
            (
                &format!("Bộ đệm đã đầy và bỏ {dropped} sự kiện; trung tâm đã được báo"),
                &format!("The spool was full and let {dropped} events go; the centre was told"),
            ),
            (
                "tăng spool.mib, hoặc đường truyền nhanh hơn (uplink.kbit, uplink.schedule)",
                "raise spool.mib, or give the line more (uplink.kbit, uplink.schedule)",
            ),
        );
    }
    refused_sites(found, report);
    configuration(found, report);
    report.sources.iter().for_each(|own| source(found, own));
}

/// Events that the centre refuses for their site: declared, not delivered.
fn refused_sites(found: &mut Findings, report: &Report) {
    if report.foreign_sites.is_empty() {
        return;
    }
    let (sites, events) = (report.foreign_sites.join(", "), report.foreign_events);
    found.warn(
        (
            &format!("Trung tâm không nhận sự kiện của điểm {sites} từ cảm biến này; đã bỏ {events} sự kiện và khai báo"),
            &format!("The centre takes no events of {sites} from this sensor; {events} were let go and declared"),
        ),
        (
            "sửa khóa site của nguồn, hoặc nhờ trung tâm cấp điểm đó cho cảm biến này",
            "correct the key site of the source, or ask the centre to grant this sensor that site",
        ),
    );
}

fn configuration(found: &mut Findings, report: &Report) {
    if let Some(newest) = &report.configuration.newest
        && newest.state != "trial"
    {
        let (version, why) = (newest.version, &newest.reason);
        found.warn(
            (
                &format!("Cấu hình số {version} của trung tâm không dùng được: {why}"),
                &format!("The centre's configuration {version} does not hold: {why}"),
            ),
            (
                "báo trung tâm sửa cấu hình; cấu hình trước đó vẫn chạy",
                "tell the centre; the configuration before it is in force",
            ),
        );
    }
}

fn source(found: &mut Findings, source: &SourceReport) {
    let said = source.status.as_ref();
    let text = |key: &str| {
        said.and_then(|said| said.get(key)?.as_str())
            .unwrap_or_default()
    };
    if text("code") == "foreign_site" {
        // Said of the configuration, with its next step.
        return;
    }
    let (id, why) = (&source.id, text("reason"));
    if text("status") == "unreadable" {
        found.warn(
            (
                &format!("Nguồn {id} có một tệp không đọc được: {why}"),
                &format!("The source {id} has a file that cannot be read: {why}"),
            ),
            (
                "các tệp khác của nguồn vẫn được đọc; xóa hoặc thay tệp hỏng",
                "its other files are read; remove or replace the damaged one",
            ),
        );
    }
    if matches!(text("status"), "failed" | "capture_interrupted") {
        found.fail(
                (
                    &format!("Nguồn {id} không hoạt động: {why}"),
                    &format!("The source {id} does not work: {why}"),
                ),
                (
                    "sửa nguồn này trong tệp cấu hình, hoặc báo trung tâm nếu cấu hình là của trung tâm",
                    "correct the source in the configuration, or tell the centre if the configuration is the centre's",
                ),
            );
    }
}
