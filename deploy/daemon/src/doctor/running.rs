//! What the running sensor of this box says of itself in its status file.

use std::path::Path;
use std::time::Duration;

use event::Time;

use super::Findings;
use crate::edge::{Identity, REPORT, Report, SourceReport};
use crate::language::Language;
use crate::reason::{Reason, shown};
use crate::system_clock;
use crate::words::{Explained, SourceCause, SpoolState, UplinkState};

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
            let why = report.reason.as_deref();
            let known = why.and_then(Reason::of_text);
            let said = |language| {
                let state = UplinkState::of(state).map_or(state, |own| own.words(language));
                why.map_or_else(|| state.to_owned(), |why| shown(why, language))
            };
            found.fail(
                (
                    &format!(
                        "Cảm biến đang chạy nhưng không gửi được: {}",
                        said(Language::Vietnamese)
                    ),
                    &format!(
                        "The sensor runs but does not deliver: {}",
                        said(Language::English)
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
        let (word, known) = (&*report.spool, SpoolState::of(&report.spool));
        let said = |language| known.map_or(word, |own| own.words(language));
        found.fail(
            (
                &format!("Bộ đệm trên đĩa: {}", said(Language::Vietnamese)),
                &format!("The spool: {}", said(Language::English)),
            ),
            known.map_or(
                (
                    "giải phóng đĩa, rồi xem journalctl -u haidang-sensor",
                    "make room on the disk, then see journalctl -u haidang-sensor",
                ),
                SpoolState::next,
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
        let said = |language| Explained::of_config(why, language).shown;
        let next = Explained::of_config(why, Language::Vietnamese).next;
        found.warn(
            (
                &format!(
                    "Cấu hình số {version} của trung tâm không dùng được: {}",
                    said(Language::Vietnamese)
                ),
                &format!(
                    "The centre's configuration {version} does not hold: {}",
                    said(Language::English)
                ),
            ),
            next,
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
    let own = Silent {
        id: &source.id,
        file: text("file"),
        why: text("reason"),
    };
    match text("status") {
        "unreadable" => unreadable(found, &own),
        "failed" | "capture_interrupted" => stopped(found, &own),
        _ => {}
    }
}

/// A source that brings nothing, or not all.
pub(super) struct Silent<'a> {
    /// Its name, with its sensor's where that is not this box.
    pub(super) id: &'a str,
    /// The file that is to blame; empty where none is.
    pub(super) file: &'a str,
    /// Why; empty where it is not said.
    pub(super) why: &'a str,
}

impl Silent<'_> {
    /// Where and why, to be put behind a sentence.
    pub(super) fn why(&self, language: Language) -> String {
        let at = if self.file.is_empty() {
            String::new()
        } else {
            format!(" {}", self.file)
        };
        if self.why.is_empty() {
            return at;
        }
        let why = SourceCause::of_text(self.why).shown(self.why, language);
        format!("{at}: {why}")
    }
}

/// A file of a source cannot be read.
pub(super) fn unreadable(found: &mut Findings, own: &Silent<'_>) {
    let (vi, en) = (own.why(Language::Vietnamese), own.why(Language::English));
    let id = own.id;
    let next = SourceCause::of_text(own.why).next();
    found.warn(
        (
            &format!("Nguồn {id} có một tệp không đọc được{vi}"),
            &format!("The source {id} has a file that cannot be read{en}"),
        ),
        (
            &format!("{}; các tệp khác của nguồn vẫn được đọc", next.0),
            &format!("{}; its other files are read", next.1),
        ),
    );
}

/// A source does not run.
pub(super) fn stopped(found: &mut Findings, own: &Silent<'_>) {
    let (vi, en) = (own.why(Language::Vietnamese), own.why(Language::English));
    let id = own.id;
    found.fail(
        (
            &format!("Nguồn {id} không hoạt động{vi}"),
            &format!("The source {id} does not work{en}"),
        ),
        SourceCause::of_text(own.why).next(),
    );
}
